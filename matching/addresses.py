"""Address forms: the normal form that all spellings of a mailbox share, the base form, whose an address is.

Normal form. The local part follows PRECIS UsernameCaseMapped (RFC 8265 section 3.3): width mapping, lower
case, NFC. Not NFKC and not full case folding, since `ß`/`ss` or `²`/`2` may tell two mailboxes apart, while
full-width letters are only what an input method typed. Case is folded although RFC 5321 section 2.4 lets
servers tell it apart: none in use does. Invisible characters (bidi marks, zero-width joiners, byte order
marks) come along when an address is copied out of right-to-left text; they are no part of it. The domain is
written in A-labels (IDNA 2008 with the mapping of UTS 46), where ZWNJ counts as IDNA says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import unquote

import idna

from matching.role_words import AMBIGUOUS_ROBOTS, AMBIGUOUS_ROLES, QUALIFIERS, ROBOTS, ROLES

#: Longer texts are no address. RFC 5321 section 4.5.3.1 allows 64 + 1 + 255 octets; VERP and SRS go beyond.
MAX_LENGTH = 512

_ATEXT = r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]"
_PLAIN = re.compile(rf"{_ATEXT}+@(?:[a-z0-9_-]+\.)*[a-z0-9_-]+", re.ASCII)
_ASCII_DOMAIN = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+", re.ASCII)
_LITERAL = re.compile(r"\[(?:ipv6:)?[0-9a-f:.]+\]", re.ASCII)
_NOT_IN_DOMAIN = re.compile(r"[\s\x00-\x2c/:-@\[-^`{-\x9f]")
_NOT_IN_LOCAL = re.compile(r'[\s\x00-\x1f()<>\[\]:;@\\,"\x7f-\x9f]')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
#: X.500 names, bare or dressed as an address (MS-OXCMAIL, "IMCEA" encapsulation).
_X500 = ("/o=", "imceaex-", "imceainvalid-")
_ODD = ("'", *_X500)


@lru_cache(maxsize=8_192)
def normalize(address: str) -> str | None:
    """The normal form of an addr-spec, alike for every spelling of one mailbox; None for what is no address.

    `mailto:`, angle brackets, needless quotes and a trailing dot go. Single-label domains and literals
    are let through; X.500 names (`/O=…`) are not. Normalizing a normal form changes nothing.
    """
    if len(address) > MAX_LENGTH:
        return None
    plain = address.strip().lower() if address.isascii() else ""
    if _PLAIN.fullmatch(plain) and not plain.startswith(_ODD):
        return plain
    return _normalize_odd(address)


def _normalize_odd(address: str) -> str | None:
    text = _unwrap("".join(map(_visible, address)).strip())
    local, at, domain = text.rpartition("@")
    if not at or text.lower().startswith(_X500):
        return None
    normal_local = _normalize_local(local)
    normal = normalize_domain(domain)
    return f"{normal_local}@{normal}" if normal_local and normal else None


def _unwrap(text: str) -> str:
    """Takes off <…>, '…', mailto: and a source route (RFC 5322 section 4.4)."""
    before = None
    while before != text:
        before = text
        text = text.strip()
        for left, right in ("<>", "''"):
            if len(text) > 1 and text[0] == left and text[-1] == right:
                text = text[1:-1]
        if text[:7].lower() == "mailto:":
            text = unquote(text[7:].partition("?")[0])
        if text.startswith("@") and ":" in text:
            text = text.partition(":")[2]
    return text


def _visible(character: str) -> str:
    """Width mapping; format characters vanish, but for the joiners, which only a domain may keep."""
    if unicodedata.category(character) == "Cf" and character not in "\u200c\u200d":
        return ""
    if unicodedata.east_asian_width(character) in "FH":
        return unicodedata.normalize("NFKC", character)
    return character


def _normalize_local(local: str) -> str | None:
    local = local.replace("\u200c", "").replace("\u200d", "")
    quoted = _QUOTED.fullmatch(local)
    if quoted:
        local = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
    local = _lower(local)
    if not local or any(unicodedata.category(character) in ("Cc", "Cs") for character in local):
        return None
    if not _NOT_IN_LOCAL.search(local):
        return local
    return '"' + re.sub(r'(["\\])', r"\\\1", local) + '"' if quoted else None


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


@lru_cache(maxsize=8_192)
def normalize_domain(domain: str) -> str | None:
    """A domain as lower-case A-labels without the trailing dot, or an address literal; None for neither."""
    domain = domain.strip()
    if _LITERAL.fullmatch(literal := domain.lower()):
        return literal
    if domain.isascii() and _ASCII_DOMAIN.fullmatch(plain := domain.lower().rstrip(".")):
        return plain
    shown = _shown(domain)
    for text in (domain, domain.replace("\u200c", "").replace("\u200d", ""), shown):
        try:
            return idna.encode(text, uts46=True).decode("ascii").lower().rstrip(".") or None
        except (idna.IDNAError, UnicodeError):
            continue
    return _literal_domain(shown)


def _shown(domain: str) -> str:
    """Its letters, without what is not seen of them, nor dots behind them ("…" is three)."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", domain) if unicodedata.category(c) != "Cf")
    return _lower(visible).rstrip(".")


def _literal_domain(text: str) -> str | None:
    """What IDNA refuses (symbols, mixed directions) keeps its letters, if it has the shape of a domain."""
    if _NOT_IN_DOMAIN.search(text) or any(unicodedata.category(c) in ("Cs", "Co", "Cn") for c in text):
        return None
    return text if text and all(text.split(".")) else None


