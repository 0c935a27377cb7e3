"""[privacy]: what is kept out, what others see, and what becomes of confidential mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from daemon.options import Reader
from matching.blocking import BlockRule
from store.privacy.retention import NO_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """[privacy]"""

    #: Of the levels of the accounts that hold a copy of a mail, which one counts?
    visibility: Literal["narrowest", "widest"] = "narrowest"
    #: How much of mail with a Sensitivity header is kept: as of other mail, who and when, or nothing.
    confidential: Literal["full", "metadata", "none"] = "metadata"
    #: What is kept out, as `keeptouch privacy block` takes it.
    block: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rules_of(self.block)

    @property
    def blocked(self) -> tuple[BlockRule, ...]:
        """The rules that `block` writes."""
        return rules_of(self.block)


def rules_of(block: tuple[str, ...]) -> tuple[BlockRule, ...]:
    """The rules that these texts write; raises ValueError for one that is none."""
    return tuple(BlockRule.parse(text) for text in block)


def read_privacy(table: object, reader: Reader) -> tuple[PrivacyConfig | None, Limits | None]:
    """([privacy], [privacy.retention]); None for what was refused."""
    found = reader.values(PrivacyConfig, table, "privacy", also=("retention",))
    privacy = reader.build(PrivacyConfig, found, "privacy")
    if not isinstance(table, Mapping) or "retention" not in table:
        return privacy, NO_LIMITS
    return privacy, reader.read(Limits, table["retention"], "privacy.retention")
