"""Hostile inputs over all entrances: each ends within bounds, with a reason, and what is good is taken afterwards."""

from __future__ import annotations

from tests.hostile import imap
from tests.hostile.running import failures, outcomes


def test_imap() -> None:
    found = outcomes(imap.CASES, imap.world, imap.good)
    assert failures(found, imap.CASES) == []
