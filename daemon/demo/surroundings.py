"""What else lies in a mailbox: newsletters, notifications, mail among ourselves, strangers, junk and drafts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from daemon.demo.company import BAT, DOMAIN, NASRIN, OFFICE, REPS, SARA, Address, Rep
from daemon.demo.exchanges import DAYS, in_working_hours, new_id
from daemon.demo.letter import Letter

_WEEKLY = Address("Pump World Weekly", "news@pump-world.example")
_FAIR = Address("نمایشگاه بین‌المللی آب", "newsletter@water-fair.example")
_BANK = Address("Худалдаа Банк", "medee@bank.example")
_CLOUD = Address("Cloud Office", "no-reply@cloud-office.example")
_SHOP = Address("Lieferstatus", "noreply@spedition.example")

#: The subject of the newsletter whose story the demo tells, by number of the week.
_WEEKLY_SUBJECT = "Pump World Weekly, no. {}"

_STRANGERS = (
    ("Olivia Grant", "olivia@seo-rocket.example", "en", "More visitors for acme.example"),
    ("Marco Bianchi", "marco@valvole.example", "en", "Brass valves from Brescia: new prices"),
    ("کارگزینی نوین", "jobs@novin-hr.example", "fa", "معرفی نیروی متخصص"),
    ("Б. Энхтуул", "enkhtuul@print-house.example", "mn", "Хэвлэлийн үйлчилгээний санал"),
    ("خالد العلي", "khaled@transport-line.example", "ar", "خدمات شحن بري إلى الخليج"),
    ("Peter Lang", "p.lang@messe-bau.example", "de", "Ihr Messestand im Frühjahr"),
    ("Ирина Лис", "irina@perevod.example", "ru", "Бюро переводов: скидка для новых клиентов"),
)
_COLD = {
    "en": "Hello,\n\nwe would like to introduce our company to you. Do you have ten minutes this week?",
    "fa": "با سلام\n\nمایلیم خدمات شرکت خود را معرفی کنیم. آیا این هفته فرصتی دارید؟",
    "mn": "Сайн байна уу?\n\nБид үйлчилгээгээ танилцуулах гэсэн юм. Энэ долоо хоногт цаг гарах уу?",
    "ar": "تحية طيبة\n\nنود أن نقدم لكم خدمات شركتنا. هل لديكم وقت هذا الأسبوع؟",
    "de": "Guten Tag,\n\ngern möchten wir Ihnen unser Unternehmen vorstellen. Haben Sie diese Woche zehn Minuten Zeit?",
    "ru": "Здравствуйте!\n\nХотим рассказать о наших услугах. Найдётся ли у вас время на этой неделе?",
}
_AMONG_US = (
    ("Stock of solar kits", "How many solar kits are left?", "Fourteen, and thirty arrive on the 20th."),
    ("Lunch on Thursday?", "Shall we have lunch with the new colleagues on Thursday?", "Gladly, at one."),
    ("Price list", "The new price list is on the drive. Please use that from Monday on.", "Seen, thank you."),
    ("مرخصی", "هفتهٔ آینده دو روز مرخصی هستم.", "باشه، خوش بگذره."),
    ("Хурлын тэмдэглэл", "Өнөөдрийн хурлын тэмдэглэлийг илгээж байна.", "Баярлалаа."),
    ("Travel expenses", "Please send me your receipts by the end of the month.", "Done, five receipts."),
    ("Customs papers", "Which paper was missing at the border?", "The certificate of origin. I have it now."),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail with the place that it lies in."""

    account: str
    folder: str
    letter: Letter


def surroundings(rng: random.Random, end: datetime) -> Iterator[Sent]:
    """All of it, up to `end` (aware)."""
    yield from _newsletters(rng, end)
    yield from _notifications(rng, end)
    yield from _among_us(rng, end)
    yield from _strangers(rng, end)
    yield from _thrown_away(rng, end)


def weekly_id(account: str, number: int) -> str:
    """Message-ID of a newsletter."""
    return f"weekly-{number}-{account}@{_WEEKLY.domain}"


def _newsletters(rng: random.Random, end: datetime) -> Iterator[Sent]:
    listed = (("List-Unsubscribe", "<https://pump-world.example/leave>"), ("Precedence", "bulk"))
    for rep in REPS:
        for number in range(1, 27):
            letter = _letter(
                _WEEKLY,
                rep,
                end - timedelta(days=9 * number, hours=6),
                _WEEKLY_SUBJECT.format(60 - number),
                "In this issue: smaller motors, larger wells, and what the new norm means for you.",
                weekly_id(rep.account, 60 - number),
                (("List-Id", "Pump World Weekly <weekly.pump-world.example>"), *listed),
            )
            yield Sent(rep.account, "INBOX" if number < 9 else "Archive", letter)
    for sender, rep, subject, text in (
        (_FAIR, SARA, "نمایشگاه آب و فاضلاب: ثبت‌نام آغاز شد", "غرفه‌ها از امروز قابل رزرو هستند."),
        (_BANK, BAT, "Гадаад төлбөрийн шинэ тариф", "Ирэх сарын 1-нээс шинэ тариф мөрдөгдөнө."),
    ):
        for number in range(1, 9):
            when = end - timedelta(days=28 * number, hours=rng.randrange(9))
            mid = f"{number}.{rep.account}@{sender.domain}"
            yield Sent(rep.account, "INBOX", _letter(sender, rep, when, subject, text, mid, listed[:1]))


