"""Importing a file of contacts: what it says becomes entries, each of which takes effect or is told with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from daemon.contacts.csv_files import read_csv
from daemon.contacts.files import FileContact, Rejected, is_vcard, opened
from daemon.contacts.lists import take
from daemon.contacts.reading import Imported, Reading
from daemon.contacts.vcards import read_vcards
from matching.policy import Company
from store.engine import Store


def read_contacts(path: Path) -> list[FileContact | Rejected]:
    """What a vCard or CSV file holds, in its order; raises UnknownFile."""
    with opened(path) as file:
        return list(read_vcards(file) if is_vcard(file) else read_csv(file))


def import_contacts(
    store: Store,
    company: Company,
    clock: Callable[[], datetime],
    found: Iterable[FileContact | Rejected],
    source: str,
    *,
    complete: bool = False,
    accept_removals: bool = False,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> Imported:
    """Enter a file's contacts; repeated, it changes nothing but what was refused before. `progress` hears how many
    more are done.

    `complete`: contacts of the source that the file leaves out are removed, unless so many would go that the file is
    probably broken; `accept_removals` believes it. What follows for links is marked dirty, for `derive`.
    """
    reading = Reading(company, source, "import", found, clock())
    contacts = reading.contact_list(is_complete=complete)
    taken = take(store, clock, contacts, accept_removals=accept_removals, dry_run=dry_run, progress=progress)
    return reading.told(taken)
