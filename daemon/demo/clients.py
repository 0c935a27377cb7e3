"""The people of the client organizations, and how each of them writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.demo.company import BAT, SARA, Address, Client


def _client(name: str, email: str, speaks: Mapping[str, str], called: Mapping[str, str], **more: Any) -> Client:
    return Client(address=Address(name, email), speaks=speaks, called=called, **more)


_S, _B = SARA.account, BAT.account
_PUMPEN = "xn--mller-pumpen-dlb.example"

#: The one whose history the demo shows: Persian with one of ours, English with the other.
MARYAM = _client(
    "مریم حسینی",
    "maryam@pars-abyari.example",
    {_S: "fa", _B: "en"},
    {"fa": "خانم حسینی", "en": "Maryam"},
    conversations=9,
    is_filed=True,
)
#: Absent for two weeks at some time: a program answers for him.
JUERGEN = _client(
    "Jürgen Müller",
    f"juergen.mueller@{_PUMPEN}",
    {_S: "de"},
    {"de": "Herr Müller"},
    offset=2,
    conversations=6,
    charset="iso-8859-1",
)
JAMES = _client(
    "James Carter",
    "james@highland-estates.example",
    {_S: "en"},
    {"en": "James"},
    offset=1,
    conversations=4,
    tagged="james+acme@highland-estates.example",
)
#: Writes to one of ours, who does not answer; months later the other writes to him.
WANG = _client(
    "王伟", "wang.wei@tianshan-pump.example", {_B: "zh"}, {"zh": "王经理"}, offset=8, conversations=0, charset="gb18030"
)
#: His mail program is old: no Message-ID, and Persian in the letters of Windows-1256.
KAZEMI = _client(
    "رضا کاظمی",
    "r.kazemi@caspian-agro.example",
    {_S: "fa"},
    {"fa": "آقای کاظمی"},
    conversations=3,
    charset="windows-1256",
)
AHMED = _client(
    "أحمد المنصوري",
    "ahmed@gulf-farms.example",
    {_S: "ar", _B: "en"},
    {"ar": "أستاذ أحمد", "en": "Ahmed"},
    offset=4,
    conversations=7,
)

CLIENTS: tuple[Client, ...] = (
    MARYAM,
    _client("علی رضایی", "a.rezaei@pars-abyari.example", {_S: "fa"}, {"fa": "آقای رضایی"}, is_filed=True),
    KAZEMI,
    _client("Niloufar Moradi", "n.moradi@caspian-agro.example", {_S: "fa"}, {"fa": "خانم مرادی"}, is_filed=True),
    _client("حسین موسوی", "h.mousavi@zagros-steel.example", {_S: "fa"}, {"fa": "آقای موسوی"}, conversations=5),
    AHMED,
    _client(
        "Fatima Al Suwaidi",
        "fatima@gulf-farms.example",
        {_S: "en"},
        {"en": "Fatima"},
        offset=4,
    ),
    _client(
        "محمود عبد الله",
        "mahmoud@nile-water.example",
        {_S: "ar"},
        {"ar": "أستاذ محمود"},
        offset=2,
        conversations=5,
        charset="windows-1256",
    ),
    _client("زينب الجبوري", "zainab@dijla-trading.example", {_S: "ar"}, {"ar": "أستاذة زينب"}, offset=3),
    _client(
        "Ганбатын Болормаа",
        "bolormaa@tuul-water.example",
        {_B: "mn"},
        {"mn": "Болормаа"},
        offset=8,
        conversations=8,
        is_filed=True,
    ),
    _client("Түвшин Э.", "tuvshin@tuul-water.example", {_B: "mn"}, {"mn": "Түвшин"}, offset=8),
    _client(
        "Oyuna Tsend",
        "oyuna.tsend@gobi-mining.example",
        {_B: "mn", _S: "en"},
        {"mn": "Оюунаа", "en": "Oyuna"},
        offset=8,
        conversations=7,
        is_filed=True,
    ),
    _client("Ганзориг", "ganzorig@gobi-mining.example", {_B: "mn"}, {"mn": "Ганзориг"}, offset=8, conversations=4),
    _client("Нарантуяа Б.", "narantuya@selenge-agro.example", {_B: "mn"}, {"mn": "Нарантуяа"}, offset=8),
    JUERGEN,
    _client("Katrin Weiß", f"k.weiss@{_PUMPEN}", {_S: "de"}, {"de": "Frau Weiß"}, offset=2, charset="iso-8859-1"),
    _client(
        "Thomas Schäfer",
        "t.schaefer@nordwind-energie.example",
        {_S: "de", _B: "en"},
        {"de": "Herr Schäfer", "en": "Thomas"},
        offset=2,
        conversations=4,
        is_html=True,
    ),
    JAMES,
    _client("Fiona MacLeod", "fiona@highland-estates.example", {_S: "en"}, {"en": "Fiona"}, offset=1, conversations=2),
    _client(
        "Елена Соколова",
        "e.sokolova@volga-sad.example",
        {_B: "ru"},
        {"ru": "Елена"},
        offset=3,
        conversations=5,
        charset="windows-1251",
    ),
    _client("Тимур Ахметов", "t.akhmetov@volga-sad.example", {_B: "ru"}, {"ru": "Тимур"}, offset=3, charset="koi8-r"),
    WANG,
    _client(
        "李娜",
        "li.na@tianshan-pump.example",
        {_B: "zh"},
        {"zh": "李女士"},
        offset=8,
        conversations=3,
    ),
    _client("Priya Nair", "priya@coral-hotels.example", {_S: "en"}, {"en": "Priya"}, offset=4, conversations=2),
    _client("Daniel Okafor", "daniel@lagoon-works.example", {_B: "en"}, {"en": "Daniel"}, offset=1, conversations=3),
)
