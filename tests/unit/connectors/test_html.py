"""HTML to readable text."""

from __future__ import annotations

import time

import pytest

from connectors.html import MAX_TAGS, text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One<p>two <b>bo</b>ld", "One\n\ntwo bold"),
        ("<div>one</div><div>two</div><div><br></div><div>three</div>", "one\ntwo\n\nthree"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<ul><li>1<li>2</ul>after", "1\n2\n\nafter"),
        ("<table><tr><td>a<td>b<tr><td>c</table>end", "a b\nc\n\nend"),
        ("<TABLE><TR><TD>a</TD><TD>b</TD></TR><TR><TD>c</TD></TR></TABLE>", "a b\nc"),
        ("<div>in<div>ner</div>x</div>tail", "in\nner\nx\ntail"),
        ("one\n  two\tthree", "one two three"),
        ("code: <pre>x = 1\n    y</pre>done", "code:\n\nx = 1\n    y\n\ndone"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_lines_are_kept(html: str, text: str) -> None:
    assert text_of_html(html) == (text, False)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<html><head><title>T</title><style>p{}</style></head><body>x</body></html>", "x"),
        ("<script>alert('<p>')</script>x<!-- a <p> comment --><style>p{}</style>", "x"),
        ('<p title="a > b">x</p>', "x"),
        ('see <a href="https://example.org/?a=1&b=2">our offer</a>!', "see our offer!"),
        ('<img src="cid:1" alt="logo">text', "text"),
        ("&lt;tag&gt; &amp; &#x633;&nbsp;&eacute;", "<tag> & س é"),
        ("a < b and b > c", "a < b and b > c"),
        ("x\x01\x02y", "x y"),
    ],
)
def test_markup_and_what_is_not_seen_are_gone(html: str, text: str) -> None:
    assert text_of_html(html)[0] == text


def test_persian_keeps_its_joiners() -> None:
    html = '<div dir="rtl"><p>می\u200cروم &zwnj; <b>کتاب\u200cها</b></p></div>'
    assert text_of_html(html)[0] == "می\u200cروم \u200c کتاب\u200cها"


def test_the_invisible_filling_of_newsletters_is_no_text() -> None:
    assert text_of_html("Sale!" + "&zwnj;&nbsp;" * 80 + "<p>Today")[0] == "Sale!\n\nToday"


@pytest.mark.parametrize("count", [MAX_TAGS - 1, MAX_TAGS, MAX_TAGS + 1])
def test_past_the_limit_of_tags_the_rest_is_cut(count: int) -> None:
    text, is_cut = text_of_html("<img>a" * count)
    assert text == "a" * min(count, MAX_TAGS)
    assert is_cut == (count > MAX_TAGS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<p>",
        "<b>",
        "<pre>",
        "<table><tr><td>",
        '<p "',
        "<",
        "<svg>",
        "<a><b><p>",
        "<font><q>",
        "&",
        "<!--",
        "<blockquote>",
        "<hr tabindex=-1>",
    ],
)
def test_hostile_html_takes_time_in_proportion(unit: str) -> None:
    start = time.process_time()
    text_of_html(unit * (256 * 1024 // len(unit)))
    text_of_html("".join(f"{unit[:-1]} a{number}{unit[-1]}" for number in range(3_000)))
    assert time.process_time() - start < 2
