"""How much one address, and all together, may ask; in bounded memory, whoever floods."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

#: Requests a second, and at once, of one address; mailboxes' proxies ask for many people.
EACH, EACH_BURST = 50.0, 200.0
#: Of all together.
ALL, ALL_BURST = 2_000.0, 4_000.0
#: Addresses that are remembered.
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float

    def take(self, now: float, rate: float, burst: float) -> bool:
        self.left = min(burst, self.left + (now - self.at) * rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Limits:
    """Buckets that fill again; `clock` in seconds. Used by one thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._all = _Bucket(ALL_BURST, clock())
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def allow(self, address: str) -> bool:
        """May this address ask now?"""
        now = self._clock()
        name = network_name(address)
        bucket = self._buckets.pop(name, None) or _Bucket(EACH_BURST, now)
        self._buckets[name] = bucket
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket.take(now, EACH, EACH_BURST) and self._all.take(now, ALL, ALL_BURST)


def network_name(address: str) -> str:
    """What counts as one: an IPv4 address, or the /64 that one machine of IPv6 may take any address of."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found)
