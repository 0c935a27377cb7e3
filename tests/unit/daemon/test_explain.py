"""keeptouch explain: raw mails in, one JSON object a line out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.header_values import values
from daemon.cli.main import main

MAIL = """\
Message-ID: <1@acme.example>
Date: Sat, 21 Nov 2026 10:00:00 +0330
From: =?utf-8?b?2KfZhduM2K8=?= <omid@acme.example>
To: "Eve, E." <eve@customer.example>, bob@customer.example
Cc: cara@customer.example
Reply-To: sales@acme.example
Subject: =?utf-8?b?2b7bjNi02YbZh9in2K8=?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

سلام
--b
Content-Type: application/pdf; name=offer.pdf
Content-Disposition: attachment; filename=offer.pdf
Content-Transfer-Encoding: base64

aGVsbG8=
--b--
"""
ANSWER = """\
Message-ID: <2@customer.example>
In-Reply-To: <1@acme.example>
References: <1@acme.example>
Date: Sat, 21 Nov 2026 12:00:00 +0000
From: eve@customer.example
To: omid@acme.example
Subject: Re: hello

fine\x85\u2028yes
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a mail and its answer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "1.eml").write_text(MAIL, "utf-8", newline="\r\n")
    (tmp_path / "2.eml").write_text(ANSWER, "utf-8", newline="\r\n")
    return tmp_path


def explained(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> list[Any]:
    assert main(["explain", *argv]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_body_alone_is_taken_as_a_mails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.txt").write_text("Message-ID: no header\n\nسلام\n\n> hello\n> hi\n", "utf-8")
    (folder / "b.HTML").write_text("<p>سلام</p><blockquote type=cite>hello</blockquote>", "utf-8")
    text, html = explained(capsys, "a.txt", "b.HTML")
    assert (text["message"]["text"], text["new_text"]) == (
        "Message-ID: no header\n\nسلام\n\n> hello\n> hi\n",
        "Message-ID: no header\n\nسلام",
    )
    assert (html["message"]["text"], html["new_text"]) == ("سلام\n\n> hello", "سلام")


def test_what_stands_below_the_new_words_is_told_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.txt").write_text("سلام\n\nSent from my iPhone\n\n> hello\n", "utf-8")
    (told,) = explained(capsys, "a.txt")
    assert (told["new_text"], told["signature"]) == ("سلام", "Sent from my iPhone")


def test_of_a_mail_that_only_passes_another_on_the_words_of_that_one_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passed_on = "---------- Forwarded message ----------\nFrom: Ann <ann@kunde.example>\nSubject: offer\n\nسلام\n"
    (folder / "alone.txt").write_text(passed_on, "utf-8")
    (folder / "with.txt").write_text(f"see below\n\n{passed_on}", "utf-8")
    assert [each["new_text"] for each in explained(capsys, "alone.txt", "with.txt")] == ["سلام", "see below"]


def test_a_mail_is_told_in_the_fixed_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (document,) = explained(capsys, "1.eml")
    assert document == {
        "file": "1.eml",
        "message": {
            "message_id": "1@acme.example",
            "in_reply_to": [],
            "references": [],
            "subject": "پیشنهاد",
            "sent_at": "2026-11-21T06:30:00Z",
            "from": [{"name": "امید", "address": "omid@acme.example"}],
            "to": [
                {"name": "Eve, E.", "address": "eve@customer.example"},
                {"name": None, "address": "bob@customer.example"},
            ],
            "cc": [{"name": None, "address": "cara@customer.example"}],
            "reply_to": [{"name": None, "address": "sales@acme.example"}],
            "text": document["message"]["text"],
            "html": "",
            "attachments": [{"name": "offer.pdf", "type": "application/pdf", "size": 5}],
        },
        "signals": [],
        "new_text": "سلام",
        "signature": "",
        "meetings": [],
        "error": None,
    }
    assert document["message"]["text"].strip() == "سلام"


def test_text_of_any_kind_stays_on_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (document,) = explained(capsys, "2.eml")
    assert document["message"]["text"].split() == ["fine", "yes"]


def test_a_bad_file_has_an_error_and_the_rest_go_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "invitation.ics").write_text("no calendar\n", "utf-8")
    (folder / "empty.eml").touch()
    found = explained(capsys, "missing.eml", ".", "empty.eml", "invitation.ics", "1.eml", code=1)
    assert [each["file"] for each in found] == ["missing.eml", ".", "empty.eml", "invitation.ics", "1.eml"]
    assert [each["error"] is None for each in found] == [False, False, False, False, True]
    assert "does not exist" in found[0]["error"]
    assert found[0]["message"] is None
    assert found[3]["error"] == "it is no calendar"


@pytest.mark.parametrize(
    ("domains", "directions"),
    [
        (["acme.example"], ["outbound", "inbound"]),
        (["customer.example"], ["inbound", "outbound"]),
        (["acme.example", "customer.example"], ["internal", "internal"]),
    ],
)
def test_own_domains_tell_directions(
    folder: Path, capsys: pytest.CaptureFixture[str], domains: list[str], directions: list[str]
) -> None:
    argv = [word for domain in domains for word in ("--own-domain", domain)]
    found = explained(capsys, *argv, "1.eml", "2.eml")
    assert [each["message"]["direction"] for each in found] == directions


def test_what_is_no_domain_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--own-domain", "a b", "1.eml"]) == 2
    assert '"a b" is no domain' in capsys.readouterr().err


def test_threads_are_arranged_over_the_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = explained(capsys, "--threads", "2.eml", "missing.eml", "1.eml", code=1)
    assert [each["parent"] for each in found] == ["1@acme.example", None, None]
    assert found[0]["thread"] == found[2]["thread"] == "1@acme.example"
    assert found[1]["thread"] is None


@pytest.mark.parametrize(
    ("kind", "lines", "expected"),
    [
        ("date", "Tue, 1 Jul 2003 10:52:37 +0200\nnever\n\n1 Jul 2003 10:52 GMT", [
            "2003-07-01T10:52:37+02:00", None, None, "2003-07-01T10:52:00+00:00",
        ]),
        ("date", " Wed, 27 Jun 2001 04:11:00 +0900 \r\nnever\r\n", ["2001-06-27T04:11:00+09:00", None]),
        ("address", "Pete <p@b.example>, q@b.example\nteam: r@b.example;\n", [
            [{"name": "Pete", "address": "p@b.example"}, {"name": None, "address": "q@b.example"}],
            [{"name": None, "address": "r@b.example"}],
        ]),
        ("id", "<1@b> <2@b>\n<>\n", [["1@b", "2@b"], []]),
    ],
)  # fmt: skip
def test_header_values_are_read_one_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str], kind: str, lines: str, expected: list[object]
) -> None:
    (folder / "values").write_text(lines, "utf-8", newline="")
    assert explained(capsys, "--headers", kind, "values") == expected


