"""The generated mailbox is what its manifest says it is."""

from __future__ import annotations

import email
import email.policy
import hashlib
import imaplib
import json
import re
from collections import Counter
from collections.abc import Callable
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from tests.conftest import Login
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Corpus, write_maildir
from tests.servers.mailbox.encoding import utf7
from tests.servers.mailbox.odd import SORTS


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def digest(seed: int) -> str:
        corpus = Corpus(seed, people=40, total=200)
        return hashlib.sha256(b"".join(mail.data for mail in corpus.take(200))).hexdigest()

    assert digest(3) == digest(3)
    assert digest(3) != digest(4)


@pytest.mark.slow
def test_every_header_of_a_good_mail_reads_as_in_the_truth() -> None:
    kinds: Counter[str] = Counter()
    for mail in Corpus(2, people=50, total=1500, oddities=0.0).take(1500):
        parsed = email.message_from_bytes(mail.data)
        subject = re.sub(r"\n\s+", " ", str(make_header(decode_header(parsed["Subject"]))))
        assert subject == mail.meta["subject"]
        assert parsed["Message-ID"] == mail.meta["mid"]
        assert str(mail.meta["from"]) in parsed["From"]
        assert parsed["In-Reply-To"] == mail.meta["parent"]
        for part in parsed.walk():
            if part.get_content_maintype() == "text" and part.get_filename() is None:
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                content.decode(part.get_content_charset("us-ascii"))
            assert not part.defects
        kinds[str(mail.meta["kind"])] += 1
    assert kinds.keys() >= {"plain", "alt", "attach", "news", "forward", "dsn", "mdn", "invite", "sent"}


def test_about_a_third_are_answers_and_every_parent_came_before() -> None:
    seen, answers = set(), 0
    for mail in Corpus(5, people=50, total=2000).take(2000):
        if mail.meta["parent"]:
            assert mail.meta["parent"] in seen
            answers += 1
        seen.add(mail.meta["mid"])
    assert 0.25 < answers / 2000 < 0.45


def test_every_sort_of_odd_mail_comes() -> None:
    odd = {mail.meta["odd"] for mail in Corpus(1, people=10, total=100, oddities=1.0).take(100)}
    assert odd == set(SORTS)


@pytest.mark.slow
def test_dovecot_serves_what_the_manifest_says(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path
) -> None:
    login = dovecot_user()
    stats = write_maildir(login.maildir, n=1000, seed=7, manifest=tmp_path / "truth.jsonl")
    truth: dict[str, dict[int, tuple[int, bool, bytes]]] = {}
    for line in (tmp_path / "truth.jsonl").read_text("utf-8").splitlines():
        said = json.loads(line)
        truth.setdefault(said["folder"], {})[said["uid"]] = (
            said["size"],
            "S" in said["flags"],
            said["mid"].encode(),
        )
    assert {name: len(mails) for name, mails in truth.items()} == stats.folders
    assert len(stats.folders) >= 15
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as client:
        client.login(login.name, login.password)
        for folder, mails in truth.items():
            client.select(f'"{utf7(folder)}"', readonly=True)
            assert client.response("UIDVALIDITY")[1] == [b"1700000000"]
            answer = client.uid("FETCH", "1:*", "(RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
            assert dict(map(served, answer[::2])) == mails, folder


def served(answer: tuple[bytes, bytes]) -> tuple[int, tuple[int, bool, bytes]]:
    """(UID, (size, is seen, Message-ID)) of a FETCH answer."""
    line, header = answer
    numbers = {word: int(number) for word, number in re.findall(rb"(UID|RFC822\.SIZE) (\d+)", line)}
    return numbers[b"UID"], (numbers[b"RFC822.SIZE"], rb"\Seen" in line, header.partition(b":")[2].strip())
