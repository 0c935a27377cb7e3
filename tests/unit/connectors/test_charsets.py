"""Bytes to text: declared charsets, wrong ones, none."""

from __future__ import annotations

import pytest

from connectors.charset_guess import guess
from connectors.charsets import codec_of, decode

PERSIAN = "لطفا گزارش پروژه را تا پايان هفته بفرستيد"
RUSSIAN = "Пришлите, пожалуйста, отчёт до конца недели"
MONGOLIAN = "Маргаашийн хурал төв оффист болно"
CHINESE = "请在本周末之前发送项目的报告"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf_8"),
        ("utf8", "utf_8"),
        ("us-ascii", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("iso-8859-9", "cp1254"),
        ("gb2312", "gb18030"),
        ("x-gbk", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("Shift_JIS", "cp932"),
        ("windows-1256", "cp1256"),
        ("koi8-u", "koi8_u"),
        ("unicode-1-1-utf-7", "utf_7"),
    ],
)
def test_labels_mean_what_the_web_means_by_them(label: str, codec: str) -> None:
    assert codec_of(label) == codec


@pytest.mark.parametrize("label", ["unicode_escape", "punycode", "idna", "rot13", "hex", "mbcs", "x-unknown-99", ""])
def test_what_is_no_charset_of_mail_is_no_label(label: str) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (PERSIAN, "windows-1256"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "windows-1251"),
        (CHINESE, "gb2312"),
        ("Die Hasen und die Frösche", "iso-8859-1"),
        ("人権の無視及", "iso-2022-jp"),
        ("スミスさん", "shift_jis"),
        ("سلام", "utf-7"),
        ("سلام", "utf-16le"),
    ],
)
def test_a_declared_charset_is_believed_where_it_fits(text: str, charset: str) -> None:
    assert decode(text.encode(charset), charset) == text


def test_latin_one_is_windows_1252() -> None:
    assert decode(b"\x93quoted\x94 \x80 5", "iso-8859-1") == "“quoted” € 5"


@pytest.mark.parametrize("declared", ["iso-8859-1", "us-ascii", "windows-1251", "x-unknown", None])
def test_utf_8_is_seen_under_a_wrong_name(declared: str | None) -> None:
    assert decode(RUSSIAN.encode(), declared) == RUSSIAN


@pytest.mark.parametrize(
    ("text", "charset", "declared"),
    [
        (PERSIAN, "windows-1256", None),
        (PERSIAN, "windows-1256", "utf-8"),
        (PERSIAN, "windows-1256", "iso-8859-1"),
        (RUSSIAN, "windows-1251", "utf-8"),
        (RUSSIAN, "koi8-r", "unknown-8bit"),
        (RUSSIAN, "koi8-r", "us-ascii"),
        (CHINESE, "gb18030", None),
        ("Die Änderungen für die Prüfung in München", "iso-8859-1", None),
        ("Veuillez trouver ci-joint la facture réglée à l'échéance", "windows-1252", "utf-8"),
        ("お世話になっております。添付の資料をご確認ください。", "shift_jis", None),
        ("お世話になっております。添付の資料をご確認ください。", "euc-jp", None),
    ],
)
def test_a_wrong_or_missing_charset_is_guessed_from_the_text(text: str, charset: str, declared: str | None) -> None:
    assert decode(text.encode(charset), declared) == text


def test_mongolian_in_the_old_russian_charset_is_cyrillic() -> None:
    written = MONGOLIAN.replace("ө", "є").encode("windows-1251")
    assert decode(written) == MONGOLIAN.replace("ө", "є")


def test_a_hint_goes_before_a_guess_but_not_before_utf_8() -> None:
    assert decode("Ђурђица".encode("cp1251"), hint="windows-1251") == "Ђурђица"
    assert decode("Ђурђица".encode(), hint="windows-1251") == "Ђурђица"


def test_a_few_broken_bytes_do_not_make_utf_8_something_else() -> None:
    assert decode(PERSIAN.encode()[:-1], "utf-8") == PERSIAN[:-1] + "\ufffd"
    assert decode(b"\xff" + PERSIAN.encode(), "utf-8") == "\ufffd" + PERSIAN


def test_a_byte_order_mark_is_no_text() -> None:
    assert decode(b"\xef\xbb\xbfsalaam") == "salaam"


def test_nothing_comes_out_that_a_database_refuses() -> None:
    assert decode(b"a\0b") == "ab"
    assert decode(b"+2AA-", "utf-7") == "\ufffd"


def test_there_is_nothing_to_guess_in_ascii() -> None:
    assert guess(b"plain text") is None
    assert guess(b"") is None
