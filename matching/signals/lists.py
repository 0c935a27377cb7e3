"""Mail over lists and to many: RFC 2919 (List-Id), RFC 2369 (List-*), RFC 8058 (one-click), Precedence."""

from __future__ import annotations

from collections.abc import Iterator

from matching.signals.records import Kind, Mail, Signal, evidence

#: Fields that only lists and senders to many write, and how sure they make.
_FIELDS = (
    ("list-id", 1.0),
    ("list-post", 1.0),
    ("list-unsubscribe", 1.0),
    ("mailing-list", 0.9),
    ("x-mailing-list", 0.9),
    ("x-mailman-version", 0.9),
    ("feedback-id", 0.8),
)
_PRECEDENCE = frozenset({"list", "bulk", "junk"})


def read_lists(mail: Mail, *, is_known: bool = False) -> Iterator[Signal]:
    """`list`, once, where a field tells it. `is_known`: as something else, which Precedence may mark as well."""
    headers = mail.headers
    for name, confidence in _FIELDS:
        if name in headers and headers[name][0].strip():
            seen = evidence(name, mail.header(name))
            yield Signal(kind=Kind.LIST, evidence=seen, confidence=confidence)
            return
    if not is_known and "precedence" in headers and (word := mail.header("precedence").lower()) in _PRECEDENCE:
        yield Signal(kind=Kind.LIST, evidence=evidence("precedence", word), confidence=0.7)
