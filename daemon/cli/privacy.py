"""keeptouch privacy …: erase a person, keep mail out, hide what others need not see, let go what is old."""

from __future__ import annotations

from daemon.cli import privacy_erase
from daemon.cli.arguments import Verbs, add_noun


def register(verbs: Verbs) -> None:
    """Add the commands."""
    nouns = add_noun(verbs, "privacy", "erase people, keep mail out, hide it, let it go")
    for module in (privacy_erase,):
        module.register(nouns)
