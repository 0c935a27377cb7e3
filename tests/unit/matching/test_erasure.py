"""Taking an erased address out of texts, ids, headers and records, in whatever dress it comes."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.api import Attachment, Message, Participant, Report, Role
from matching.addresses import AddressRules
from matching.erasure import (
    BLANK,
    blank_text,
    clean_headers,
    domain_forms,
    holds_in_id,
    may_name,
    quotes,
    without_erased,
)

ANN = "ann.lee@client.example"
RULES = AddressRules()


def is_erased(normal: str) -> bool:
    return RULES.base(normal) in (ANN, "müller@xn--mller-kva.example")


def is_domain(written: str) -> bool:
    return bool({"client.example", "xn--mller-kva.example"}.intersection(domain_forms(written)))


def pseudonym(text: str) -> str:
    return f"{len(text)}@erased.invalid"


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("On Monday Ann Lee <ann.lee@client.example> wrote:", f"On Monday Ann Lee <{BLANK}> wrote:"),
        ("Write to Ann.Lee@Client.Example.", f"Write to {BLANK}."),
        ("(ann.lee@client.example), 'ann.lee@client.example'", f"({BLANK}), '{BLANK}'"),
        ("mailto:ann.lee+crm@client.example?subject=x", f"mailto:{BLANK}?subject=x"),
        ("https://x.example/u?e=ann.lee%40client.example&y=1", f"https://x.example/u?e={BLANK}&y=1"),
        ("https://x.example/ann.lee@client.example/edit", f"https://x.example/{BLANK}/edit"),
        ("ایمیلann.lee@client.exampleاست", f"ایمیل{BLANK}است"),
        ("ann.lee＠client.example", BLANK),
        ("files/ann.lee@client.example.vcf", f"files/{BLANK}.vcf"),
        ("müller@müller.example und MÜLLER@xn--mller-kva.example", f"{BLANK} und {BLANK}"),
        ("ann.lee@client.example ann.lee@client.example", f"{BLANK} {BLANK}"),
        ("**ann.lee@client.example** _ann.lee@client.example_", f"**{BLANK}** _{BLANK}_"),
    ],
)
def test_an_address_is_blanked_in_every_dress(text: str, blanked: str) -> None:
    assert blank_text(text, is_erased) == blanked
    assert blank_text(blanked, is_erased) == blanked


@pytest.mark.parametrize(
    "text",
    [
        "joann.lee@client.example",
        "x.ann.lee@client.example",
        "ann.lee@client.example.org",
        "ann.lee@sub.client.example",
        "ann@client.example",
        "ann.lee at client.example",
        "@ @@ ann.lee@ @client.example",
        "",
    ],
)
def test_what_is_no_such_address_stays(text: str) -> None:
    assert blank_text(text, is_erased) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260101.ann.lee@client.example", True),
        ("bounce-77-ann.lee=client.example@list.example", True),
        ("ann.lee%40client.example@x.example", True),
        ("4711@client.example", False),
        ("joann.lee@client.example", False),
    ],
)
def test_ids_and_return_paths_that_are_made_of_it(text: str, expected: bool) -> None:
    assert holds_in_id(text, is_erased) is expected


def test_header_fields_that_speak_of_it_go_with_the_name() -> None:
    packed = b64encode(b"ann.lee@client.example").decode()
    block = (
        "From: =?utf-8?q?Ann_Lee?= <Ann.Lee@client.example>\r\n"
        "To: alice@acme.example,\r\n bob@acme.example\r\n"
        "Cc: carl@x.example,\r\n\tann.lee@client.example\r\n"
        "Return-Path: <b-ann.lee=client.example@x.example>\r\n"
        f"X-Contact: =?utf-8?b?{packed}?=\r\n"
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    ).encode()
    assert clean_headers(block, is_erased) == (
        b"To: alice@acme.example,\r\n bob@acme.example\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
    )
    other = b"From: carl@x.example\r\nX: \xff\xfe\r\n"
    assert clean_headers(other, is_erased) is other


def test_a_record_loses_the_person_and_keeps_the_rest() -> None:
    message = Message(
        ref="1",
        message_id="7.ann.lee@client.example",
        references=("1@x", "7.ann.lee@client.example"),
        subject=f"To {ANN}",
        text=f"<{ANN}>",
        participants=(
            Participant(Role.FROM, ANN, "Ann Lee"),
            Participant(Role.TO, "alice@acme.example", "Alice"),
            Participant(Role.CC, "sign@docs.example", f"{ANN} via Docs"),
        ),
        attachments=(Attachment(f"{ANN}.vcf", "text/vcard", 5),),
        headers=f"From: Ann Lee <{ANN}>\nX: 1".encode(),
        reports=(
            Report(
                "message/delivery-status", f"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; {ANN}\nAction: failed"
            ),
            Report("message/rfc822", f"To: Ann Lee\n <{ANN}>\nSubject: Offer"),
        ),
    )
    cleaned = without_erased(message, is_erased, pseudonym)
    assert ANN not in repr(cleaned).lower()
    assert "Ann Lee" not in repr(cleaned)
    assert [each.email for each in cleaned.participants] == ["alice@acme.example", "sign@docs.example"]
    assert cleaned.references == ("1@x", cleaned.message_id)
    assert [each.text for each in cleaned.reports] == ["Reporting-MTA: dns; x\n\nAction: failed", "Subject: Offer"]
    assert without_erased(cleaned, is_erased, pseudonym) is cleaned


_AROUND = st.text(st.sampled_from(" <>()[]\"':;,.-_+=/?&%@\\|\nabcäم漢"), max_size=12)
_DRESS = st.sampled_from(
    [ANN, ANN.upper(), "ann.lee+x@client.example", "ann.lee%40client.example", "müller@müller.example"]
)


@given(_AROUND, _DRESS, _AROUND)
def test_the_quick_look_misses_nothing_that_the_long_one_finds(before: str, address: str, after: str) -> None:
    text = before + address + after
    if quotes(text, is_erased):
        assert may_name(text, is_domain)
    if holds_in_id(text, is_erased):
        assert may_name(text, is_domain)


@given(st.text(st.sampled_from("a@.=%40-_ \n"), max_size=200))
def test_any_text_is_taken_and_blanking_it_again_changes_nothing(text: str) -> None:
    once = blank_text(text, lambda normal: len(normal) % 2 == 0)
    assert isinstance(once, str)
    assert blank_text(text, lambda _normal: False) == text
