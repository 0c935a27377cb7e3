"""The folders of contacts of a mailbox as address books ([MS-OXWSCONT]); distribution lists are passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from xml.etree import ElementTree as ET

from connectors.addressbooks import Book, Card, CardPage
from connectors.choices import matches
from connectors.ews import folders, questions, settings
from connectors.ews.items import Item
from connectors.ews.reading import Reader, reason
from connectors.ews.server import Server
from connectors.ews.settings import EwsSettings
from connectors.ews.soap import T, text_of
from connectors.ews.sync import MAX_ANSWERS, Folder
from connectors.http import Origin
from connectors.records import Cursor, CursorExpired, Secret, Unavailable

#: Contacts of one question.
_BATCH = 100
_CONTACT = re.compile(r"IPM\.Contact(\..*)?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
#: Of a name or an address.
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsContactsSettings:
    """The options of a source of kind "ews"."""

    #: Of the service itself: https://mail.acme.example/EWS/Exchange.asmx
    url: str
    #: An address, or DOMAIN\\name.
    username: str
    #: Address of the mailbox whose contacts are read; None: `username` is its address.
    mailbox: str | None = None
    #: Read it as its owner (the role ApplicationImpersonation), not as somebody who was let in.
    impersonate: bool = False
    #: How the password is proved.
    auth: Literal["basic", "ntlm", "kerberos"] = "basic"
    #: Full names of the folders to follow; empty: the mailbox's own folder of contacts.
    books: tuple[str, ...] = ()
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None
    #: HTTP proxy that opens tunnels by CONNECT: http://host:port; None: what HTTPS_PROXY and NO_PROXY say.
    proxy: str | None = None
    #: How long the server may stay silent.
    timeout_seconds: float = 60

    @property
    def host(self) -> str:
        """Of the server; raises Misconfigured where `url` is none."""
        return Origin.of(self.url)[0].host

    @property
    def port(self) -> int:
        """Of the server; raises Misconfigured where `url` is none."""
        return Origin.of(self.url)[0].port


class EwsContacts:
    """Reads folders of contacts; see connectors.addressbooks."""

    Settings = EwsContactsSettings

    def __init__(self, options: EwsContactsSettings, secret: Secret | None) -> None:
        self._options = options
        self._settings = EwsSettings(
            url=options.url,
            username=options.username,
            mailbox=options.mailbox,
            impersonate=options.impersonate,
            auth=options.auth,
            ca_file=options.ca_file,
            proxy=options.proxy,
            timeout_seconds=options.timeout_seconds,
        )
        settings.check(self._settings, secret)
        self._server = Server(self._settings, secret)
        self._reader = Reader(self._server, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def books(self) -> tuple[Book, ...]:
        """The folders that the options name, or the mailbox's own one; raises Unavailable or AuthFailed."""
        wanted = self._options.books
        if wanted:
            found = [
                Book(id=id, name=name)
                for name, id in folders.books(folders.listed(self._server))
                if any(matches(name, pattern) for pattern in wanted)
            ]
        else:
            found = [Book(id=id, name="contacts") for id in folders.own(self._server, "contacts")]
        if not found:
            problem = f"there is no such folder of contacts in {self._settings.address}"
            raise Unavailable(problem, step="books", hint="check mailbox and books")
        return tuple(sorted(found, key=lambda book: book.id))

    def changes(self, book: Book, since: Cursor | None, known: Mapping[str, str]) -> Iterator[CardPage]:
        """See connectors.addressbooks."""
        again = [ref for ref, version in known.items() if not version]
        try:
            present, gone, state = self._told(book, since or "")
        except CursorExpired:
            if since is None:
                raise
            since = None
            present, gone, state = self._told(book, "")
        if since is None:
            gone = known.keys() - present.keys()
        present |= {ref: "" for ref in again if ref not in present and ref not in gone}
        changed = [ref for ref, version in present.items() if not version or known.get(ref) != version]
        for start in range(0, len(changed), _BATCH):
            yield self._page(changed[start : start + _BATCH], present)
        yield CardPage(gone=frozenset(gone), cursor=Cursor(state))

    def _told(self, book: Book, state: str) -> tuple[dict[str, str], set[str], str]:
        """(ref -> version of what is new or changed since a state, what is gone, the state behind it)"""
        folder = Folder(self._server, book.id)
        present: dict[str, str] = {}
        gone: set[str] = set()
        for _answer in range(MAX_ANSWERS):
            told = folder.told(state)
            for id in told.gone:
                present.pop(id, None)
                gone.add(id)
            for id, item in told.present.items():
                if _is_contact(item):
                    present[id] = item.version
                    gone.discard(id)
            is_over = told.is_quiet or told.state == state
            state = told.state
            if is_over:
                return present, gone, state
        problem = f"the server tells changes of {book.name} without end"
        raise Unavailable(problem, step="books", hint="the mailbox may need repair (New-MailboxRepairRequest)")

    def _page(self, refs: Sequence[str], versions: Mapping[str, str]) -> CardPage:
        told = self._reader.asked(refs, questions.get_contacts)
        cards = [
            Card(ref=ref, version=versions.get(ref) or _version(element), octets=_vcard(ref, element))
            for ref, element in told.items.items()
        ]
        cards += [
            Card(ref=ref, version=versions.get(ref, ""), octets=None, reason=reason(error))
            for ref, error in told.refused.items()
        ]
        return CardPage(cards=tuple(cards), gone=frozenset(told.gone))


def _is_contact(item: Item) -> bool:
    return not item.kind or _CONTACT.fullmatch(item.kind) is not None


def _version(element: ET.Element) -> str:
    own = element.find(f"{T}ItemId")
    return own.get("ChangeKey", "") if own is not None else ""


def _vcard(ref: str, contact: ET.Element) -> bytes:
    """A contact as a vCard (RFC 6350), which is what contacts are read from."""
    given, family = (text_of(contact, f"{T}{name}") for name in ("GivenName", "Surname"))
    name = text_of(contact, f"{T}DisplayName") or text_of(contact, f"{T}FileAs") or f"{given} {family}".strip()
    company = text_of(contact, f"{T}CompanyName")
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:{_written(ref)}", f"FN:{_written(name)}"]
    if given or family:
        lines.append(f"N:{_written(family)};{_written(given)};;;")
    if company:
        lines.append(f"ORG:{_written(company)}")
    lines += [f"EMAIL:{_written(address)}" for address in _addresses(contact)]
    return "\r\n".join((*lines, "END:VCARD", "")).encode("utf-8")


def _addresses(contact: ET.Element) -> Iterable[str]:
    """Addresses of the Internet; Exchange's own names of its users are none."""
    for entry in contact.iterfind(f"{T}EmailAddresses/{T}Entry"):
        address = (entry.text or "").strip()
        if "@" in address and (entry.get("RoutingType") or "SMTP").upper() == "SMTP":
            yield address


def _written(text: str) -> str:
    text = _CONTROL.sub(" ", text.strip())[:_LONGEST]
    return re.sub(r"([\\,;])", r"\\\1", text)
