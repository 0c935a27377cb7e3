"""Who takes part: our two people, their colleagues, and the people of the client organizations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.demo.language import Language
from daemon.demo.languages.arabic import ARABIC
from daemon.demo.languages.chinese import CHINESE
from daemon.demo.languages.english import ENGLISH
from daemon.demo.languages.german import GERMAN
from daemon.demo.languages.mongolian import MONGOLIAN
from daemon.demo.languages.persian import PERSIAN
from daemon.demo.languages.russian import RUSSIAN

DOMAIN = "acme.example"
LANGUAGES: Mapping[str, Language] = {
    "ar": ARABIC,
    "de": GERMAN,
    "en": ENGLISH,
    "fa": PERSIAN,
    "mn": MONGOLIAN,
    "ru": RUSSIAN,
    "zh": CHINESE,
}


@dataclass(frozen=True, slots=True)
class Address:
    """A name and an address, as a header has them."""

    name: str
    email: str

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.email.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rep:
    """One of ours, with a mailbox."""

    #: The account's name, and the folder of the mailbox.
    account: str
    address: Address
    aliases: tuple[str, ...]
    language: str
    time_zone: str
    #: Hours before UTC.
    offset: float
    #: Language -> how the name is written in it; else as in the address.
    spelled: Mapping[str, str]
    #: A folder that mail of some clients is filed in.
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Somebody outside whom we correspond with."""

    address: Address
    #: Account of one of ours -> the language between the two.
    speaks: Mapping[str, str]
    #: Language -> how the person is addressed.
    called: Mapping[str, str]
    offset: float = 3.5
    #: Conversations in the time the demo covers.
    conversations: int = 3
    #: What the mail program writes texts in.
    charset: str = "utf-8"
    #: Mail with this client is filed in the rep's folder of this kind when it has been read.
    is_filed: bool = False
    #: An address with a tag that the client sometimes writes from.
    tagged: str = ""
    #: The mail program sends HTML alone.
    is_html: bool = False


SARA = Rep(
    account="sara",
    address=Address("Sara Ahmadi", "sara@acme.example"),
    aliases=("s.ahmadi@acme.example",),
    language="fa",
    time_zone="Asia/Tehran",
    offset=3.5,
    spelled={"fa": "سارا احمدی", "ar": "سارة أحمدي"},
    folder="پروژه‌ها",
)
BAT = Rep(
    account="bat-erdene",
    address=Address("Bat-Erdene Dorj", "bat-erdene@acme.example"),
    aliases=(),
    language="mn",
    time_zone="Asia/Ulaanbaatar",
    offset=8,
    spelled={"mn": "Доржийн Бат-Эрдэнэ", "ru": "Бат-Эрдэнэ Дорж"},
    folder="Захиалга",
)
REPS = (SARA, BAT)

#: Colleagues without a followed mailbox.
NASRIN = Address("Nasrin Karimi", "nasrin@acme.example")
OFFICE = Address("Acme Warehouse", "warehouse@acme.example")
