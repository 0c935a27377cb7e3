"""Pages made ready for the store: each mail assessed under the policy and turned into rows. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from connectors.api import (
    Change,
    Connector,
    Deleted,
    Envelope,
    Flagged,
    Meeting,
    Message,
    Page,
    Purpose,
    Skimming,
    Stream,
    Unreadable,
)
from daemon import calendar_drafts
from daemon.reading import read
from matching import policy
from matching.policy import Company
from store.keys import IdentityKey
from store.mails.facts import Draft, draft
from store.meetings.meeting_facts import MeetingDraft

#: A change on its way into the store.
Ready = Draft | MeetingDraft | Deleted | Flagged | Unreadable


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page on its way into the store."""

    #: Its changes in order, mails as drafts.
    changes: tuple[Ready, ...]
    #: The page itself, without its changes.
    page: Page


@dataclass(frozen=True, slots=True)
class Drafting:
    """What drafts are made with."""

    company: Company
    key: IdentityKey

    def skim(self, connector: Connector) -> None:
        """Let the connector leave out what no draft will have."""
        if isinstance(connector, Skimming):
            connector.skim(self._is_dispensable)

    def _is_dispensable(self, stream: Stream, envelope: Envelope) -> bool:
        return policy.is_dispensable(envelope, self.company, stream.purpose)

    def draft(self, message: Message, purpose: Purpose | None = None) -> Draft:
        """The mail as the store takes it, under the company's policy.

        `purpose`: of its folder, where it is known. What the policy skips whoever is a contact is not read then; see
        `Content.is_unread`.
        """
        message = policy.credible(message)
        assessment = policy.assess(message, self.company)
        is_bulk = bool(assessment.bulk)
        made = policy.created_by(assessment.parties, is_bulk, self.company.create)
        where = message.purpose or purpose
        is_left = where is not None and policy.is_skipped_anyway(assessment.direction, is_bulk, where)
        told = None if is_left or message.is_skimmed else read(message)
        return draft(message, assessment, made, self.key, told)

    def changes(self, changes: Iterable[Change], purpose: Purpose | None = None) -> tuple[Ready, ...]:
        """The changes with drafts in the place of mails and meetings; `purpose` as in `draft`."""
        return tuple([self.draft(c, purpose) if isinstance(c, Message) else self._other(c) for c in changes])

    def _other(self, change: Meeting | Deleted | Flagged | Unreadable) -> Ready:
        return calendar_drafts.draft(change, self.company, self.key) if isinstance(change, Meeting) else change

    def prepared(self, page: Page, purpose: Purpose) -> Prepared:
        """The page of a stream of that purpose, ready."""
        return Prepared(self.changes(page.changes, purpose), replace(page, changes=()))
