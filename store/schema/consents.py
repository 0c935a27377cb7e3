"""The columns of table contact that tell whether opens and clicks may be recorded, as follows from contact_consent."""

from __future__ import annotations

from sqlalchemy import Column, String, Text

from store.types import Instant

CONSENT = (
    Column("tracking_consent", String(10), nullable=False),  # unknown | granted | refused
    Column("tracking_consent_at", Instant),
    Column("tracking_consent_source", Text),
)
