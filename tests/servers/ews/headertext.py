"""Text of header fields as Exchange reads it. (RFC 2047)"""

from __future__ import annotations

import re
from email.header import decode_header


def decoded(text: object) -> str:
    """A header's value: unfolded, encoded words decoded."""
    line = re.sub(r"[\r\n]+", "", str(text)).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if "=?" not in line:
        return line.strip()
    try:
        pieces = decode_header(line)
        said = "".join(p if isinstance(p, str) else p.decode(c or "ascii", "replace") for p, c in pieces)
    except (ValueError, LookupError):
        return line.strip()
    return said.strip()
