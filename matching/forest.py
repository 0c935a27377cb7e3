"""A forest given by each member's parent: cycles broken, tops found. Without recursion, in linear time."""

from __future__ import annotations

from collections.abc import Callable


def break_cycles(up: dict[str, str], rank: Callable[[str], tuple[object, ...]]) -> None:
    """Removes one link of every cycle in `up` (member -> parent): that of the member of lowest rank."""
    done: set[str] = set()
    for start in list(up):
        path: list[str] = []
        place: dict[str, int] = {}
        member = start
        while member in up and member not in done and member not in place:
            place[member] = len(path)
            path.append(member)
            member = up[member]
        if member in place:
            del up[min(path[place[member] :], key=rank)]
        done.update(path)


def tops(up: dict[str, str]) -> dict[str, str]:
    """Each member with the parentless id it hangs under. `up` has no cycle."""
    top: dict[str, str] = {}
    for start in up:
        path: list[str] = []
        member = start
        while member in up and member not in top:
            path.append(member)
            member = up[member]
        highest = top.get(member, member)
        for passed in path:
            top[passed] = highest
    return top


class Trees:
    """The trees of a forest, which grow together when a top is hung under a member of another tree."""

    def __init__(self, up: dict[str, str]) -> None:
        self._top = tops(up)

    def top(self, member: str) -> str:
        """The top of the member's tree."""
        path: list[str] = []
        top = self._top.get(member, member)
        while top in self._top:
            path.append(top)
            top = self._top[top]
        for passed in (member, *path):
            if passed != top:
                self._top[passed] = top
        return top

    def hang(self, top: str, parent: str) -> None:
        """Hangs a whole tree under `parent`, a member of another tree."""
        self._top[top] = self.top(parent)
