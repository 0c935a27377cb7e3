"""The columns of table account that tell how an account fares."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Text, text

from store.types import Instant, Key

STANDING = (
    # new | ok | backoff | auth_failed | missing_rights | disabled (by the configuration)
    Column("state", String(20), nullable=False),
    Column("state_since_at", Instant, nullable=False),
    Column("reason", Text),
    Column("last_success_at", Instant),
    Column("next_try_at", Instant),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    Column("refusals", Integer, nullable=False, server_default=text("0")),  # of logins, since a turn read through
    Column("refused_key", Key),  # keyed hash of the settings and the secret that were refused last
)
