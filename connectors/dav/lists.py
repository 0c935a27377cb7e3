"""Tasks in calendars of a CalDAV server: the power `TaskWriter` (RFC 4791, sections 5.3.2 to 5.3.4).

An entry lies at LIST/UID.ics. It is made with If-None-Match: *, and changed or removed with If-Match, so that the
server itself refuses (412) whatever would double or overwrite something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from connectors import webdav
from connectors.dav.server import Server
from connectors.dav.todo import NoTask, Todo, made
from connectors.http import Answer, TooLarge
from connectors.network import quoted
from connectors.records import ConnectorError, NotPermitted, Unavailable
from connectors.tasks import HeldTask, TaskList, WantedTask
from connectors.webdav import CAL, CALENDARSERVER, DAV, NoMultistatus, Response

#: What is asked of a list, beside what tells that it is one.
ASKED = ("d:current-user-privilege-set",)
_FETCHED = 100
_HEADERS = {"Content-Type": "text/calendar; charset=utf-8"}


def listed(name: str, path: str, response: Response) -> TaskList:
    """The record of a list that was found."""
    return TaskList(
        name=name,
        server_id=path,
        is_writable=_is_writable(response),
        mark=response.text(DAV, "sync-token") or response.text(CALENDARSERVER, "getctag") or None,
    )


def held(server: Server, task_list: TaskList, known: Mapping[str, str | None]) -> dict[str, HeldTask]:
    """uid -> the entry, of those that are there; raises ConnectorError."""
    path = task_list.server_id
    places = {uid: ref or f"{path}{quote(uid)}.ics" for uid, ref in known.items()}
    found = {each.uid: each for each in _given(server, path, places.values()) if each.uid in known}
    for uid in known.keys() - found.keys():
        # a program may have given it another place
        found.update(
            {each.uid: each for each in _given(server, path, _places_of(server, path, uid)) if each.uid == uid}
        )
    return found


def write(server: Server, task_list: TaskList, task: WantedTask, over: HeldTask | None) -> HeldTask | None:
    """See `TaskWriter.write_task`."""
    if over is None:
        ref, body, condition = f"{task_list.server_id}{quote(task.uid)}.ics", made(task), {"If-None-Match": "*"}
    else:
        ref = over.ref
        before = _whole(server, task_list.server_id, ref)
        if before is None or before[1] != over.version:
            return None
        todo = Todo(before[0])
        todo.change(task)
        body, condition = todo.raw(), {"If-Match": over.version}
    answer = server.send("PUT", ref, body, {**_HEADERS, **condition})
    if answer.status == 412 or b"no-uid-conflict" in answer.body:
        return None
    if answer.status not in (200, 201, 204):
        raise _refusal(server, task_list, answer)
    if version := _strong(answer):
        return Todo(body).held(ref, version)
    return held(server, task_list, {task.uid: ref}).get(task.uid)


def remove(server: Server, task_list: TaskList, over: HeldTask) -> bool:
    """See `TaskWriter.remove_task`."""
    answer = server.send("DELETE", over.ref, b"", {"If-Match": over.version})
    if answer.status == 412:
        # RFC 9110, section 13.1.1: so answers a server too where nothing is there
        return _whole(server, task_list.server_id, over.ref) is None
    if answer.status not in (200, 204, 404, 410):
        raise _refusal(server, task_list, answer)
    return True


def _given(server: Server, path: str, refs: Iterable[str]) -> Iterable[HeldTask]:
    """The entries at these places; together where the server gives them so, else one by one."""
    wanted = sorted(set(refs))
    for start in range(0, len(wanted), _FETCHED):
        part = wanted[start : start + _FETCHED]
        answers = server.given_with_versions(path, part)
        for ref in part:
            told = answers.get(ref)
            whole = told if told is not None else _object(server, ref) if ref not in answers else None
            if whole is not None:
                yield _read(server, ref, *whole)


def _read(server: Server, ref: str, raw: bytes, version: str) -> HeldTask:
    try:
        return Todo(raw).held(ref, version)
    except NoTask as error:
        raise Unavailable(f"{server.origin.host} holds at {ref} what is no task: {error}", step="fetch") from None


def _whole(server: Server, path: str, ref: str) -> tuple[bytes, str] | None:
    """(the object, its ETag); None: it is not there."""
    answers = server.given_with_versions(path, [ref])
    return answers[ref] if ref in answers else _object(server, ref)


def _object(server: Server, ref: str) -> tuple[bytes, str] | None:
    """The same by the object's own URL."""
    try:
        # the ETag of what is compressed on the way may be another one
        answer = server.send("GET", ref, b"", {"Accept": "text/calendar", "Accept-Encoding": "identity"})
    except TooLarge as error:
        raise Unavailable(f"the task at {ref} has {error.problem}", step="fetch") from None
    if answer.status in (404, 410):
        return None
    version = answer.headers.get("etag", "")
    if answer.status != 200 or not version:
        raise Unavailable(f"{server.origin.host} does not give the task at {ref} ({answer.status})", step="fetch")
    return answer.body, version


