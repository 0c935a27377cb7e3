"""Mails that are made to mislead or to cost: nothing raises, nothing takes long, and nothing is told without ground."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.api import Message, Report
from matching.signals import Kind, Mail, classify
from matching.signals.records import MAX_EVIDENCE, MAX_REASON, MAX_SIGNALS
from tests.unit.matching.signals.mails import mail, signals

#: Processor seconds for one mail, on any machine.
BOUND = 3.0

NOTICE = "From: MAILER-DAEMON@mx.example\nSubject: failure notice\nIn-Reply-To: <a@b.example>\n"
REPORT = NOTICE + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"


def seconds(raw: str) -> float:
    read = mail(raw)
    start = time.process_time()
    classify(read)
    return time.process_time() - start


@pytest.mark.parametrize(
    "text",
    [
        "user " * 60_000,
        "a" * 200_000,
        "@" * 200_000,
        "a@" * 100_000,
        "<a@b.c>" * 30_000,
        "<a@b.c>\n" * 30_000,
        "\n" * 200_000 + "could not be delivered",
        " " * 200_000,
        "to: " * 60_000,
        "recipient: <" * 20_000,
        "550 5.1.1 " * 25_000,
        "mailbox account exceeds message size " * 6_000,
        "i am i will be out of the office until " * 6_000,
        "bis zum 1. 2. 3. " * 12_000,
        "до 1 2 3 4 я в отпуске " * 10_000,
        "until 1 a until 2 b return on 3 c " * 8_000,
        "> " * 100_000,
        "original message\n" * 15_000,
        "Received: " * 25_000,
        "ã" * 100_000,
        "٢" * 100_000,
        "\u0300" * 100_000,
        "が" * 80_000,
        "c=us;a= ;dda:SMTP=" * 12_000,
    ],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)
def test_no_text_takes_long(text: str) -> None:
    words = f"I'm afraid I wasn't able to deliver. Delivery to the following failed.\n{text}"
    assert seconds(f"{NOTICE}\n{words}") < BOUND
    assert seconds(f"From: a@b.example\nSubject: Re: x\nIn-Reply-To: <a@b.example>\n\n{text}") < BOUND
    assert seconds(f"From: a@b.example\nSubject: {' '.join(text[:9_000].split())}\n\nx") < BOUND


def test_reports_of_a_thousand_recipients_take_no_longer() -> None:
    group = (
        "Final-Recipient: rfc822; u{}@x.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; "
        + "user mailbox account " * 30
    )
    groups = "\n\n".join(group.format(number) for number in range(3_000))
    raw = (
        f"{REPORT}--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        f"{groups}\n--b--\n"
    )
    assert seconds(raw) < BOUND
    short = "\n\n".join(f"Final-Recipient: rfc822;{number}@x.y\nAction: failed" for number in range(3_000))
    raw = f"{REPORT}--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\n{short}\n--b--\n"
    assert seconds(raw) < BOUND
    assert len(signals(raw)) == MAX_SIGNALS


def test_reports_within_reports_are_mails_that_came_back() -> None:
    inner = "From: ann@acme.example\nTo: jo@shop.example\n\nHello\n"
    for number in range(100):
        inner = (
            f"From: MAILER-DAEMON@mx{number}.example\nSubject: failure notice\n"
            f"Content-Type: multipart/report; report-type=delivery-status; boundary=b{number}\n\n"
            f"--b{number}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
            f"Final-Recipient: rfc822; u{number}@x.example\nAction: failed\nStatus: 5.1.1\n\n"
            f"--b{number}\nContent-Type: message/rfc822\n\n{inner}\n--b{number}--\n"
        )
    assert [each.recipient for each in signals(inner)] == ["u99@x.example"]
    assert seconds(inner) < BOUND


def test_multiparts_within_multiparts_end_somewhere() -> None:
    raw = "".join(f"Content-Type: multipart/report; boundary=b{number}\n\n--b{number}\n" for number in range(150))
    assert (
        signals(f"From: a@b.example\nSubject: x\n{raw}Content-Type: message/delivery-status\n\nAction: failed\n") == ()
    )


def test_a_boundary_that_is_not_there_hides_no_report_and_makes_none() -> None:
    group = "Final-Recipient: rfc822; jo@shop.example\nAction: failed\nStatus: 5.1.1\n"
    lying = REPORT.replace("boundary=b", "boundary=other")
    raw = (
        f"{lying}--b\nContent-Type: text/plain\n\nfailed\n--b\nContent-Type: message/delivery-status\n\n"
        f"{group}\n--b--\n"
    )
    assert [(each.kind, each.recipient) for each in signals(raw)] == [(Kind.BOUNCE, "jo@shop.example")]
    assert signals("From: jo@shop.example\nSubject: x\nContent-Type: multipart/report; boundary=none\n\nHello\n") == ()


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
        "Auto-Submitted: no",
        "Auto-Submitted: maybe",
        "X-Autoreply: no",
        "Return-Path: <jo@shop.example>",
        "X-Auto-Response-Suppress: All",
        "Precedence: first-class",
    ],
)
def test_a_header_alone_that_says_nothing_is_no_signal(header: str) -> None:
    assert signals(f"From: jo@shop.example\nSubject: Re: Offer\n{header}\n\nThe offer looks good, let us meet.\n") == ()


def test_a_mark_in_a_letter_of_a_mail_program_is_told_with_little_confidence() -> None:
    raw = (
        "From: jo@shop.example\nSubject: Re: Offer\nAuto-Submitted: auto-replied\nIn-Reply-To: <a@b.example>\n"
        "User-Agent: Mozilla Thunderbird\n\nThe offer looks good, let us meet.\n"
    )
    (signal,) = signals(raw)
    assert (signal.kind, signal.confidence < 0.5) == (Kind.AUTO_REPLY, True)
    assert signals(raw.replace("User-Agent: Mozilla Thunderbird\n", ""))[0].confidence == 1.0


PIECES = (
    "failure notice|Final-Recipient: rfc822;|Action: failed|Status: 5.1.1|jo@shop.example|<|>|:|Disposition: ;deleted"
    "|Feedback-Type:|out of office|until|31.13.2026|99/99/9999|1404/13/40|31 اسفند|月|2月30日|RCPT TO:|بازگشت تا"
    "|Your message could not be delivered|\\x{110000}|\\x{D800}|=?utf-8?q?=ff?=|\0|Automatic reply:|\n|\n\n|5.1.1"
)
words = st.sampled_from(PIECES.split("|"))
texts = st.lists(words | st.text(max_size=6), max_size=25).map(" ".join)
kinds = st.sampled_from(
    [
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/rfc822",
        "text/rfc822-headers",
    ]
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    subject=texts,
    text=texts,
    reports=st.lists(st.builds(Report, kinds, texts), max_size=3).map(tuple),
    headers=st.dictionaries(
        st.sampled_from(
            ["from", "auto-submitted", "return-path", "list-id", "x-failed-recipients", "precedence", "x-autoreply"]
        ),
        st.lists(texts, min_size=1, max_size=2).map(tuple),
        max_size=4,
    ),
)
def test_whatever_a_mail_holds_each_signal_has_its_ground(
    subject: str, text: str, reports: tuple[Report, ...], headers: dict[str, tuple[str, ...]]
) -> None:
    told = classify(
        Mail(headers=headers, subject=subject, sender="mailer-daemon@x.example", text=text, reports=reports)
    )
    for each in told:
        assert 0 < len(each.evidence) <= MAX_EVIDENCE
        assert each.evidence.isprintable()
        assert 0 < each.confidence <= 1
        assert len(each.reason or "") <= MAX_REASON
        assert (each.category is not None) == (each.kind in (Kind.BOUNCE, Kind.DELAY))
        assert (each.is_hard is not None) == (each.kind in (Kind.BOUNCE, Kind.DELAY))


def test_a_mail_of_the_store_needs_no_server() -> None:
    kept = Message(
        ref="", subject="Automatic reply: Offer", text="I am out of the office.", headers=b"From: a@b.example\n"
    )
    assert [each.kind for each in classify(Mail.of(kept))] == [Kind.AUTO_REPLY]
