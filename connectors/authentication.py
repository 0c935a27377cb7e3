"""Authentication-Results of the one server that is trusted (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connectors.headers import text_of
from connectors.records import Auth

_COMMENT = re.compile(r"\([^()]*+\)")
_RESULT = re.compile(r"\s*+(dmarc|spf|dkim)(?:\s*+/\s*+\d++)?\s*+=\s*+([a-z]++)", re.IGNORECASE)


def auth_of(values: Iterable[bytes], authserv_id: str | None) -> Auth:
    """The verdict of the topmost value that names `authserv_id`; other servers' values could be anybody's words.

    A DMARC pass or fail decides; else one pass of SPF or DKIM is a pass, and a fail without any pass a fail.
    """
    if not authserv_id:
        return Auth.UNKNOWN
    for value in values:
        text = text_of(value)
        for _ in range(3):  # comments in comments
            text = _COMMENT.sub(" ", text)
        server, *results = text.split(";")
        name = server.split()
        if name and name[0].strip('"').lower() == authserv_id.lower():
            return _verdict(results)
    return Auth.UNKNOWN


def _verdict(results: Iterable[str]) -> Auth:
    found = [(match[1].lower(), match[2].lower()) for match in map(_RESULT.match, results) if match]
    for method, result in found:
        if method == "dmarc" and result in ("pass", "fail"):
            return Auth.PASS if result == "pass" else Auth.FAIL
    others = {result for method, result in found if method != "dmarc"}
    if "pass" in others:
        return Auth.PASS
    return Auth.FAIL if others & {"fail", "hardfail"} else Auth.UNKNOWN
