"""A login to CardDAV address books: which there are, and what changed in one.

What changed is asked by sync token (RFC 6578); without one, with one that the server no longer knows, and whenever the
caller has no cursor, the ETags of the whole book are compared. A card that can't be read is told, and the others come.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors import webdav
from connectors.addressbooks import Book, Card, CardPage
from connectors.cursors import parsed, reading, string_or_none
from connectors.http import Answer, HttpClient, TooLarge, basic
from connectors.network import quoted
from connectors.records import ConnectorError, Cursor, CursorExpired, Misconfigured, Secret, Unavailable
from connectors.traffic import Traffic
from connectors.webdav import CALENDARSERVER, CARD, DAV, Multistatus, NoMultistatus, Response

#: Cards asked for at a time.
_BATCH = 50
#: Answers to one question for changes; a server that goes on is asked for everything.
_MAX_ANSWERS = 1_000
_BOOK = ("d:resourcetype", "d:displayname", "d:sync-token", "cs:getctag")
_WELL_KNOWN = "/.well-known/carddav"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDavSettings:
    """The options of a source of kind "carddav"."""

    #: Of an address book, of the folder of one's address books, or of the server.
    url: str
    username: str
    #: Names of the address books to follow; empty: all.
    books: tuple[str, ...] = ()
    #: Certificates to trust, PEM; None: the system's.
    ca_file: Path | None = None
    #: HTTP proxy that opens tunnels by CONNECT: http://host:port; None: what HTTPS_PROXY and NO_PROXY say.
    proxy: str | None = None
    #: How long the server may stay silent.
    timeout_seconds: int = 60


class CardDav:
    """Reads address books; see connectors.addressbooks."""

    Settings = CardDavSettings

    def __init__(self, settings: CardDavSettings, secret: Secret | None) -> None:
        if secret is None:
            raise Misconfigured("a password is missing", hint="give password_file, or another of its kind")
        if settings.timeout_seconds < 1:
            raise Misconfigured("timeout_seconds must be at least 1")
        self._settings = settings
        self._http = HttpClient(
            settings.url,
            login=basic(settings.username, secret),
            ca_file=settings.ca_file,
            proxy=settings.proxy,
            timeout=float(settings.timeout_seconds),
            traffic=Traffic("carddav"),
        )
        self._origin, self._path = self._http.origin, self._http.path
        #: Path of a book -> its sync token and its ctag, from before its cards are listed.
        self._standings: dict[str, tuple[str | None, str | None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    # -- which books there are ----------------------------------------------------------------------------------------

    def books(self) -> tuple[Book, ...]:
        """The address books below the URL; raises Unavailable or AuthFailed."""
        found: list[Book] = []
        for path, response in self._collections():
            name = response.text(DAV, "displayname") or path.rstrip("/").rpartition("/")[2]
            if self._settings.books and name not in self._settings.books:
                continue
            self._standings[path] = (response.text(DAV, "sync-token"), response.text(CALENDARSERVER, "getctag"))
            found.append(Book(id=path, name=name))
        if not found:
            problem = f"there is no address book at {self._settings.url}"
            hint = "check url, username and books"
            raise Unavailable(problem, step="books", hint=hint)
        return tuple(sorted(found, key=lambda book: book.id))

    def _collections(self) -> Iterator[tuple[str, Response]]:
        home = self._home()
        found, home = self._propfind(home, 1, *_BOOK)
        for response in found.responses:
            path = self._origin.path_of(response.href, home)
            if path is not None and response.is_kind(CARD, "addressbook"):
                yield path, response

    def _home(self) -> str:
        """The folder of the books, or a book itself (RFC 6352 section 7.1.1, RFC 6764 section 6)."""
        asked = ("d:resourcetype", "c:addressbook-home-set", "d:current-user-principal")
        try:
            found, path = self._propfind(self._path, 0, *asked)
        except Unavailable as error:
            if self._path != "/" or error.step != "books":
                raise
            found, path = self._propfind(_WELL_KNOWN, 0, *asked)
        for _step in range(2):
            response = self._own(found, path)
            if response.is_kind(CARD, "addressbook"):
                return path
            if home := self._linked(response, path, CARD, "addressbook-home-set"):
                return home
            principal = self._linked(response, path, DAV, "current-user-principal")
            if principal is None or principal == path:
                return path
            found, path = self._propfind(principal, 0, *asked)
        return path

    def _linked(self, response: Response, base: str, namespace: str, name: str) -> str | None:
        for href in response.hrefs(namespace, name):
            path = self._origin.path_of(href, base)
            if path is None:
                problem = f"{self._origin.host} keeps the address books on another server: {quoted(href)}"
                raise Unavailable(problem, step="books", hint="write that server's URL, if it is the right one")
            return path
        return None

    def _own(self, found: Multistatus, path: str) -> Response:
        for response in found.responses:
            if self._origin.path_of(response.href, path) is not None:
                return response
        return Response(path)

    # -- what changed in one ------------------------------------------------------------------------------------------

    def changes(self, book: Book, since: Cursor | None, known: Mapping[str, str]) -> Iterator[CardPage]:
        """See connectors.addressbooks."""
        token, ctag = self._standings.get(book.id, (None, None))
        before = _read_cursor(since)
        again = [ref for ref, version in known.items() if not version]
        if before is not None and ctag is not None and before["ctag"] == ctag and not again:
            yield CardPage(cursor=since)
            return
        last = before["token"] if before is not None else None
        told = self._since(book.id, last) if last else None
        if told is None:
            versions = self._listed(book.id)
            gone = known.keys() - versions.keys()
        else:
            versions, gone, token = told
            versions |= {ref: "" for ref in again if ref not in versions and ref not in gone}
        changed = [ref for ref, version in versions.items() if not version or known.get(ref) != version]
        for start in range(0, len(changed), _BATCH):
            yield self._page(book.id, changed[start : start + _BATCH], versions)
        yield CardPage(gone=frozenset(gone), cursor=Cursor(json.dumps({"token": token, "ctag": ctag})))

    def _since(self, path: str, token: str) -> tuple[dict[str, str], set[str], str] | None:
        """(versions of what changed, what is gone, new token); None: the server can't tell."""
        versions: dict[str, str] = {}
        gone: set[str] = set()
        for _answer in range(_MAX_ANSWERS):
            answer = self._ask("REPORT", path, webdav.sync_collection(token, "d:getetag"), depth=0)
            try:
                found = webdav.read(answer.body) if answer.status == 207 else None
            except NoMultistatus:
                found = None
            if found is None or not found.sync_token:
                return None
            is_cut = False
            for response in found.responses:
                ref = self._origin.path_of(response.href, path)
                if ref == path:
                    is_cut |= response.status == 507
                elif ref is not None and response.status == 404:
                    versions.pop(ref, None)
                    gone.add(ref)
                elif ref is not None:
                    versions[ref] = response.text(DAV, "getetag") or ""
                    gone.discard(ref)
            token = found.sync_token
            if not is_cut:
                return versions, gone, token
        return None

    def _listed(self, path: str) -> dict[str, str]:
        """The version of every card of a book."""
        found: dict[str, str] = {}
        listing, path = self._propfind(path, 1, "d:resourcetype", "d:getetag")
        for response in listing.responses:
            ref = self._origin.path_of(response.href, path)
            etag = response.text(DAV, "getetag")
            if ref is not None and ref != path and etag and not response.is_kind(DAV, "collection"):
                found[ref] = etag
        return found

    def _page(self, path: str, refs: Sequence[str], versions: Mapping[str, str]) -> CardPage:
        """The cards at these refs: together, or one by one where the server or one of them makes that impossible."""
        cards = self._together(path, refs)
        gone: set[str] = set()
        for ref in refs:
            if ref not in cards:
                card = self._alone(ref, versions.get(ref, ""))
                if card is None:
                    gone.add(ref)
                else:
                    cards[ref] = card
        return CardPage(cards=tuple(cards.values()), gone=frozenset(gone))

    def _together(self, path: str, refs: Sequence[str]) -> dict[str, Card]:
        def ask(some: Sequence[str]) -> Multistatus | None:
            answer = self._ask("REPORT", path, webdav.card_multiget(some), depth=1)
            return webdav.read(answer.body) if answer.status == 207 else None

        cards: dict[str, Card] = {}
        for response in webdav.together(refs, ask):
            ref = self._origin.path_of(response.href, path)
            data, etag = response.text(CARD, "address-data"), response.text(DAV, "getetag")
            if ref is not None and ref in refs and data and etag:
                cards[ref] = Card(ref=ref, version=etag, octets=data.encode())
        return cards

    def _alone(self, ref: str, version: str) -> Card | None:
        """One card by its own URL; None: it is gone."""
        try:
            answer = self._http.request("GET", ref, headers={"Accept": "text/vcard"})
        except TooLarge:
            return Card(ref=ref, version=version, octets=None, reason="it is larger than 20 MiB")
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            reason = f"the server does not give it ({answer.status})"
            return Card(ref=ref, version=version, octets=None, reason=reason)
        return Card(ref=ref, version=answer.headers.get("etag", version), octets=answer.body)

    def _propfind(self, path: str, depth: int, *names: str) -> tuple[Multistatus, str]:
        """(properties of what lies at a path, the path after redirects); raises Unavailable where there are none."""
        try:
            answer = self._ask("PROPFIND", path, webdav.propfind(*names), depth=depth)
            if answer.status == 207:
                return webdav.read(answer.body), answer.path
        except TooLarge as error:
            raise Unavailable(error.problem, step="books", hint="check url: it must lead to CardDAV") from None
        except NoMultistatus as error:
            problem = f"{self._origin.host} answers what can't be read: {quoted(error)}"
            raise Unavailable(problem, step="books", hint="check url: it must lead to CardDAV") from None
        raise self._refusal(answer, path)

    def _ask(self, method: str, path: str, body: str, *, depth: int) -> Answer:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": str(depth)}
        return self._http.request(method, path, body.encode(), headers)

    def _refusal(self, answer: Answer, path: str) -> ConnectorError:
        problem = f"{self._origin.host} refuses to tell what lies at {path} ({answer.status})"
        return Unavailable(problem, step="books", hint="check url: it must lead to CardDAV, and be this user's own")


def _read_cursor(cursor: Cursor | None) -> dict[str, str | None] | None:
    if cursor is None:
        return None
    try:
        with reading("a book"):
            found = parsed(cursor)
            return {name: string_or_none(found.get(name)) for name in ("token", "ctag")}
    except CursorExpired:
        return None
