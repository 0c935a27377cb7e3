"""What a mail says, in the rows of its content: for whoever looks for words in them, and for what expires of them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace

from store.mails.facts import ATTACHMENTS, SUBJECT, Content
from store.meetings import meeting_facts


def texts_of(content: Content) -> Iterator[str]:
    """Everything in the rows that people or programs wrote."""
    _key, text, headers, reports, _new_text = content.content_row
    yield text or ""
    if headers:
        yield zlib.decompress(headers).decode("utf-8", "replace")
    if reports:
        yield from (str(said) for _type, said in json.loads(zlib.decompress(reports)))
    for value in content.message_row:
        if isinstance(value, str):
            # lists are JSON, which writes other scripts as escapes
            yield str(json.loads(value)) if "\\u" in value and value.startswith("[") else value
    for *_rest, email, name in (*content.participant_rows, *content.bcc_rows):
        yield email
        yield name
    for *_rest, data in content.invitation_rows:
        yield meeting_facts.text_of(data)


#: The classes of what a mail says.
SAYING = ("text", "headers", "subject")


def without(content: Content, classes: Collection[str]) -> Content:
    """The rows without what has expired: classes "text", "headers", "subject" (and the names of attachments)."""
    key, text, headers, reports, new_text = content.content_row
    row = list(content.message_row)
    if "subject" in classes:
        row[SUBJECT], row[ATTACHMENTS] = None, "[]"
    if "text" in classes:
        text = new_text = None
    if "headers" in classes:
        headers = reports = None
    invitations = content.invitation_rows
    if "subject" in classes:
        invitations = tuple((at, uid, method, meeting_facts.bare(data)) for at, uid, method, data in invitations)
    return replace(
        content,
        message_row=tuple(row),
        content_row=(key, text, headers, reports, new_text),
        invitation_rows=invitations,
    )
