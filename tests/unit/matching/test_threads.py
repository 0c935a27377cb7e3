"""Threads: who answers whom, from headers as programs really write them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.threads import Basis, Node, Position, arrange, conversation, needs_subject

_START = datetime(2026, 1, 1, 12, tzinfo=UTC)
_PAIR = frozenset({"rep@acme.example", "client@x.example"})


def _at(hours: float) -> datetime:
    return _START + timedelta(hours=hours)


def _index(*levels: int) -> str:
    header = bytes([1, *range(21)])
    return base64.b64encode(header + b"".join(bytes([level]) * 5 for level in levels)).decode()


def _parents(nodes: Sequence[Node]) -> dict[str, str | None]:
    return {key: position.parent for key, position in arrange(nodes).items()}


def test_the_last_reference_is_the_parent_and_the_first_names_the_thread() -> None:
    nodes = [Node(key="a"), Node(key="b", references=("a",)), Node(key="c", references=("a", "b"))]

    assert arrange(nodes) == {
        "a": Position(None, "a", Basis.ROOT),
        "b": Position("a", "a", Basis.REFERENCES),
        "c": Position("b", "a", Basis.REFERENCES),
    }


def test_an_answer_seen_alone_names_the_root_of_its_whole_thread() -> None:
    assert arrange([Node(key="c", references=("a", "b"))])["c"] == Position("b", "a", Basis.REFERENCES)


def test_answers_to_a_lost_mail_meet_in_one_thread() -> None:
    nodes = [Node(key="x", in_reply_to=("lost",)), Node(key="y", references=("lost",))]

    assert {position.root for position in arrange(nodes).values()} == {"lost"}


def test_references_of_one_answer_place_the_lost_mail_that_another_names_alone() -> None:
    nodes = [Node(key="a"), Node(key="x", references=("a", "lost")), Node(key="y", in_reply_to=("lost",))]

    assert {position.root for position in arrange(nodes).values()} == {"a"}


def test_in_reply_to_decides_where_references_were_copied_badly() -> None:
    """Eudora ended References with an older mail."""
    nodes = [
        Node(key="a"),
        Node(key="b", references=("a",)),
        Node(key="c", references=("a", "lost", "a"), in_reply_to=("b",)),
    ]

    assert arrange(nodes)["c"] == Position("b", "a", Basis.IN_REPLY_TO)


def test_references_decide_where_in_reply_to_leads_nowhere() -> None:
    nodes = [Node(key="a"), Node(key="b", references=("a",), in_reply_to=("rewritten",))]

    assert arrange(nodes)["b"] == Position("a", "a", Basis.REFERENCES)


def test_a_persons_address_in_in_reply_to_is_no_parent() -> None:
    people = frozenset({"jo@x.example", "list@x.example"})
    alone = Node(key="b", in_reply_to=("Jo@x.example",), people=people)
    beside = Node(key="c", in_reply_to=("jo@x.example", "20020101120000.GA1234@x.example"), people=people)

    assert arrange([alone])["b"] == Position(None, "b", Basis.ROOT)
    assert arrange([beside])["c"].parent == "20020101120000.GA1234@x.example"


def test_an_authors_address_is_no_parent_even_if_the_author_takes_no_part() -> None:
    """exmh wrote "Message from Jo <jo@…> of … <id>" in mail to a list, so Jo is not among its people."""
    nodes = [
        Node(key="20020101120000.GA1234@x.example", sender="jo@x.example"),
        Node(key="b", in_reply_to=("jo@x.example", "20020101120000.GA1234@x.example")),
        Node(key="c", in_reply_to=("kim@y.example", "15000.12345@z.example")),
    ]

    assert _parents(nodes)["b"] == "20020101120000.GA1234@x.example"
    assert _parents(nodes)["c"] == "15000.12345@z.example"


def test_a_mail_is_never_its_own_parent() -> None:
    nodes = [Node(key="a", references=("a",), in_reply_to=("a",)), Node(key="b", references=("a", "b"))]

    assert _parents(nodes) == {"a": None, "b": "a"}


def test_a_cycle_is_opened_at_the_earliest_mail() -> None:
    nodes = [
        Node(key="a", in_reply_to=("c",), sent_at=_at(2)),
        Node(key="b", in_reply_to=("a",), sent_at=_at(3)),
        Node(key="c", in_reply_to=("b",), sent_at=_at(1)),
    ]

    assert _parents(nodes) == {"c": None, "a": "c", "b": "a"}


def test_what_others_say_gives_way_to_what_a_mail_says_itself() -> None:
    """References of d are mangled: they put b above a, which itself answers b's ancestor."""
    nodes = [
        Node(key="a", references=("lost",)),
        Node(key="b", references=("lost", "a")),
        Node(key="d", references=("a", "lost", "b")),
    ]

    assert _parents(nodes) == {"a": "lost", "b": "a", "d": "b"}


