"""Names of time zones, checked against the database of the package tzdata or the system."""

from __future__ import annotations

import difflib
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def timezone_problem(name: str) -> tuple[str, str] | None:
    """(problem, hint) of a name that is no time zone."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return "is no time zone", _hint(name)
    return None


def _hint(name: str) -> str:
    zones = _zones()
    folded = name.strip().casefold().replace(" ", "_")
    if folded not in zones:  # people write the city alone
        cities = [zone for key, zone in zones.items() if key.rpartition("/")[2] == folded]
        close = cities or [zones[key] for key in difflib.get_close_matches(folded, zones, n=1, cutoff=0.6)]
        return f'did you mean "{close[0]}"?' if close else 'a name such as "Asia/Tehran"'
    return f'did you mean "{zones[folded]}"?'


@cache
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in sorted(available_timezones())}
