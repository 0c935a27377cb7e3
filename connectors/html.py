"""HTML of a mail -> readable text: lines kept, words of links kept, quotes marked by ">", scripts and markup gone.

The tags that begin lines are made marks in the source, and only what is left is parsed: a tree of a newsletter's nested
tables takes ten times as long to build, and says nothing more about where its lines begin.
"""

from __future__ import annotations

import re
from itertools import repeat

from selectolax.lexbor import LexborHTMLParser

from connectors.html_quotes import CLOSE, OPEN, RULE, draw_quotes, mark_quotes

#: Most tags read; what nests deeper costs the parser time that grows with the square.
MAX_TAGS = 10_000
#: From here on the tags of letter shapes go first: repairing wrong nesting of them costs a parser most.
_MANY_TAGS = 4_000
_SHAPES = re.compile(r"</?(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^>]*+>")

#: Marks of line ends; none of them comes from the mail or counts as a blank.
_BREAK, _LINE, _PARAGRAPH, _KEPT = "\x01", "\x02", "\x03", "\x04"
_ATTRIBUTES = r"(?:>|[\s/][^<>\"']*+(?:\"[^\"]*+\"[^<>\"']*+|'[^']*+'[^<>\"']*+)*+>)"
_TAG = re.compile(r"</?([a-z][a-z0-9]*+)" + _ATTRIBUTES)
_NAMES = {
    _LINE: "tr div li dt dd section article header footer form center address caption legend",
    _PARAGRAPH: "p h1 h2 h3 h4 h5 h6 hr blockquote table ul ol dl fieldset",
    _BREAK: "br",
    " ": "td th tbody thead tfoot",
}
_MARKS = {name: mark for mark, names in _NAMES.items() for name in names.split()}
_MARKED_TAG = re.compile(rf"</?({'|'.join(_MARKS)})" + _ATTRIBUTES)
_UPPER = re.compile(r"</?[A-Z]")
_TAG_NAME = re.compile(r"</?[A-Za-z][A-Za-z0-9]*")
_UNSEEN = ["script", "style", "title", "template", "noscript", "object", "svg", "select", "textarea"]
#: Elements whose tags the parser needs.
_PARSED = frozenset([*_UNSEEN, "pre"])
_EMPTY_LINES = re.compile("\n{3,}")
#: Invisible filling that newsletters put behind their first line.
_FILLING = re.compile("(?:[\u00ad\u034f\u200b-\u200f\u2007\ufeff] ?){4,}")


def text_of_html(html: str) -> tuple[str, bool]:
    """Readable text of `html`, and whether it was cut at `MAX_TAGS`. Never raises.

    Source: HTML Living Standard 15.3 for which elements begin a line; parsing by lexbor, as browsers do it.
    """
    html, cut = _bounded(html)
    for mark in (_BREAK, _LINE, _PARAGRAPH, _KEPT, OPEN, CLOSE, RULE):
        if mark in html:
            html = html.replace(mark, " ")
    html = mark_quotes(html)
    pieces = _TAG.split(html)
    is_plain = _PARSED.isdisjoint(pieces[1::2])
    if not is_plain:
        pieces = _MARKED_TAG.split(html)
    pieces[1::2] = map(_MARKS.get, pieces[1::2], repeat(""))
    tree = LexborHTMLParser("".join(pieces))
    if not is_plain:
        tree.strip_tags(_UNSEEN, recursive=True)
        _mark_preformatted(tree)
    if tree.body is None:
        return "", cut
    return _laid_out(tree.body.text(deep=True, separator="")), cut


def _bounded(html: str) -> tuple[str, bool]:
    """`html` without its head, tags in lower case, and with at most `MAX_TAGS` of them."""
    at = max(html.find("</head>"), html.find("</HEAD>"))
    if at >= 0:
        html = html[at + 7 :]
    if _UPPER.search(html):
        html = _TAG_NAME.sub(lambda match: match.group().lower(), html)
    count = html.count("<")
    if count > _MANY_TAGS:
        html = _SHAPES.sub("", html)
        count = html.count("<")
    if count <= MAX_TAGS:
        return html, False
    at = -1
    for _ in range(MAX_TAGS + 1):
        at = html.find("<", at + 1)
    return html[:at], True


def _mark_preformatted(tree: LexborHTMLParser) -> None:
    for pre in tree.css("pre"):
        pre.insert_before(_PARAGRAPH)
        pre.insert_after(_PARAGRAPH)
    for node in [node for node in tree.css("pre, pre *") if node.first_child is not None]:
        for text in [child for child in node.iter(include_text=True) if child.is_text_node]:
            text.replace_with((text.text_content or "").replace("\n", _BREAK).replace(" ", _KEPT))


def _laid_out(marked: str) -> str:
    """Text with marks -> lines: blanks run together, at most one empty line at a time."""
    text = " ".join(marked.split())
    if not text.isascii():
        text = _FILLING.sub(" ", text)
    paragraphs: list[str] = []
    for paragraph in text.split(_PARAGRAPH):
        lines: list[str] = []
        for line in paragraph.split(_LINE):
            line = line.strip(" ")
            if _BREAK in line:
                broken = [piece.strip(" ") for piece in line.split(_BREAK)]
                # A break at the end of a block begins no line.
                lines += broken[:-1] if not broken[-1] else broken
            elif line:
                lines.append(line)
        if lines:
            paragraphs.append("\n".join(lines))
    text = _EMPTY_LINES.sub("\n\n", "\n\n".join(paragraphs)).strip("\n")
    if OPEN in text or RULE in text:
        text = draw_quotes(text)
    return text.replace(_KEPT, " ")
