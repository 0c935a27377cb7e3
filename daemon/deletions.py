"""What is said when most of a folder is gone at once, and nothing was believed."""

from __future__ import annotations

from collections.abc import Sequence

from store.placements import HeldBack


def told(account: str, refused: Sequence[HeldBack]) -> str | None:
    """For the status of an account: what happened and what to do; None where nothing was held back."""
    if not refused:
        return None
    most = max(refused, key=lambda each: each.gone)
    further = f" and of {len(refused) - 1} more" if len(refused) > 1 else ""
    return (
        f"deletions: {most.gone:,} of {most.held:,} mails are gone at once from {most.stream}{further}; nothing was "
        f"removed here and new mail goes on coming: if it is right, run keeptouch accounts accept-deletions {account}"
    )
