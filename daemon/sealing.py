"""The keys under which the store's secrets are sealed, from where the configuration says they are."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.config import Config
from daemon.problems import refuse
from store.errors import StoreError
from store.sealing import MAKE, SealingKeys, parse_keys


def sealing_keys(config: Config, environ: Mapping[str, str]) -> SealingKeys:
    """The keys as they are now: read whenever something is sealed or opened. Raises ConfigError."""
    source = config.store.secrets_key
    if source is None:
        raise refuse(
            "store.secrets_key_file",
            "is missing: a secret is to be kept in the store, and there is no key to seal it under",
            f"make a key with `{MAKE} > secrets.key`, chmod 0600, and name the file; back it up apart from the store",
        )
    text = source.read(environ, config.folder).reveal()
    try:
        return parse_keys(text, source.key)
    except StoreError as error:
        raise refuse(source.key, error.problem.removeprefix(f"{source.key} "), error.hint) from None
