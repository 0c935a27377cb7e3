"""Column types that behave alike on SQLite and PostgreSQL (design of the readers' contract)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

#: How sealed text begins: the version of its form.
SEALED = "v1:"


class Key(LargeBinary):
    """16 bytes of a keyed hash. Both drivers take and give bytes as they are, so nothing is done to them."""

    def __init__(self) -> None:
        super().__init__(16)

    def bind_processor(self, dialect: Dialect) -> None:
        """None: the driver takes bytes as they are."""
        return

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """None: the driver gives bytes as they are."""
        return


class Sealed(TypeDecorator[str]):
    """Text that store.sealing has sealed. What is not sealed is never written: binding it raises ValueError."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Raises ValueError where it would be written in clear."""
        if value is not None and not value.startswith(SEALED):
            raise ValueError("a secret would be written in clear")
        return value


#: A public id: lower-case UUID text.
Id = String(36)


# writing one takes 1.6 µs, and a mail's time goes into some ten rows
@lru_cache(maxsize=2_048)
def instant_text(value: datetime) -> str:
    """Text whose order is the order of time: YYYY-MM-DDTHH:MM:SS.ffffffZ."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(timespec="microseconds")[:26] + "Z"


class Instant(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """timestamptz on PostgreSQL, text on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """An aware datetime as the database has it."""
        if value is None or dialect.name == "postgresql":
            return value
        return instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """An aware datetime in UTC."""
        return _instant(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """What reads a value; two calls less for each than what a TypeDecorator makes of `process_result_value`."""
        return _instant


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromisoformat(value)
