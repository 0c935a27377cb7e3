# ruff: noqa: E501 - mails stand as programs write them, on few lines
"""Quoted mail in HTML, as mail programs write it, is marked as in plain text; and its new words are told apart."""

from __future__ import annotations

import pytest

from connectors.html import text_of_html
from matching.quotes import trim

RULE = "_" * 32
WORD = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
BLOCK = "<b>From:</b> Nora Fell &lt;nora@fell.example&gt;<br><b>Sent:</b> Monday, October 5, 2026 10:20<br><b>Subject:</b> A"
FOREIGN = "<b>Bilong:</b> Nora &lt;nora@fell.example&gt;<br><b>De:</b> 5.10.2026 10:20<br><b>Tok:</b> miting"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<blockquote type=cite><p>b<p>c</blockquote>d", "a\n\n> b\n>\n> c\n\nd"),
        ("a<blockquote>b<blockquote>c<br>d</blockquote>e</blockquote>", "a\n\n> b\n>\n>> c\n>> d\n>\n> e"),
        ("a<blockquote>b<br><br>c", "a\n\n> b\n>\n> c"),
        ("a</blockquote>b", "a\n\nb"),
        ("a<blockquote></blockquote>b", "a\n\nb"),
        ("<blockquote><pre>x\n  y</pre></blockquote>", "> x\n>   y"),
        ('a<blockquote style="margin:0 0 0 40px;border:none;padding:0px">in</blockquote>b', "a\n\nin\n\nb"),
        ('<div>a</div><div class="yahoo_quoted"><div>b</div></div><div>c</div>', "a\n> b\nc"),
        ('a<hr tabindex="-1"><div id="divRplyFwdMsg">b</div>', f"a\n\n{RULE}\nb"),
        ("a<hr>b", "a\n\nb"),
        (f'<div style="{WORD}">a</div>', f"{RULE}\na"),
        ("a\x05\x06\x07b", "a b"),
        ("<blockquote>" * 30 + "a", f"{'>' * 10} a"),
    ],
)
def test_quotes_and_rules_are_drawn(html: str, text: str) -> None:
    assert text_of_html(html) == (text, False)


