"""Values of HTML attributes and the URLs in them, as browsers read them."""

from __future__ import annotations

import html
import re
from html.entities import html5
from urllib.parse import SplitResult, quote, urlsplit

import idna

_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]{1,8}|[0-9]{1,10});?|([A-Za-z][A-Za-z0-9]{0,40})(;?)(=?))")
#: Of a URL in text, that the parser of URLs takes away (WHATWG URL 4.4).
_ENDS = "".join(map(chr, range(33)))
_INSIDE = re.compile(r"[\t\n\r]")
_WEB = re.compile(r"https?://", re.IGNORECASE)
#: Characters that a URL may bear as they are; "%" stands before what is escaped already.
_SAFE = "%/?#[]@!$&'()*+,;=:-._~|^`{}\""
#: Of these escaping is a matter of taste, and they would break the attribute or the check behind it.
_BARE = re.compile(r"[ \"<>\\^`{|}]")


def value_of(written: str) -> str:
    """What an attribute means, by what is written in it (HTML Living Standard 13.2.5.73: a name without ";" before
    a letter, a digit or "=" is no reference there)."""
    return _REFERENCE.sub(_character, written) if "&" in written else written


def _character(match: re.Match[str]) -> str:
    name, semicolon, equals = match[1], match[2], match[3]
    if name is None:
        return html.unescape(match[0])
    if semicolon:
        return html5.get(name + ";", match[1] and "&" + name + ";") + equals
    return match[0] if equals else html5.get(name, "&" + name)


def web_target(written: str, *, is_utf8: bool) -> str | None:
    """The http or https URL in ASCII that an attribute's value means; None for all else.

    A host that is not ASCII is written as its A-labels (UTS 46, RFC 5891), a path and a fragment in UTF-8 and percent
    signs (RFC 3987 3.1). A query is written in the mail's charset, so that one is told for UTF-8 alone (`is_utf8`).
    """
    url = _INSIDE.sub("", value_of(written).strip(_ENDS))
    if _WEB.match(url) is None or _BARE.search(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    if url.isascii():
        return url if url.isprintable() else None
    if not parts.query.isascii() and not is_utf8:
        return None
    return _in_ascii(parts)


def _in_ascii(parts: SplitResult) -> str | None:
    """As the URL is sent."""
    userinfo, at, host = parts.netloc.rpartition("@")
    if not host.isascii():
        name, colon, port = host.partition(":")
        try:
            host = idna.encode(name, uts46=True).decode("ascii") + colon + port
        except (idna.IDNAError, UnicodeError):
            return None
    if not (userinfo + host).isascii():
        return None
    try:
        path, query, fragment = (quote(each, _SAFE) for each in (parts.path, parts.query, parts.fragment))
    except UnicodeEncodeError:
        return None
    return parts._replace(netloc=userinfo + at + host, path=path, query=query, fragment=fragment).geturl()
