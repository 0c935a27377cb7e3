"""Mail in files keeps the promises of every connector, in all three forms."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from imapclient import imap_utf7

from connectors.api import Connector, Message, Misconfigured, Purpose, Stream, Unavailable, Unreadable
from connectors.conformance import (
    ConnectorConformance,
    Deliver,
    Expire,
    ExpiryConformance,
    InspectionConformance,
    RemovalConformance,
    Remove,
    Snapshot,
    ids,
    mail,
    message_id,
    read,
    stream_named,
)
from connectors.local import LocalConnector, LocalSettings
from connectors.local.files import written_at

_numbers = count(1_700_000_000)


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and its time."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


class _LocalConformance(ConnectorConformance, InspectionConformance):
    form: Literal["maildir", "mbox", "eml"]

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "mail"

    @pytest.fixture
    def connector_factory(self, root: Path) -> Callable[[], Connector]:
        root.mkdir(exist_ok=True)
        return lambda: LocalConnector(LocalSettings(path=root, format=self.form))

    @pytest.fixture
    def snapshot(self, root: Path) -> Snapshot:
        return lambda: tree(root)

    @pytest.fixture
    def remove(self, root: Path) -> Remove:
        def remove(stream: str, wanted: str) -> None:
            (found,) = (p for p in root.rglob("*") if p.is_file() and f"<{wanted}>".encode() in p.read_bytes())
            found.unlink()

        return remove


def put_in_maildir(root: Path, stream: str, raw: bytes) -> Path:
    """Deliver as a mail server does: written in `tmp`, moved to `new`."""
    levels = [imap_utf7.encode(level).decode("ascii") for level in stream.split("/")]
    folder = root if stream == "INBOX" else root / f".{'.'.join(levels)}"
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    name = f"{next(_numbers)}.M1P2.host"
    (folder / "tmp" / name).write_bytes(raw)
    return (folder / "tmp" / name).rename(folder / "new" / name)


def fill_maildir(root: Path, amount: int) -> list[Path]:
    """Many mails that have been seen."""
    put_in_maildir(root, "INBOX", mail(0)).unlink()
    paths = [root / "cur" / f"{1_500_000_000 + n}.M1.host:2,S" for n in range(amount)]
    for n, path in enumerate(paths):
        path.write_bytes(mail(n))
    return paths


class TestMaildir(_LocalConformance, RemovalConformance):
    form = "maildir"

    @pytest.fixture
    def deliver(self, root: Path) -> Deliver:
        return lambda stream, raw: put_in_maildir(root, stream, raw)


class TestEml(_LocalConformance, RemovalConformance):
    form = "eml"

    @pytest.fixture
    def deliver(self, root: Path) -> Deliver:
        def deliver(stream: str, raw: bytes) -> None:
            folder = root if stream == "INBOX" else root / stream
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"پیام {next(_numbers)}.eml").write_bytes(raw)

        return deliver


class TestMbox(_LocalConformance, ExpiryConformance):
    form = "mbox"

    @pytest.fixture
    def deliver(self, root: Path) -> Deliver:
        def deliver(stream: str, raw: bytes) -> None:
            *above, name = stream.split("/")
            folder = root.joinpath(*(f"{level}.sbd" for level in above))
            folder.mkdir(parents=True, exist_ok=True)
            put_in_mbox(folder / name, raw)

        return deliver

    @pytest.fixture
    def expire(self, root: Path) -> Expire:
        def expire(stream: str) -> None:
            data = (root / stream).read_bytes()
            (root / stream).write_bytes(data.replace(b"body 0", b"body zero"))

        return expire


def put_in_mbox(path: Path, raw: bytes, line: bytes = b"From a@example.org Mon Jan  6 06:30:00 2025") -> None:
    """Append as a delivery agent does."""
    with path.open("ab") as file:
        file.write(line + b"\n" + raw + b"\n\n")


def local(path: Path, form: Literal["maildir", "mbox", "eml"]) -> LocalConnector:
    return LocalConnector(LocalSettings(path=path, format=form))


def everything(connector: LocalConnector, name: str = "INBOX") -> list[Message]:
    changes = read(connector.pages(stream_named(connector, name), None))
    return [change for change in changes if isinstance(change, Message)]


# Maildir


def test_flags_and_times_come_from_the_names_of_files(tmp_path: Path) -> None:
    path = put_in_maildir(tmp_path, "INBOX", mail(1))
    seen = path.rename(tmp_path / "cur" / "1600000000.M1.host:2,FRSZ")
    with local(tmp_path, "maildir") as connector:
        (message,) = everything(connector)
    assert message.flags == {"\\Seen", "\\Answered", "\\Flagged"}
    assert message.ref == "1600000000.M1.host"
    assert message.received_at == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)
    os.utime(seen, (1_500_000_000, 1_500_000_000))
    with local(tmp_path, "maildir") as connector:
        (message,) = everything(connector)
    assert message.received_at == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)


def test_a_mail_that_is_flagged_is_no_news(tmp_path: Path) -> None:
    path = put_in_maildir(tmp_path, "INBOX", mail(1))
    with local(tmp_path, "maildir") as connector:
        inbox = stream_named(connector, "INBOX")
        cursor = list(connector.pages(inbox, None))[-1].cursor
        path.rename(tmp_path / "cur" / f"{path.name}:2,S")
        assert list(connector.pages(inbox, cursor)) == []
        (batch,) = connector.fetch(inbox, [path.name])
    assert ids(batch.changes) == [message_id(1)]


def test_folders_in_folders_are_found_as_well_as_dotted_ones(tmp_path: Path) -> None:
    put_in_maildir(tmp_path, "INBOX", mail(1))
    put_in_maildir(tmp_path, "Entwürfe", mail(2))
    put_in_maildir(tmp_path / "Projects" / "Orion", "INBOX", mail(3))
    put_in_maildir(tmp_path / imap_utf7.encode("Илгээсэн").decode(), "INBOX", mail(4))
    with local(tmp_path, "maildir") as connector:
        found = {stream.name: stream.purpose for stream in connector.streams()}
    assert found == {
        "Илгээсэн": Purpose.SENT,
        "INBOX": Purpose.INBOX,
        "Entwürfe": Purpose.DRAFTS,
        "Projects/Orion": Purpose.OTHER,
    }


def test_a_mail_moved_in_with_an_old_name_is_found_and_comes_alone(tmp_path: Path) -> None:
    fill_maildir(tmp_path, 700)
    with local(tmp_path, "maildir") as connector:
        inbox = stream_named(connector, "INBOX")
        pages = list(connector.pages(inbox, None))
        cursor = pages[-1].cursor
        assert cursor is not None
        (tmp_path / "cur" / "1300000000.M9.host:2,S").write_bytes(mail(5000))
        pages = list(connector.pages(inbox, cursor))
        assert ids(read(pages)) == [message_id(5000)]
        assert list(connector.pages(inbox, pages[-1].cursor)) == []


def test_the_cursor_of_a_large_folder_stays_small(tmp_path: Path) -> None:
    fill_maildir(tmp_path, 700)
    with local(tmp_path, "maildir") as connector:
        pages = list(connector.pages(stream_named(connector, "INBOX"), None))
    assert len(pages) > 3
    assert all(len(page.cursor or "") < 6000 for page in pages)
    assert [page.complete_since is None for page in pages] == [True] * (len(pages) - 1) + [False]
    assert [page.backlog for page in pages] == [500, 300, 100, 0]


def test_mail_removed_and_put_in_at_once_is_found(tmp_path: Path) -> None:
    paths = fill_maildir(tmp_path, 700)
    with local(tmp_path, "maildir") as connector:
        inbox = stream_named(connector, "INBOX")
        cursor = list(connector.pages(inbox, None))[-1].cursor
        for path in paths[:300]:
            path.unlink()
        for n in range(300):
            (tmp_path / "cur" / f"1300000000.M{n}.host:2,S").write_bytes(mail(5000 + n))
        pages = list(connector.pages(inbox, cursor))
        assert {message_id(5000 + n) for n in range(300)} <= set(ids(read(pages)))
        assert list(connector.pages(inbox, pages[-1].cursor)) == []


def test_a_huge_mail_is_read_in_part(tmp_path: Path) -> None:
    path = put_in_maildir(tmp_path, "INBOX", mail(1))
    with path.open("ab") as file:
        file.truncate(17 * 1024 * 1024)
    with local(tmp_path, "maildir") as connector:
        (message,) = everything(connector)
    assert message.is_truncated
    assert message.message_id == message_id(1)
    assert message.size == 17 * 1024 * 1024


def test_a_pipe_among_the_mails_is_unreadable_and_the_rest_comes(tmp_path: Path) -> None:
    put_in_maildir(tmp_path, "INBOX", mail(1))
    os.mkfifo(tmp_path / "cur" / "1600000000.pipe")
    with local(tmp_path, "maildir") as connector:
        changes = read(connector.pages(stream_named(connector, "INBOX"), None))
    (unreadable,) = (change for change in changes if isinstance(change, Unreadable))
    assert "no regular file" in unreadable.reason
    assert ids(changes) == [message_id(1)]


def test_a_name_that_is_no_utf8_makes_a_ref_that_can_be_kept(tmp_path: Path) -> None:
    put_in_maildir(tmp_path, "INBOX", mail(1))
    (Path(os.fsencode(tmp_path).decode()) / "cur" / os.fsdecode(b"1600000000.\xff%.host")).write_bytes(mail(2))
    with local(tmp_path, "maildir") as connector:
        inbox = stream_named(connector, "INBOX")
        refs = list(connector.refs(inbox))
        assert refs[0].encode("utf-8") == b"1600000000.%FF%25.host"
        (batch,) = connector.fetch(inbox, refs[:1])
    assert ids(batch.changes) == [message_id(2)]


# mbox


@pytest.mark.parametrize("seconds", [10**12, -(10**12), 253402300800, 2**62])
def test_a_file_of_an_impossible_time_has_that_of_its_last_change(seconds: int) -> None:
    status = os.stat_result((0o100644, 1, 1, 1, 0, 0, 9, 0, seconds, 1_700_000_000))
    assert written_at(status) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_quoted_lines_and_their_times(tmp_path: Path) -> None:
    path = tmp_path / "Sent.mbox"
    put_in_mbox(path, b"Subject: a\n\n>From here on\n>>From deeper\nFrom the text\n\nFrom here it goes on.\n\nend")
    put_in_mbox(path, b"Subject: b\n\nb", b"From - Thu, 09 Jan 2025 12:00:00 +0330")
    put_in_mbox(path, b"Subject: c\n\nc", b"From somebody")
    with local(path, "mbox") as connector:
        (stream,) = connector.streams()
        assert (stream.name, stream.purpose) == ("Sent", Purpose.SENT)
        first, second, third = everything(connector, "Sent")
    assert first.received_at == datetime(2025, 1, 6, 6, 30, tzinfo=UTC)
    assert second.received_at == datetime(2025, 1, 9, 8, 30, tzinfo=UTC)
    assert third.received_at is None
    assert first.text.splitlines()[:3] == ["From here on", ">From deeper", "From the text"]
    assert first.text.rstrip().endswith("end")


def test_a_mail_that_was_not_complete_comes_again_in_full(tmp_path: Path) -> None:
    path = tmp_path / "box"
    put_in_mbox(path, mail(1))
    with path.open("ab") as file:
        file.write(b"From a@example.org Mon Jan  6 06:30:00 2025\n" + mail(2)[:-8])
    with local(path, "mbox") as connector:
        stream = stream_named(connector, "box")
        pages = list(connector.pages(stream, None))
        half = read(pages)[-1].ref
        with path.open("ab") as file:
            file.write(mail(2)[-8:] + b"\n\n")
        put_in_mbox(path, mail(3))
        again = list(connector.pages(stream, pages[-1].cursor))
        assert half not in list(connector.refs(stream))
    assert [type(change).__name__ for change in read(again)] == ["Deleted", "Message", "Message"]
    assert ids(read(again)) == [message_id(2), message_id(3)]


def test_a_mail_of_17_mb_between_others(tmp_path: Path) -> None:
    path = tmp_path / "box"
    put_in_mbox(path, mail(1))
    put_in_mbox(path, mail(2) + (b"x" * 1023 + b"\n") * (17 * 1024))
    put_in_mbox(path, mail(3))
    with local(path, "mbox") as connector:
        found = everything(connector, "box")
    assert [message.message_id for message in found] == [message_id(n) for n in (1, 2, 3)]
    assert [message.is_truncated for message in found] == [False, True, False]
    assert found[1].size > 17 * 1024 * 1024


def test_a_folder_of_mboxes_leaves_other_files_out(tmp_path: Path) -> None:
    (tmp_path / "Inbox.sbd").mkdir()
    put_in_mbox(tmp_path / "Inbox", mail(1))
    put_in_mbox(tmp_path / "Inbox.sbd" / "Papierkorb", mail(2))
    (tmp_path / "Inbox.msf").write_text("// index")
    with local(tmp_path, "mbox") as connector:
        assert [stream.name for stream in connector.streams()] == ["INBOX", "INBOX/Papierkorb"]
        assert connector.streams()[1].purpose is Purpose.TRASH


# .eml


def test_a_file_written_anew_comes_again_under_its_ref(tmp_path: Path) -> None:
    (tmp_path / "a.EML").write_bytes(mail(1))
    with local(tmp_path, "eml") as connector:
        inbox = stream_named(connector, "INBOX")
        pages = list(connector.pages(inbox, None))
        (tmp_path / "a.EML").write_bytes(mail(20))
        again = read(connector.pages(inbox, pages[-1].cursor))
    assert [change.ref for change in again] == ["a.EML"]
    assert ids(again) == [message_id(20)]


def test_links_are_not_followed_around(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.eml").write_bytes(mail(1))
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "gone.eml").symlink_to(tmp_path / "nowhere")
    with local(tmp_path, "eml") as connector:
        assert [stream.name for stream in connector.streams()] == ["INBOX", "sub"]
        assert everything(connector) == []


# what can be wrong with the path


@pytest.mark.parametrize("form", ["maildir", "mbox", "eml"])
def test_a_missing_path_is_named(tmp_path: Path, form: Literal["maildir", "mbox", "eml"]) -> None:
    with pytest.raises(Misconfigured, match="nowhere does not exist") as caught, local(tmp_path / "nowhere", form):
        pass
    assert caught.value.hint


def test_a_folder_without_maildir_is_named(tmp_path: Path) -> None:
    with local(tmp_path, "maildir") as connector, pytest.raises(Misconfigured, match="holds no mail"):
        connector.streams()


def test_a_file_that_is_no_mbox_is_named(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("something else")
    with local(tmp_path / "box", "mbox") as connector, pytest.raises(Misconfigured, match="no mbox file"):
        connector.streams()


def test_a_folder_that_vanished_is_named(tmp_path: Path) -> None:
    put_in_maildir(tmp_path, "Gone", mail(1))
    with local(tmp_path, "maildir") as connector:
        stream = stream_named(connector, "Gone")
        shutil.rmtree(tmp_path / ".Gone")
        with pytest.raises(Unavailable, match="Gone"):
            list(connector.pages(stream, None))


def test_a_stream_of_another_name_is_no_folder(tmp_path: Path) -> None:
    put_in_maildir(tmp_path, "INBOX", mail(1))
    with local(tmp_path, "maildir") as connector, pytest.raises(Unavailable, match="no folder Other"):
        list(connector.refs(Stream(name="Other")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named_and_others_come(tmp_path: Path) -> None:
    put_in_maildir(tmp_path, "INBOX", mail(1))
    put_in_maildir(tmp_path, "Secret", mail(2))
    (tmp_path / ".Secret").chmod(0)
    with local(tmp_path, "maildir") as connector:
        assert ids(read(connector.pages(stream_named(connector, "INBOX"), None))) == [message_id(1)]
        with pytest.raises(Unavailable, match="Secret"):
            list(connector.pages(stream_named(connector, "Secret"), None))
    (tmp_path / ".Secret").chmod(0o700)
