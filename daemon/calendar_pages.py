"""The meetings of a page become facts: screened, decided and written as mail is, by rules of their own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from daemon.admission import Admission
from daemon.calendar_drafts import draft
from matching.erasure import meeting_without
from matching.policy import Company, Verdict
from matching.visibility import Level
from store.derivation import copies
from store.derivation.held import held_addresses
from store.engine import Transaction
from store.keys import IdentityKey
from store.mails import write
from store.mails.write import Denied, Place
from store.meetings import calendars, leave
from store.meetings.meeting_facts import MeetingDraft, bare_event


@dataclass(slots=True)
class Decided:
    """What becomes of a page's meetings."""

    stored: list[tuple[MeetingDraft, str]] = field(default_factory=list)
    skipped: list[tuple[MeetingDraft, str]] = field(default_factory=list)
    denied: list[Denied] = field(default_factory=list)

    @property
    def outcomes(self) -> dict[str, str]:
        """ref -> what is counted."""
        said = {item.ref: "stored" for item, _reason in self.stored} | {
            item.ref: "skipped" for item, _reason in self.skipped
        }
        return said | {each.ref: each.verdict.value for each in self.denied}


def decide(
    transaction: Transaction,
    company: Company,
    key: IdentityKey,
    admission: Admission,
    items: Iterable[MeetingDraft],
) -> Decided:
    """Which are kept: those that concern a contact, or may make one once they have been held."""
    decided = Decided()
    left: list[MeetingDraft] = []
    for each in items:
        screened = _screened(each, company, key, admission)
        if isinstance(screened, Denied):
            decided.denied.append(screened)
        else:
            left.append(screened)
    outside = [party for item in left for party in item.outside]
    held = held_addresses(transaction, (p.normal for p in outside), (p.base for p in outside))
    for item in left:
        # an address may be held at the time of one occurrence and not of another
        is_known = any(p.normal in held.normals or p.base in held.bases for p in item.outside)
        may_meet = bool(set(item.made) - held.tombstones)
        # the reason is the same whether who takes part became a contact before the page was read or after it
        if may_meet:
            decided.stored.append((item, "may_meet"))
        elif is_known:
            decided.stored.append((item, "contact"))
        else:
            decided.skipped.append((item, "no_contact" if item.outside else "internal"))
    return decided


def _screened(item: MeetingDraft, company: Company, key: IdentityKey, admission: Admission) -> MeetingDraft | Denied:
    """Without what it says of erased people, and, where it is private, without what it is about."""
    meeting = item.meeting
    if admission.erased:
        meeting = meeting_without(meeting, admission.erased, admission.erased.pseudonym)
    if meeting is not item.meeting:
        had = [party for party in item.outside if admission.erased(party.normal)]
        if had and len(had) == len(item.outside):
            return Denied(item.ref, Verdict.SUPPRESSED, "erased")
    held_back = admission.holds_back_meeting(
        [party.normal for party in item.parties], item.subject, is_private=item.is_private
    )
    if held_back is not None:
        return Denied(item.ref, Verdict.SUPPRESSED, held_back)
    if item.is_private and company.confidential is Level.METADATA:
        meeting = replace(meeting, events=tuple(map(bare_event, meeting.events)))
    if meeting is item.meeting:
        return item
    changed = draft(meeting, company, key)
    return changed if isinstance(changed, MeetingDraft) else item


def write_decided(
    transaction: Transaction,
    key: IdentityKey,
    place: Place,
    decided: Decided,
    before: Container[str],
    now: datetime,
    policy_version: int,
) -> set[str]:
    """Write what becomes of them; returns the dirty keys of the UIDs that they touch.

    `before`: the refs at which something lay already.
    """
    denied = [each.ref for each in decided.denied if each.ref in before]
    lost = [item.ref for item, _reason in decided.skipped if item.ref in before] + denied
    touched = calendars.uids_at(transaction, place.stream_id, lost)
    touched |= calendars.write_stored(transaction, place, decided.stored, before, now)
    calendars.write_skipped(transaction, key, place, decided.skipped, before, now, policy_version)
    calendars.forget(transaction, place.stream_id, denied)
    write.write_denied(transaction, place, decided.denied, now)
    kept = (*decided.stored, *decided.skipped)
    leave.write(transaction, place.stream_id, {item.ref: item.away for item, _reason in kept})
    return {each.hex() for each in touched}


def write_again(
    transaction: Transaction,
    key: IdentityKey,
    place: Place,
    decided: Decided,
    now: datetime,
    policy_version: int,
) -> None:
    """Write what became of objects that lie where they lay, and mark what follows."""
    touched = write_decided(transaction, key, place, decided, decided.outcomes, now, policy_version)
    copies.mark_dirty(transaction, "meeting", touched)


def unread(transaction: Transaction, place: Place, refs: Sequence[str]) -> set[str]:
    """The dirty keys of what lay at refs that can't be read any more; nothing is kept of it."""
    touched = calendars.uids_at(transaction, place.stream_id, refs)
    if touched:
        calendars.forget(transaction, place.stream_id, refs)
    return {each.hex() for each in touched}
