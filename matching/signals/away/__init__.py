"""Words of auto-replies, by language."""

from __future__ import annotations

from matching.signals.away import east_asian, germanic, other_european, romance, slavic, west_asian
from matching.signals.away.language import Language

__all__ = ["LANGUAGES", "Language"]

LANGUAGES = (
    *germanic.LANGUAGES,
    *romance.LANGUAGES,
    *slavic.LANGUAGES,
    *west_asian.LANGUAGES,
    *east_asian.LANGUAGES,
    *other_european.LANGUAGES,
)
