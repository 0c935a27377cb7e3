"""HTML of outgoing mails: which links are found, where the image goes, and that all else keeps its characters."""

from __future__ import annotations

import time
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.outgoing.attributes import value_of, web_target
from connectors.outgoing.markup import read_markup

#: (HTML, what its links mean)
_LINKS = [
    ('<a href="https://a.example/x">', ["https://a.example/x"]),
    ("<A class=b HREF = 'HTTP://a.example/x?y=1&amp;z=2' >", ["HTTP://a.example/x?y=1&z=2"]),
    ("<area shape=rect href=https://a.example/x coords=1>", ["https://a.example/x"]),
    ("<a\nhref=\"\n https://a.example/\n\tx \">", ["https://a.example/x"]),
    ('<a href="https://a.example/?a=1&copy=2&reg=3">', ["https://a.example/?a=1&copy=2&reg=3"]),
    ('<a href="https://a.example/&#x66;&#111o&period;html">', ["https://a.example/foo.html"]),
    ('<a href="https&colon;//a.example/">', ["https://a.example/"]),
    ('<a href="https://مثال.example/سلام?q=سلام#بخش">', ["https://xn--mgbh0fb.example/%D8%B3%D9%84%D8%A7%D9%85?q="
                                                       "%D8%B3%D9%84%D8%A7%D9%85#%D8%A8%D8%AE%D8%B4"]),
    ('<a href="https://a.example/" href="https://b.example/">', ["https://a.example/"]),
    ('<a title="<a href=https://b.example/>" href="https://a.example/">', ["https://a.example/"]),
    ('<a href="https://a.example/"><a href="https://a.example/"', ["https://a.example/"]),
    ("<a/href=https://a.example/>", ["https://a.example/"]),
    ("<!-- x --!><a href=https://a.example/>", ["https://a.example/"]),
    ("<!--><a href=https://a.example/>", ["https://a.example/"]),
    ("<![if !mso]><a href=https://a.example/><![endif]>", ["https://a.example/"]),
    ("<!--[if !mso]><!--><a href=https://a.example/><!--<![endif]-->", ["https://a.example/"]),
    ("<script>var a='<a href=https://b.example/>'</script><a href=https://a.example/>", ["https://a.example/"]),
    # none of these
    ("<!--[if mso]><a href=https://a.example/>x</a><![endif]-->", []),
    ("<style>/*<a href=https://a.example/>*/</style>", []),
    ("<title><a href=https://a.example/></title><textarea><a href=https://a.example/></textarea>", []),
    ("<a href=mailto:ann@client.example><a href=tel:+1><a href=#top><a href=/x><a href=//a.example><a href=cid:1>", []),
    ("<a href=javascript:alert(1)><a href='data:text/html,x'><a href=ftp://a.example/><a href=httpss://x/>", []),
    ("<a name=href title='https://a.example/'><a href><a href=><a href=''>", []),
    ("<link href=https://a.example/><base href=https://a.example/><img src=https://a.example/>", []),
    ("<abbr href=https://a.example/></a href=https://a.example/>", []),
    ('<a href="https://a.example/', []),
    ("<a href='https://a.example/ x'><a href='https://a.example/{{name}}'><a href='https:\\\\a.example'>", []),
    ("<a href=https://[a.example/><a href=https://a.example:x/>< a href=https://a.example/>", []),
]  # fmt: skip


def test_links_are_found_as_browsers_find_them() -> None:
    for text, targets in _LINKS:
        markup = read_markup(text, is_utf8=True)
        assert [link.target for link in markup.links] == targets, text


def test_only_the_value_is_replaced_and_the_image_goes_where_it_is_shown() -> None:
    for text, altered in [
        ("<p>x<a href='https://a.example/'>y</A></p></BODY ></html>", "<p>x<a href='U'>y</A></p>I</BODY ></html>"),
        ("<a href=https://a.example/>x", "<a href=U>xI"),
        ("<body>x</body><p><body>y</body></p>", "<body>x</body><p><body>yI</body></p>"),
        ("x</html>\r\n", "xI</html>\r\n"),
        ("x<!-- </body> -->", "x<!-- </body> -->I"),
        ("x<!-- open", "xI<!-- open"),
        ("x<style>.a{", "xI<style>.a{"),
        ("x<img src='", "xI<img src='"),
        ("x<plaintext></body>", "xI<plaintext></body>"),
        ("a < b <3 </ > <> & <b", "a < b <3 </ > <> & I<b"),
        ("", "I"),
    ]:  # fmt: skip
        assert read_markup(text, is_utf8=True).altered("I", {"https://a.example/": "U"}) == altered, text


def test_a_query_that_is_not_ascii_is_told_for_utf8_alone() -> None:
    assert web_target("https://a.example/ä?q=ä", is_utf8=False) is None
    assert web_target("https://a.example/ä?q=a", is_utf8=False) == "https://a.example/%C3%A4?q=a"
    assert web_target("https://a.example/%C3%A4/ä", is_utf8=True) == "https://a.example/%C3%A4/%C3%A4"


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_value_means_what_was_escaped(text: str) -> None:
    assert value_of(escape(text)) == text


_PIECES = st.lists(
    st.sampled_from(
        [*"<>\"'=/!-& \né", "<a ", "href", "https://a.example/", "<!--", "-->", "</body>", "<script>", "</script"]
    ),
    max_size=30,
)  # fmt: skip


@given(_PIECES)
@settings(max_examples=100, deadline=None)
def test_whatever_the_html_is_all_else_stays(pieces: list[str]) -> None:
    text = "".join(pieces)
    markup = read_markup(text, is_utf8=True)
    assert markup.altered("", {}) == text
    assert markup.altered("", {link.target: text[link.start : link.end] for link in markup.links[:1]}) == text
    altered = markup.altered("IMAGE", dict.fromkeys((link.target for link in markup.links), "URL"))
    kept = altered.replace("IMAGE", "").replace("URL", "https://a.example/")
    assert kept == text or any(text[link.start : link.end] != "https://a.example/" for link in markup.links)


def test_hostile_html_takes_no_longer_than_its_length() -> None:
    began = time.process_time()
    for piece in ("<", "<!--", "<a ", "<a href=", "<a href='", "<script>", "</", "<a =", " ", "&", "<a" + " " * 50):
        read_markup(piece * 20_000, is_utf8=True)
        read_markup("<a " + piece * 20_000, is_utf8=True)
    assert time.process_time() - began < 10
