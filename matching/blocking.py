"""What a company keeps out of its history. Pure: which block, if any, holds back a mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Self

from matching.addresses import AddressRules, domain_of, normalize, normalize_domain


class BlockKind(StrEnum):
    """What a block looks at."""

    #: an address that takes part, in any spelling
    ADDRESS = "address"
    #: a domain that takes part, with its subdomains
    DOMAIN = "domain"
    #: an address that takes part, with * and ?
    PATTERN = "pattern"
    #: the folder a copy lies in, with * and ?
    FOLDER = "folder"
    #: the subject, with * and ?
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class BlockRule:
    """One thing to keep out. `what` is in the form in which it is compared."""

    kind: BlockKind
    what: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.what}" if self.kind in (BlockKind.FOLDER, BlockKind.SUBJECT) else self.what

    @classmethod
    def parse(cls, text: str) -> Self:
        """ann@client.example, client.example, *@*.gov.example, folder:NAME, subject:PATTERN; raises ValueError."""
        word, colon, rest = text.strip().partition(":")
        if colon and word in (BlockKind.FOLDER, BlockKind.SUBJECT):
            if not rest.strip():
                raise ValueError(f"nothing stands behind {word}:")
            kind = BlockKind(word)
            return cls(kind, rest.strip() if kind is BlockKind.FOLDER else rest.strip().casefold())
        if "*" in text or "?" in text:
            if not text.strip("*?@. "):
                raise ValueError("the pattern fits everything")
            return cls(BlockKind.PATTERN, text.strip().lower())
        if "@" in text.strip()[1:]:
            normal = normalize(text)
            if normal is None:
                raise ValueError(f'"{text}" is no address')
            return cls(BlockKind.ADDRESS, normal)
        domain = normalize_domain(text.strip().lstrip("@"))
        if domain is None or "." not in domain:
            raise ValueError(f'"{text}" is neither an address, a domain, a pattern, folder:NAME nor subject:PATTERN')
        return cls(BlockKind.DOMAIN, domain)


@dataclass(frozen=True, slots=True)
class Block:
    """A rule in force, and for which account; "" is the whole company."""

    id: int
    account_id: str
    rule: BlockRule


class Blocks:
    """The blocks of one account and of the company, asked for each mail. False where there are none."""

    def __init__(self, blocks: Iterable[Block], rules: AddressRules) -> None:
        self._rules = rules
        self._by_kind: dict[BlockKind, list[Block]] = {}
        for each in sorted(blocks, key=lambda block: block.id):
            self._by_kind.setdefault(each.rule.kind, []).append(each)
        self._addresses = self._index(BlockKind.ADDRESS)
        self._domains = self._index(BlockKind.DOMAIN)

    def __bool__(self) -> bool:
        return bool(self._by_kind)

    def _index(self, kind: BlockKind) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in self._by_kind.get(kind, ()):
            found.setdefault(each.rule.what, each.id)
            if kind is BlockKind.ADDRESS:
                found.setdefault(self._rules.base(each.rule.what), each.id)
        return found

    def holding(self, normals: Sequence[str], subject: str, folder: str) -> int | None:
        """The id of the block that holds back a mail with these participants; None: it may be kept."""
        hits = [self._of_address(normal) for normal in normals]
        hits += [each.id for each in self._by_kind.get(BlockKind.FOLDER, ()) if fnmatchcase(folder, each.rule.what)]
        if subjects := self._by_kind.get(BlockKind.SUBJECT):
            folded = subject.casefold()
            hits += [each.id for each in subjects if fnmatchcase(folded, each.rule.what)]
        return min((hit for hit in hits if hit is not None), default=None)

    def _of_address(self, normal: str) -> int | None:
        hits = [self._addresses.get(normal), self._addresses.get(self._rules.base(normal))]
        domain = domain_of(normal)
        while domain and self._domains:
            hits.append(self._domains.get(domain))
            domain = domain.partition(".")[2]
        hits += [each.id for each in self._by_kind.get(BlockKind.PATTERN, ()) if fnmatchcase(normal, each.rule.what)]
        return min((hit for hit in hits if hit is not None), default=None)
