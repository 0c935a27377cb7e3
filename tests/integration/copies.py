"""One mail as a company holds it: in Sent, in a colleague's inbox, blind-copied, through a mailing list, and forged.

Around it lies what makes the order of reading matter: answers, contacts that appear late, mail without Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from tests.conftest import Login
from tests.integration.company import Company
from tests.integration.mailboxes import letter, put, received
from tests.servers.dovecot import Dovecot

ALICE, BOB, DORA = (f"{name} <{name.lower()}@acme.example>" for name in ("Alice", "Bob", "Dora"))
ANN, LIST, EVE = "Ann Lee <ann@client.example>", "dev@lists.example", "eve@evil.example"
OFFER = "offer@acme.example"
#: (account, folder) -> mails
Server = dict[tuple[str, str], list[bytes]]


def offer(sender: str = ALICE, *, minute: int = 5, headers: Sequence[str] = (), text: str = "Our price.\n") -> bytes:
    """The mail that is copied: from Alice to Ann and a list, Bob in Cc."""
    return letter(sender, ANN, LIST, mid=OFFER, minute=minute, cc=[BOB], subject="Offer", headers=headers, text=text)


def _listed(sender: str, *headers: str, text: str) -> bytes:
    tagged = offer(sender, headers=["List-Id: Developers <dev.lists.example>", "Precedence: list", *headers], text=text)
    return received(tagged.replace(b"Subject: Offer", b"Subject: [dev] Offer"), by="lists.example")


def copies() -> Server:
    """The genuine copies."""
    sent = offer(headers=["Bcc: Dora <dora@acme.example>, Carl <carl@quiet.example>", "X-Mailer: Client 1"])
    encoded = offer().replace(b"Encoding: 8bit", b"Encoding: quoted-printable").replace(b"price.", b"pr=69ce.=\r\n")
    footer = "Our price.\n--\nList footer\n"
    return {
        ("alice", "Sent"): [sent],
        ("bob", "INBOX"): [received(offer())],
        ("bob", "Lists"): [_listed("Alice via dev <dev@lists.example>", f"Reply-To: {ALICE}", text=footer)],
        ("dora", "INBOX"): [received(encoded)],
        ("dora", "Lists"): [_listed(ALICE, text=footer)],
    }


def forgeries() -> Server:
    """Mails that bear the genuine one's Message-ID."""
    return {
        ("bob", "INBOX"): [received(offer(EVE, text="Pay me.\n")), received(offer(minute=95, text="Other price.\n"))],
        ("dora", "Archive"): [received(offer(EVE, minute=99, text="Pay me now.\n"))],
    }


def surroundings() -> Server:
    """Mail whose fate or thread depends on other mail."""
    answer = ["In-Reply-To: <offer@acme.example>", "References: <offer@acme.example>"]
    nameless = letter(ANN, ALICE, minute=12, subject="No id")
    return {
        ("alice", "INBOX"): [
            received(letter(ANN, ALICE, mid="re@client.example", minute=9, subject="Re: Offer", headers=answer)),
            received(letter("new@client.example", ALICE, mid="earlier@client.example", minute=1)),
            received(nameless),
            received(letter(BOB, ALICE, mid="inside@acme.example", minute=2)),
        ],
        ("alice", "Sent"): [letter(ALICE, "new+tag@client.example", mid="tagged@acme.example", minute=20)],
        ("bob", "INBOX"): [
            received(nameless.replace(b"Subject: No id", b"Message-ID: <found@client.example>\r\nSubject: No id")),
            received(letter("Ben <ben@else.example>", BOB, mid="ben@else.example", minute=3)),
        ],
        ("dora", "Sent"): [letter(DORA, "ben@else.example", mid="toben@acme.example", minute=40)],
        ("dora", "INBOX"): [
            received(letter(EVE, DORA, mid="stranger@evil.example", minute=4)),
            received(letter("Carl <carl@quiet.example>", DORA, mid="carl@quiet.example", minute=33)),
        ],
    }


def everything() -> Server:
    """All of it."""
    return merged(copies(), forgeries(), surroundings())


def merged(*servers: Server) -> Server:
    """The mails of several, folder by folder."""
    places = dict.fromkeys(place for server in servers for place in server)
    return {place: [mail for server in servers for mail in server.get(place, [])] for place in places}


def fill(dovecot: Dovecot, user: Callable[[], Login], server: Server) -> dict[str, Login]:
    """Put the mails on the server; account -> login."""
    logins = {account: user() for account in dict.fromkeys(account for account, _folder in server)}
    for (account, folder), mails in server.items():
        put(dovecot, logins[account], folder, *mails)
    return logins


def company_of(folder: Path, dovecot: Dovecot, logins: dict[str, Login]) -> Company:
    """A company that follows these accounts, with an empty store."""
    company = Company(folder)
    for name, login in logins.items():
        company.add(name, login, dovecot.imap_port)
    return company


def read_some(company: Company, places: Collection[tuple[str, str]]) -> None:
    """Sync these (account, folder) alone, the accounts in this order."""
    accounts = list(dict.fromkeys(account for account, _folder in places))
    for name, account in company.accounts.items():
        account.options["folders"] = {"include": [folder for owner, folder in places if owner == name] or ["nothing"]}
    company.write([*accounts, *(name for name in company.accounts if name not in accounts)])
    answer = company.run_as_is("sync", "--json")
    assert answer.code == 0, answer.err
    for account in company.accounts.values():
        del account.options["folders"]


def mails_of(company: Company) -> Iterator[tuple[str, ...]]:
    """(Message-ID, account/folder of each copy…) of every interaction."""
    query = (
        "SELECT m.interaction_id, coalesce(i.message_id, ''), a.name || '/' || s.name FROM placement p"
        " JOIN stream s ON s.id = p.stream_id JOIN account a ON a.id = s.account_id"
        " JOIN message m ON m.key = p.message_key JOIN v1_interaction i ON i.id = m.interaction_id"
    )
    found: dict[tuple[str, str], list[str]] = {}
    for interaction_id, mid, place in company.rows(query):
        found.setdefault((interaction_id, mid), []).append(place)
    for (_id, mid), places in found.items():
        yield (mid, *sorted(places))
