"""keeptouch privacy …: erase a person, keep mail out, hide what others need not see, let go what is old."""

from __future__ import annotations

from daemon.cli import privacy_blocks, privacy_erase, privacy_export, privacy_retain, privacy_visibility
from daemon.cli.arguments import Verbs, add_noun


def register(verbs: Verbs) -> None:
    """Add the commands."""
    nouns = add_noun(verbs, "privacy", "erase people, keep mail out, hide it, let it go")
    for module in (privacy_erase, privacy_export, privacy_blocks, privacy_visibility, privacy_retain):
        module.register(nouns)
