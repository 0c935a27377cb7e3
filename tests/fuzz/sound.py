"""What holds for every record, whatever it was read from."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum

from connectors.api import Moment

_NOTHING = timedelta(0)


def check_sound(value: object, *, may_have_nul: bool = False) -> None:
    """Raise AssertionError where a record, however deep, has a time that is not aware UTC, or text no store can keep.

    Times of a `Moment` are as they were planned: they have no zone.
    """
    if isinstance(value, Enum):
        return
    if isinstance(value, str):
        assert may_have_nul or "\0" not in value, value[:200]
        value.encode()
    elif isinstance(value, datetime):
        assert value.utcoffset() == _NOTHING, value
    elif isinstance(value, Moment):
        assert not isinstance(value.local, datetime) or value.local.tzinfo is None, value
        check_sound(value.zone)
    elif is_dataclass(value):
        for field in fields(value):
            check_sound(getattr(value, field.name), may_have_nul=may_have_nul)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            check_sound(each, may_have_nul=may_have_nul)
    elif isinstance(value, dict):
        for name, each in value.items():
            check_sound(name, may_have_nul=may_have_nul)
            check_sound(each, may_have_nul=may_have_nul)


def is_within(text: str, limit: int) -> bool:
    """Has it at most so many bytes of UTF-8?"""
    return len(text.encode()) <= limit
