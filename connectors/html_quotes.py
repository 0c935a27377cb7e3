"""Quoted mail in HTML -> ">" before the lines of its text, as in plain text (RFC 3676 section 4.5), and a rule.

Mail programs mark what they quote by elements of their own: `blockquote` (type=cite, gmail_quote), or a `div` (Yahoo,
Proton, Zimbra, GMX), which here become levels of ">"; Outlook, Hotmail and Zimbra put a line above it instead, which
here becomes the rule of underscores that Outlook writes in plain text.
"""

from __future__ import annotations

import re

#: Marks in the text, before its lines are made: a quote begins, a quote ends, a rule. None comes from the mail.
OPEN, CLOSE, RULE = "\x05", "\x06", "\x07"
#: Most marks of levels before a line; each line would else grow with the depth of its quote.
_DEEPEST = 10
_DRAWN_RULE = "_" * 32

_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>blockquote|div|hr)(?=[\s/>])"
    r"(?P<attributes>[^<>\"']*+(?:\"[^\"]*+\"[^<>\"']*+|'[^']*+'[^<>\"']*+)*+)>"
)
#: Of a blockquote: it only indents, as the buttons of Gmail and Apple Mail do.
_INDENTS = re.compile(r"webkit-indent|border\s*+:\s*+(?:none|0)", re.IGNORECASE)
_CITES = re.compile(r"cite|quote|reply|border-left\s*+:\s*+(?!none|0)", re.IGNORECASE)
#: Of a div: it holds quoted mail.
_HOLDS_QUOTE = re.compile(
    r"name=\"quote\"|(?:class|id|data-marker)\s*+=\s*+[\"']?[^\"'>]{0,100}?"
    r"(?:yahoo_quoted|protonmail_quote|__QUOTED_TEXT__|zmail_extra(?!_hr)|ymail_quoted)"
)
#: Of a div or hr: quoted mail follows, with its header.
_RULES_OFF = re.compile(
    r"divRplyFwdMsg|OutlookMessageHeader|mail-editor-reference-message|ms-outlook-mobile-reference|__DIVIDER__|zwchr"
    r"|stopSpelling|zmail_extra_hr|tabindex\s*+=\s*+[\"']?-1|border-top\s*+:\s*+solid\s[^;\"']{0,30}1(?:\.0)?pt",
    re.IGNORECASE,
)
#: Without any of these there is no quote and no rule.
_HINTS = (
    *(
        "<blockquote",
        "yahoo_quoted",
        "ymail_quoted",
        "protonmail_quote",
        "__QUOTED_TEXT__",
        'name="quote"',
        "zmail_extra",
    ),
    *("divRplyFwdMsg", "OutlookMessageHeader", "reference-message", "__DIVIDER__", "zwchr", "stopSpelling"),
    *("tabindex=-1", 'tabindex="-1"', "border-top:solid", "border-top: solid"),
)
#: Each of them has one of these in it, and those of the first line a "_" too, which is looked for faster than words:
#: a newsletter is long, and hardly any holds one.
_FIRST_HINTS = ("yahoo_quoted", "ymail_quoted", "protonmail_quote", "__QUOTED_TEXT__", "zmail_extra", "__DIVIDER__")
_OTHER_HINTS = (
    *("<blockquote", 'name="quote"', "divRplyFwdMsg", "OutlookMessageHeader", "reference-message", "stopSpelling"),
    *("zwchr", "tabindex=", "border-top:"),
)


def mark_quotes(html: str) -> str:
    """`html`, its tags in lower case, with marks behind tags that open quotes, before those that close them."""
    first = _FIRST_HINTS + _OTHER_HINTS if "_" in html else _OTHER_HINTS
    if not any(map(html.__contains__, first)) or not any(map(html.__contains__, _HINTS)):
        return html
    pieces: list[str] = []
    opened: dict[str, list[bool]] = {"blockquote": [], "div": []}
    done = 0
    for tag in _TAG.finditer(html):
        pieces.append(html[done : tag.start()])
        pieces.append(_marked(tag, opened))
        done = tag.end()
    pieces.append(html[done:])
    return "".join(pieces)


def _marked(tag: re.Match[str], opened: dict[str, list[bool]]) -> str:
    name, attributes = tag["name"], tag["attributes"]
    if tag["end"]:
        is_quote = bool(opened.get(name)) and opened[name].pop()
        return f"{CLOSE}{tag[0]}" if is_quote else tag[0]
    rule = f"{tag[0]}<div>{RULE}</div>" if name != "blockquote" and _RULES_OFF.search(attributes) else tag[0]
    if name == "hr":
        return rule
    if name == "blockquote":
        is_quote = not _INDENTS.search(attributes) or bool(_CITES.search(attributes))
    else:
        is_quote = _HOLDS_QUOTE.search(attributes) is not None
    opened[name].append(is_quote)
    return f"{rule}{OPEN}" if is_quote else rule


def draw_quotes(text: str) -> str:
    """Lines with marks -> lines as in plain text, at most one blank one at a time."""
    drawn: list[str] = []
    depth = level = 0
    is_gap = False
    for line in text.split("\n"):
        words = line.translate(_NO_MARKS).strip(" ")
        before = depth
        # a quote that begins before the line's first word holds the line
        leading = line[: len(line) - len(line.lstrip(f"{OPEN}{CLOSE}{RULE} "))] if words else line
        depth = _depth(depth, leading)
        if RULE in leading:
            if not (drawn and drawn[-1].endswith(_DRAWN_RULE)):
                drawn += [_mark(min(before, level))] if is_gap and drawn else []
                drawn.append(_mark(before, _DRAWN_RULE))
            level, is_gap = before, False
        if words:
            if is_gap and drawn:
                drawn.append(_mark(min(level, depth)))
            drawn.append(_mark(depth, words))
            level, is_gap = depth, False
            depth = _depth(depth, line[len(leading) :])
        elif not line:
            is_gap = True
    return "\n".join(drawn)


_NO_MARKS = str.maketrans("", "", f"{OPEN}{CLOSE}{RULE}")


def _depth(depth: int, marks: str) -> int:
    for mark in marks:
        if mark == OPEN:
            depth += 1
        elif mark == CLOSE:
            depth = max(0, depth - 1)
    return depth


def _mark(depth: int, words: str = "") -> str:
    return f"{'>' * min(depth, _DEEPEST)} {words}".strip(" ") if depth else words
