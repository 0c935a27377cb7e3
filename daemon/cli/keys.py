"""keeptouch keys: exchanging the key that the store's secrets are sealed under."""

from __future__ import annotations

import argparse
import os

from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.output import Trouble, write_json, write_text, write_troubles
from daemon.cli.progress import work_shown
from daemon.environment import open_store
from daemon.sealing import sealing_keys
from store.sealing import Rotated, SealingKeys
from store.sealing import rotate as rotate_store

#: Secrets that are named of those that do not open.
_SHOWN = 3


def register(verbs: Verbs) -> None:
    """Add the commands."""
    own = add_noun(verbs, "keys", "exchange the key of the store's secrets")
    add_verb(
        own,
        "rotate",
        rotate,
        "seal the store's secrets under the newest key",
        "Seals every secret of the store (tokens of OAuth) anew, under the first line of the secrets key. The identity "
        "key is another one and never changes. May be stopped and repeated. Exit code 1: a secret does not open.",
    )


def rotate(args: argparse.Namespace) -> int:
    """The command `keys rotate`."""
    config = load_config(args)
    keys = sealing_keys(config, os.environ)
    with open_store(config, os.environ, may_create=False) as store, work_shown(args.json, "rotate") as tell:
        done = rotate_store(store, keys, lambda resealed: tell("secrets", resealed, None))
    is_over = not done.held.keys() - {keys.newest}
    if args.json:
        write_json(
            {
                "ok": is_over,
                "resealed": done.resealed,
                "newest_key": keys.newest,
                "held": done.held,
                "unopened": done.unopened,
                "may_remove_old_keys": is_over,
            }
        )
    else:
        _tell(done, keys, is_over)
    return 0 if is_over else 1


def _tell(done: Rotated, keys: SealingKeys, is_over: bool) -> None:
    newest = done.held.get(keys.newest, 0)
    write_text(f"{done.resealed:,} secrets sealed anew; {newest:,} are under the newest key, {keys.newest}")
    if done.unopened:
        hint = "add their key as a further line, or sign in again: keeptouch accounts login"
        places = ", ".join(done.unopened[:_SHOWN])
        write_troubles(
            [Trouble(None, "secrets", f"{len(done.unopened):,} do not open with the keys given: {places}", hint)]
        )
    elif is_over:
        write_text("older keys may be removed from the secrets key")
    else:
        write_text("others were sealed under an older key meanwhile: repeat the command before you remove that key")
