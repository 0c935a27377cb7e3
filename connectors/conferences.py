"""Where one takes part from afar: links of Teams, Zoom, Meet and others in an event."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

#: Properties that hold nothing but the link: RFC 7986, section 5.11, then Google's and Microsoft's.
LINK_PROPERTIES = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
)
#: Characters of a text that are searched.
_SEARCHED = 64 * 1024
_LONGEST = 2_000
_LINK = re.compile(r"https://[^\s\"'<>\\)\]}|,]{1,2000}", re.IGNORECASE)
_KNOWN = re.compile(
    r"https://(?:"
    r"teams\.(?:microsoft|live)\.(?:com|us)/(?:l/meetup-join/|meet/|_#/l/meetup-join/|v2/\?meetingjoin)"
    r"|(?:[\w-]+\.)*zoom(?:gov)?\.(?:us|com|com\.cn)/(?:[jsw]/|my/|wc/)"
    r"|meet\.google\.com/(?:lookup/)?[a-z0-9]+(?:-[a-z0-9]+)*"
    r"|(?:[\w-]+\.)?webex\.com/(?:meet|join|[\w./-]*(?:j\.php|\bmeet/))"
    r"|(?:meet\.goto|(?:global\.)?gotomeeting|www\.gotomeet\.me|app\.goto)\.?(?:com)?/\S"
    r"|meet\.jit\.si/\S|whereby\.com/\S|bluejeans\.com/\d|chime\.aws/\d|join\.skype\.com/\S|meet\.lync\.com/\S"
    r"|facetime\.apple\.com/join|telemost\.yandex\.ru/j/\d|meet\.nextcloud\.com/\S|vc\.yandex-team\.ru/\S"
    r")",
    re.IGNORECASE,
)
#: Outlook hides a link behind a guard of its own.
_GUARDED = re.compile(
    r"https://[\w.-]+\.safelinks\.protection\.outlook\.com/[^\s\"'<>]{0,200}?[?&]url=([^&\s\"'<>]{1,2000})[^\s\"'<>]*"
)


def conference_url(named: Iterable[str], texts: Iterable[str]) -> str:
    """The link among values of `LINK_PROPERTIES`, else the first known one in `texts`; "" where there is none."""
    for value in named:
        value = value.strip()
        if value[:8].lower() == "https://" and len(value) <= _LONGEST and not re.search(r"\s", value):
            return value
    for text in texts:
        text = text[:_SEARCHED]
        if "https://" not in text and "HTTPS://" not in text:
            continue
        if ".safelinks." in text:
            text = _GUARDED.sub(lambda match: unquote(match[1]), text)
        for link in _LINK.findall(text):
            if _KNOWN.match(link):
                return str(link).replace("&amp;", "&").rstrip(".;:!?")
    return ""
