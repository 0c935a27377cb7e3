"""Looking through all mails for what they say of a person."""

from __future__ import annotations

import json
import unicodedata
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from connectors.api import Message, decode_words
from matching.addresses import domain_of
from matching.organizations import display_name
from store.meetings import calendars
from store.privacy.erasure import Person
from store.schema.core import content, message, participant, placement_bcc
from store.upsert import select_in


class Mail(NamedTuple):
    """A stored content that the person has a part in, or that quotes the person."""

    key: bytes
    interaction_id: str | None
    #: Does an address stand in it, as far as a coarse look tells?
    has_address: bool
    has_name: bool


class Search:
    """Looks through all mails for a person: addresses in any guise first coarsely, by their domain, and names."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._domains = {form for each in person.forms for form in _domain_forms(domain_of(each))}
        self._names = {" ".join(name.casefold().split()) for name in person.names if len(name) > 3}
        self._after = b""

    def next(self, connection: Connection, limit: int) -> list[Mail] | None:
        """What is found among the next `limit` mails; None at the end."""
        query = select(message, content.c.text, content.c.headers, content.c.reports).join(
            content, content.c.message_key == message.c.key
        )
        page = query.where(message.c.key > self._after).order_by(message.c.key).limit(limit)
        rows = connection.execute(page).all()
        if not rows:
            return None
        self._after = rows[-1].key
        named, taking_part = self._people(connection, [row.key for row in rows])
        invited = calendars.texts_of_mails(connection, [row.key for row in rows])
        found = []
        for row in rows:
            texts = _texts(row) + named.get(row.key, "") + invited.get(row.key, "")
            has_address = row.key in taking_part or self._may_quote(texts, row.headers)
            has_name = self._is_named_in(texts)
            if has_address or has_name:
                found.append(Mail(row.key, row.interaction_id, has_address, has_name))
        return found

    def _people(self, connection: Connection, keys: Sequence[bytes]) -> tuple[dict[bytes, str], set[bytes]]:
        """(content -> names of all who take part, contents in which the person takes part)"""
        named: dict[bytes, str] = {}
        taking_part: set[bytes] = set()
        forms = self._person.forms
        for table in (participant, placement_bcc):
            columns = select(table.c.message_key, table.c.normal, table.c.base, table.c.email, table.c.name)
            for row in select_in(connection, columns.where, table.c.message_key, keys):
                named[row.message_key] = f"{named.get(row.message_key, '')}\n{row.name}\n{row.email}"
                if row.normal in forms or row.base in forms:
                    taking_part.add(row.message_key)
        return named, taking_part

    def _may_quote(self, texts: str, headers: bytes | None) -> bool:
        block = zlib.decompress(headers).decode("utf-8", "replace") if headers else ""
        if "=?" in block:
            block += decode_words(block)
        folded = _folded(texts + block)
        return any(domain in folded for domain in self._domains)

    def is_named_in(self, record: Message) -> bool:
        """Does the person's name stand in a mail?"""
        names = [each.name for each in record.participants] + [each.name or "" for each in record.attachments]
        return self._is_named_in("\n".join((record.subject, record.text, *names)))

    def _is_named_in(self, texts: str) -> bool:
        folded = " ".join(texts.casefold().split())
        return any(name in folded for name in self._names)


def _texts(row: Row[Any]) -> str:
    texts = (row.subject, row.text, row.mid, row.in_reply_to, row.refs, row.reported_ids, row.attachments, row.list_id)
    reports = [text for _type, text in json.loads(zlib.decompress(row.reports))] if row.reports else []
    return "\n".join(text for text in (*texts, *reports) if text)


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def _domain_forms(domain: str) -> set[str]:
    """As a domain in A-labels may be written."""
    forms = {domain, _folded(display_name(domain))}
    return forms | {"googlemail.com"} if domain == "gmail.com" else forms
