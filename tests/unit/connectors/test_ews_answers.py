"""What Exchange answers is read strictly and within bounds, and its refusals are told apart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.ews import soap
from connectors.ews.items import extended, item_of
from connectors.ews.questions import HEADERS, LAST_VERB
from connectors.ews.soap import M, NoAnswer, Refusal, T

_NAMES = (
    'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"'
    ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
    ' xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors"'
)


def envelope(body: str) -> bytes:
    return f'<?xml version="1.0"?><s:Envelope {_NAMES}><s:Header/><s:Body>{body}</s:Body></s:Envelope>'.encode()


def answer(*messages: str) -> bytes:
    return envelope(
        f"<m:GetItemResponse><m:ResponseMessages>{''.join(messages)}</m:ResponseMessages></m:GetItemResponse>"
    )


def message(content: str, code: str = "NoError", kind: str = "Success") -> str:
    return (
        f'<m:GetItemResponseMessage ResponseClass="{kind}">{content}'
        f"<m:ResponseCode>{code}</m:ResponseCode></m:GetItemResponseMessage>"
    )


def item(fields: str) -> str:
    return message(f'<m:Items><t:Message><t:ItemId Id="a" ChangeKey="b"/>{fields}</t:Message></m:Items>')


def test_each_thing_asked_for_has_its_answer() -> None:
    refused = message("<m:MessageText>gone</m:MessageText>", "ErrorItemNotFound", "Error")
    first, second = soap.replies(soap.read(answer(item(""), refused)), "GetItem")
    assert first.refusal is None
    assert second.refusal is not None
    assert (second.refusal.code, second.refusal.text) == ("ErrorItemNotFound", "gone")


def test_a_fault_says_how_long_the_server_wants_its_rest() -> None:
    fault = envelope(
        "<s:Fault><faultcode>a:ErrorServerBusy</faultcode><faultstring>busy</faultstring><detail>"
        "<e:ResponseCode>ErrorServerBusy</e:ResponseCode><e:Message>wait</e:Message>"
        '<t:MessageXml><t:Value Name="Other">1</t:Value><t:Value Name="BackOffMilliseconds">297749</t:Value>'
        "</t:MessageXml></detail></s:Fault>"
    )
    with pytest.raises(Refusal) as caught:
        soap.replies(soap.read(fault), "GetItem")
    assert (caught.value.code, caught.value.text, caught.value.back_off) == ("ErrorServerBusy", "wait", 297.749)


def test_a_fault_without_detail_has_its_code_in_the_faultcode() -> None:
    fault = envelope(
        "<s:Fault><faultcode>x:ErrorImpersonateUserDenied</faultcode><faultstring>no</faultstring></s:Fault>"
    )
    with pytest.raises(Refusal) as caught:
        soap.replies(soap.read(fault), "GetItem")
    assert (caught.value.code, caught.value.text) == ("ErrorImpersonateUserDenied", "no")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Outlook on the web</body></html>",
        b"<!DOCTYPE html><html></html>",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        answer(item("<t:Subject>x</t:Subject>"))[:-30],
        b"<a>" * 200,
        b"<a>" + b"<b/>" * 300_000 + b"</a>",
        b"\xff\xfe\x00",
        b"PK\x03\x04",
    ],
)
def test_what_is_no_whole_answer_is_none(body: bytes) -> None:
    with pytest.raises(NoAnswer):
        soap.read(body)


def test_an_answer_to_something_else_is_none() -> None:
    with pytest.raises(NoAnswer, match="no answer to FindItem"):
        soap.replies(soap.read(answer(item(""))), "FindItem")


@pytest.mark.parametrize("written", ["a\x01b", "a&#x1;b", "a&#0;b", "a&#xFFFE;b", "a&#xD800;b", "a&#x110000;b"])
def test_characters_that_xml_cannot_hold_cost_nothing_else(written: str) -> None:
    raw = answer(item(f"<t:Subject>{written}</t:Subject>"))
    (reply,) = soap.replies(soap.read(raw), "GetItem")
    assert soap.text_of(reply.element, f"{M}Items/{T}Message/{T}Subject") == "ab"


@pytest.mark.parametrize("written", ["&#9;", "&#x1F600;", "&#1740;"])
def test_characters_that_xml_holds_stay(written: str) -> None:
    raw = answer(item(f"<t:Subject>{written}</t:Subject>"))
    (reply,) = soap.replies(soap.read(raw), "GetItem")
    assert len(soap.text_of(reply.element, f"{M}Items/{T}Message/{T}Subject")) == 1


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-22T15:39:11Z", datetime(2026, 11, 22, 15, 39, 11, tzinfo=UTC)),
        ("2026-11-22T15:39:11.9876543Z", datetime(2026, 11, 22, 15, 39, 11, tzinfo=UTC)),
        ("2026-11-22T15:39:11+03:30", datetime(2026, 11, 22, 12, 9, 11, tzinfo=UTC)),
        ("2026-11-22T15:39:11", datetime(2026, 11, 22, 15, 39, 11, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-13-22T15:39:11Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_whole_seconds_of_utc(text: str, time: datetime | None) -> None:
    assert soap.instant(text) == time


def test_an_item_that_tells_little_is_an_item() -> None:
    (reply,) = soap.replies(soap.read(answer(item("<t:Size>many</t:Size>"))), "GetItem")
    told = item_of(reply.element.find(f"{M}Items")[0])  # type: ignore[index]  # it is there, see above
    assert (told.id, told.received_at, told.size, told.flags, told.is_mail) == ("a", None, 0, frozenset(), True)


@pytest.mark.parametrize(
    ("tag", "verb", "flags"),
    [
        ("0x1081", "102", {"\\Answered"}),
        ("0x1081", "103", {"\\Answered"}),
        ("4225", "104", {"$Forwarded"}),
        ("0x1081", "105", set()),
        ("0x1080", "102", set()),
        ("what", "102", set()),
    ],
)
def test_what_was_done_last_is_a_flag(tag: str, verb: str, flags: set[str]) -> None:
    given = (
        f'<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="Integer"/>'
        f"<t:Value>{verb}</t:Value></t:ExtendedProperty>"
    )
    (reply,) = soap.replies(soap.read(answer(item(given))), "GetItem")
    element = reply.element.find(f"{M}Items/{T}Message")
    assert element is not None
    assert item_of(element).flags == flags
    assert extended(element, HEADERS) == ""
    assert bool(extended(element, LAST_VERB)) == (tag in ("0x1081", "4225"))
