"""Tokens of OAuth 2.0, one row for each account that a person signed in to."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from store.schema.core import metadata
from store.types import Instant, Sealed

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("issuer", Text, nullable=False),  # whose tokens they are: they are sent to nobody else
    Column("client_id", Text, nullable=False),
    Column("access_token", Sealed),
    Column("expires_at", Instant),  # of the access token; NULL: there is none
    Column("refresh_token", Sealed),
    Column("version", Integer, nullable=False),  # compare-and-swap: one per token that was stored
    Column("claimed_until_at", Instant),  # a process fetches the next token; past this time another one may
    Column("stored_at", Instant, nullable=False),
)
