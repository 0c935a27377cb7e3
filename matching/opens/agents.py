"""Whose program asks: of a user agent, whether a machine, a mailbox's proxy, a mail client or a browser. Pure.

The form of user agents is that of RFC 9110, section 10.1.5: products with versions, and comments in brackets. People's
browsers follow one pattern of it (Mozilla/5.0, a platform, engines, a browser with its version); what breaks the
pattern, or adds a word that no browser names, is a machine's.

A user agent is what its sender says. A scanner that calls itself Chrome is told by what it does (`opens.verdicts`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from matching.opens.agent_words import ADDRESS, ATTACK, HARMLESS, IMAGE_PROXY, MACHINE, MAIL_CLIENT, PRODUCTS, WEAK

#: Characters of a user agent that are looked at; those of people have 60 to 400.
MAX_AGENT = 1_000


class AgentKind(StrEnum):
    """Whose program it is."""

    BOT = "bot"
    #: A mailbox loads images before, and whether or not, a person opens the mail.
    PREFETCH = "prefetch"
    #: A mailbox loads images for the person who opens the mail.
    IMAGE_PROXY = "image_proxy"
    MAIL_CLIENT = "mail_client"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What a user agent says."""

    kind: AgentKind
    #: A coarse name that many share: gmail_prefetch, apple_mpp, google_image_proxy, thunderbird, chrome, …
    family: str
    #: The rule, and the words that it saw.
    ground: str


_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_GMAIL_PREFETCH = re.compile(
    r"mozilla/5\.0 \([^)]*\) .*chrome/42\.0\.2311\.135 safari/537\.36 edge/12\.246 mozilla/5\.0"
)
_COMMENT = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)?")
_PRODUCT = re.compile(r"[^\s/;,()\[\]]+(?:/\S*)?")
_IS_VERSION = re.compile(r"v?\d.*")
_LIKE_MOZILLA = re.compile(r"m?ozilla ?/ ?\d")
_ENGINE = re.compile(r"applewebkit|gecko|trident|msie|presto|khtml/|rv[: ]\d|goanna|servo/|netfront|ladybird")
_DESKTOP = re.compile(r"windows nt|macintosh|x11")
#: Engines of which the platform's form is fixed.
_MODERN = re.compile(r"applewebkit/|gecko/20100101")
#: An app's own web view names itself as it likes.
_APP = re.compile(
    r"; wv\)|\bwebview|(?:iphone|ipad|ipod).*mobile/\w+(?!.*safari/)|\[fb"
    r"|instagram|micromessenger|electron/|android \d+\)? apple"
)
_PHONE = re.compile(
    r"^(?:nokia|sonyericsson|samsung|sec-|mot-|lg[-/e]|blackberry|htc|zte|huawei|sie-|sagem|alcatel|sharp|panasonic|philips"
    r"|docomo|kddi|j-phone|softbank|vodafone|ucweb|benq|palm|lenovo|oppo|vivo|micromax|karbonn|lava|tecno|itel)"
    r"|profile/midp|configuration/cldc"
)
_TEXT_BROWSER = re.compile(
    r"^(?:opera|links|elinks|lynx|w3m|ibrowse|amigavoyager|amiga-aweb|dillo|netsurf|ncsa.mosaic|mosaic|omniweb|icab"
    r"|netpositive|cyberdog|hotjava|dalvik|roku|appletv|quicktime|vlc|itunes|applecoremedia|xbox|playstation|nintendo"
    r"|android \d+\)|applewebkit/|\[fban|linux upnp|goggalaxy|microsoft office|mozilla$|browser/)"
)
_APP_NAME = re.compile(
    r"cfnetwork/[\d.]+ darwin/|dalvik/|\((?:[^()]*; ?)?(?:iphone|ipad|ipod|ios|android|windows phone|apple ?tv|tvos)\b"
    r"|\bios[/ ]\d|android;? ?\d|windows phone"
)
_MOBILE = re.compile(
    r"android|iphone|ipad|ipod|\bios\b|windows phone|msie|trident|symbian|series|smart|playstation|nintendo|web0s|bada"
    r"|maemo|amiga|tablet|fxos|phone|netcast|armv\dl"
)
#: A word of a platform: system, processor, language, version.
_PLATFORM = re.compile(
    r"[uikn]|x11|wow64|win(?:32|64|nt)|x64|x86(?:_64)?|arm(?:_?64|v\w+)?|ia64|i\d86|amd64|aarch64|compatible|touch|tablet\w*|mobile|wv|crkey.*"
    r"|[a-z]{2,3}(?:[-_][a-z0-9]{2,4})?|rv:.*|\d[\d.x]*|windows.*|macintosh|intel|ppc|linux\S*|darwin|ubuntu|debian|fedora|cros|\w+bsd"
    r"|sunos|haiku|photobucket|unknown|kubuntu|mint|gentoo|suse|mandriva|centos|en.*"
)
_MAIL_FAMILIES = (("thunderbird", ("thunderbird", "icedove", "betterbird")), ("outlook", ("outlook", "office")))
_BROWSERS = (
    ("edge", re.compile(r"\bedg(?:e|a|ios)?/")),
    ("opera", re.compile(r"\bopr/|opera")),
    ("samsung", re.compile("samsungbrowser")),
    ("yandex", re.compile("yabrowser|yaapp")),
    ("firefox", re.compile("firefox|fxios")),
    ("internet_explorer", re.compile("msie|trident")),
    ("chrome", re.compile("chrome|crios|chromium")),
    ("safari", re.compile("safari/")),
    ("app", re.compile("applewebkit|cfnetwork|dalvik")),
)
_PROXIES = (
    ("google_image_proxy", ("google", "ggpht")),
    ("yahoo_mail_proxy", ("yahoo",)),
    ("outlook_proxy", ("outlook", "owa")),
)