ANSWERS = [
    (
        "Gmail",
        '<div dir="ltr">Fine.<div><br></div><div>N.</div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        'Long Mande 5 Okt 2026 10:20 Nora &lt;<a href="mailto:n@f.example">n@f.example</a>&gt; i raitim:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid">Monday?</blockquote></div>',
        "Fine.\n\nN.",
    ),
    (
        "Gmail below",
        '<div class="gmail_attr">On Mon, Oct 5, 2026 at 10:20 AM Nora &lt;n@f.example&gt; wrote:<br></div><blockquote '
        'class="gmail_quote">Monday?</blockquote><div>Fine.</div>',
        "Fine.",
    ),
    (
        "Outlook",
        f'<div class="WordSection1"><p>Fine.</p><div><div style="{WORD}"><p>{BLOCK}</p></div></div><p>Monday?</p></div>',
        "Fine.",
    ),
    ("Outlook, unknown words", f'<p>Fine.</p><div style="{WORD}"><p>{FOREIGN}</p></div><p>Monday?</p>', "Fine."),
    (
        "Outlook on the web",
        f'<div>Fine.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
        f'<div id="divRplyFwdMsg" dir="ltr"><font>{FOREIGN}</font><div>&nbsp;</div></div><div>Monday?</div>',
        "Fine.",
    ),
    (
        "Outlook 2003",
        "<p class=MsoNormal>Fine.</p><div class=MsoNormal align=center><hr size=3 width='100%' align=center tabindex=-1></div>"
        f"<p class=MsoNormal>{BLOCK}</p><p>Monday?</p>",
        "Fine.",
    ),
    (
        "Outlook for Mac",
        f'<div>Fine.</div><div class="OutlookMessageHeader">{FOREIGN}</div><div>Monday?</div>',
        "Fine.",
    ),
    (
        "Apple Mail",
        '<body>Fine.<br><div><br><blockquote type="cite"><div>Am 05.10.2026 um 10:20 schrieb Nora &lt;n@f.example&gt;:</div><br>'
        "<div>Monday?</div></blockquote></div></body>",
        "Fine.",
    ),
    (
        "iPhone",
        '<div dir="auto">Fine.<br><br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On Oct 5, '
        "2026, at 10:20, Nora &lt;n@f.example&gt; wrote:<br><br></blockquote></div><blockquote type=cite>Monday?</blockquote></div>",
        "Fine.",
    ),
    (
        "Thunderbird",
        '<p>Fine.</p><div class="moz-cite-prefix">Am 05.10.26 um 10:20 schrieb Nora:<br></div><blockquote type="cite" '
        'cite="mid:1@f.example">Monday?</blockquote><div class="moz-signature">-- <br>Jan</div>',
        "Fine.",
    ),
    (
        "Thunderbird between",
        '<div class="moz-cite-prefix">On 10/5/26 10:20, Nora wrote:<br></div><blockquote type="cite">Monday?</blockquote><p>Yes.</p>'
        '<blockquote type="cite">Ten?</blockquote><p>Eleven.</p>',
        "> Monday?\n\nYes.\n\n> Ten?\n\nEleven.",
    ),
    (
        "Yahoo",
        '<div class="ydp1"><div>Fine.</div></div><div id="yahoo_quoted_1" class="yahoo_quoted"><div><div>    5 Ekim 2026 Pazartesi '
        "10:20:05 GMT+3 tarihinde Nora şunu yazdı: </div><div>Monday?</div></div></div>",
        "Fine.",
    ),
    (
        "Proton Mail",
        '<div>Fine.</div><div class="protonmail_quote">On Monday, October 5th, 2026 at 10:20, Nora &lt;n@f.example&gt; wrote:<br>'
        '<blockquote class="protonmail_quote" type="cite">Monday?</blockquote></div>',
        "Fine.",
    ),
    (
        "Zimbra",
        '<div>Fine.</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>De: </b>"Nora" '
        "&lt;n@f.example&gt;<br><b>À: </b>Jan<br><b>Envoyé: </b>Lundi 5 Octobre 2026 10:20:05<br><b>Objet: </b>A<br></div>"
        '<div data-marker="__QUOTED_TEXT__">Monday?</div>',
        "Fine.",
    ),
    (
        "GMX",
        '<div>Fine.</div><div name="quote" style="border-left:2px solid #C3D9E5">Gesendet: Montag, 05. Oktober 2026 um 10:20 Uhr<br>'
        "Von: Nora &lt;n@f.example&gt;<br><div>Monday?</div></div>",
        "Fine.",
    ),
    (
        "Hotmail",
        "<div>Fine.<br><div><hr id='stopSpelling'>Date: Mon, 5 Oct 2026 10:20:05 +0200<br>Subject: A<br>From: n@f.example<br>To: "
        "j@a.example<br><br>Monday?</div></div>",
        "Fine.",
    ),
    (
        "Lotus Notes",
        '<font face="sans-serif">Fine.</font><br><br><font size=1>From: Nora Fell/Fell</font><br><font>To: Jan</font><br><font>'
        "Date: 05.10.2026 10:20</font><br><font>Subject: A</font><br><hr noshade><br>Monday?",
        "Fine.",
    ),
    (
        "Yandex",
        '<div>Хорошо.</div><div><br></div><div>05.10.2026, 10:20, "Nora" &lt;n@f.example&gt;:</div><blockquote>Monday?</blockquote>',
        "Хорошо.",
    ),
    (
        "QQ",
        "<div>可以。</div><div>------------------&nbsp;原始邮件&nbsp;------------------</div><div><b>发件人:</b> n@f.example</div><div>?</div>",
        "可以。",
    ),
    (
        "Gmail, from right to left",
        '<div dir="rtl">مناسب است.</div><div class="gmail_quote"><div dir="rtl" class="gmail_attr">\u200fNora <span dir="ltr">&lt;'
        'n@f.example&gt;</span>\u200f در تاریخ دوشنبه ۵ اکتبر ۲۰۲۶ ساعت ۱۰:۲۰ نوشت:<br></div><blockquote class="gmail_quote">؟'
        "</blockquote></div>",
        "مناسب است.",
    ),
]


@pytest.mark.parametrize(("program", "html", "new"), ANSWERS, ids=[program for program, _, _ in ANSWERS])
def test_the_new_words_of_an_answer_in_html(program: str, html: str, new: str) -> None:
    assert trim(text_of_html(html)[0]).new_text == new, program
