"""The official holidays of countries, as the package `holidays` knows them. Pure: the package asks no server."""

from __future__ import annotations

import difflib
import re
from datetime import date
from functools import lru_cache
from importlib.metadata import version

_LETTERS = re.compile("[A-Z]{2}")


@lru_cache(maxsize=512)
def holidays_of(country: str, region: str, year: int) -> frozenset[date]:
    """The public holidays of a year (Gregorian) in a country (ISO 3166-1 alpha-2) or a part of it (ISO 3166-2, the part
    behind the dash); none of a country that is not known, and of years for which none are."""
    if not country:
        return frozenset()
    import holidays  # noqa: PLC0415 - a tenth of a second, for those alone who count holidays

    try:
        return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year, expand=False))
    except NotImplementedError:
        return frozenset()


def country_problem(country: str, region: str) -> tuple[str, str] | None:
    """(problem, hint) of a country or region whose holidays are not known; None where they are."""
    if not country:
        return ("names a region and no country", "") if region else None
    import holidays  # noqa: PLC0415 - a tenth of a second, for those alone who count holidays

    try:
        if _LETTERS.fullmatch(country):
            holidays.country_holidays(country, subdiv=region or None)
            return None
    except NotImplementedError:
        pass  # the list of all countries takes longer, and says which of the two it is
    countries = holidays.list_supported_countries()
    if country not in countries:
        like = country.strip().upper()
        hint = f'did you mean "{like}"?' if like in countries else 'its two letters of ISO 3166-1, such as "IR"'
        return f'"{country}" is no country whose holidays are known', hint
    close = difflib.get_close_matches(region.strip().upper(), countries[country], n=1) or countries[country][:1]
    hint = f'such as "{close[0]}"' if close else "leave it out: they are the same in the whole country"
    return f'"{region}" is no part of {country} whose holidays are known', hint


def edition(country: str) -> str:
    """Another text where another edition of the package may know other holidays; "" where none are asked for."""
    if not country:
        return ""
    return version("holidays")