def read_agent(agent: str) -> Agent:
    """What a user agent says. Never raises; takes bounded time, whatever it is given."""
    text = _SPACE.sub(" ", agent[:MAX_AGENT]).strip().lower()
    return _fixed(text) or _machine(text) or _person(text)


def _fixed(text: str) -> Agent | None:
    """Programs of mailboxes, which say what they are."""
    if not text:
        return _bot("none", "no user agent")
    if text == "mozilla/5.0":
        return Agent(
            kind=AgentKind.PREFETCH, family="apple_mpp", ground="Apple Mail Privacy Protection: Mozilla/5.0 alone"
        )
    if _GMAIL_PREFETCH.fullmatch(text):
        return Agent(
            kind=AgentKind.PREFETCH, family="gmail_prefetch", ground="Gmail's prefetch: Edge/12.246 Mozilla/5.0"
        )
    if seen := IMAGE_PROXY.search(text):
        family = next((name for name, words in _PROXIES if any(word in seen[0] for word in words)), "mail_proxy")
        return Agent(kind=AgentKind.IMAGE_PROXY, family=family, ground=f"proxy of a mailbox: {seen[0].strip()}")
    return None


def _machine(text: str) -> Agent | None:
    rest = MAIL_CLIENT.sub("~", HARMLESS.sub("~", text))
    rules = [
        ("attack", "an attack", ATTACK),
        ("addressed", "an address", ADDRESS),
        ("named", "a machine's word", MACHINE),
    ]
    if not (_LIKE_MOZILLA.match(text) and _ENGINE.search(text)) and not _PHONE.search(text):
        rules.append(("named", "a machine's word", WEAK))
    for family, rule, pattern in rules:
        if seen := pattern.search(rest):
            return _bot(family, f"{rule}: {seen[0].strip()}")
    return None


def _person(text: str) -> Agent:
    if seen := MAIL_CLIENT.search(text):
        family = next((name for name, words in _MAIL_FAMILIES if any(word in seen[0] for word in words)), "mail_client")
        return Agent(kind=AgentKind.MAIL_CLIENT, family=family, ground=f"mail client: {seen[0].strip()}")
    if strange := _strange(text):
        return _bot("unknown", strange)
    family = next((name for name, pattern in _BROWSERS if pattern.search(text)), "other_browser")
    return Agent(kind=AgentKind.BROWSER, family=family, ground=f"browser: {family}")


def _strange(text: str) -> str:
    """What no browser or app of people says; "": nothing."""
    first = re.split(r"[/\s]", text, maxsplit=1)[0]
    if not _LIKE_MOZILLA.match(text):
        is_known = any(each.search(text) for each in (_TEXT_BROWSER, _PHONE, _APP_NAME))
        # an app of a telephone that names itself before its web view
        is_known = is_known or ("mozilla/5.0 (" in text and _MOBILE.search(text) is not None)
        return "" if is_known or (first in PRODUCTS and "(" in text) else "names no browser"
    comments = _COMMENT.findall(text)
    outside = _COMMENT.sub(" ", text)
    if not comments and not _ENGINE.search(text):
        return "neither platform nor engine"
    if _APP.search(text):
        return ""
    return _strange_platform(comments, text) or _strange_engine(comments[1:]) or _strange_product(outside, text)


def _strange_platform(comments: list[str], text: str) -> str:
    """Of Windows, macOS and Linux a browser names system, processor and language."""
    items = [item.strip() for item in comments[0].split(";")] if comments else []
    if items and items[0].startswith("compatible") and not _ENGINE.search(text):
        is_known = any(word in PRODUCTS for word in re.findall(r"[\w-]+", comments[0])[1:2])
        return "" if is_known else "compatible with nothing known"
    if not items or not _DESKTOP.match(items[0]) or not _MODERN.search(text):
        return ""
    strange = (item for item in items if item and " " not in item and item.partition("/")[0] not in PRODUCTS)
    return next((f"no platform: {item}" for item in strange if not _PLATFORM.fullmatch(item)), "")


def _strange_engine(comments: list[str]) -> str:
    """Behind the engine stands what it is like, and no more."""
    for comment in comments:
        if comment.startswith("khtml"):
            extra = re.split(r"(?:like|como) gecko", comment)[-1].strip(" ;,")
            if extra and "safari" not in extra:
                return f"beside the engine: {extra}"
    return ""


def _strange_product(outside: str, text: str) -> str:
    """Forks of Firefox, and telephones, name whatever they like; others a browser, which has a version."""
    if "applewebkit" not in outside or _MOBILE.search(text):
        return ""
    if ";" in outside:
        return "something behind a semicolon"
    for product in _PRODUCT.findall(outside):
        name = product.partition("/")[0].rstrip("-+.'\"~|")
        is_word = len(name) > 1 and name[0].isalpha() and not _IS_VERSION.fullmatch(name)
        if is_word and "/" not in product and name not in PRODUCTS and not name.endswith(("browser", "navigator")):
            return f"no browser's product: {product}"
    return ""


def _bot(family: str, ground: str) -> Agent:
    return Agent(kind=AgentKind.BOT, family=family, ground=ground[:200])
