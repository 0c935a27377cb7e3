"""What a digest says, as plain text and HTML, in the language of whom it is for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape

from daemon import task_words
from store.followups.task_lists import ListedTask

#: More are counted, not listed.
MOST = 50
#: Digits of an id that name a task on the command line.
_SHORT = 8


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    open: str
    closed: str
    due: str
    more: str
    nothing: str
    footer: str


_WORDS = {
    "en": _Words(
        "{0} to do – {1}",
        "To do",
        "Done since the last mail",
        "due {0}",
        "and {0} more",
        "Nothing is left to do.",
        "You get this on working days. What happens in mail and meetings settles these by itself.",
    ),
    "de": _Words(
        "{0} zu tun – {1}",
        "Zu tun",
        "Erledigt seit der letzten Mail",
        "fällig {0}",
        "und {0} weitere",
        "Es ist nichts mehr zu tun.",
        "Sie erhalten dies an Arbeitstagen. Was in Mails und Treffen geschieht, erledigt es von selbst.",
    ),
    "fa": _Words(
        "{0} کار برای پیگیری – {1}",
        "برای انجام",
        "انجام‌شده از نامهٔ پیشین تا کنون",
        "سررسید {0}",
        "و {0} مورد دیگر",
        "کاری نمانده است.",
        "این نامه در روزهای کاری فرستاده می‌شود. آنچه در نامه‌ها و جلسه‌ها رخ دهد کارها را خودبه‌خود می‌بندد.",
    ),
    "ar": _Words(
        "{0} للمتابعة – {1}",
        "للإنجاز",
        "أُنجز منذ الرسالة السابقة",
        "مستحق {0}",
        "و{0} غيرها",
        "لم يبق شيء للإنجاز.",
        "تصلك هذه الرسالة في أيام العمل. ما يحدث في الرسائل والاجتماعات يغلق المهام تلقائيًا.",
    ),
    "mn": _Words(
        "{0} хийх зүйл – {1}",
        "Хийх зүйлс",
        "Өмнөх захидлаас хойш хийгдсэн",
        "хугацаа {0}",
        "бас {0}",
        "Хийх зүйл үлдээгүй.",
        "Энэ захидал ажлын өдрүүдэд ирнэ. Захидал, уулзалтад болсон зүйл эдгээрийг өөрөө хаана.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is told to whom."""

    name: str
    email: str
    #: A tag such as "fa-IR".
    language: str
    day: date
    #: The first due first.
    open: Sequence[ListedTask]
    #: Settled since the last one.
    closed: Sequence[ListedTask] = ()


def message_of(digest: Digest, sender: str, message_id: str, now: datetime) -> EmailMessage:
    """The mail; `message_id` without brackets, `now` aware UTC."""
    language = task_words.language_of(digest.language)
    words = _WORDS[language]
    mail = EmailMessage()
    mail["From"] = _address(*parseaddr(sender))
    mail["To"] = _address(digest.name, digest.email)
    mail["Subject"] = words.subject.format(len(digest.open), digest.day.isoformat())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Content-Language"] = language
    mail.set_content(_plain(digest, language, words), cte="base64")
    mail.add_alternative(_html(digest, language, words), subtype="html", cte="base64")
    return mail


def _address(name: str, email: str) -> str | Address:
    """With the name, where a header can hold both."""
    try:
        return Address(display_name=" ".join(name.split()), addr_spec=email)
    except ValueError:
        return email


def _plain(digest: Digest, language: str, words: _Words) -> str:
    lines = [words.open if digest.open else words.nothing, ""]
    for each in digest.open[:MOST]:
        lines.append(f"* {_what(each, language)}{_due(each, words)}")
        lines += [f"  {detail}" for detail in _details(each, language)]
        lines.append(f"  [{each.id[:_SHORT]}]")
    if len(digest.open) > MOST:
        lines.append(words.more.format(len(digest.open) - MOST))
    if digest.closed:
        lines += ["", words.closed, ""]
        lines += [f"* {_what(each, language)} – {_how(each, language)}" for each in digest.closed[:MOST]]
    return "\n".join([*lines, "", "-- ", words.footer, ""])


def _html(digest: Digest, language: str, words: _Words) -> str:
    direction = "rtl" if task_words.is_right_to_left(language) else "ltr"
    parts = [f"<h2>{escape(words.open if digest.open else words.nothing)}</h2>", "<ul>"]
    for each in digest.open[:MOST]:
        what = f"<strong>{_isolated(_what(each, language))}</strong>{escape(_due(each, words))}"
        details = "".join(f"<br>{_isolated(detail)}" for detail in _details(each, language))
        parts.append(f'<li>{what}{details} <small dir="ltr">[{each.id[:_SHORT]}]</small></li>')
    parts.append("</ul>")
    if len(digest.open) > MOST:
        parts.append(f"<p>{escape(words.more.format(len(digest.open) - MOST))}</p>")
    if digest.closed:
        parts += [f"<h2>{escape(words.closed)}</h2>", "<ul>"]
        for each in digest.closed[:MOST]:
            parts.append(f"<li>{_isolated(_what(each, language))} – {escape(_how(each, language))}</li>")
        parts.append("</ul>")
    body = "\n".join([*parts, f"<p><small>{escape(words.footer)}</small></p>"])
    head = '<head><meta charset="utf-8"></head>'
    return f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">{head}<body>\n{body}\n</body></html>\n'


def _isolated(text: str) -> str:
    """A text of whatever direction, which does not turn what stands beside it."""
    return f"<bdi>{escape(text)}</bdi>"


def _what(each: ListedTask, language: str) -> str:
    return " – ".join(filter(None, (task_words.title(language, each.title), _line(each.contact))))


def _due(each: ListedTask, words: _Words) -> str:
    return f" ({words.due.format(each.due_on.isoformat())})" if each.due_on else ""


def _details(each: ListedTask, language: str) -> Iterator[str]:
    yield task_words.reason(language, each.reason)
    if each.subject:
        yield _line(each.subject)


def _how(each: ListedTask, language: str) -> str:
    how = task_words.settled(language, each.settled_how or "")
    return f"{how}: {_line(each.settled_subject)}" if each.settled_subject else how


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
