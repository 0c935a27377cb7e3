"""The demo's outcome in words: what `keeptouch demo` shows, and the picture in README.md."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date

from daemon.cli.sync import counts
from daemon.cli.timeline import what
from daemon.cli.why import MEANINGS, tell
from daemon.demo.company import DOMAIN, LANGUAGES, REPS
from daemon.demo.outcome import UNWANTED, Outcome

#: Questions to the demo's store that work as they stand.
QUERIES = (
    "SELECT substr(occurred_at, 1, 7), count(*) FROM v1_interaction GROUP BY 1",
    "SELECT address, count(*) FROM v1_interaction_contact GROUP BY 1 ORDER BY 2",
    "SELECT interaction_count, subject FROM v1_thread ORDER BY 1 DESC LIMIT 5",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """How the demo's files and the program are called where the reader is."""

    folder: str
    made_on: date
    is_reused: bool
    #: The command, as the reader can type it.
    program: str = "keeptouch"
    #: How long reading took; None leaves it out.
    seconds: float | None = None
    #: A line for the shell that stands in for a missing `sqlite3`; "" where there is one.
    stand_in: str = ""

    @property
    def command(self) -> str:
        """How the program is called on this company, ready for a shell."""
        return f"{shlex.quote(self.program)} --config {shlex.quote(self.folder)}/config.toml"

    @property
    def store(self) -> str:
        """The store's file, ready for a shell."""
        return f"{shlex.quote(self.folder)}/keeptouch.db"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of what is shown. Columns of writing from right to left stand last in a table."""

    title: str
    intro: tuple[str, ...] = ()
    #: To be typed as they are.
    commands: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    #: What a command answers, where it is no table.
    answer: tuple[str, ...] = ()
    outro: tuple[str, ...] = ()


def sections(found: Outcome, shown: Shown) -> Iterator[Section]:
    """All parts in order."""
    yield _company(shown)
    yield _reading(found, shown)
    yield _left_out(found)
    yield _busiest(found)
    yield _history(found, shown)
    yield _why(found, shown)
    yield _queries(shown)


def _company(shown: Shown) -> Section:
    names = " and ".join(rep.address.name for rep in REPS)
    made = f"made on {shown.made_on}" if shown.is_reused else "made just now"
    return Section(
        f"A small company in {shown.folder}/",
        (f"{names} of {DOMAIN}, with 600 mails in {len(LANGUAGES)} languages, {made}",),
    )


def _reading(found: Outcome, shown: Shown) -> Section:
    tallies = [(report.account, counts(report.total)) for report in found.reports]
    total = {name: sum(tally[name] for _account, tally in tallies) for name in tallies[0][1]}
    took = f" in {shown.seconds:.1f} s" if shown.seconds is not None else ""
    again = "Reading them once more stored {}.".format(
        found.stored_again or "nothing: no mail or meeting is there twice"
    )
    before = " They had been read before, so there was nothing new to see." if total["seen"] == 0 else ""
    return Section(
        f"Both mailboxes were read{took}, as `keeptouch sync` does",
        header=("account", *total),
        rows=_aligned([(name, *map(str, tally.values())) for name, tally in [*tallies, ("together", total)]], first=1),
        outro=(
            again + before,
            "seen is the sum of the others; known: held already, through the other mailbox or another folder.",
            "The store holds {contacts} contacts of {organizations} organizations, {interactions} mails and meetings"
            " with them, {meetings} of them meetings.".format_map(found.totals),
        ),
    )


def _left_out(found: Outcome) -> Section:
    rows = [(str(count), verdict, MEANINGS.get(reason, reason)) for verdict, reason, count in found.left_out]
    return Section("What is not in the history, and why", header=("items", "verdict", "reason"), rows=_aligned(rows))


def _busiest(found: Outcome) -> Section:
    rows = [(str(c.interactions), f"{c.last_at:%Y-%m-%d}", c.organization, c.name) for c in found.busiest]
    return Section(
        "Whom we write with most", header=("mails, meetings", "last", "organization", "contact"), rows=_aligned(rows)
    )


def _history(found: Outcome, shown: Shown) -> Section:
    contact = found.contact
    email = contact.addresses[0]
    return Section(
        f"The history of {contact.display_name}",
        commands=(f"{shown.command} timeline {email}",),
        header=("when (UTC)", "what", "people", "subject"),
        rows=tuple(
            (f"{item.occurred_at:%Y-%m-%d %H:%M}", what(item), _people(item.people), item.subject or "")
            for item in found.history
        ),
    )


def _people(emails: Iterable[str]) -> str:
    return ", ".join(email.removesuffix(f"@{DOMAIN}") for email in emails)


def _why(found: Outcome, shown: Shown) -> Section:
    # in the words of the command itself
    with redirect_stdout(io.StringIO()) as told:
        tell(found.why)
    return Section(
        "Why a newsletter is not in the history",
        commands=(f"{shown.command} why {UNWANTED}",),
        answer=tuple(told.getvalue().splitlines()),
    )


def _queries(shown: Shown) -> Section:
    lines = tuple(f'sqlite3 {shown.store} "{query}"' for query in QUERIES)
    return Section(
        f"The store is a database: {shown.store}",
        ("Every tool may read its views v1_*; docs/store.md describes them. To try:",),
        commands=(shown.stand_in, *lines) if shown.stand_in else lines,
    )


def _aligned(rows: Sequence[tuple[str, ...]], first: int = 0) -> tuple[tuple[str, ...], ...]:
    """Columns of numbers, from the one numbered `first` on, flush right."""
    numeric = [n for n in range(first, len(rows[0])) if all(row[n].isdigit() for row in rows)] if rows else []
    widths = {n: max(len(row[n]) for row in rows) for n in numeric}
    return tuple(tuple(cell.rjust(widths.get(n, 0)) for n, cell in enumerate(row)) for row in rows)