def test_an_answer_that_lost_its_references_finds_its_parent_through_its_own_answers() -> None:
    nodes = [
        Node(key="a", subject="Pumps", sent_at=_at(0)),
        Node(key="b", subject="Re: Pumps", sent_at=_at(1)),
        Node(key="c", subject="Re: Pumps", sent_at=_at(2), references=("a", "b")),
    ]

    assert arrange(nodes)["b"] == Position("a", "a", Basis.REFERENCES)


def test_a_mail_that_is_no_answer_stays_a_root_whatever_others_say() -> None:
    nodes = [Node(key="a"), Node(key="b", subject="Pumps"), Node(key="c", references=("a", "b"))]

    assert _parents(nodes)["b"] is None


def test_copies_of_one_mail_add_up() -> None:
    nodes = [Node(key="a"), Node(key="b"), Node(key="b", references=("a",)), Node(key="b", in_reply_to=("a",))]

    assert _parents(nodes) == {"a": None, "b": "a"}


def test_thread_index_joins_answers_without_references() -> None:
    nodes = [
        Node(key="a", thread_index=_index()),
        Node(key="b", thread_index=_index(1)),
        Node(key="c", thread_index=_index(1, 2)),
        Node(key="d", thread_index=_index(3, 4)),
    ]
    places = arrange(nodes)

    assert places["b"] == Position("a", "a", Basis.THREAD_INDEX)
    assert places["c"].parent == "b"
    assert places["d"] == Position("a", "a", Basis.THREAD_INDEX)


def test_answers_of_one_conversation_meet_though_its_first_mail_is_lost() -> None:
    places = arrange([Node(key="b", thread_index=_index(1)), Node(key="d", thread_index=_index(3))])

    assert places["b"].root == places["d"].root == f"thread-index:{conversation(_index())}"


def test_broken_thread_indexes_and_those_of_strangers_join_nothing() -> None:
    strangers = [
        Node(key="a", thread_index=_index(), people=frozenset({"p@x.example"})),
        Node(key="b", thread_index=_index(1), people=frozenset({"q@x.example"})),
    ]

    assert _parents(strangers)["b"] != "a"
    assert conversation("AQ==") == conversation("not base64") == ""
    assert _parents([Node(key="a", thread_index="AQ=="), Node(key="b", thread_index="AQ==")]) == {"a": None, "b": None}


def _mail(key: str, subject: str, hours: float, people: frozenset[str] = _PAIR, sender: str = "") -> Node:
    return Node(key=key, subject=subject, sent_at=_at(hours), people=people, sender=sender)


def test_an_answer_without_references_is_joined_by_its_subject_and_marked_so() -> None:
    nodes = [_mail("a", "Offer for pumps", 0), _mail("b", "پاسخ: Offer for pumps", 5)]

    assert arrange(nodes)["b"] == Position("a", "a", Basis.SUBJECT)


def test_the_answered_author_comes_before_the_latest_mail() -> None:
    everyone = frozenset({"rep@acme.example", "client@x.example", "third@y.example"})
    nodes = [
        _mail("a", "Offer for pumps", 0, everyone, "rep@acme.example"),
        _mail("b", "Re: Offer for pumps", 1, everyone, "third@y.example"),
        _mail("c", "Re: Offer for pumps", 2, _PAIR, "client@x.example"),
    ]

    assert _parents(nodes)["c"] == "a"


def test_a_subject_alone_joins_neither_strangers_nor_later_nor_old_nor_unmarked_mail() -> None:
    strangers = frozenset({"rep@acme.example", "other@y.example"})
    answer = _mail("z", "Re: Offer for pumps", 24 * 40)
    for other in (
        _mail("a", "Offer for pumps", 24 * 39, strangers),
        _mail("a", "Offer for pumps", 24 * 41),
        _mail("a", "Offer for pumps", 0),
        _mail("a", "Offer for pipes", 24 * 39),
    ):
        assert _parents([other, answer])["z"] is None
    assert _parents([_mail("a", "Offer for pumps", 0), _mail("b", "Offer for pumps", 1)])["b"] is None


def test_a_common_subject_joins_nothing() -> None:
    assert _parents([_mail("a", "Hello", 0), _mail("b", "Re: Hello", 1)])["b"] is None


