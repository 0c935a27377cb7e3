"""A task that somebody moves from the list into another one, on a real server."""

from __future__ import annotations

import re

import pytest

from matching.followups import State
from tests.integration.list_desk import Desk
from tests.integration.test_task_lists import ON_ONE, desk, servers, user

__all__ = ["desk", "servers", "user"]

pytestmark = [pytest.mark.server, pytest.mark.slow]


@ON_ONE
def test_a_task_that_its_person_moves_into_another_list_is_kept_there(desk: Desk) -> None:
    desk.user.make("work", "Work", kinds=("VTODO",))

    def move(source: str, target: str, status: str = "NEEDS-ACTION") -> None:
        (text,) = desk.objects(source)
        desk.user.put(target, "moved.ics", re.sub("^STATUS:.*\r$", f"STATUS:{status}\r", text, flags=re.M).encode())
        (file,) = desk.files(source)
        desk.user.remove(source, file)

    def there() -> tuple[list[str], int, int]:
        return desk.states(), len(desk.objects()), len(desk.objects("work"))

    desk.turn()
    move("todo", "work")
    for _time in range(2):
        mark = desk.turn()
        assert there() == (["ann:no_reply open"], 0, 1), "it is not dismissed, and not made anew"
    desk.proxy.seen.clear()
    assert desk.turn(mark=mark) == mark
    assert {method for method, _path in desk.proxy.seen} == {"PROPFIND"}, "without news it is not read"
    # what is done to it there counts, and what happens is told there
    (text,) = desk.objects("work")
    desk.user.put("work", "moved.ics", text.replace("STATUS:NEEDS-ACTION", "STATUS:COMPLETED").encode())
    mark = desk.turn(mark=mark)
    assert there() == (["ann:no_reply done"], 0, 1)
    desk.say(State.OPEN)
    desk.turn(mark=mark)
    assert "STATUS:NEEDS-ACTION" in desk.objects("work")[0]
    # back, and ticked off on the way
    move("work", "todo", "COMPLETED")
    desk.turn()
    assert there() == (["ann:no_reply done"], 1, 0)
    desk.say(State.OPEN)
    desk.turn()
    # a list that is gone dismisses nothing
    move("todo", "work")
    desk.turn()
    desk.user.remove("work")
    desk.turn()
    assert (desk.states(), len(desk.objects())) == (["ann:no_reply open"], 1)
    # deleted wherever it is
    desk.user.make("work", "Work", kinds=("VTODO",))
    move("todo", "work")
    desk.turn()
    desk.user.remove("work", "moved.ics")
    desk.turn()
    assert there() == (["ann:no_reply dismissed"], 0, 0)
