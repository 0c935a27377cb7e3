"""What a mail tells of other mails, and what is said in it: with its ground, within the limits, the same twice."""

from __future__ import annotations

import math
from datetime import date, timedelta

from connectors.api import Message, parse_message
from matching.said import complaint, promise
from matching.signals import Kind, Mail, classify
from matching.signals.records import MAX_EVIDENCE, MAX_REASON, MAX_SIGNALS
from tests.fuzz.sound import check_sound

_REPORT = (
    b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\nIn-Reply-To: <a@b.example>\n"
    b"Content-Type: multipart/report; report-type=%s; boundary=b\n\n"
    b"--b\n\nfailed\n--b\nContent-Type: message/%s\n\n%s\n--b--\n"
)
SEEDS = (
    _REPORT
    % (
        b"delivery-status",
        b"delivery-status",
        b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; jo@shop.example\nAction: failed\nStatus: 5.1.1\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such user",
    ),
    _REPORT
    % (
        b"disposition-notification",
        b"disposition-notification",
        b"Final-Recipient: rfc822; jo@shop.example\nOriginal-Message-ID: <1@acme.example>\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed",
    ),
    _REPORT % (b"feedback-report", b"feedback-report", b"Feedback-Type: abuse\nOriginal-Rcpt-To: jo@shop.example"),
    b"From: jo@shop.example\nSubject: Automatic reply: Offer\nAuto-Submitted: auto-replied\n"
    b"In-Reply-To: <1@acme.example>\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 +0000\n\nI am out of the office until 9 March 2026.\n",
    "From: jo@shop.example\nSubject: پاسخ خودکار\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n"
    "Content-Type: text/plain; charset=utf-8\n\nتا ۱۴۰۵/۰۱/۱۵ در مرخصی هستم".encode(),
    b"From: postmaster@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
    b"X-Failed-Recipients: jo@shop.example\n\n"
    b"<jo@shop.example>: host mx said: 552 5.2.2 mailbox full (in reply to RCPT TO command)\n",
    b"From: jo@shop.example\nSubject: Offer\n\nI will send you the offer by Friday. I am very disappointed.\n",
    b"From: jo@shop.example\nSubject: unsubscribe\nList-Id: <l.x.example>\nPrecedence: list\n\nPlease remove me.\n",
)
WORDS = tuple(
    each.encode()
    for each in (
        *(
            "failure notice",
            "Final-Recipient: rfc822;",
            "Action: failed",
            "Action: delayed",
            "Status: 5.1.1",
            "Status: 4.",
        ),
        *(
            "jo@shop.example",
            "<",
            ">",
            ":",
            "Disposition: ;deleted",
            "Feedback-Type:",
            "out of office",
            "until ",
            "31.13.2026",
        ),
        *(
            "99/99/9999",
            "1404/13/40",
            "31 اسفند",
            "月",
            "2月30日",
            "RCPT TO:",
            "بازگشت تا",
            "\\x{110000}",
            "\\x{D800}",
            "utf-8;",
        ),
        *(
            "Your message could not be delivered",
            "=?utf-8?q?=ff?=",
            "\0",
            "Automatic reply:",
            "\n",
            "\n\n",
            "550 ",
            "5.1.1",
        ),
        *(
            "\nAuto-Submitted: ",
            "\nX-Autoreply: yes",
            "\nReturn-Path: <>",
            "X400;c=us;a= ;",
            "message/rfc822",
            "٣١ ديسمبر",
        ),
    )
)
_AWAY = (
    "From: jo@shop.example\nSubject: Automatic reply\nAuto-Submitted: auto-replied\nDate: {}\n\nI am out until {}.\n"
)
FOUND = {
    "a return after the last of all days": _AWAY.format("1 Dec 9999 10:00:00 +0000", "9 December").encode(),
    "a promise on the last of all days": b"From: jo@shop.example\n\nIch sende\n",
}
_DAYS = (date.min, date(2026, 3, 2), date.max - timedelta(days=300), date.max)


def check(raw: bytes) -> None:
    """Raise AssertionError, or what classification raises, where something is wrong."""
    message = parse_message(raw, ref="1")
    if not isinstance(message, Message):
        return
    mail = Mail.of(message)
    told = classify(mail)
    assert classify(mail) == told
    complaint(message.text)
    for day in _DAYS:
        promised = promise(message.text, day)
        assert promised is None or promised.by is None or promised.by >= day
    assert len(told) <= MAX_SIGNALS
    check_sound(told)
    for each in told:
        assert 0 < len(each.evidence) <= MAX_EVIDENCE
        assert each.evidence.isprintable()
        assert 0 < each.confidence <= 1
        assert math.isfinite(each.confidence)
        assert len(each.reason or "") <= MAX_REASON
        assert (each.category is not None) == (each.kind in (Kind.BOUNCE, Kind.DELAY))
        assert (each.is_hard is not None) == (each.kind in (Kind.BOUNCE, Kind.DELAY))
        assert each.return_on is None or each.kind is Kind.AUTO_REPLY
        assert each.recipient is None or each.recipient.strip()
