"""Whose task it is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import chain
from operator import attrgetter

from matching.followups.desk import Desk
from matching.followups.records import Mail, Relation, Side


def owner_of_mail(relation: Relation, desk: Desk, mail: Mail) -> str | None:
    """Who of ours wrote last to the contact in the mail's conversation until that mail, else anywhere, else `owner`.

    A mail of theirs to some of ours is one of theirs.
    """
    others: list[str | None] = []
    for place in range(bisect_right(relation.mails, mail.at, key=attrgetter("at")) - 1, -1, -1):
        each = relation.mails[place]
        if each.side is Side.OURS and each.is_to_contact:
            if each.thread_id != mail.thread_id:
                others.append(each.person_id)
            elif desk.is_active(each.person_id):
                return each.person_id
    if mail.asked_ids:
        others = [*(each for each in others if each in mail.asked_ids), *mail.asked_ids]
    return _first(desk, others) or owner(relation, desk)


def owner(relation: Relation, desk: Desk, others: Iterable[str] = ()) -> str | None:
    """Who of ours wrote to the contact last, else whose contact it is, else one of these, else who was written to."""
    wrote = (m.person_id for m in reversed(relation.mails) if m.side is Side.OURS and m.is_to_contact)
    asked = (each for m in reversed(relation.mails) for each in m.asked_ids)
    return _first(desk, chain(wrote, (relation.person_id,), others, asked))


def _first(desk: Desk, ids: Iterable[str | None]) -> str | None:
    return next((each for each in ids if desk.is_active(each)), None)