def _notifications(rng: random.Random, end: datetime) -> Iterator[Sent]:
    automatic = (("Auto-Submitted", "auto-generated"),)
    for number in range(28):
        rep = REPS[number % 2]
        when = end - timedelta(days=rng.randrange(1, DAYS), hours=rng.randrange(24))
        text = "A document was shared with you. This mail was written by a program; nobody reads answers."
        subject = f"Price list {number + 1} was shared"
        letter = _letter(_CLOUD, rep, when, subject, text, new_id(rng, _CLOUD.domain), automatic)
        yield Sent(rep.account, "INBOX", letter)
    for _number in range(12):
        when = end - timedelta(days=rng.randrange(1, DAYS), hours=rng.randrange(24))
        subject = f"Sendung {rng.randrange(10**7, 10**8)} ist unterwegs"
        text = "Ihre Sendung wurde heute übernommen. Diese Nachricht wurde automatisch erstellt."
        letter = _letter(_SHOP, SARA, when, subject, text, new_id(rng, _SHOP.domain), automatic)
        yield Sent(SARA.account, "INBOX", letter)


def _among_us(rng: random.Random, end: datetime) -> Iterator[Sent]:
    for number in range(18):
        subject, asked, answered = _AMONG_US[number % len(_AMONG_US)]
        rep = REPS[number % 2]
        reader = REPS[1 - number % 2].address if number % 3 else (NASRIN, OFFICE)[number % 2]
        start = end - timedelta(days=rng.randrange(4, DAYS), hours=rng.randrange(24))
        first = _internal(rng, rep.address, reader, start, subject, asked, ())
        yield from _both_copies(first)
        reply_at = start + timedelta(hours=rng.choice((1, 3, 22)))
        answer = _internal(rng, reader, rep.address, reply_at, f"Re: {subject}", answered, (first.message_id,))
        yield from _both_copies(answer)


def _both_copies(letter: Letter) -> Iterator[Sent]:
    for rep in REPS:
        if letter.sender == rep.address:
            yield Sent(rep.account, "Sent", letter)
        if rep.address in letter.to:
            yield Sent(rep.account, "INBOX", letter)


def _strangers(rng: random.Random, end: datetime) -> Iterator[Sent]:
    for number in range(24):
        name, email, language, subject = _STRANGERS[number % len(_STRANGERS)]
        rep = REPS[number % 2]
        when = end - timedelta(days=rng.randrange(1, DAYS), hours=rng.randrange(24))
        mid = new_id(rng, email.partition("@")[2])
        yield Sent(
            rep.account,
            "INBOX",
            _letter(Address(name, email), rep, when, subject, _COLD[language], mid, reason="no_contact"),
        )


def _thrown_away(rng: random.Random, end: datetime) -> Iterator[Sent]:
    """Junk, the trash, and a draft that was never sent."""
    prince = Address("Prince of Nowhere", "prince@nowhere.example")
    for number in range(9):
        rep = REPS[number % 2]
        when = end - timedelta(days=3 * number + 1, hours=rng.randrange(9))
        mid = new_id(rng, prince.domain)
        letter = _letter(prince, rep, when, "Confidential: 25 million for you", "Dear friend, …", mid, reason="junk")
        yield Sent(rep.account, "Junk", letter)
    for number, rep in enumerate((SARA, BAT, SARA)):
        name, email, language, subject = _STRANGERS[number]
        when = end - timedelta(days=20 + number)
        mid = new_id(rng, email.partition("@")[2])
        letter = _letter(Address(name, email), rep, when, subject, _COLD[language], mid, reason="trash")
        yield Sent(rep.account, "Trash", letter)
    draft = Letter(
        sender=SARA.address,
        to=(Address("", "new.customer@orchard.example"),),
        sent_at=(end - timedelta(days=2)).astimezone(UTC),
        subject="(draft) Our offer",
        text="Dear …",
        message_id=new_id(rng, DOMAIN),
        reason="draft",
    )
    yield Sent(SARA.account, "Drafts", draft)


def _letter(
    sender: Address,
    rep: Rep,
    when: datetime,
    subject: str,
    text: str,
    message_id: str,
    headers: tuple[tuple[str, str], ...] = (),
    reason: str = "bulk",
) -> Letter:
    return Letter(
        sender=sender,
        to=(rep.address,),
        sent_at=when.astimezone(UTC),
        subject=subject,
        text=text,
        message_id=message_id,
        headers=headers,
        reason=reason,
    )


def _internal(
    rng: random.Random,
    sender: Address,
    reader: Address,
    when: datetime,
    subject: str,
    text: str,
    references: tuple[str, ...],
) -> Letter:
    return Letter(
        sender=sender,
        to=(reader,),
        sent_at=in_working_hours(when, SARA.offset).astimezone(timezone(timedelta(hours=SARA.offset))),
        subject=subject,
        text=text,
        message_id=new_id(rng, DOMAIN),
        references=references,
        reason="internal",
    )
