"""From a list of folders to the streams that are followed."""

from __future__ import annotations

import pytest

from connectors.api import Purpose
from connectors.choices import Choice, unmatched
from connectors.foldernames import decode, purpose
from connectors.imap.folders import chosen, watched
from connectors.imap.responses import Listed


def listed(name: bytes, *attributes: bytes, separator: bytes | None = b"/") -> Listed:
    return Listed(frozenset(attributes), separator, name)


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        (b"INBOX", "INBOX"),
        (b"&BkQGMQYzBkQ-", "لرسل"),
        (b"Tom &- Jerry", "Tom & Jerry"),
        (b"&BCIEQwQ7BDMEMA-/x", "Тулга/x"),
        (b"&2D3eAA-", "😀"),
        # kept as written: no base64, no end, half a surrogate pair, a control character
        (b"&!!-", "&!!-"),
        (b"R&D", "R&D"),
        (b"&2D0-", "&2D0-"),
        (b"a&AAA-", "a&AAA-"),
        ("Отчёты".encode(), "Отчёты"),
        (b"caf\xe9", "caf\\xe9"),
    ],
)
def test_names_are_decoded_or_kept_as_written(wire: bytes, name: str) -> None:
    assert decode(wire) == name


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("INBOX", Purpose.INBOX),
        ("inbox", Purpose.INBOX),
        ("Sent", Purpose.SENT),
        ("SENT ITEMS", Purpose.SENT),
        ("INBOX/Sent", Purpose.SENT),
        ("[Gmail]/Sent Mail", Purpose.SENT),
        ("Gesendete Objekte", Purpose.SENT),
        ("Éléments envoyés", Purpose.SENT),
        ("Отправленные", Purpose.SENT),
        ("Илгээсэн", Purpose.SENT),
        ("ارسال‌شده", Purpose.SENT),
        ("ارسال شده", Purpose.SENT),
        ("فرستاده‌شده", Purpose.SENT),
        ("المرسل", Purpose.SENT),
        ("已发送邮件", Purpose.SENT),
        ("Sent/2024", Purpose.SENT),
        ("Изпратени", Purpose.SENT),
        ("भेजे गए", Purpose.SENT),
        ("รายการที่ส่ง", Purpose.SENT),
        ("Išsiųsti laiškai", Purpose.SENT),
        ("Smeće", Purpose.TRASH),
        ("Nevyžiadaná pošta", Purpose.JUNK),
        ("Μη σχετικό", Purpose.OTHER),
        ("Entwürfe", Purpose.DRAFTS),
        ("پیش‌نویس‌ها", Purpose.DRAFTS),
        ("پيش‌نويس‌ها", Purpose.DRAFTS),
        ("مسودات", Purpose.DRAFTS),
        ("Ноорог", Purpose.DRAFTS),
        ("草稿箱", Purpose.DRAFTS),
        ("Junk E-mail", Purpose.JUNK),
        ("Courrier indésirable", Purpose.JUNK),
        ("هرزنامه", Purpose.JUNK),
        ("البريد العشوائي", Purpose.JUNK),
        ("Спам", Purpose.JUNK),
        ("垃圾邮件", Purpose.JUNK),
        ("Deleted Items", Purpose.TRASH),
        ("Papelera", Purpose.TRASH),
        ("Корзина", Purpose.TRASH),
        ("سطل زباله", Purpose.TRASH),
        ("سلة المهملات", Purpose.TRASH),
        ("Хогийн сав", Purpose.TRASH),
        ("已删除", Purpose.TRASH),
        ("Trash/Old project", Purpose.TRASH),
        ("Archives", Purpose.ARCHIVE),
        ("Projects/Trash", Purpose.OTHER),
        ("Sentinel", Purpose.OTHER),
        ("INBOX/Customers", Purpose.OTHER),
        ("!!!", Purpose.OTHER),
    ],
)
def test_a_name_gives_its_purpose_away(name: str, wanted: Purpose) -> None:
    assert purpose(name.split("/")) is wanted


