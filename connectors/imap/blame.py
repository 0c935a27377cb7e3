"""Whose fault it is that a message does not come: its own, its folder's or the server's.

A message is given up only where the server was seen to give another one afterwards: of the same folder, or, where the
folder holds no other, of another folder. A server that gives none at all is Unavailable, and no message is blamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.imap.folder import Folder
from connectors.records import Unavailable

#: After so many messages in a row that did not come, another one is asked for before the rest.
_PATIENCE = 8
#: Other messages of the folder that are asked for, beside the one that is known to be good.
_WITNESSES = 4
#: Other folders that are opened, and of these so many asked for a message.
_FOLDERS_OPENED, _FOLDERS_ASKED = 16, 2


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message did not come."""

    #: For people, should it be the message's own fault.
    reason: str
    #: What the server said or did.
    problem: Unavailable


class Blame:
    """Of one folder. `items` is what every message is asked for; `known`: the UID of one that was given before."""

    def __init__(self, folder: Folder, items: str, known: int | None) -> None:
        self._folder = folder
        self._items = items
        self._known = known
        self._accused: set[int] = set()
        #: Accused since a message came.
        self._open: list[Failure] = []

    def given(self, uid: int) -> None:
        """This one came: the server gives messages."""
        self._known = uid
        self._open.clear()

    def accuse(self, uid: int, failure: Failure) -> None:
        """This one did not come, though it was asked for alone; raises Unavailable as `judge` does."""
        self._accused.add(uid)
        self._open.append(failure)
        if len(self._open) >= _PATIENCE:
            self.judge()

    def judge(self) -> None:
        """Return where the accused messages are to blame; else raise Unavailable, of the folder or of the server."""
        if not self._open:
            return
        problem = self._open[-1].problem
        here = self._comes(self._folder, self._witnesses())
        if not here:
            elsewhere = self._comes_elsewhere()
            if not elsewhere:
                raise problem
            if here is False:
                raise Unavailable(
                    f"the server gives no message of this folder: {problem.problem}",
                    step="select",
                    hint="other folders are read; open it in a mail program, or ask whoever runs the server",
                    retry_after=problem.retry_after,
                )
        self._open.clear()

    def _witnesses(self) -> list[int]:
        """Messages of the folder that nobody accuses: the one that came last, the newest, others spread over all."""
        self._make_sure()
        listed = [uid for uid in self._folder.search("ALL") if uid not in self._accused]
        others = [uid for uid in listed if uid != self._known]
        step = max(1, -(-len(others) // _WITNESSES))
        known = [uid for uid in listed if uid == self._known]
        return known + others[::-1][::step]

    def _comes(self, folder: Folder, listed: Sequence[int]) -> bool | None:
        """Does the server give one of these messages, which it lists? None: there are none."""
        for uid in listed:
            told = folder.answered([uid], self._items).messages.get(uid)
            if told is not None and told.body is not None:
                return True
        return False if listed else None

    def _comes_elsewhere(self) -> bool:
        asked = 0
        for number, folder in enumerate(self._folder.others()):
            if asked == _FOLDERS_ASKED or number == _FOLDERS_OPENED:
                break
            self._make_sure()
            try:
                uids = folder.search("ALL") if folder.examine().messages else None
            except Unavailable as error:
                if isinstance(error.__cause__, TimeoutError):
                    raise
                continue
            if uids:
                asked += 1
                if self._comes(folder, uids[-1:]):
                    return True
        return False

    def _make_sure(self) -> None:
        """A connection, new where the old one is gone."""
        if self._folder.is_lost:
            self._folder.reopen()
