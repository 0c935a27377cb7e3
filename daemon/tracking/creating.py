"""A pixel and links for a mail, given out only where everybody whom it is to agreed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from connectors.api import parse_ids
from daemon.config import Config
from daemon.problems import refuse
from daemon.tracked_mails import HEADER
from matching.addresses import AddressRules, normalize
from matching.consent import Consent
from store.engine import Store
from store.opens import tracking, tracking_ending
from store.opens.tracking import Tracked
from store.opens.tracking_keys import TrackingKey, parse_tracking_key, read_or_make_tracking_key

MAX_RECIPIENTS, MAX_LINKS, MAX_TARGET = 100, 100, 2_000
#: Of a mail's Message-ID (RFC 5322, section 2.1.1).
_MAX_ID = 998


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The mail that a pixel and links are asked for."""

    #: Everybody in To, Cc and Bcc, as written.
    recipients: tuple[str, ...]
    #: Where its links lead.
    links: tuple[str, ...] = ()
    #: With or without brackets; None: not known yet.
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the mail is to bear."""

    id: str
    pixel: str
    #: (where it leads, what the mail links to instead)
    links: tuple[tuple[str, str], ...]

    @property
    def image(self) -> str:
        """The pixel as HTML has it."""
        return f'<img src="{self.pixel}" width="1" height="1" alt="">'

    def document(self) -> dict[str, object]:
        """As JSON answers have it."""
        return {
            "id": self.id,
            "pixel": self.pixel,
            "links": [{"target": target, "url": url} for target, url in self.links],
            "header": {"name": HEADER, "value": self.id},
        }


class NotMade(Exception):
    """There is no pixel for this mail; `against`: whoever did not agree -> what is known."""

    def __init__(self, problem: str, hint: str = "", against: Mapping[str, Consent] | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.against = dict(against or {})


def key_of(config: Config, environ: Mapping[str, str]) -> TrackingKey:
    """The key of tracking, made where there is none; raises ConfigError or StoreError."""
    source = config.tracking.key
    if source is None:
        return read_or_make_tracking_key(config.folder / "tracking.key")
    path = None if isinstance(source.value, tuple) else source.path(environ, config.folder)
    if path is not None and not path.exists():
        return read_or_make_tracking_key(path)
    return parse_tracking_key(source.read(environ, config.folder).reveal())


def create(
    store: Store, config: Config, rules: AddressRules, key: TrackingKey, order: Order, by: str, now: datetime
) -> Made:
    """Write the mail down as tracked; raises NotMade where not everybody agreed, or the order is none.

    Consent is looked at in the transaction that writes: nobody's withdrawal slips in between.
    """
    if not config.tracking.enabled:
        raise refuse(
            "tracking.enabled", "is not set: no opens and clicks are recorded here", "docs/tracking.md tells why"
        )
    normals = _recipients(order)
    targets = [checked_target(each) for each in order.links]
    mid_key = _mid_key(store, order)
    made_by_key = [key.mint() for _each in (None, *targets)]
    tracked = Tracked(
        id=str(uuid.uuid4()),
        created_at=now,
        created_by=by,
        mid_key=mid_key,
        recipients=tuple((each, rules.base(each)) for each in normals),
        tokens=tuple((hashed, target) for (_text, hashed), target in zip(made_by_key, (None, *targets), strict=True)),
    )
    with store.read() as transaction:
        # most are refused: who writes is not kept waiting for them
        _refuse(tracking.refused(transaction, rules, normals))
    with store.write() as transaction:
        _refuse(tracking.refused(transaction, rules, normals))
        tracking.create(transaction, tracked)
    pixel, *links = (text for text, _hashed in made_by_key)
    base = config.tracking.base
    return Made(
        id=tracked.id,
        pixel=f"{base}/o/{pixel}.gif",
        links=tuple((target, f"{base}/c/{text}") for target, text in zip(targets, links, strict=True)),
    )


def undo(store: Store, made: Made) -> None:
    """The mail is not sent: nothing is left of what was given out for it. Raises StoreError."""
    with store.write() as transaction:
        tracking_ending.drop(transaction, [made.id])


def is_created(store: Store, order: Order) -> bool:
    """Did a program ask for a pixel for this mail, and put it in itself? Raises NotMade and StoreError."""
    mid_key = _mid_key(store, order)
    with store.read() as transaction:
        return mid_key is not None and tracking.is_created(transaction, mid_key)


def _refuse(against: Mapping[str, Consent]) -> None:
    """Raises NotMade where somebody did not agree."""
    if against:
        whom = ", ".join(f"{address} ({consent})" for address, consent in sorted(against.items()))
        hint = "send the mail without a pixel, or write down who agreed: keeptouch contacts consent"
        raise NotMade(f"not everybody agreed that opens are recorded: {whom}", hint, against)


def checked_target(url: str) -> str:
    """Where a link may lead; raises NotMade. Nothing but http and https, and no login in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web or len(url) > MAX_TARGET or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise NotMade("a link must be an http or https URL in ASCII, of at most 2000 characters", "escape it first")
    if "@" in urlsplit(url).netloc:
        raise NotMade("a link must have no login in it", "whoever gets the mail would read it")
    return url


def _recipients(order: Order) -> Sequence[str]:
    if not order.recipients:
        raise NotMade("nobody is named whom the mail is to", "name everybody in To, Cc and Bcc")
    if len(order.recipients) > MAX_RECIPIENTS or len(order.links) > MAX_LINKS:
        raise NotMade(
            f"a mail has at most {MAX_RECIPIENTS} recipients and {MAX_LINKS} links here", "track no bulk mail"
        )
    found = {each: normalize(each) for each in order.recipients}
    for text, normal in found.items():
        if normal is None:
            raise NotMade(f'"{text[:100]}" is no e-mail address', "write it as in name@client.example")
    return sorted({normal for normal in found.values() if normal is not None})


def _mid_key(store: Store, order: Order) -> bytes | None:
    if order.message_id is None:
        return None
    text = order.message_id.strip()
    found = parse_ids((text if text.startswith("<") else f"<{text}>").encode()) if len(text) <= _MAX_ID else ()
    if len(found) != 1:
        raise NotMade("the Message-ID is none", "write it as in <1234@acme.example>, or leave it out")
    return store.key.digest("mid", found[0])
