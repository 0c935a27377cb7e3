"""An operation that is being answered: for whom, on which mailboxes, and what it may touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree.ElementTree import Element

from tests.servers.ews.faults import Oddities
from tests.servers.ews.folders import Folder
from tests.servers.ews.ids import Place, place_of
from tests.servers.ews.items import Item
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.wire import EwsError, find, local, response, text_of

#: Answers an operation: of the request's element, the response's.
Handler = Callable[["Context", Element], Element]


class Serving(Protocol):
    """What operations know of the server."""

    mailboxes: dict[str, Mailbox]
    oddities: Oddities
    #: Streaming's own, which alone knows what it is.
    streams: Any

    def check_answer(self, document: bytes) -> None:
        """Note what in an answer does not keep to the schema."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """`address` is whose rights count: the account's own, or the impersonated user's."""

    server: Serving
    address: str
    operation: str

    def mailbox(self, address: str | None) -> Mailbox:
        """A mailbox that is named; None: the user's own."""
        found = self.server.mailboxes.get((address or self.address).lower())
        if found is None:
            raise EwsError("ErrorNonExistentMailbox" if address else "ErrorMissingEmailAddress")
        return found

    def is_owner(self, mailbox: Mailbox) -> bool:
        """May the user do all in it?"""
        return mailbox.address == self.address or self.address in mailbox.full_access

    def folder(self, element: Element) -> tuple[Mailbox, Folder]:
        """Of a FolderId or DistinguishedFolderId. Raises EwsError where it is missing or forbidden."""
        if local(element) == "DistinguishedFolderId":
            named = find(element, "Mailbox")
            mailbox = self.mailbox(None if named is None else text_of(named, "EmailAddress"))
            known = element.get("Id")
            folder = next((one for one in mailbox.folders.values() if one.distinguished == known), None)
            # whoever may read any folder of a mailbox may look at its root
            is_visible = known in {"root", "msgfolderroot"} and any(
                self.address in one.readers for one in mailbox.folders.values()
            )
        else:
            mailbox, place = self.place(element, "ErrorFolderNotFound")
            folder = mailbox.folders.get(place.folder)
            is_visible = False
        if folder is None:
            raise EwsError("ErrorFolderNotFound")
        if not (self.is_owner(mailbox) or self.address in folder.readers or is_visible):
            raise EwsError("ErrorAccessDenied")
        return mailbox, folder

    def item(self, element: Element) -> tuple[Mailbox, Item]:
        """Of an ItemId. Raises EwsError where it is missing, forbidden or broken."""
        mailbox, place = self.place(element, "ErrorItemNotFound")
        item = mailbox.item(element.get("Id", ""))
        if not (self.is_owner(mailbox) or self.address in mailbox.folders[place.folder].readers):
            raise EwsError("ErrorAccessDenied")
        mailbox.check(item, self.operation)
        return mailbox, item

    def place(self, element: Element, missing: str) -> tuple[Mailbox, Place]:
        """What the id in this element says; EwsError with the code `missing` where its mailbox is not here."""
        place, store = place_of(element.get("Id", ""))
        mailbox = next((one for one in self.server.mailboxes.values() if one.guid == place.mailbox), None)
        if mailbox is None or mailbox.store != store:
            raise EwsError(missing)
        return mailbox, place

    def each(self, elements: Iterable[Element], answer: Callable[[Element], Element]) -> Element:
        """A response with one message for each of these; an EwsError becomes the message of its own."""
        messages: list[Element] = []
        for element in elements:
            try:
                messages.append(answer(element))
            except EwsError as error:
                messages.append(error.message(self.operation))
        return response(self.operation, messages)


def child(element: Element, name: str) -> Element:
    """The first child of this local name, which the schema demands."""
    found = find(element, name)
    if found is None:
        raise EwsError("ErrorSchemaValidation", f"The request failed schema validation: {name} is missing.")
    return found
