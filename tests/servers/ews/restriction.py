"""Which things a search finds: Restriction and SortOrder. ([MS-OXWSSRCH] section 2.2.4)"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from xml.etree.ElementTree import Element

from tests.servers.ews.wire import EwsError, find, local, moment

#: The values of a property, by the element that names it; none where the thing has none.
Values = Callable[[Element], list[str]]
Comparable = tuple[int, float | datetime | str]

_COMPARISONS: dict[str, Callable[[Comparable, Comparable], bool]] = {
    "IsEqualTo": operator.eq,
    "IsNotEqualTo": operator.ne,
    "IsGreaterThan": operator.gt,
    "IsGreaterThanOrEqualTo": operator.ge,
    "IsLessThan": operator.lt,
    "IsLessThanOrEqualTo": operator.le,
}
_CONTAINMENTS: dict[str, Callable[[str, str], bool]] = {
    "FullString": operator.eq,
    "Prefixed": str.startswith,
    "Substring": operator.contains,
    "PrefixOnWords": lambda text, word: any(one.startswith(word) for one in text.split()),
    "ExactPhrase": operator.contains,
}


def matches(test: Element, values: Values) -> bool:
    """Does a thing with these values pass the test (a child of Restriction)?"""
    name = local(test)
    if name == "And":
        return all(matches(one, values) for one in test)
    if name == "Or":
        return any(matches(one, values) for one in test)
    if name == "Not":
        return not matches(test[0], values)
    found = values(test[0])
    if name == "Exists":
        return bool(found)
    constant = next((one.get("Value", "") for one in test.iter() if local(one) == "Constant"), None)
    if name == "Contains" and constant is not None:
        contained = _CONTAINMENTS[test.get("ContainmentMode", "FullString")]
        is_exact = test.get("ContainmentComparison", "Exact") == "Exact"
        pairs = ((text, constant) if is_exact else (text.lower(), constant.lower()) for text in found)
        return any(contained(text, word) for text, word in pairs)
    if name == "Excludes":
        mask = find(test, "Bitmask")
        bits = 0 if mask is None else int(mask.get("Value", "0"), 0)
        return not any(int(text) & bits for text in found)
    if name in _COMPARISONS and constant is not None:
        return _compared(name, found, constant)
    raise EwsError("ErrorUnsupportedPathForQuery", f"{name} is not supported.")


def _compared(name: str, found: list[str], constant: str) -> bool:
    if not found:
        return name == "IsNotEqualTo"
    sides = [(_comparable(text), _comparable(constant)) for text in found]
    return any(_COMPARISONS[name](one, other) for one, other in sides if one[0] == other[0])


def _comparable(text: str) -> Comparable:
    """A value as it is compared: flags and numbers as numbers, times as times."""
    if text in {"true", "false"}:
        return 0, float(text == "true")
    try:
        return 0, float(text)
    except ValueError:
        pass
    if "T" in text and text[:4].isdigit():
        try:
            return 1, moment(text)
        except ValueError:
            pass
    return 2, text


def sort_key(text: list[str]) -> Comparable:
    """Of the values of a property; what has none comes first."""
    return _comparable(text[0]) if text else (-1, 0.0)