def test_on_a_list_the_list_is_company_enough() -> None:
    first = Node(
        key="a", subject="Pumps and pipes", sent_at=_at(0), people=frozenset({"l@x.example"}), list_id="l.x.example"
    )
    second = Node(key="b", subject="Re: [l] Pumps and pipes", sent_at=_at(1), people=_PAIR, list_id="l.x.example")

    assert _parents([first, second])["b"] == "a"


def test_a_lost_parent_is_bridged_by_thread_index_for_all_its_answers() -> None:
    nodes = [
        Node(key="a", thread_index=_index()),
        Node(key="x", references=("lost",), thread_index=_index(1, 2)),
        Node(key="y", references=("lost",)),
    ]
    places = arrange(nodes)

    assert places["x"] == Position("a", "a", Basis.THREAD_INDEX)
    assert places["y"] == Position("lost", "a", Basis.REFERENCES)


def test_an_answer_whose_conversation_is_lost_is_joined_by_its_subject() -> None:
    """Outlook answering a mail of another program: nobody else has its Thread-Index."""
    nodes = [_mail("a", "Offer for pumps", 0), replace(_mail("b", "RE: Offer for pumps", 1), thread_index=_index(1))]

    assert arrange(nodes)["b"] == Position("a", "a", Basis.SUBJECT)


def test_an_answer_to_a_lost_mail_is_not_guessed_at() -> None:
    nodes = [_mail("a", "Offer for pumps", 0), replace(_mail("b", "Re: Offer for pumps", 1), in_reply_to=("lost",))]

    assert arrange(nodes)["b"] == Position("lost", "lost", Basis.IN_REPLY_TO)


def test_the_subject_is_needed_only_where_a_mail_names_nothing_better() -> None:
    answer = _mail("b", "Re: Offer for pumps", 1)

    assert needs_subject(answer)
    assert not needs_subject(replace(answer, references=("a",)))
    assert not needs_subject(replace(answer, in_reply_to=("a",)))
    assert not needs_subject(replace(answer, sent_at=None))
    assert not needs_subject(replace(answer, subject="Offer for pumps"))
    assert not needs_subject(replace(answer, subject="Re: Hello"))


@pytest.mark.slow
def test_very_deep_threads_and_hostile_references_are_arranged_in_linear_time() -> None:
    ids = [f"m{number}" for number in range(10_000)]
    chain = [Node(key=ids[n], in_reply_to=tuple(ids[n - 1 : n])) for n in range(10_000)]
    circle = [Node(key=ids[n], in_reply_to=(ids[n - 1],)) for n in range(10_000)]
    tangle = [Node(key=ids[n], references=tuple(ids[:1_000])) for n in range(300)]

    assert {position.root for position in arrange(chain).values()} == {"m0"}
    assert sum(position.parent is None for position in arrange(circle).values()) == 1
    assert len({position.root for position in arrange(tangle).values()}) == 1


_KEYS = st.sampled_from("abcdefgh")
_NODES = st.lists(
    st.builds(
        Node,
        key=_KEYS,
        references=st.lists(_KEYS, max_size=4).map(tuple),
        in_reply_to=st.lists(_KEYS, max_size=2).map(tuple),
        thread_index=st.sampled_from(["", "", _index(), _index(1), _index(1, 2), _index(3), "junk"]),
        subject=st.sampled_from(["", "Pumps for sale", "Re: Pumps for sale", "Re: hello"]),
        sent_at=st.none() | st.integers(0, 5).map(_at),
        sender=st.sampled_from(["", "a", "p@x.example", "q@x.example"]),
        people=st.frozensets(st.sampled_from(["p@x.example", "q@x.example", "r@x.example"])),
        list_id=st.sampled_from(["", "l"]),
    ),
    max_size=12,
)


@given(_NODES.flatmap(lambda nodes: st.tuples(st.just(nodes), st.permutations(nodes))))
def test_any_set_of_mails_becomes_a_forest_whatever_its_order(orders: tuple[list[Node], list[Node]]) -> None:
    nodes, shuffled = orders
    places = arrange(nodes)

    assert arrange(shuffled) == places
    assert set(places) == {node.key for node in nodes}
    for key, place in places.items():
        path = [key]
        while (parent := places[path[-1]].parent) in places and parent is not None:
            assert parent not in path
            path.append(parent)
        top = places[path[-1]]
        assert top.root == place.root
        assert top.root == path[-1] if top.parent is None else top.root not in path
        assert (place.basis is Basis.ROOT) == (place.parent is None)
