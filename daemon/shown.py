"""One mail as its copies show it, and its row of history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from daemon.conversations import Place
from matching.policy import Direction, Party
from matching.visibility import Level, narrowest
from store.derivation.copies import StoredCopy
from store.derivation.history import Interaction


@dataclass(slots=True)
class ShownMail:
    """What is the same whichever copy one looks at; times are UTC."""

    id: str
    direction: Direction
    occurred_at: datetime
    is_unverified: bool
    is_message_id_reused: bool
    is_answered: bool
    is_forwarded: bool
    #: How much of it others see, by its copies.
    level: Level
    #: Best copy first.
    copies: tuple[StoredCopy, ...]
    parties: tuple[Party, ...]
    is_bulk: bool
    #: Of its copies before.
    old_ids: set[str]

    def interaction(self, place: Place, thread_levels: Mapping[str, Level]) -> Interaction:
        """The row of history; a thread may show less of it."""
        return Interaction(
            id=self.id,
            direction=self.direction.value,
            occurred_at=self.occurred_at,
            message_key=self.copies[0].row.key,
            is_unverified=self.is_unverified,
            is_message_id_reused=self.is_message_id_reused,
            is_answered=self.is_answered,
            is_forwarded=self.is_forwarded,
            thread_id=place.thread_id,
            parent_id=place.parent_id,
            answer_seconds=None,
            answer_working_seconds=None,
            answer_person_id=None,
            thread_basis=place.basis,
            visibility=narrowest((self.level, thread_levels.get(place.thread_id, Level.FULL))).value,
        )
