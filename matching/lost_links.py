"""Parents of answers whose References are lost: by Thread-Index, else by subject, people and time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import timedelta

from matching.subjects import is_reply_subject, is_telling, subject_key
from matching.thread_index import HEADER, ancestors, conversation, decode
from matching.thread_nodes import Node, rank

#: An answer comes within this time.
_WINDOW = timedelta(days=30)
#: No more mails of one subject are tried, latest first.
_MAX_TRIED = 200
#: A subject of so many characters makes up for a second shared address.
_DISTINCTIVE = 20


def needs_subject(node: Node) -> bool:
    """May the mail's parent have to be found by subject, so that `arrange` needs the mails of equal subject?

    If it is dated, an answer by its mark, names no mail in References or In-Reply-To, and its subject says something.
    """
    if node.sent_at is None or node.references or node.in_reply_to:
        return False
    return is_reply_subject(node.subject) and is_telling(subject_key(node.subject))


class Directory:
    """Mails by Thread-Index and by subject."""

    def __init__(self, mails: Iterable[Node]) -> None:
        self._by_index: dict[bytes, list[Node]] = {}
        self._by_subject: dict[str, list[Node]] = {}
        for mail in sorted(mails, key=rank):
            if mail.thread_index and (index := decode(mail.thread_index)):
                self._by_index.setdefault(index, []).append(mail)
            if mail.sent_at is not None:
                self._by_subject.setdefault(subject_key(mail.subject), []).append(mail)

    def by_index(self, node: Node) -> Iterator[str]:
        """Keys of mails above in the conversation: the nearest level first, of one level the latest before."""
        for index in ancestors(decode(node.thread_index)):
            mails = [mail for mail in reversed(self._by_index.get(index, [])) if _meet(mail, node)]
            for mail in sorted(mails, key=lambda mail: rank(mail) > rank(node)):
                yield mail.key

    def ghost(self, node: Node) -> str:
        """Stands above the answers of one conversation whose first mail is lost; "" where there is none."""
        index = decode(node.thread_index)
        return f"thread-index:{conversation(node.thread_index)}" if len(index) > HEADER else ""

    def by_subject(self, node: Node) -> Iterator[str]:
        """Keys of mails that the answer `node` may answer, the likeliest first."""
        if node.sent_at is None or not needs_subject(node):
            return
        mails = self._by_subject.get(subject_key(node.subject), [])
        end = bisect_left(mails, (node.sent_at, ""), key=rank)
        earlier = [
            mail
            for mail in reversed(mails[max(0, end - _MAX_TRIED) : end])
            if mail.sent_at is not None and mail.sent_at >= node.sent_at - _WINDOW and _may_answer(node, mail)
        ]
        for mail in sorted(earlier, key=lambda mail: not _is_addressed(mail, node)):
            yield mail.key


def _is_addressed(mail: Node, answer: Node) -> bool:
    """Is the answer written to the mail's author?"""
    return mail.sender != answer.sender and mail.sender in answer.people


def _may_answer(answer: Node, mail: Node) -> bool:
    if (answer.list_id and answer.list_id == mail.list_id) or not answer.people or not mail.people:
        return True
    if len(answer.people & mail.people) >= 2:
        return True
    return _is_addressed(mail, answer) and len(subject_key(answer.subject)) >= _DISTINCTIVE


def _meet(mail: Node, other: Node) -> bool:
    return not mail.people or not other.people or not mail.people.isdisjoint(other.people)