def domain_of(normal: str) -> str:
    """The domain of a normal form."""
    return normal.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Which spellings count as one mailbox beyond the normal form; both are options of the company."""

    #: `name+tag@` delivers to `name@` (RFC 5233).
    plus_tags: bool = True
    #: Gmail ignores dots, and googlemail.com is gmail.com.
    gmail_dots: bool = True

    def base(self, normal: str) -> str:
        """The normal form without tag and Gmail dots. The base of a base form is itself."""
        return _base(normal, self.plus_tags, self.gmail_dots)


@lru_cache(maxsize=8_192)
def _base(normal: str, plus_tags: bool, gmail_dots: bool) -> str:
    local, _, domain = normal.rpartition("@")
    if local.startswith('"'):
        return normal
    if plus_tags:
        local = local.partition("+")[0] or local
    if gmail_dots and domain in _GMAIL:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """The company's own domains, each with its subdomains (nobody else can have those), and addresses."""

    #: As `normalize_domain` gives them.
    domains: frozenset[str]
    #: Normal forms, of other domains.
    addresses: frozenset[str]
    rules: AddressRules = AddressRules()

    @classmethod
    def of(cls, domains: Iterable[str], addresses: Iterable[str], rules: AddressRules | None = None) -> Self:
        """Normalizes what a configuration says; what is no domain or address is left out.

        An own address also owns its tagged and dotted spellings, as far as `rules` know them.
        """
        rules = rules or AddressRules()
        undotted = AddressRules(plus_tags=False, gmail_dots=rules.gmail_dots)
        normals = {normal for address in addresses if (normal := normalize(address))}
        own = frozenset(normal for domain in domains if (normal := normalize_domain(domain.lstrip("@"))))
        # those of own domains are ours already: one more person there changes nothing about other mail
        apart = {normal for normal in normals if not _owns(own, frozenset(), normal, normal)}
        return cls(own, frozenset(apart | {undotted.base(normal) for normal in apart}), rules)

    def owns(self, normal: str) -> bool:
        """Is the address one of ours? Takes a normal form."""
        return _owns(self.domains, self.addresses, normal, self.rules.base(normal))


@lru_cache(maxsize=8_192)
def _owns(domains: frozenset[str], addresses: frozenset[str], normal: str, base: str) -> bool:
    if normal in addresses or base in addresses:
        return True
    domain = domain_of(normal)
    while domain:
        if domain in domains:
            return True
        domain = domain.partition(".")[2]
    return False


_NEUTRAL = QUALIFIERS | ROLES | AMBIGUOUS_ROLES
_FIRST_ROBOTS = ROBOTS | AMBIGUOUS_ROBOTS
_JOINED = re.compile(r"[._\-]+")
#: "no reply" in the languages of business mail, separators taken out.
_NO_REPLY = re.compile(
    r"(?:do)?not?repl(?:y|ay|ies)|dontreply|neverreply|noanswer|noresponse|(?:do)?notrespond|donotanswer"
    r"|nichtantworten|keineantwort|nepas?repond(?:re|ez)|sansreponse|pasdereponse|norespond(?:er|a)|nocontest(?:ar|e)"
    r"|n[ao]{1,2}orespond(?:a|er)|nonrisponder[ei]|nonrispondete|niet(?:be)?antwoorden|geenantwoord|nieodpowiada[cj]"
    r"|svarainte|svarejp?a?|ejsvar|svarikke|ikkesvar|ingensvar|alavastaa|eivastaus|neodpovida(?:t|jte)|neotvecha(?:t|y|j)"
    r"|yanitlama|cevaplama|nevalaszolj|nuraspunde|bitgiihariul|hariulahgui|pasokhnadahid|unattended(?:mailbox)?"
)
#: Return paths and the robots of list servers: VERP (`bounces+name=host`), Mailman, ezmlm, SRS.
_RETURN_PATH = re.compile(
    r"bounces?(?:[-+=._].*)?|b?verp[-+=].*|srs[01][-+=].*|msprvs1=.*"
    r"|.+[-_](?:bounces?|return|returns|request|owner|unsubscribe|subscribe|confirm|leave|join|errors)(?:[-+=].*)?"
    r"|(?:owner|request|unsubscribe|subscribe|confirm|leave|unsub)[-+].+"
)


@lru_cache(maxsize=8_192)
def is_no_reply(normal: str) -> bool:
    """Is nobody reading there: no-reply in any language, notifications, bounces, list robots?"""
    local = normal.rpartition("@")[0]
    words = _words(local)
    bare = _JOINED.sub("", local)
    return bool(
        _RETURN_PATH.fullmatch(local)
        or _NO_REPLY.search(bare)
        or (words and (words[0] in _FIRST_ROBOTS or words[-1] in ROBOTS))
        or "mailerdaemon" in bare
    )


@lru_cache(maxsize=8_192)
def is_role(normal: str) -> bool:
    """Does the address name a function (RFC 2142 and custom) instead of a person?

    Words count, parted by `.`, `-`, `_` or digits: `sales-eu` and `support2` are functions,
    `information.smith` and `steve.jobs` are people.
    """
    local, _, domain = normal.rpartition("@")
    words = _words(local.partition("+")[0])
    if not words:
        return False
    if words[0] in ROLES or words[-1] in ROLES:
        return True
    if not any(word in AMBIGUOUS_ROLES for word in words):
        return False
    labels = domain.split(".")
    return all(word in _NEUTRAL or word in labels for word in words)


def _words(local: str) -> list[str]:
    return [word for word in re.split(r"[\W\d_]+", local) if word]
