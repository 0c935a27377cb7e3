"""Taking erased addresses out of a mail. Pure: whether an address was erased is asked of a predicate on normal forms.

The same mail read again, from whichever folder, comes out the same, so that copies still agree and nothing is doubled.
Names in running text can't be told from other people's names, so only addresses are blanked there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from urllib.parse import unquote

from connectors.api import Attachment, Attendee, Event, Meeting, Message, Report, decode_words
from matching.addresses import normalize, normalize_domain

#: What stands where an address stood.
BLANK = "[erased]"

#: Is this normal form one that was erased?
IsErased = Callable[[str], bool]
#: Another id for a Message-ID that is made of an erased address, always the same.
Pseudonym = Callable[[str], str]

#: White space, brackets, quotes and list marks, which end what stands around an @.
_END = r"\s<>()\[\]{}\"“”«»,;:\\|"
_AT = re.compile(r"@|%40|＠")
_BEHIND = re.compile(rf"[^{_END}]{{1,256}}")
_BOUNDARY = re.compile(rf"[{_END}]")
#: No address is longer than so much before its @.
_REACH = 256
#: What parts an address from what precedes it in a URL or a variable; rare in addresses themselves.
_LEFT = re.compile(r"[/?&#=!$*^~`'%]")
#: Separators before which a Message-ID or a return path may carry words of its own.
_LEFT_OF_ID = re.compile(r"[/?&#=!$*^~`'%.+_\-]")
_ASCII_TAIL = re.compile(r"[\x21-\x7e]+\Z")
_DOMAIN = re.compile(r"[\w.\-\u200c\u200d]+")
_ASCII_DOMAIN = re.compile(r"[A-Za-z0-9._\-]+")
#: Files are called by addresses, too: ann@client.example.vcf.
_FILE_ENDS = frozenset(
    ["vcf", "vcard", "ics", "eml", "msg", "pdf", "txt", "csv", "json", "xml", "html", "htm", "jpg", "png"]
)
#: The address in a return path: bounce-ann=client.example@list.example (VERP).
_VERP = re.compile(rf"[^{_END}]{{1,256}}=[A-Za-z0-9.\-]+@")
#: What stands behind an @, or before one in a return path.
_DOMAINS = re.compile(r"(?:@|%40|＠|=(?=[A-Za-z0-9.\-]+@))([\w.\-]+)")
_ENCODED_FIELD = re.compile(r"^[^\n]*=\?.*?(?=\n[^ \t]|\Z)", re.MULTILINE | re.DOTALL)
_FIELD_END = re.compile(r"\r?\n(?![ \t])")


def blank_text(text: str, is_erased: IsErased) -> str:
    """The text with erased addresses blanked, however they are dressed: in a URL, percent-encoded, with a tag."""
    parts: list[str] = []
    done = 0
    for start, end in _tokens(text):
        token = text[start:end]
        blanked = _blank_token(token, is_erased)
        if blanked != token:
            parts += text[done:start], blanked
            done = end
    return "".join((*parts, text[done:])) if parts else text


def may_name(text: str, is_domain: Callable[[str], bool]) -> bool:
    """A coarse and quick look: does a domain of erased addresses stand in the text as an address has it?

    `is_domain` takes what stands behind an @, as it is written and perhaps with more behind it.
    """
    if "=?" in text:
        encoded = "\n".join(decode_words(field.replace("\n", "")) for field in _ENCODED_FIELD.findall(text))
        text = f"{text}\n{encoded}"
    return any(map(is_domain, set(_DOMAINS.findall(text))))


def domain_forms(written: str) -> Iterator[str]:
    """What a domain in running text may be, in normal form: whole, without marks at its end, without another script."""
    for length in _lengths(written):
        if (normal := normalize_domain(written[:length])) is not None:
            yield normal


def quotes(text: str, is_erased: IsErased) -> bool:
    """Does an erased address stand in the text?"""
    return blank_text(text, is_erased) != text


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    """From where to where what stands around an @ (bare or percent-encoded, RFC 3986) reaches, in order."""
    done = 0
    for match in _AT.finditer(text):
        if match.start() < done:
            continue
        before = text[max(done, match.start() - _REACH) : match.start()]
        start = match.start() - len(_BOUNDARY.split(before)[-1])
        behind = _BEHIND.match(text, match.end())
        if behind is not None and start < match.start():
            done = behind.end()
            yield start, done


def _blank_token(token: str, is_erased: IsErased) -> str:
    """A token around an @ may hold more than the address: what is around it stays, unless it is percent-encoded."""
    plain = unquote(token) if "%" in token else token
    plain = plain.replace("＠", "@")
    found = False
    at = plain.find("@")
    while at >= 0:
        span = _span(plain, at, is_erased)
        if span is not None:
            found = True
            plain = plain[: span[0]] + BLANK + plain[span[1] :]
            at = span[0] + len(BLANK) - 1
        at = plain.find("@", at + 1)
    return plain if found else token


def _span(text: str, at: int, is_erased: IsErased) -> tuple[int, int] | None:
    """From where to where the erased address around this @ reaches; None where there is none."""
    for end in _ends(text, at):
        for start in _starts(text[:at], _LEFT):
            normal = normalize(text[start:end])
            if normal is not None and is_erased(normal):
                return start, end
    return None


def _starts(local: str, separators: re.Pattern[str]) -> Iterator[int]:
    """Where an address may begin whose local part ends this text: the longest first."""
    starts = {0, *(match.end() for match in separators.finditer(local))}
    # a word in another script may be glued to it
    if tail := _ASCII_TAIL.search(local):
        starts.add(tail.start())
    last = local.rfind("@")
    stripped = {start + len(local[start:]) - len(local[start:].lstrip(".'*_-")) for start in starts}
    return iter(sorted(each for each in starts | stripped if last < each < len(local)))


def _ends(text: str, at: int) -> Iterator[int]:
    """Where the domain behind this @ may end: the longest first."""
    return (at + 1 + length for length in _lengths(text[at + 1 : at + 1 + _REACH]))


def _lengths(text: str) -> list[int]:
    """How long the domain may be with which the text begins: the longest first."""
    found: set[int] = set()
    for pattern in (_DOMAIN, _ASCII_DOMAIN):
        if match := pattern.match(text):
            domain = match[0].rstrip(".-_")
            found.add(len(domain))
            stem, _, last = domain.rpartition(".")
            if last.lower() in _FILE_ENDS:
                found.add(len(stem))
    return sorted((length for length in found if length), reverse=True)


def holds_in_id(text: str, is_erased: IsErased) -> bool:
    """Is an id, or a return path, made of an erased address? Other words may stand before it."""
    for token in (text, unquote(text)) if "%" in text else (text,):
        at = token.find("@")
        while at >= 0:
            for end in _ends(token, at):
                for start in _starts(token[:at], _LEFT_OF_ID):
                    normal = normalize(token[start:end])
                    if normal is not None and is_erased(normal):
                        return True
            at = token.find("@", at + 1)
        for match in _VERP.finditer(token):
            local, _, domain = match[0][:-1].rpartition("=")
            address = f"{local}@{domain}"
            if any(
                (normal := normalize(address[start:])) is not None and is_erased(normal)
                for start in _starts(local, _LEFT_OF_ID)
            ):
                return True
    return False


def clean_headers(block: bytes, is_erased: IsErased) -> bytes:
    """The header block without the fields that speak of an erased address: with it goes the name beside it."""
    if b"@" not in block and b"=?" not in block and b"%40" not in block:
        return block
    fields = _FIELD_END.split(block.decode("utf-8", "surrogateescape"))
    kept = [field for field in fields if not _speaks_of(field, is_erased)]
    if len(kept) == len(fields):
        return block
    return "\n".join(kept).encode("utf-8", "surrogateescape")


def _speaks_of(field: str, is_erased: IsErased) -> bool:
    texts = [field]
    if "=?" in field:
        texts.append(decode_words(field.replace("\r", "").replace("\n", "")))
    return any(_names(text, is_erased) for text in texts)


def _names(text: str, is_erased: IsErased) -> bool:
    return quotes(text, is_erased) or any(holds_in_id(text[start:end], is_erased) for start, end in _tokens(text))


def without_erased(message: Message, is_erased: IsErased, pseudonym: Pseudonym) -> Message:
    """The mail as if the erased person had no part in it; the very same record where that changes nothing."""
    participants = tuple(
        replace(each, name=blank_text(each.name, is_erased)) if "@" in each.name else each
        for each in message.participants
        if not _is_erased_address(each.email, is_erased)
    )
    changed = replace(
        message,
        message_id=_ids((message.message_id,), is_erased, pseudonym)[0] if message.message_id else None,
        in_reply_to=_ids(message.in_reply_to, is_erased, pseudonym),
        references=_ids(message.references, is_erased, pseudonym),
        reported_ids=_ids(message.reported_ids, is_erased, pseudonym),
        subject=blank_text(message.subject, is_erased),
        text=blank_text(message.text, is_erased),
        list_id=blank_text(message.list_id, is_erased),
        participants=participants,
        attachments=tuple(_attachment(each, is_erased) for each in message.attachments),
        headers=clean_headers(message.headers, is_erased),
        invitations=tuple(meeting_without(each, is_erased, pseudonym) for each in message.invitations),
        reports=tuple(_report_without(each, is_erased) for each in message.reports),
    )
    return message if changed == message else changed


def _is_erased_address(email: str, is_erased: IsErased) -> bool:
    normal = normalize(email)
    return is_erased(normal) if normal is not None else bool(email) and quotes(email, is_erased)


def _ids(ids: Iterable[str], is_erased: IsErased, pseudonym: Pseudonym) -> tuple[str, ...]:
    return tuple(pseudonym(each) if holds_in_id(each, is_erased) else each for each in ids)


def _attachment(each: Attachment, is_erased: IsErased) -> Attachment:
    return replace(each, name=blank_text(each.name, is_erased)) if each.name else each


def _report_without(report: Report, is_erased: IsErased) -> Report:
    """Only the fields that do not speak of an erased address."""
    text = clean_headers(report.text.encode("utf-8"), is_erased).decode("utf-8", "replace")
    return report if text == report.text else replace(report, text=text)


def meeting_without(meeting: Meeting, is_erased: IsErased, pseudonym: Pseudonym) -> Meeting:
    """The object as if the erased person had no part in it; the very same record where that changes nothing."""
    uid = pseudonym(meeting.uid) if holds_in_id(meeting.uid, is_erased) else meeting.uid
    events = tuple(replace(_event_without(each, is_erased), uid=uid) for each in meeting.events)
    zones = tuple((blank_text(name, is_erased), blank_text(text, is_erased)) for name, text in meeting.zones)
    changed = replace(meeting, uid=uid, events=events, zones=zones)
    return meeting if changed == meeting else changed


def _event_without(event: Event, is_erased: IsErased) -> Event:
    organizer = event.organizer
    return replace(
        event,
        subject=blank_text(event.subject, is_erased),
        location=blank_text(event.location, is_erased),
        text=blank_text(event.text, is_erased),
        conference_url=blank_text(event.conference_url, is_erased),
        organizer=None
        if organizer is None or _is_erased_address(organizer.email, is_erased)
        else _attendee_without(organizer, is_erased),
        attendees=tuple(
            _attendee_without(a, is_erased) for a in event.attendees if not _is_erased_address(a.email, is_erased)
        ),
    )


def _attendee_without(person: Attendee, is_erased: IsErased) -> Attendee:
    return replace(
        person,
        name=blank_text(person.name, is_erased),
        delegated_to=tuple(each for each in person.delegated_to if not _is_erased_address(each, is_erased)),
        delegated_from=tuple(each for each in person.delegated_from if not _is_erased_address(each, is_erased)),
    )
