"""A company that records opens: contacts with their consent, mails to them, and what is asked of those."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from connectors.api import Purpose
from daemon.config import Config, load
from daemon.derive import derive_these
from daemon.ticking import tick
from daemon.tracking.creating import Made, Order, create
from daemon.tracking.recording import Asking, Recorder
from matching.consent import Consent, Statement
from store.contacts import consents
from store.contacts.entered import enter
from store.contacts.records import Entry, EntryAddress
from store.opens.tracking_keys import TrackingKey
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN, BEA = "alice@acme.example", "ann@client.example", "bea@other.example"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
GOOGLE_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
CONFIG = """
[company]
domains = ["acme.example"]
[tracking]
enabled = true
url = "https://t.acme.example/x/"
own_networks = ["198.51.100.0/24"]
"""
KEY = TrackingKey(b"k" * 32)
OPENS = (
    "SELECT s.kind, s.verdict, i.message_id, c.display_name, s.occurred_at FROM v1_signal s"
    " LEFT JOIN v1_interaction i ON i.id = s.interaction_id LEFT JOIN v1_contact c ON c.id = s.contact_id"
    " WHERE s.kind IN ('open', 'click')"
)


def config_in(folder: Path, text: str = CONFIG) -> Config:
    (folder / "config.toml").write_text(text, "utf-8")
    return load(folder / "config.toml", environ={}, today=NOON.date())


class Tracking:
    """What the command and the listener do, without either."""

    def __init__(self, house: House, config: Config) -> None:
        self.house = house
        self.config = config
        derived = partial(derive_these, house.store, house.company, lambda: NOON)
        self.recorder = Recorder(house.store, config.tracking, house.company.rules, KEY, derived)

    def contact(self, address: str, state: Consent | None = None, name: str = "") -> str:
        """A contact who said this; returns its id."""
        base = self.house.company.rules.base(address)
        entry = Entry(
            line=1,
            origin="import",
            source="test",
            external_id=None,
            name=name or address.partition("@")[0].title(),
            addresses=(EntryAddress(address, address, base),),
            consent=Statement(state, NOON - timedelta(days=1), "a form") if state else None,
        )
        with self.house.store.write() as transaction:
            (outcome,) = enter(transaction, self.house.store.key, [entry], NOON)
        assert outcome.contact_id is not None
        return outcome.contact_id

    def say(self, contact_id: str, state: Consent) -> None:
        """The contact says something else."""
        with self.house.store.write() as transaction:
            consents.state(transaction, {contact_id: Statement(state, NOON, "a call")}, NOON)

    def create(self, *to: str, mid: str | None = None, links: Iterable[str] = (), at: datetime = NOON) -> Made:
        order = Order(recipients=to, links=tuple(links), message_id=mid)
        return create(self.house.store, self.config, self.house.company.rules, KEY, order, "command", at)

    def send(self, mid: str, *to: str, minute: int = 0, **more: Any) -> None:
        """The mail is found in Alice's Sent folder."""
        self.house.read("alice", "Sent", [mail(ALICE, *to, mid=mid, minute=minute, **more)], Purpose.SENT)

    def ask(self, url: str, seconds: float, agent: str = CHROME, address: str = "203.0.114.9") -> int:
        """Somebody asks for a pixel or a link, so long after noon; returns how much was written."""
        token = url.rsplit("/", 1)[1].removesuffix(".gif")
        self.recorder.put(Asking(token, NOON + timedelta(seconds=seconds), agent, address))
        written = self.recorder.write()
        self.recorder.settle()
        return written

    def tick(self, now: datetime = NOON) -> None:
        tick(self.house.store, self.house.company, lambda: now)

    def verdicts(self) -> list[tuple[str, str]]:
        """(kind, verdict) of what the history tells."""
        return [(row[0], row[1]) for row in self.house.rows(OPENS)]