def _places_of(server: Server, path: str, uid: str) -> list[str]:
    """Where an entry of this uid lies (RFC 4791, section 7.8.6); none where the server does not tell."""
    try:
        answer = server.ask("REPORT", path, webdav.task_query(uid, "d:getetag"), depth=1)
        if answer.status in (404, 410):
            hint = "was it removed or renamed? keeptouch check lists those that are there"
            raise Unavailable(f"the task list {path} is gone from {server.origin.host}", step="select", hint=hint)
        found = webdav.read(answer.body).responses if answer.status == 207 else ()
    except (NoMultistatus, TooLarge) as error:
        raise Unavailable(f"{server.origin.host} answers what can't be read: {quoted(error)}", step="fetch") from None
    places = (server.origin.path_of(each.href, path) for each in found)
    return [each for each in places if each is not None and each.startswith(path) and each != path]


def _strong(answer: Answer) -> str:
    """The ETag that a server gives where it keeps the object as it was sent (RFC 4791, section 5.3.4); else ""."""
    etag = answer.headers.get("etag", "")
    return "" if etag.startswith("W/") else etag


def _is_writable(response: Response) -> bool | None:
    """RFC 3744, sections 3 and 5.5."""
    told = response.properties.get(f"{{{DAV}}}current-user-privilege-set")
    if told is None:
        return None
    names = {each.tag for privilege in told.iter(f"{{{DAV}}}privilege") for each in privilege}
    has = {name for name in ("all", "write", "bind", "write-content") if f"{{{DAV}}}{name}" in names}
    return bool(has & {"all", "write"}) or {"bind", "write-content"} <= has if names else None


def _refusal(server: Server, task_list: TaskList, answer: Answer) -> ConnectorError:
    host, name, status = server.origin.host, task_list.name, answer.status
    if status == 403:
        hint = f"give {server.username} the right to write there, or choose another list"
        return NotPermitted(f'{host} does not let the list "{name}" be changed ({status})', step="write", hint=hint)
    if status in (404, 409, 410):
        return Unavailable(f'the list "{name}" is gone from {host} ({status})', step="select")
    if status == 507:
        hint = "make room in the mailbox, or raise its quota"
        return Unavailable(f'{host} has no room left for the list "{name}" ({status})', step="write", hint=hint)
    return Unavailable(f'{host} does not take a task into the list "{name}" ({status})', step="write")


def holds(response: Response, kind: str) -> bool:
    """Is it a calendar, for components of this kind too (RFC 4791, section 5.2.3)?

    An inbox holds invitations, whatever else it says it is. What is both a calendar and an outbox is a calendar (SOGo's
    personal one).
    """
    if not response.is_kind(CAL, "calendar") or response.is_kind(CAL, "schedule-inbox"):
        return False
    kinds = response.properties.get(f"{{{CAL}}}supported-calendar-component-set")
    names = {each.get("name", "").upper() for each in kinds.iter(f"{{{CAL}}}comp")} if kinds is not None else set()
    return not names or kind in names
