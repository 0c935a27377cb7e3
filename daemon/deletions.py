"""What is said where a folder would lose most of its mail, and nothing was believed."""

from __future__ import annotations

from collections.abc import Sequence

from store.mails.removals import HeldBack


def told(account: str, refused: Sequence[HeldBack]) -> str | None:
    """For the status of an account: what happened and what to do; None where nothing was held back."""
    if not refused:
        return None
    most = max(refused, key=lambda each: each.gone)
    further = f"; so it is with {len(refused) - 1} more" if len(refused) > 1 else ""
    return (
        f"deletions: {loss(most)}{further}; nothing was removed here and new mail goes on coming: "
        f"if it is right, run keeptouch accounts accept-deletions {account}"
    )


def loss(each: HeldBack) -> str:
    """In words."""
    if each.is_missing:
        return f"the folder {each.stream} is gone from the server, with {each.gone:,} of its {each.held:,} items"
    if each.lately:
        return (
            f"{each.gone:,} of {each.held:,} items are gone from {each.stream}, "
            f"and {each.lately:,} were already within seven days"
        )
    return f"{each.gone:,} of {each.held:,} items are gone at once from {each.stream}"
