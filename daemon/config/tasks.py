"""[accounts.tasks]: the list on the account's server in which its owner wants to have tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from connectors.api import Connector, TaskWriter
from daemon.options import Reader, join


class Closed(StrEnum):
    """What becomes of the entry of a task that was closed elsewhere."""

    #: It stays, as done.
    COMPLETE = "complete"
    #: It goes from the list.
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class TasksConfig:
    """[accounts.tasks]"""

    #: The list's name, as `keeptouch check` tells those that are there.
    list: str
    closed: Closed = Closed.COMPLETE

    def __post_init__(self) -> None:
        if not self.list.strip():
            raise ValueError("list must name a list")


def is_writer(connector: Connector, kind: str, key: str, reader: Reader) -> bool:
    """Can tasks be kept on the account's server?"""
    if isinstance(connector, TaskWriter):
        return True
    reader.refuse(
        key, f'can\'t be here: accounts of kind "{kind}" keep no tasks', 'those of the kinds "caldav" and "ews" do'
    )
    return False


class Owned(Protocol):
    """An account of the configuration."""

    @property
    def name(self) -> str:
        """Of the account, as the configuration has it."""
        ...

    @property
    def owner(self) -> str:
        """Address of the person whose it is."""
        ...

    @property
    def enabled(self) -> bool:
        """Is it followed?"""
        ...

    @property
    def tasks(self) -> TasksConfig | None:
        """The list that tasks are kept in; None: none of this account's."""
        ...


def refuse_second_lists(accounts: Iterable[Owned], reader: Reader) -> None:
    """A person's tasks are in one list."""
    first: dict[str, str] = {}
    for each in accounts:
        if each.tasks is None or not each.enabled:
            continue
        before = first.setdefault(each.owner.casefold(), each.name)
        if before != each.name:
            problem = f"is a second list for {each.owner}, whose tasks are in that of the account {before}"
            reader.refuse(join(f"accounts[{each.name}]", "tasks"), problem, "leave one of them out")
