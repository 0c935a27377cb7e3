"""What a mail says anew, apart from the history it quotes, what it passes on, signatures and footers.

    trimming     the new text: Trimmed, trim, new_text_of
    unwrapping   the quoted mail and who wrote it: Unwrapped, unwrap
    parts        lines -> parts, in one pass
    attribution  "On … somebody wrote:"                headers      From/Sent/To/Subject, "-----Original Message-----"
    closing      signatures, devices, notices          normal       lines as words are looked up in them
    phrases      many phrases looked up at once        quote_words  header_words  closing_words  the languages

The structure that mail programs give a mail decides first (marks, labels, rules, addresses and dates), words second.
"""

from __future__ import annotations

from matching.quotes.trimming import Trimmed, new_text_of, trim
from matching.quotes.unwrapping import Unwrapped, unwrap

__all__ = ["Trimmed", "Unwrapped", "new_text_of", "trim", "unwrap"]
