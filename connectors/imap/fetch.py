"""UIDs -> changes, page by page, so that no server decides how much memory we need.

Of each mail the beginning is read, which is most mails whole; of longer ones what is text (see `elision`). While a
group of mails is parsed the server works on the next one.

Dovecot ends the connection over a message whose file it can't read. What a command broke at is asked for alone, on a
fresh connection; if that breaks too the message is Unreadable, as soon as the server was seen to give another one (see
`blame`), and the others come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.imap.blame import Blame, Failure
from connectors.imap.elision import Elision, GivenUp
from connectors.imap.errors import refused, response_code
from connectors.imap.folder import Folder
from connectors.imap.responses import Fetched, sequence_set
from connectors.imap.session import Answer, Asked
from connectors.imap.wire import LITERAL_LIMIT
from connectors.mime import Elided, parse_message
from connectors.records import Envelope, Message, Unavailable, Unreadable

Read = Message | Unreadable

#: So much of each mail is read at first: below that, a second question costs more than the bytes (measured on loopback;
#: on a line of 50 Mbit/s they take a round trip of 40 ms).
PREFIX = 256 * 1024
#: And so much of one above LITERAL_LIMIT that can't be read in parts.
BEGINNING = 1024 * 1024
PAGE_MESSAGES = 150
#: Bytes of text in a page.
_PAGE_BYTES = 8 * 1024 * 1024
_GROUP_MESSAGES = 50
#: Long mails that are read on at once.
_LONG_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Question:
    items: str
    #: Does this answer it, also in an answer that broke off?
    is_answered: Callable[[Fetched], bool]
    is_for_content: bool = True


_STRUCTURE = _Question("(UID BODYSTRUCTURE)", lambda told: told.structure is not None, is_for_content=False)
_WHOLE = _Question("(UID BODY.PEEK[])", lambda told: told.has_body)


def _prefix(length: int) -> _Question:
    items = f"(UID RFC822.SIZE INTERNALDATE FLAGS BODY.PEEK[]<0.{length}>)"
    return _Question(items, lambda told: told.has_body)


class Reader:
    """Reads messages of one folder. `known`: the UID of one that the server gave before."""

    def __init__(
        self,
        folder: Folder,
        authserv_id: str | None,
        known: int | None = None,
        skim: Callable[[Envelope], bool] | None = None,
    ) -> None:
        self._folder = folder
        self._authserv_id = authserv_id
        self._skim = skim
        self._blame = Blame(folder, _prefix(PREFIX).items, known)

    def pages(self, uids: Sequence[int]) -> Iterator[tuple[Sequence[int], list[Read]]]:
        """(UIDs, what lies there) in the order of `uids`, bounded in number and bytes; what is gone is left out."""
        size = min(_GROUP_MESSAGES, PAGE_MESSAGES)
        groups = [uids[start : start + size] for start in range(0, len(uids), size)]
        page: list[Read] = []
        portion: list[int] = []
        weight = 0
        asked: Asked | None = None
        for number, group in enumerate(groups):
            told, spoiled = self._ask(group, _prefix(PREFIX), asked)
            found: dict[int, Read] = {**spoiled}
            found |= self._read_on([one for one in told.values() if _goes_on(one)])
            asked = self._begin(groups[number + 1]) if number + 1 < len(groups) else None
            for uid, one in told.items():
                if uid not in found:
                    found[uid] = self._record(one, one.body or b"")
            portion += group
            page += [found[uid] for uid in group if uid in found]
            weight += sum(map(_weight, found.values()))
            if len(portion) + size > PAGE_MESSAGES or weight > _PAGE_BYTES or asked is None:
                yield portion, page
                page, portion, weight = [], [], 0

    def _begin(self, group: Sequence[int]) -> Asked | None:
        """Let the server work on a group; None: there is no connection, and its turn will make one."""
        return None if self._folder.is_lost else self._folder.ask(group, _prefix(PREFIX).items)

    def _read_on(self, begun: Sequence[Fetched]) -> dict[int, Read]:
        """The records of mails that are longer than their beginning."""
        found: dict[int, Read] = {}
        for start in range(0, len(begun), _LONG_AT_ONCE):
            some = {one.uid: one for one in begun[start : start + _LONG_AT_ONCE]}
            for uid, elision in self._elisions(some).items():
                found[uid] = self._record(some[uid], elision.raw, elided=elision.elided)
            for uid, one in some.items():
                if uid not in found and (record := self._read_whole(one)) is not None:
                    found[uid] = record
        return found

    def _elisions(self, begun: dict[int, Fetched]) -> dict[int, Elision]:
        """Those that can be read without the bytes of their attachments."""
        # a message whose structure is not told is read whole
        told, _refused = self._ask(list(begun), _STRUCTURE)
        elisions: dict[int, Elision] = {}
        for uid, one in told.items():
            try:
                elisions[uid] = Elision(begun[uid].body or b"", one.structure)
            except GivenUp:
                continue
        done: dict[int, Elision] = {}
        while elisions:
            asked: dict[int, Asked] = {}
            for uid, elision in list(elisions.items()):
                try:
                    wanted = elision.wanted()
                except GivenUp:
                    del elisions[uid]
                    continue
                if wanted is None:
                    done[uid] = elisions.pop(uid)
                elif not self._folder.is_lost:
                    items = f"(UID BODY.PEEK[]<{wanted.start}.{wanted.length}>)"
                    asked[uid] = self._folder.ask([uid], items)
            for uid in list(elisions):
                answered = self._folder.told(asked[uid]).messages.get(uid) if uid in asked else None
                try:
                    if answered is None or not answered.has_body:
                        raise GivenUp
                    elisions[uid].take(answered.body or b"")
                except GivenUp:
                    del elisions[uid]
        return done

    def _read_whole(self, begun: Fetched) -> Read | None:
        """A mail that has to be read with all its attachments, or its beginning where that is too much."""
        is_long = begun.size is None or begun.size > LITERAL_LIMIT
        told, spoiled = self._ask([begun.uid], _prefix(BEGINNING) if is_long else _WHOLE)
        if begun.uid in spoiled:
            return spoiled[begun.uid]
        one = told.get(begun.uid)
        if one is None:
            return None
        is_cut = one.body is not None and len(one.body) >= (BEGINNING if is_long else LITERAL_LIMIT)
        return self._record(begun, one.body or b"", is_cut=is_cut)

    def _record(self, about: Fetched, raw: bytes, *, elided: Sequence[Elided] = (), is_cut: bool = False) -> Read:
        record = parse_message(
            raw,
            ref=self._folder.ref(about.uid),
            received_at=about.received_at,
            flags=about.flags,
            size=about.size,
            authserv_id=self._authserv_id,
            elided=elided,
            skim=self._skim,
        )
        return replace(record, is_truncated=True) if is_cut and isinstance(record, Message) else record

    def _ask(
        self, uids: Sequence[int], question: _Question, begun: Asked | None = None
    ) -> tuple[dict[int, Fetched], dict[int, Unreadable]]:
        """(answers, what can't be answered); what is in neither is gone. `begun`: it was asked already."""
        told: dict[int, Fetched] = {}
        accused: dict[int, str] = {}
        todo = [sorted(uids)]
        while todo:
            asked = todo.pop()
            answer = self._folder.answered(asked, question.items, begun)
            begun = None
            answers = _told(asked, answer, question)
            empty = _empty(answers, question)
            told |= self._given({uid: one for uid, one in answers.items() if uid not in empty}, question, accused)
            for uid in empty:
                # what is not told among others may be told alone
                self._clear_up(uid, question, told, accused)
            left = [uid for uid in asked if uid not in answers]
            if answer.loss is None and not answer.refusal:
                left = self._passed_over(left, question)
            if not left:
                continue
            # a connection breaks at the first without an answer; a refusal may mean any message
            suspects = left[:1] if answer.loss is not None else left
            for uid in suspects:
                self._clear_up(uid, question, told, accused)
            rest = left[len(suspects) :]
            # nothing was answered, though the first could have been: look for the one by halves
            middle = 0 if answers or suspects[0] in accused else len(rest) // 2
            todo += [part for part in (rest[middle:], rest[:middle]) if part]
        if question.is_for_content:
            self._blame.judge()
        return told, {uid: Unreadable(self._folder.ref(uid), reason) for uid, reason in accused.items()}

    def _clear_up(self, uid: int, question: _Question, told: dict[int, Fetched], accused: dict[int, str]) -> None:
        """Ask for one message that did not come with others: it is told, accused, or gone."""
        alone = self._ask_alone(uid, question)
        if isinstance(alone, Fetched):
            told |= self._given({uid: alone}, question, accused)
        elif isinstance(alone, Failure):
            self._accuse(uid, alone, question, accused)

    def _given(self, answers: dict[int, Fetched], question: _Question, accused: dict[int, str]) -> dict[int, Fetched]:
        """The answers but for those without a content that was asked for."""
        empty = _empty(answers, question)
        for uid in empty:
            reason = "the server gives no content for this message"
            self._accuse(uid, Failure(reason, Unavailable(reason, step="fetch")), question, accused)
        given = {uid: one for uid, one in answers.items() if uid not in empty}
        if given and question.is_for_content:
            self._blame.given(max(given))
        return given

    def _accuse(self, uid: int, failure: Failure, question: _Question, accused: dict[int, str]) -> None:
        accused[uid] = failure.reason
        if question.is_for_content:
            self._blame.accuse(uid, failure)

    def _ask_alone(self, uid: int, question: _Question) -> Fetched | Failure | None:
        """One message, if need be on a connection that has done nothing else; None: it is gone."""
        is_fresh = self._folder.is_lost
        answer = self._folder.answered([uid], question.items)
        if answer.loss is not None and not is_fresh:
            answer = self._folder.answered([uid], question.items)
        found = _told([uid], answer, question).get(uid)
        if found is not None:
            return found
        if answer.loss is not None:
            return Failure("the server ends the connection over this message", answer.loss)
        if not answer.refusal:
            reason = "the server lists this message and does not give it"
            is_there = bool(self._passed_over([uid], question))
            return Failure(reason, Unavailable(reason, step="fetch")) if is_there else None
        if response_code(answer.refusal) == "EXPUNGEISSUED":
            return None
        problem = refused(answer.refusal, step="fetch", what="the server refuses this message")
        return Failure(problem.problem, problem)

    def _passed_over(self, uids: Sequence[int], question: _Question) -> list[int]:
        """Those without an answer that the server still lists: what is gone has no answer either."""
        if not uids or not question.is_for_content:
            return []
        there = set(self._folder.search(f"UID {sequence_set(uids).decode('ascii')}"))
        return [uid for uid in uids if uid in there]


def _told(uids: Iterable[int], answer: Answer, question: _Question) -> dict[int, Fetched]:
    """The answers to what was asked; a line before the server gave up is none."""
    is_whole = answer.loss is None and not answer.refusal
    return {
        uid: told
        for uid in uids
        if (told := answer.messages.get(uid)) is not None and (is_whole or question.is_answered(told))
    }


def _empty(answers: dict[int, Fetched], question: _Question) -> list[int]:
    """The messages whose content was asked for and not told."""
    return [uid for uid, one in answers.items() if question.is_for_content and one.body is None]


def _goes_on(begun: Fetched) -> bool:
    return begun.body is not None and len(begun.body) == PREFIX


def _weight(read: Read) -> int:
    return len(read.text) + len(read.headers) if isinstance(read, Message) else 0
