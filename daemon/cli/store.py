"""keeptouch store: upgrade, back up and prove the store; copy-to and grant have their own modules."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path

from daemon.cli import store_copy, store_grant
from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.output import Trouble, json_text, write_json, write_text, write_troubles
from daemon.cli.progress import work_shown
from daemon.config import Config
from daemon.environment import identity_of, open_store, password_of, utc_now
from daemon.sealing import sealing_keys
from store import lineage, migrate
from store.accounts import company
from store.engine import Store, file_engine, make_engine, shown
from store.errors import StoreError
from store.keeping import backup
from store.keeping.backup import database_file
from store.keeping.verify import Finding, Verified
from store.keeping.verify import verify as verify_store
from store.keys import IdentityKey, parse_key, read_or_make_key


def register(verbs: Verbs) -> None:
    """Add the commands."""
    own = add_noun(verbs, "store", "keep the store: upgrade, back up, verify, move, open to others")
    parser = add_verb(
        own,
        "upgrade",
        upgrade,
        "bring an older store to this program",
        "Brings the tables of an older store to this program, in one transaction. Of a SQLite store a copy is kept "
        "beside it, and `sync` and `run` do so by themselves; on PostgreSQL stop keeptouch on every machine first.",
    )
    parser.add_argument("--oldest-program", metavar="VERSION", help="from now on refuse older programs than this one")
    parser = add_verb(
        own,
        "backup",
        back_up,
        "copy a SQLite store to a file, while others work with it",
        "Copies a SQLite store to a new file: whole, in one state, while the service runs. The identity key belongs "
        "to it and is not in it. For PostgreSQL it names the command of pg_dump that makes a backup.",
    )
    parser.add_argument("file", metavar="FILE", help="a file that is not there yet")
    parser = add_verb(
        own,
        "verify",
        verify,
        "prove that the store, or a backup, is whole",
        "Looks whether the file is whole, the tables are those of this program, the identity key is the store's, and "
        "no row lacks what it belongs to. Changes nothing. Exit code 1: problems were found.",
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="a SQLite file, such as a backup (default: the store)")
    add_verb(
        own,
        "restored",
        restored,
        "say that the store was put back from a backup",
        "Begins a new epoch of the feed and has all folders compared with their servers, as happens by itself where "
        "keeptouch notices that a store was put back. It can't notice that a whole machine was set back.",
    )
    store_copy.register(own)
    store_grant.register(own)


def upgrade(args: argparse.Namespace) -> int:
    """The command `store upgrade`."""
    with open_store(load_config(args), os.environ, may_create=False, may_upgrade=True) as store:
        if args.oldest_program:
            with store.write() as transaction:
                migrate.shut_out(transaction, args.oldest_program)
        with store.read() as transaction:
            now = migrate.condition_of(transaction)
    done = store.opened.upgraded
    copy = str(done.copy) if done and done.copy else None
    before = done.before if done else now.revision
    if args.json:
        versions = {"before": before, "after": now.revision, "copy": copy, "oldest_program": now.oldest_program}
        write_json({"upgraded": done is not None, **versions})
        return 0
    where = f"; as it was it lies in {copy}" if copy else ""
    if done:
        write_text(f"upgraded from {before} to {now.revision}{where}")
    else:
        write_text(f"nothing to do: the store is of version {now.revision}, as this program")
    write_text(f"keeptouch {now.oldest_program} and newer may work with it")
    return 0


def back_up(args: argparse.Namespace) -> int:
    """The command `store backup`."""
    config = load_config(args)
    target = Path(args.file).absolute()
    with open_store(config, os.environ, may_create=False) as store:
        if database_file(store.engine) is None:
            raise _no_backup(store, target)
        if target.exists():
            raise StoreError(f"{target} is there already", "name a file that is not; backups are not overwritten")
        now = utc_now()
        with work_shown(args.json, "backup") as tell:
            mark = f"backup of {now:%Y-%m-%d %H:%M:%S} UTC"
            backup.write_copy(store.engine, target, mark, lambda done, of: tell(target.name, done, of))
        store_id = store.key.id("store")
    key, size = _key_place(config), target.stat().st_size
    if args.json:
        write_json({"file": str(target), "bytes": size, "store_id": store_id, "identity_key": key})
        return 0
    write_text(f"{target}: {size:,} bytes")
    write_text(
        f"The identity key belongs to it and is not in it: {key}. Without it the backup is of no use; keep both."
    )
    write_text(f"Prove it: keeptouch store verify {shlex.quote(str(target))}")
    return 0


def _no_backup(store: Store, target: Path) -> StoreError:
    url = shown(str(store.engine.url.set(drivername="postgresql")))
    command = f"pg_dump --format=custom --schema=keeptouch --file={shlex.quote(str(target))} {shlex.quote(url)}"
    return StoreError("PostgreSQL is backed up by its own tools, in one state as well", command)


def _key_place(config: Config) -> str:
    """Where the identity key is kept, for people."""
    source = config.store.key
    if source is None:
        return str(config.folder / "identity.key")
    if isinstance(source.value, tuple):
        return f"what {source.key} prints"
    return f"the {source.kind} {source.value}" if source.kind == "credential" else str(config.folder / source.value)


def verify(args: argparse.Namespace) -> int:
    """The command `store verify`."""
    config = load_config(args)
    if args.file is not None:
        path = Path(args.file).absolute()
        engine, url = file_engine(path), f"sqlite:///{path}"
    else:
        url = config.store.url
        engine = make_engine(url, password_of(config, os.environ), may_create=False)
    name = shown(url)
    try:
        with work_shown(args.json, "verify") as tell:
            keys = sealing_keys(config, os.environ) if config.store.secrets_key else None
            found = verify_store(engine, url, _key(config), lambda check: tell(check, 0, None), keys)
    finally:
        engine.dispose()
    if args.json:
        _write_document(name, found)
    else:
        _show(name, found)
    return 1 if found.findings else 0


def _key(config: Config) -> IdentityKey | StoreError:
    text, file = identity_of(config, os.environ)
    try:
        return parse_key(text) if text else read_or_make_key(file, may_make=False)
    except StoreError as error:
        return error


def _write_document(name: str, found: Verified) -> None:
    problems = [
        {**_trouble(each).document(), "count": each.count, "examples": list(each.examples)} for each in found.findings
    ]
    about = {"store": name, "revision": found.revision, "store_id": found.store_id, "copy": found.copy}
    write_json(
        {"ok": not problems, **about, "rows": found.rows, "problems": problems, "unchecked": list(found.unchecked)}
    )


def _trouble(finding: Finding) -> Trouble:
    return Trouble(None, finding.check, finding.problem, finding.hint)


def _show(name: str, found: Verified) -> None:
    write_troubles(Trouble(None, each.check, _with_rows(each), each.hint) for each in found.findings)
    kind = f", a {found.copy}" if found.copy else ""
    write_text(f"{name}: version {found.revision or 'unknown'}{kind}")
    if found.rows:
        write_text(", ".join(f"{count:,} {view.removeprefix('v1_')}" for view, count in found.rows.items()))
    if found.unchecked:
        write_text(f"{len(found.unchecked)} checks left out, because mail waits to be derived; verify again later")
    count = len(found.findings)
    write_text("no problem found" if not count else f"{count} {'problem' if count == 1 else 'problems'}")


def _with_rows(finding: Finding) -> str:
    if finding.count is None:
        return finding.problem
    return f"{finding.count:,} {finding.problem}: {', '.join(map(json_text, finding.examples))}".rstrip(": ")


def restored(args: argparse.Namespace) -> int:
    """The command `store restored`."""
    with open_store(load_config(args), os.environ, may_create=False) as store, store.write() as transaction:
        lineage.begin_anew(transaction)
        epoch = company.setting(transaction, "feed_epoch")
    if args.json:
        write_json({"feed_epoch": epoch})
    else:
        write_text(f"a new epoch of the feed begins, {epoch}; the next sync compares all folders with their servers")
    return 0
