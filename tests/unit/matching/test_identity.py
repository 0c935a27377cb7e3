"""Copies of one mail are one mail, whichever are known; re-used ids are not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from matching.identity import Copy, group

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GENUINE = Copy(
    key=b"1",
    mid="a@x",
    sent_at=NOON,
    sender="ann@x",
    fingerprint=b"f",
    is_list=False,
    reply_to=frozenset(),
    arrived_at=NOON,
)
REWRITTEN = replace(GENUINE, key=b"2", sender="list@x", is_list=True, fingerprint=b"g")
FORGED = replace(GENUINE, key=b"3", sender="mallory@x", fingerprint=b"h", arrived_at=NOON - timedelta(hours=1))


def keys(*copies: Copy) -> list[set[bytes]]:
    return sorted(({c.key for c in mail.copies} for mail in group(copies)), key=sorted)


def test_copies_that_agree_in_id_date_and_sender_are_one() -> None:
    assert keys(GENUINE, replace(GENUINE, key=b"9", arrived_at=None)) == [{b"1", b"9"}]


def test_another_date_or_sender_makes_a_second_mail_and_both_are_marked() -> None:
    mails = group([GENUINE, FORGED, replace(GENUINE, key=b"4", sent_at=NOON + timedelta(seconds=1))])
    assert len(mails) == 3
    assert all(mail.is_message_id_reused for mail in mails)


def test_a_list_copy_with_rewritten_sender_joins_the_only_mail_of_its_id_and_date() -> None:
    assert keys(GENUINE, REWRITTEN) == [{b"1", b"2"}]


def test_a_list_copy_prefers_the_author_that_the_list_left_in_reply_to() -> None:
    assert keys(GENUINE, FORGED, replace(REWRITTEN, reply_to=frozenset({"ann@x"}))) == [{b"1", b"2"}, {b"3"}]


def test_a_list_copy_without_a_hint_joins_the_mail_that_arrived_first() -> None:
    late = replace(FORGED, arrived_at=NOON + timedelta(hours=1))
    assert keys(GENUINE, late, REWRITTEN) == [{b"1", b"2"}, {b"3"}]


def test_copies_of_two_rewriting_lists_are_one_mail() -> None:
    assert keys(REWRITTEN, replace(REWRITTEN, key=b"5", sender="other@x")) == [{b"2", b"5"}]


def test_a_copy_without_id_joins_the_mail_of_its_fingerprint() -> None:
    assert keys(GENUINE, replace(GENUINE, key=b"6", mid=None)) == [{b"1", b"6"}]
    assert keys(replace(GENUINE, key=b"6", mid=None), replace(GENUINE, key=b"7", mid=None)) == [{b"6", b"7"}]


def test_the_name_of_a_genuine_mail_does_not_change_when_it_is_forged() -> None:
    alone = group([GENUINE])[0].name
    assert alone in {mail.name for mail in group([GENUINE, FORGED, REWRITTEN])}


def test_direct_copies_are_shown_before_those_of_lists() -> None:
    early = replace(REWRITTEN, arrived_at=NOON - timedelta(days=1))
    assert group([early, GENUINE])[0].copies[0] is GENUINE


copies = st.builds(
    Copy,
    key=st.binary(min_size=1, max_size=2),
    mid=st.sampled_from([None, "a@x", "b@x"]),
    sent_at=st.sampled_from([None, NOON, NOON + timedelta(days=1)]),
    sender=st.sampled_from(["", "ann@x", "bob@x"]),
    fingerprint=st.sampled_from([b"f", b"g"]),
    is_list=st.booleans(),
    reply_to=st.sampled_from([frozenset[str](), frozenset({"ann@x"})]),
    arrived_at=st.sampled_from([None, NOON, NOON - timedelta(days=1)]),
)


@given(st.lists(copies, unique_by=lambda c: c.key, max_size=8), st.randoms(use_true_random=False))
def test_grouping_knows_no_order_and_loses_no_copy(found: list[Copy], rng: random.Random) -> None:
    mails = group(found)
    assert sorted(c.key for mail in mails for c in mail.copies) == sorted(c.key for c in found)
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert group(shuffled) == mails
