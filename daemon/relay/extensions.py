"""Which extensions of the server's are offered to clients: those alone that work the same through the relay. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: What is offered as the server has it. Most add parameters to MAIL and RCPT, which are forwarded as they come:
#: RFC 6152, 3461, 6531, 2852, 6710, 4865, 8689, 2034, 9422.
_AS_THEY_ARE = frozenset(
    (
        *("8BITMIME", "DSN", "SMTPUTF8", "DELIVERBY", "MT-PRIORITY", "FUTURERELEASE", "REQUIRETLS"),
        *("ENHANCEDSTATUSCODES", "LIMITS"),
    )
)
#: Mechanisms whose exchange may be forwarded: none binds itself to the TLS connection or adds a layer of its own.
_MECHANISMS = frozenset(
    ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512")
)
_SIZE = re.compile(rb"\bSIZE=([0-9]{1,20})(?= |\Z)", re.IGNORECASE)


def read_extensions(lines: Iterable[str]) -> dict[str, str]:
    """Keyword in upper case -> its parameters, of an answer to EHLO but its first line (RFC 5321, section 4.1.1.1)."""
    found: dict[str, str] = {}
    for line in lines:
        keyword, _, parameters = line.strip().partition(" ")
        # an old form of servers that their clients expected so
        if keyword.upper().startswith("AUTH="):
            keyword, parameters = "AUTH", keyword[5:] + " " + parameters
        key = keyword.upper()
        found[key] = f"{found[key]} {parameters}".strip() if key == "AUTH" and key in found else parameters
    return found


def mechanisms(extensions: Mapping[str, str]) -> tuple[str, ...]:
    """By which a client may log in."""
    return tuple(dict.fromkeys(each for each in extensions.get("AUTH", "").upper().split() if each in _MECHANISMS))


def size_limit(extensions: Mapping[str, str], ours: int) -> int:
    """Octets that a mail may have (RFC 1870: 0 and nothing at all are no limit)."""
    told = extensions.get("SIZE", "").strip()
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 20 else 0
    return min(number, ours) if number else ours


def offered(extensions: Mapping[str, str], ours: int) -> list[str]:
    """Lines of the answer to EHLO, once a connection is secured; `ours`: octets of a mail that the relay takes."""
    lines = ["PIPELINING", f"SIZE {size_limit(extensions, ours)}"]
    lines += [f"{name} {extensions[name]}".strip() for name in sorted(_AS_THEY_ARE & extensions.keys())]
    if "CHUNKING" in extensions:
        lines += ["CHUNKING", *(["BINARYMIME"] if "BINARYMIME" in extensions else [])]
    if known := mechanisms(extensions):
        lines.append("AUTH " + " ".join(known))
    return lines


def declared_size(argument: bytes) -> int | None:
    """What MAIL says of the mail's size; None: nothing."""
    match = _SIZE.search(argument)
    return int(match[1]) if match else None


def with_room(argument: bytes, room: int, limit: int) -> tuple[bytes, int]:
    """MAIL with a larger size, as a mail that gets a pixel needs, up to the server's limit; and what is allowed then.

    A server may refuse a mail that is larger than declared (RFC 1870, section 6.3).
    """
    declared = declared_size(argument)
    if declared is None or declared > limit:
        return argument, limit
    allowed = min(declared + room, limit)
    return _SIZE.sub(b"SIZE=%d" % allowed, argument, count=1), allowed
