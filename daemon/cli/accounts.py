"""keeptouch accounts: which there are, which folders of theirs are followed; its other verbs have their own modules."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

from connectors.api import ConnectorError, Purpose, Stream, StreamKind
from daemon.apart import Opening
from daemon.cli import audit, deletions, login
from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.logins import Logins, asked, counted
from daemon.cli.output import Trouble, write_json, write_table, write_text, write_troubles
from daemon.config import Account
from daemon.problems import ConfigError

#: Folders that are read, but whose mail is not kept.
_NOT_KEPT = {
    Purpose.DRAFTS: "its mail is not kept: drafts",
    Purpose.JUNK: "its mail is not kept: junk",
    Purpose.TRASH: "its mail is not kept: trash",
}


def register(verbs: Verbs) -> None:
    """Add the commands."""
    own = add_noun(verbs, "accounts", "list the accounts, or their folders")
    add_verb(own, "list", list_accounts, "list the accounts of the configuration")
    parser = add_verb(
        own,
        "folders",
        list_folders,
        "list the folders of accounts, as their servers name them",
        "Logs in and lists every folder with its purpose, and whether it is followed or why not. "
        "Exit code 1: an account could not be asked.",
    )
    parser.add_argument("account", metavar="ACCOUNT", nargs="?", help="only this account, or those of this entry")
    login.register(own)
    audit.register(own)
    deletions.register(own)


def list_accounts(args: argparse.Namespace) -> int:
    """The command `accounts list`."""
    accounts = load_config(args).accounts
    if args.json:
        write_json({"accounts": [_account_document(account) for account in accounts]})
    else:
        rows = [
            (each.name, each.owner, "shared" if each.shared else "", each.kind, each.login, _choice_text(each))
            for each in accounts
        ]
        write_table(("ACCOUNT", "OWNER", "", "KIND", "LOGIN", "FOLDERS"), rows)
    return 0


def _account_document(account: Account) -> dict[str, object]:
    include, exclude = _choice(account)
    return {
        "account": account.name,
        "owner": account.owner,
        "shared": account.shared,
        "kind": account.kind,
        "server": account.server,
        "login": account.login,
        "folders": {"include": list(include), "exclude": list(exclude)},
    }


def _choice(account: Account) -> tuple[tuple[str, ...], tuple[str, ...]]:
    folders = getattr(account.settings, _choosing(account.settings), None)
    return tuple(getattr(folders, "include", ())), tuple(getattr(folders, "exclude", ()))


def _choosing(settings: object) -> str:
    """The option that chooses among the streams of an account."""
    return "calendars" if hasattr(settings, "calendars") else "folders"


def _choice_text(account: Account) -> str:
    include, exclude = _choice(account)
    return (", ".join(include) or "all") + (" but " + ", ".join(exclude) if exclude else "")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on the server, and whether its mail becomes history."""

    stream: Stream
    is_followed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The folders of an account, or why they could not be listed."""

    account: str
    folders: tuple[Folder, ...] = ()
    error: Trouble | None = None


def list_folders(args: argparse.Namespace) -> int:
    """The command `accounts folders`."""
    config = load_config(args)
    chosen = config.named(args.account) if args.account else config.followed
    with counted(config, insisted=chosen if args.account else ()) as logins:
        listings = list(asked(logins, chosen, _list))
    if args.json:
        write_json({"accounts": [_listing_document(listing) for listing in listings]})
    else:
        for listing in listings:
            _tell(listing)
    return 1 if any(listing.error for listing in listings) else 0


def _list(logins: Logins, account: Account) -> Listing:
    try:
        opening = logins.opening(account)
        followed = _streams(opening)
        all_there = _streams(_unrestricted(opening)) if any(_choice(account)) else followed
    except ConfigError as error:
        first = error.problems[0]
        return Listing(account.name, error=Trouble(account.name, "secret", str(first), first.hint))
    except ConnectorError as error:
        logins.failed(account, error)
        return Listing(account.name, error=Trouble(account.name, error.step or "connect", error.problem, error.hint))
    names = {stream.name for stream in followed}
    return Listing(account.name, tuple(_folder(stream, stream.name in names) for stream in all_there))


def _streams(opening: Opening) -> tuple[Stream, ...]:
    with opening.open() as connector:
        return connector.streams()


def _unrestricted(opening: Opening) -> Opening:
    """The account as if its options chose no folders: then `streams()` gives them all."""
    settings, option = opening.settings, _choosing(opening.settings)
    return replace(opening, settings=replace(settings, **{option: type(getattr(settings, option))()}))


def _folder(stream: Stream, is_followed: bool) -> Folder:
    if not is_followed:
        option = "calendars" if stream.kind is StreamKind.CALENDAR else "folders"
        return Folder(stream, False, f"not among options.{option}")
    return Folder(stream, True, _NOT_KEPT.get(stream.purpose, ""))


def _listing_document(listing: Listing) -> dict[str, object]:
    return {
        "account": listing.account,
        "folders": [
            {
                "stream": folder.stream.name,
                "kind": folder.stream.kind,
                "purpose": folder.stream.purpose,
                "followed": folder.is_followed,
                "reason": folder.reason or None,
            }
            for folder in listing.folders
        ],
        "error": listing.error.document() if listing.error else None,
    }


def _purpose(stream: Stream) -> str:
    return stream.kind.value if stream.kind is StreamKind.CALENDAR else stream.purpose.value


def _tell(listing: Listing) -> None:
    write_text(f"{listing.account}:")
    if listing.error:
        write_troubles([listing.error])
        return
    rows = [
        (f"  {each.stream.name}", _purpose(each.stream), "followed" if each.is_followed else "no", each.reason)
        for each in listing.folders
    ]
    write_table(("  FOLDER", "PURPOSE", "FOLLOWED", ""), rows)
