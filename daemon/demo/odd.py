"""Single mails of the kinds that are easily got wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from daemon.demo.clients import AHMED, JUERGEN, MARYAM, WANG
from daemon.demo.company import BAT, DOMAIN, LANGUAGES, SARA, Address, Rep
from daemon.demo.exchanges import Exchange, exchange, new_id
from daemon.demo.letter import Letter
from daemon.demo.surroundings import Sent

#: Left the company: mail to him comes back.
OMID = Address("Omid Karimi", "omid.karimi@zagros-steel.example")
_UNDELIVERED = """\
Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"

--=_report
Content-Type: text/plain; charset=us-ascii

The mail could not be delivered to this address: {address}

--=_report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.{ours}

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--=_report
Content-Type: text/rfc822-headers

From: {sender}
To: {address}
Subject: {subject}
Message-ID: <{message_id}>

--=_report--
"""


def late_customer(rng: random.Random, end: datetime) -> tuple[Sent, Exchange]:
    """A question that Sara left unanswered, and months later Bat-Erdene writes to who had asked."""
    asked = Letter(
        sender=WANG.address,
        to=(SARA.address,),
        sent_at=_at(end, 190, WANG.offset),
        subject="Inquiry: 太阳能水泵",
        text="Dear Sara,\n\nwe met at the fair. Which of your solar pumps would fit a well of 120 m?\n\n王伟",
        message_id=new_id(rng, WANG),
        charset=WANG.charset,
    )
    topic = replace(LANGUAGES["zh"].topics[0], is_asked=False)
    first, second, *others = topic.turns
    topic = replace(topic, turns=("请问您的太阳能水泵项目进展如何?我们有新的型号。", first, second, *others[1:]))
    later = exchange(rng, WANG, BAT, topic, end - timedelta(days=64), end, is_copied=False)
    return Sent(SARA.account, "Archive", asked), later


def odd_ones(rng: random.Random, end: datetime) -> Iterator[Sent]:
    """All the others."""
    yield from _absence(rng, end)
    yield from _bounce(rng, end)
    yield from _by_alias(rng, end)
    yield _to_a_function(rng, end)
    yield _to_many(rng, end)


def _absence(rng: random.Random, end: datetime) -> Iterator[Sent]:
    """A program answers for somebody who is away (RFC 3834)."""
    question = _from(
        SARA, JUERGEN.address, _at(end, 97, SARA.offset), "Kurze Frage zum Liefertermin", _HOLIDAY_QUESTION, rng
    )
    yield Sent(SARA.account, "Sent", question)
    answer = replace(
        question,
        sender=JUERGEN.address,
        to=(SARA.address,),
        sent_at=question.sent_at + timedelta(seconds=4),
        subject="Abwesenheit: Kurze Frage zum Liefertermin",
        text="Ich bin bis zum Monatsende nicht im Büro. In dringenden Fällen hilft Ihnen Frau Weiß.",
        message_id=new_id(rng, JUERGEN),
        references=(question.message_id,),
        headers=(("Auto-Submitted", "auto-replied"),),
        charset=JUERGEN.charset,
    )
    yield Sent(SARA.account, "INBOX", answer)


_HOLIDAY_QUESTION = "Guten Tag Herr Müller,\n\nbleibt es beim 14.?\n\nMit freundlichen Grüßen\nSara Ahmadi"


def _bounce(rng: random.Random, end: datetime) -> Iterator[Sent]:
    """A mail comes back (RFC 3464)."""
    letter = _from(
        SARA, OMID, _at(end, 41, SARA.offset), "سلام و احوالپرسی", "آقای کریمی گرامی، سلام\n\nحالتان چطور است؟", rng
    )
    yield Sent(SARA.account, "Sent", letter)
    text = _UNDELIVERED.format(
        address=OMID.email,
        ours=DOMAIN,
        sender=SARA.address.email,
        subject="=?utf-8?b?2LPZhNin2YUg2Ygg2KfYrdmI2KfZhNm+2LHYs9uM?=",
        message_id=letter.message_id,
    )
    report = replace(
        letter,
        sender=Address("Mail Delivery System", f"MAILER-DAEMON@mail.{DOMAIN}"),
        to=(SARA.address,),
        sent_at=letter.sent_at + timedelta(seconds=9),
        subject="Undelivered Mail Returned to Sender",
        text=text,
        message_id=new_id(rng, f"mail.{DOMAIN}"),
        headers=(("Auto-Submitted", "auto-replied"),),
        form="report",
    )
    yield Sent(SARA.account, "INBOX", report)


def _by_alias(rng: random.Random, end: datetime) -> Iterator[Sent]:
    """A client uses the rep's other address, and she answers from it."""
    other = Address("سارا احمدی", SARA.aliases[0])
    asked = Letter(
        sender=MARYAM.address,
        to=(other,),
        sent_at=_at(end, 12, MARYAM.offset),
        subject="شمارهٔ تماس جدید",
        text="خانم احمدی گرامی، سلام\n\nشمارهٔ دفتر ما عوض شده است و از شنبه با شمارهٔ جدید پاسخ می‌دهیم.\n\nمریم حسینی",
        message_id=new_id(rng, MARYAM),
    )
    yield Sent(SARA.account, "INBOX", asked)
    answer = replace(
        asked,
        sender=other,
        to=(MARYAM.address,),
        sent_at=asked.sent_at + timedelta(hours=2),
        subject=f"Re: {asked.subject}",
        text="خیلی ممنون، یادداشت کردم.\n\nسارا احمدی",
        message_id=new_id(rng, DOMAIN),
        references=(asked.message_id,),
    )
    yield Sent(SARA.account, "Sent", answer)


def _to_a_function(rng: random.Random, end: datetime) -> Sent:
    """Mail to a role address makes no contact."""
    text = "Dear Sir or Madam,\n\nplease send us your company profile.\n\nSara Ahmadi"
    address = Address("", f"info@{AHMED.address.domain}")
    letter = _from(SARA, address, _at(end, 150, SARA.offset), "Company profile", text, rng)
    return Sent(SARA.account, "Sent", replace(letter, reason="no_contact"))


def _to_many(rng: random.Random, end: datetime) -> Sent:
    """An invitation to more people than one corresponds with makes no contacts."""
    guests = tuple(Address("", f"guest{number}@fair-visitors.example") for number in range(1, 31))
    text = "Сайн байна уу?\n\nТа бүхнийг манай үзэсгэлэнд урьж байна.\n\nБат-Эрдэнэ"
    letter = _from(BAT, guests[0], _at(end, 120, BAT.offset), "Үзэсгэлэнгийн урилга", text, rng)
    return Sent(BAT.account, "Sent", replace(letter, to=guests, reason="no_contact"))


def _at(end: datetime, days: int, offset: float) -> datetime:
    """A morning some days before the end, in the writer's time."""
    day = (end - timedelta(days=days)).astimezone(timezone(timedelta(hours=offset)))
    return day.replace(hour=10, minute=days % 60)


def _from(rep: Rep, to: Address, when: datetime, subject: str, text: str, rng: random.Random) -> Letter:
    return Letter(
        sender=rep.address, to=(to,), sent_at=when, subject=subject, text=text, message_id=new_id(rng, DOMAIN)
    )
