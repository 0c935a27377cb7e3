"""Names that Windows gives to time zones, and zones as elements. ([MS-OXWSGTZ])"""

from __future__ import annotations

from datetime import datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from exchangelib.winzone import CLDR_TO_MS_TIMEZONE_MAP

from tests.servers.ews.wire import t

#: Windows name -> a zone of the database.
WINDOWS: dict[str, str] = {
    windows: name for name, (windows, territory) in CLDR_TO_MS_TIMEZONE_MAP.items() if territory == "001"
}


def windows_name(zone: str) -> str:
    """Of a zone of the database; UTC where Windows has none."""
    return str(CLDR_TO_MS_TIMEZONE_MAP.get(zone, ("UTC", ""))[0])


def definition(element: str, windows: str, *, is_full: bool = False) -> Element:
    """A TimeZoneDefinitionType; what Exchange answers to items has no more than the names."""
    if not is_full:
        return t(element, Id=windows, Name=f"({windows})")
    # winter has standard time in most zones, and in the southern ones July
    offsets = [ZoneInfo(WINDOWS[windows]).utcoffset(datetime(2026, month, 1)) for month in (1, 7)]  # noqa: DTZ001 - wall clock
    minutes = -int(min(one.total_seconds() for one in offsets if one is not None) // 60)
    bias = f"{'-' if minutes < 0 else ''}PT{abs(minutes)}M"
    period = f"trule:Microsoft/Registry/{windows}/2006-Standard"
    periods = t("Periods", t("Period", Bias=bias, Name="Standard", Id=period))
    to_period = t("Transition", t("To", text=period, Kind="Period"))
    groups = t("TransitionsGroups", t("TransitionsGroup", to_period, Id="0"))
    return t(
        element, periods, groups, t("Transitions", t("Transition", t("To", text="0", Kind="Group"))),
        Id=windows, Name=windows,
    )  # fmt: skip