def test_folded_values_go_on_in_the_next_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "values").write_text("<1@b>\n <2@b>\n\t<3@b>\n<4@b>\n", "utf-8")
    assert explained(capsys, "--headers", "id", "--folded", "values") == [["1@b", "2@b", "3@b"], ["4@b"]]
    assert main(["explain", "--folded", "1.eml"]) == 2


def test_missing_files_of_values_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--headers", "id", "missing"]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_values_keep_their_bytes() -> None:
    assert values(b"a\xe9\r\n\n b\n", folded=False) == [b"a\xe9", b"", b" b"]
    assert values(b"", folded=False) == []
    assert values(b"a", folded=True) == [b"a"]


def test_what_a_mail_tells_stands_beside_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "away.eml").write_text(
        "From: eve@customer.example\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nSubject: Automatic reply: hello\n\n"
        "I am out of the office until 9 March.\n",
        "utf-8",
    )
    (document,) = explained(capsys, "away.eml")
    assert document["signals"] == [
        {
            "kind": "auto_reply",
            "recipient": "eve@customer.example",
            "status": None,
            "reason": "I am out of the office until 9 March.",
            "category": None,
            "hard": None,
            "return_on": "2026-03-09",
            "evidence": "subject: automatic reply; i am out of the office",
            "confidence": 0.9,
        }
    ]


def test_user_agents_are_told_a_line_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = b"Mozilla/5.0\r\n\ncurl/8\nx\xff\x00y\n" + b"a" * 1_000_000 + b"\nThunderbird/1"
    (folder / "agents").write_bytes(raw)
    lines = explained(capsys, "--agents", "agents")
    assert [each["verdict"] for each in lines] == ["prefetch", "bot", "bot", "bot", "bot", "mail_client"]
    assert [each["agent"][:9] for each in lines] == [
        "Mozilla/5",
        "",
        "curl/8",
        "x\ufffd\x00y",
        "aaaaaaaaa",
        "Thunderbi",
    ]
    assert explained(capsys, "--agents", "missing", "agents", code=1) == lines
