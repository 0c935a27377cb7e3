"""Pages made ready for the store: each mail assessed under the policy and turned into rows. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress

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
from matching.policy import Assessment, Company
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

    def draft(self, message: Message) -> Draft:
        """The mail as the store takes it, under the company's policy."""
        return self.drafts([message])[0]

    def drafts(self, messages: Iterable[Message], purpose: Purpose | None = None) -> list[Draft]:
        """As `draft`, of each; in less time than one by one.

        `purpose`: of their folder, where it is known. What the policy skips whoever is a contact is not read then; see
        `Content.is_unread`.
        """
        messages = list(map(policy.credible, messages))
        assessed = [policy.assess(each, self.company) for each in messages]
        are_read = [self._is_read(*each, purpose) for each in zip(messages, assessed, strict=True)]
        told = iter(read(list(compress(messages, are_read))))
        return [
            draft(
                message,
                assessment,
                policy.created_by(assessment.parties, bool(assessment.bulk), self.company.create),
                self.key,
                next(told) if is_read else None,
            )
            for message, assessment, is_read in zip(messages, assessed, are_read, strict=True)
        ]

    @staticmethod
    def _is_read(message: Message, assessment: Assessment, purpose: Purpose | None) -> bool:
        if message.is_skimmed:
            return False
        where = message.purpose or purpose
        return where is None or not policy.is_skipped_anyway(assessment.direction, bool(assessment.bulk), where)

    def changes(self, changes: Sequence[Change], purpose: Purpose | None = None) -> tuple[Ready, ...]:
        """The changes with drafts in the place of mails and meetings; `purpose` as in `drafts`."""
        drafts = iter(self.drafts([each for each in changes if isinstance(each, Message)], purpose))
        return tuple([next(drafts) if isinstance(each, Message) else self._other(each) for each in changes])

    def _other(self, change: Meeting | Deleted | Flagged | Unreadable) -> Ready:
        return calendar_drafts.draft(change, self.company, self.key) if isinstance(change, Meeting) else change

    def prepared(self, page: Page, purpose: Purpose) -> Prepared:
        """The page of a stream of that purpose, ready."""
        return Prepared(self.changes(page.changes, purpose), replace(page, changes=()))
