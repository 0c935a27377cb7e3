"""Threads of labelled mail: posts of two public lists, and the mailboxes that IMAP servers are tested with."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

import pytest

from matching.addresses import normalize
from matching.threads import Basis, Node, arrange


@dataclass(frozen=True)
class Labelled:
    """A mail and who labelled it says it answers."""

    node: Node
    #: Ids that count as its parent; empty for a first mail.
    parents: frozenset[str]
    is_parent_present: bool
    #: Is it certain that a mail without parent is a first mail?
    is_certain: bool
    thread: str


def _node(raw: bytes, key: str = "") -> Node:
    mail = message_from_bytes(raw)
    sender, people = _addresses(mail, "from"), _addresses(mail, "to") + _addresses(mail, "cc")
    return Node(
        key=key or _ids(mail, "message-id")[0],
        references=_ids(mail, "references"),
        in_reply_to=_ids(mail, "in-reply-to"),
        thread_index=str(mail["thread-index"] or ""),
        subject=str(make_header(decode_header(str(mail["subject"] or "")))),
        sent_at=parsedate_to_datetime(str(mail["date"])).astimezone(UTC) if mail["date"] else None,
        sender=next(iter(sender), ""),
        people=frozenset(sender + people),
        list_id="".join(_ids(mail, "list-id")[:1]),
    )


def _ids(mail: Message, header: str) -> tuple[str, ...]:
    return tuple(re.findall(r"<([^<>\s]+)>", str(mail[header] or "")))


def _addresses(mail: Message, header: str) -> list[str]:
    values = [str(value) for value in mail.get_all(header, [])]
    return [normal for _, address in getaddresses(values) if (normal := normalize(address))]


@pytest.fixture(scope="module", params=["notmuch-default", "spamassassin-lists"])
def corpus(request: pytest.FixtureRequest, shared_dir: Path) -> list[Labelled]:
    folder = shared_dir / "corpora" / "dev" / "threads"
    rows = json.loads((folder / "expected.json").read_text("utf-8"))
    return [
        Labelled(
            node=_node((folder / row["file"]).read_bytes()),
            parents=frozenset(row[name][1:-1] for name in ("parent", "parent_alt") if row.get(name)),
            is_parent_present=row["parent_present"],
            is_certain=row["parent_known"],
            thread=row["thread"],
        )
        for row in rows
        if row["corpus"] == request.param
    ]


def test_parents_are_found_and_first_mails_have_none(corpus: list[Labelled]) -> None:
    places = arrange(mail.node for mail in corpus)
    answers = [mail for mail in corpus if mail.is_parent_present]
    firsts = [mail for mail in corpus if not mail.parents and mail.is_certain]

    found = sum(places[mail.node.key].parent in mail.parents for mail in answers)
    assert found >= 0.98 * len(answers)
    assert all(places[mail.node.key].parent is None for mail in firsts)


def test_mails_of_one_thread_name_one_root(corpus: list[Labelled]) -> None:
    places = arrange(mail.node for mail in corpus)
    roots: dict[str, set[str]] = {}
    for mail in corpus:
        roots.setdefault(mail.thread, set()).add(places[mail.node.key].root)

    assert all(len(names) == 1 for names in roots.values())


def test_without_guesses_no_two_threads_are_mixed(corpus: list[Labelled]) -> None:
    """Undated mail is never joined by subject."""
    places = arrange(replace(mail.node, sent_at=None) for mail in corpus)
    threads: dict[str, set[str]] = {}
    for mail in corpus:
        threads.setdefault(places[mail.node.key].root, set()).add(mail.thread)

    assert all(len(names) == 1 for names in threads.values())


def test_answers_that_lost_their_references_find_their_thread_by_subject(corpus: list[Labelled]) -> None:
    if not corpus[0].node.list_id:
        pytest.skip("patches carry no mark of an answer: there is nothing to go by")
    joined = exact = of = 0
    for draw in range(4):
        chance = random.Random(draw)
        lost = {mail.node.key for mail in corpus if mail.is_parent_present and chance.random() < 0.2}
        places = arrange(_without_references(mail.node) if mail.node.key in lost else mail.node for mail in corpus)
        stripped = [mail for mail in corpus if mail.node.key in lost]
        joined += sum(places[mail.node.key].root == places[min(mail.parents)].root for mail in stripped)
        exact += sum(places[mail.node.key].parent in mail.parents for mail in stripped)
        of += len(stripped)

    assert joined >= 0.9 * of
    assert exact >= 0.6 * of


def _without_references(node: Node) -> Node:
    return replace(node, references=(), in_reply_to=(), thread_index="")


def _mails(mbox: Path) -> Iterator[Node]:
    for number, raw in enumerate(re.split(rb"^From .*\n", mbox.read_bytes(), flags=re.MULTILINE)[1:], 1):
        key = message_from_bytes(raw)["message-id"]
        yield _node(raw, "" if key else f"no-id-{number}")


def test_answers_to_a_lost_mail_meet_as_rfc_5256_has_it(shared_dir: Path) -> None:
    mails = list(_mails(shared_dir / "corpora/dev/threads-rfc5256/imaptest/thread6.mbox"))

    assert [place.root for place in arrange(mails).values()] == ["a@b", "a@b"]


def test_answers_hang_under_what_they_name_whatever_their_dates(shared_dir: Path) -> None:
    mails = list(_mails(shared_dir / "corpora/dev/threads-rfc5256/imaptest/thread5.mbox"))

    parents = {key: place.parent for key, place in arrange(mails).items()}
    assert parents == {"1@b": None, "2@b": "1@b", "3@b": "1@b", "4@b": "2@b", "5@b": "2@b"}


def test_two_mails_of_one_id_are_copies_and_not_answers(shared_dir: Path) -> None:
    """RFC 5256 would hang the second under the first; here the store has told forged ids apart before."""
    mails = list(_mails(shared_dir / "corpora/dev/threads-rfc5256/imaptest/thread3.mbox"))

    assert [mail.key for mail in mails] == ["a@b", "a@b"]
    assert [place.basis for place in arrange(mails).values()] == [Basis.ROOT]
