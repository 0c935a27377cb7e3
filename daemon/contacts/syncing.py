"""Following the lists of contacts that the configuration names: what one says takes effect, and how it went is kept.

A source that fails is told, in the log, in `status` and in the answer of the command; nothing else stops because of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from hashlib import blake2b

from connectors.api import ConnectorError
from daemon.config.records import ContactSource
from daemon.config.sources import SqlSettings
from daemon.contacts.books import follow_books
from daemon.contacts.files import FileContact, Rejected
from daemon.contacts.following import ORIGIN, Following, SourceReport
from daemon.contacts.reading import Reading
from daemon.contacts.rows import places_of, read_rows
from daemon.problems import ConfigError
from daemon.report import Problem
from matching.policy import Company
from store.contacts import contact_sources, foreign
from store.contacts.foreign import ForeignError, Query

#: A list that says what it said before is looked at as a whole so often: others may have changed its contacts.
_WHOLE_EVERY = timedelta(days=1)


def follow_source(following: Following, source: ContactSource) -> SourceReport:
    """Read a source and let it take effect; what goes wrong with it is in the report. Raises StoreError.

    What follows for links is marked dirty, for `derive`.
    """
    report = SourceReport(source.name)
    try:
        secret = source.read_secret(following.environ, following.folder)
        if isinstance(source.settings, SqlSettings):
            password = secret.reveal() if secret else None
            _follow_rows(following, source, query_of(source.settings), password, report)
        elif source.reader is not None:
            follow_books(following, source, source.reader(source.settings, secret), report)
    except ForeignError as error:
        following.failed(source, Problem("query", error.problem, error.hint), report)
    except ConnectorError as error:
        report.failure = error
        following.failed(source, Problem(error.step or "connect", error.problem, error.hint), report)
    except ConfigError as error:
        following.failed(source, Problem("secret", str(error.problems[0]), error.problems[0].hint), report)
    return report


def query_of(settings: SqlSettings) -> Query:
    """What is asked."""
    return Query(url=settings.url, sql=settings.query, timeout_seconds=settings.timeout_seconds)


def _follow_rows(
    following: Following, source: ContactSource, query: Query, password: str | None, report: SourceReport
) -> None:
    with foreign.answer(query, password) as (names, rows):
        found = read_rows(places_of(names), rows)
    said = _digest(found, following.company)
    if _says_nothing_new(following, source, said, report):
        return
    reading = Reading(following.company, source.name, ORIGIN, found, following.clock())
    taken = following.take(reading, is_complete=True)
    report.imported = reading.told(taken)
    following.succeeded(source, report, digest=said)


def _says_nothing_new(following: Following, source: ContactSource, said: str, report: SourceReport) -> bool:
    if following.dry_run:
        return False
    with following.store.write() as transaction:
        before, since = contact_sources.digest(transaction, source.name)
        if before != said or since is None or following.clock() - since >= _WHOLE_EVERY:
            return False
        report.contacts = contact_sources.touched(transaction, source.name, following.clock())
    return True


def _digest(found: Iterable[FileContact | Rejected], company: Company) -> str:
    """Of all that was said, and of the rules that decide what can be taken of it."""
    digest = blake2b(repr((sorted(company.own.domains), sorted(company.own.addresses), company.rules)).encode())
    for each in found:
        digest.update(repr(each).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
