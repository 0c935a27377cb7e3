"""What may enter the store: asked for each mail in the transaction that would write it.

Three answers, in this order: what concerns erased people alone is suppressed, and other mail loses what it says of
them; what the blocklist holds back is suppressed; what is older than the company keeps is expired, or loses its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self

from connectors.api import Message
from matching.blocking import Block
from matching.erasure import may_name, without_erased
from matching.policy import Company, Verdict
from matching.visibility import Level
from store.engine import Transaction
from store.keys import IdentityKey
from store.mails import facts, saying
from store.mails.facts import Content, Draft
from store.mails.write import Denied
from store.privacy import blocks, suppression
from store.privacy.blocks import Setting
from store.privacy.retention import Limits
from store.privacy.suppression import Erased

#: Makes a draft of a record, under the company's policy.
Drafted = Callable[[Message], Draft]


class Admission:
    """The decisions of the company about privacy for one stream."""

    def __init__(
        self,
        company: Company,
        erased: Erased,
        setting: Setting,
        *,
        drafted: Drafted,
        limits: Limits,
        now: datetime,
    ) -> None:
        self._erased = erased
        self._setting = setting
        self._confidential = company.confidential
        self._drafted = drafted
        self._limits = limits
        self._now = now

    @classmethod
    def of_stream(
        cls,
        transaction: Transaction,
        key: IdentityKey,
        company: Company,
        stream_id: int,
        *,
        drafted: Drafted,
        limits: Limits,
        now: datetime,
        found: Sequence[Block] | None = None,
    ) -> Self:
        """As they stand in this transaction. `found`: the blocks that count, instead of those in force."""
        erased = suppression.load(transaction, key, company.rules)
        setting = blocks.setting(transaction, company.rules, stream_id, found)
        return cls(company, erased, setting, drafted=drafted, limits=limits, now=now)

    @property
    def level(self) -> Level:
        """How much of the account's mail others see."""
        return self._setting.level

    @property
    def erased(self) -> Erased:
        """Who was erased."""
        return self._erased

    def holds_back_meeting(self, normals: Sequence[str], subject: str, *, is_private: bool) -> str | None:
        """As `hold_back`, of a calendar object."""
        if is_private and self._confidential is Level.NONE:
            return "confidential"
        found = self._setting.blocks.holding(normals, subject, self._setting.folder) if self._setting.blocks else None
        return None if found is None else blocks.reason(found)

    def screened(self, drafts: Iterable[Draft]) -> tuple[list[Draft], list[Denied]]:
        """(mails without what they say of erased people, mails that concern erased people alone)"""
        drafts = list(drafts)
        if not self._erased:
            return drafts, []
        kept: list[Draft] = []
        denied: list[Denied] = []
        for each in drafts:
            found = self._without_erased(each)
            if found is None:
                denied.append(Denied(each.ref, Verdict.SUPPRESSED, "erased"))
            else:
                kept.append(found)
        return kept, denied

    def _without_erased(self, item: Draft) -> Draft | None:
        erased = self._erased
        hit = [party for party in item.outside if erased(party.normal)]
        if hit and len(hit) == len(item.outside):
            return None
        if item.content is None:
            if not hit:
                return item
            outside = tuple(party for party in item.outside if party not in hit)
            return replace(item, outside=outside, sender="" if erased(item.sender) else item.sender)
        if not hit and not any(may_name(text, erased.is_domain) for text in saying.texts_of(item.content)):
            return item
        message = facts.message_of_draft(item, item.content)
        changed = without_erased(message, erased, erased.pseudonym)
        return item if changed is message else self._drafted(changed)

    def hold_back(self, item: Draft) -> str | None:
        """Why this mail is kept out, whether or not it concerns a contact; None: it is not."""
        if item.sensitivity and self._confidential is Level.NONE:
            return "confidential"
        if not self._setting.blocks:
            return None
        content = item.content
        if content is None:
            normals = [party.normal for party in item.outside]
            subject = ""
        else:
            people = (*content.participant_rows, *content.bcc_rows)
            normals = [normal for row in people if (normal := row[3]) is not None]
            subject = content.message_row[facts.SUBJECT] or ""
        found = self._setting.blocks.holding(normals, subject, self._setting.folder)
        return None if found is None else blocks.reason(found)

    def makes_contacts(self, item: Draft) -> bool:
        """May the policy make contacts of it? Of nothing that is not kept, or that nobody else may see."""
        if self._setting.level is Level.NONE:
            return False
        return self.hold_back(item) is None and not self.is_expired(item)

    def is_expired(self, item: Draft) -> bool:
        """Is it older than the company keeps even the fact of it?"""
        return self._is_older(item, self._limits.participants)

    def content(self, item: Draft, content: Content) -> Content:
        """What of a mail is kept at its age."""
        if content.is_unread:
            # what would be skipped, and is kept because it is a copy of what is
            content = self._drafted(facts.message_of_draft(item, content)).content or content
        if item.sensitivity and self._confidential is Level.METADATA:
            return saying.without(content, saying.SAYING)
        classes = [name for name in saying.SAYING if self._is_older(item, self._limits.days(name))]
        return saying.without(content, classes) if classes else content

    def _is_older(self, item: Draft, days: int | None) -> bool:
        return days is not None and item.occurred_at is not None and (self._now - item.occurred_at).days >= days
