"""keeptouch accounts login: a person signs in at the provider, and the account has its tokens from then on."""

from __future__ import annotations

import argparse
import os
import sys

from connectors.api import Bearer, ConnectorError
from daemon.cli.arguments import Verbs, add_verb, load_config
from daemon.cli.output import Trouble, write_error, write_json, write_text, write_troubles
from daemon.config import Account, Config
from daemon.environment import Environment, open_store
from daemon.oauth.client import Client, Granted
from daemon.oauth.identity import refuse_others, signed_in
from daemon.oauth.loopback import Loopback
from daemon.oauth.settings import Grant
from daemon.oauth.signin import Browsing, ask_device, wait_for_device
from daemon.problems import refuse
from daemon.sealing import sealing_keys
from daemon.session import Session

#: Of a URL that is pasted, more is not read.
_LONGEST_LINE = 64 * 1024


def register(own: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        own,
        "login",
        login,
        "sign in at the provider of OAuth, as the person whose mailbox it is",
        "Shows a URL to sign in at, and waits for the browser's answer on this machine. Whose token it is is checked; "
        "another person's is refused. Exit code 1: nobody was let in.",
    )
    parser.add_argument("account", metavar="ACCOUNT", help="the account, of those of an entry ENTRY/MAILBOX")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--paste", action="store_true", help="the browser is on another machine: paste its address line")
    how.add_argument("--device", action="store_true", help="show a code to enter on another device")
    how.add_argument("--port", type=int, default=0, metavar="N", help="listen on this port of 127.0.0.1")


def login(args: argparse.Namespace) -> int:
    """The command `accounts login`."""
    config = load_config(args)
    account = _account(config, args.account)
    sealing_keys(config, os.environ)  # before a person takes the trouble
    # the rows of accounts come first: a token belongs to one
    with Session(config, open_store(config, os.environ), Environment(os.environ)) as session:
        client = session.tokens.client(account.oauth) if account.oauth else None
        assert client is not None
        try:
            granted = _granted(client, account, args)
            names = signed_in(client, granted)
            refuse_others(config, account, names)
            _try_mailbox(account, granted)
        except ConnectorError as error:
            trouble = Trouble(account.name, error.step or "login", error.problem, error.hint)
            if args.json:
                write_json({"ok": False, "account": account.name, "problems": [trouble.document()]})
            write_troubles([trouble])
            return 1
        session.tokens.keep(account, granted)
    if args.json:
        lasts = granted.refresh is not None
        write_json({"ok": True, "account": account.name, "signed_in": names[0] if names else None, "lasts": lasts})
        return 0
    write_text(f"{account.name}: signed in{f' as {names[0]}' if names else ''}")
    if granted.refresh is None:
        hint = "ask for offline access: check scopes"
        write_troubles([Trouble(account.name, "login", "the provider gave no refresh token, so it ends soon", hint)])
    return 0


def _account(config: Config, name: str) -> Account:
    chosen = config.chosen(name)
    if len(chosen) != 1:
        names = ", ".join(each.name for each in chosen[:5])
        raise refuse("ACCOUNT", f'"{name}" are {len(chosen)} accounts', f"name one of them: {names}")
    [account] = chosen
    if account.oauth is None:
        raise refuse("ACCOUNT", f'"{account.name}" has no option oauth', "see [oauth.NAME] in docs/configuration.md")
    if not account.oauth.settings.grant.is_personal:
        hint = f"keeptouch check --account {account.name}"
        raise refuse("ACCOUNT", f'nobody signs in to "{account.name}": its client does by itself', hint)
    return account


def _granted(client: Client, account: Account, args: argparse.Namespace) -> Granted:
    grant = client.settings.grant
    if args.device or (grant is Grant.DEVICE_CODE and not args.paste and not args.port):
        device = ask_device(client)
        _tell(f"Open {device.url} on any device, enter {device.code}, and sign in as {account.mailbox}.")
        return wait_for_device(client, device)
    with Loopback(args.port) as listener:
        uri = f"http://{client.endpoints.redirect_host}:{listener.port}/"
        browsing = Browsing(client, uri, account.mailbox)
        _tell(f"Open this URL, and sign in as {account.mailbox}:\n\n{browsing.url}\n")
        if not args.paste:
            return browsing.finished(listener.wait(browsing.is_ours))
    _tell("Then the browser shows an error page for this machine. Paste its address line here:")
    return browsing.pasted(sys.stdin.readline(_LONGEST_LINE))


def _tell(text: str) -> None:
    """For the person in front of the terminal; an answer in JSON goes elsewhere."""
    for line in text.split("\n"):
        write_error(line)


def _try_mailbox(account: Account, granted: Granted) -> None:
    """Log in with it: the server knows whether it opens this mailbox; raises ConnectorError."""
    token = granted.access.reveal()
    with account.connector(account.settings, Bearer(lambda _refused: token)):
        pass
