"""Tables of how each contact stands in numbers: its score with what that was worked out from, and its stage."""

from __future__ import annotations

from sqlalchemy import Column, Date, Float, Index, Integer, String, Table, Text

from store.schema.core import metadata
from store.types import Id, Instant

#: Measures that are counted, and those that are hours; named as matching.scoring has them.
COUNTED = (
    *("mails_in_30", "mails_in_90", "mails_out_30", "mails_out_90", "answers_in_90", "answers_out_90"),
    *("meetings_held_90", "bounces_90", "days_since_contact", "days_since_in", "days_since_out"),
)
HOURS = ("their_answer_hours", "our_answer_hours", "their_answer_working_hours", "our_answer_working_hours")

contact_score = Table(
    "contact_score",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("score", Float),  # NULL: the formula has no result
    Column("formula_version", String(12), nullable=False),
    Column("computed_at", Instant, nullable=False),
    *(Column(name, Integer) for name in COUNTED),
    *(Column(name, Float) for name in HOURS),
    Column("look_on", Date),  # when time changes a measure; NULL: it does not
)
Index("ix_contact_score_look_on", contact_score.c.look_on)

contact_stage = Table(
    "contact_stage",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("stage", String(10), nullable=False),  # matching.scoring.Stage
    Column("since_on", Date),  # NULL: longer ago than is looked back
    Column("previous_stage", String(10)),
    Column("rule", Text, nullable=False),  # the condition that holds
)