def test_the_servers_word_is_above_the_names() -> None:
    folders = chosen(
        [
            listed(b"Sent", b"\\hasnochildren"),
            listed(b"Outgoing", b"\\sent"),
            listed(b"Outgoing/2024"),
            listed(b"[Gmail]", b"\\noselect"),
            listed(b"[Gmail]/All Mail", b"\\all"),
            listed(b"Trash", b"\\archive"),
        ],
        Choice(),
    )
    assert {s.name: s.purpose for s in folders.streams} == {
        "Outgoing": Purpose.SENT,
        "Outgoing/2024": Purpose.SENT,
        "Sent": Purpose.SENT,
        "Trash": Purpose.ARCHIVE,
        "[Gmail]/All Mail": Purpose.ALL,
    }


def test_levels_are_parted_by_slashes_whatever_the_server_uses() -> None:
    folders = chosen(
        [
            listed(b"INBOX.Work.A&-B", separator=b"."),
            listed(b"inbox", separator=b"."),
            listed(b"a/b", separator=b"."),
            listed(b"a.b", separator=b"."),
            listed(b"flat/name", separator=None),
            listed(b"gone", b"\\nonexistent"),
            listed(b"line\r\nbreak"),
        ],
        Choice(),
    )
    assert folders.wires == {
        "INBOX/Work/A&B": b"INBOX.Work.A&-B",
        "INBOX": b"inbox",
        "a/b": b"a/b",
        "a.b": b"a.b",
        "flat/name": b"flat/name",
    }


@pytest.mark.parametrize(
    ("choice", "wanted", "unmatched"),
    [
        (Choice(), ["Sent", "INBOX", "Archive/2024", "Junk", "[Gmail]/All Mail", "گزارش"], ()),
        (Choice(include=("INBOX", "گ*")), ["INBOX", "گزارش"], ()),
        (Choice(include=("inbox",)), ["INBOX"], ()),
        (Choice(exclude=("Archive/*", "[Gmail]/*")), ["Sent", "INBOX", "Junk", "گزارش"], ()),
        (
            Choice(include=("*",), exclude=("S?nt",)),
            ["INBOX", "Archive/2024", "Junk", "[Gmail]/All Mail", "گزارش"],
            (),
        ),
        (Choice(include=("INBOX", "Nope*"), exclude=("Spam",)), ["INBOX"], ("Nope*", "Spam")),
        (Choice(include=("Nope",)), [], ("Nope",)),
    ],
)
def test_folders_are_chosen_by_patterns(choice: Choice, wanted: list[str], unmatched: tuple[str, ...]) -> None:
    names = [b"Junk", b"INBOX", b"&Bq8GMgYnBjEGNA-", b"Sent", b"Archive/2024", b"[Gmail]/All Mail"]
    folders = chosen([listed(name) for name in names], choice)
    assert [stream.name for stream in folders.streams] == wanted
    assert folders.unmatched == unmatched


@pytest.mark.parametrize(("include", "purpose"), [((), "junk"), (("*",), "junk"), (("Junk",), "other")])
def test_junk_that_is_named_outright_is_a_folder_like_any_other(include: tuple[str, ...], purpose: str) -> None:
    (stream,) = chosen([listed(b"Junk")], Choice(include=include)).streams
    assert stream.purpose == purpose


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (None, ["INBOX", "Sent"]),
        ((), []),
        (("inbox",), ["INBOX"]),
        (("Clients/*", "Sent/*"), ["Clients/Ann", "Clients/Ömer", "Sent/2024"]),
        (("*",), ["Clients/Ann", "Clients/Ömer", "INBOX", "Sent", "Sent/2024"]),
        (("nowhere",), []),
    ],
)
def test_what_is_watched(patterns: tuple[str, ...] | None, names: list[str]) -> None:
    wires = [b"INBOX", b"Sent", b"Sent/2024", b"Trash", b"Clients/Ann", b"Clients/&ANY-mer"]
    streams = chosen([listed(wire) for wire in wires], Choice()).streams
    assert sorted(stream.name for stream in watched(streams, patterns)) == names


def test_patterns_of_watch_that_match_nothing_are_known() -> None:
    streams = chosen([listed(b"INBOX"), listed(b"Clients/Ann")], Choice()).streams
    assert unmatched([each.name for each in streams], ("Clients/*", "inbox", "Cleints/*")) == ("Cleints/*",)
