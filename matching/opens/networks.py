"""Whence a hit comes: a coarse class of networks, which many share and which names nobody. Pure.

The ranges are those that their operators publish for mail (SPF records, support pages), and only such as serve nothing
else of people: whoever rents a server at Google is in none of them. A range that is missing costs a hint and no more,
since agents and times tell most machines by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Range: TypeAlias = IPv4Network | IPv6Network


class Network(StrEnum):
    """Whose network it is."""

    #: The company's own, as configured.
    OWN = "own"
    #: Not routed on the Internet: a proxy of ours stands before the listener, or somebody of the house asks.
    PRIVATE = "private"
    GOOGLE = "google"
    APPLE = "apple"
    MICROSOFT = "microsoft"
    YAHOO = "yahoo"
    #: Of a service that checks mail for companies.
    GATEWAY = "gateway"
    OTHER = "other"


_RANGES = {
    Network.GOOGLE: """
        64.233.160.0/19 66.102.0.0/20 66.249.64.0/19 72.14.192.0/18 74.125.0.0/16 108.177.8.0/21 142.250.0.0/15
        172.217.0.0/16 172.253.0.0/16 173.194.0.0/16 209.85.128.0/17 216.58.192.0/19 216.239.32.0/19
        2001:4860::/32 2404:6800::/32 2607:f8b0::/32 2800:3f0::/32 2a00:1450::/32 2c0f:fb50::/32
    """,
    Network.APPLE: "17.0.0.0/8 2620:149::/32 2403:300::/32 2a01:b740::/32",
    Network.MICROSOFT: "40.92.0.0/15 40.107.0.0/16 52.100.0.0/14 104.47.0.0/17 2a01:111:f400::/48 2a01:111:f403::/48",
    Network.YAHOO: """
        66.163.160.0/19 67.195.0.0/16 74.6.0.0/16 87.248.96.0/19 98.136.0.0/14 188.125.64.0/19 2001:4998::/32
        2a00:1288::/32
    """,
    Network.GATEWAY: """
        64.235.144.0/20 209.222.80.0/21 67.219.240.0/20 85.158.136.0/21 193.109.254.0/23 195.245.230.0/23
        216.82.240.0/20 67.231.144.0/20 148.163.128.0/19 185.132.180.0/22 185.183.28.0/22 208.84.64.0/22 208.86.200.0/22
        91.220.42.0/24 146.101.78.0/24 185.58.84.0/22 195.130.217.0/24 205.139.110.0/23 207.211.30.0/23
    """,
}
_KNOWN = tuple((ip_network(each), name) for name, text in _RANGES.items() for each in text.split())


def network_of(address: str, own: Sequence[Range] = ()) -> Network:
    """The class of an IP address (an IPv4 one mapped into IPv6 counts as itself); OTHER where it is none."""
    try:
        found = ip_address(address.strip().partition("%")[0])
    except ValueError:
        return Network.OTHER
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found in each for each in own):
        return Network.OWN
    return _known(found)


@lru_cache(maxsize=4_096)
def _known(address: IPv4Address | IPv6Address) -> Network:
    if not address.is_global:
        return Network.PRIVATE
    return next((name for network, name in _KNOWN if address in network), Network.OTHER)


def ranges(texts: Iterable[str]) -> tuple[Range, ...]:
    """Networks as people write them (`192.0.2.0/24`, or an address alone); raises ValueError that names the bad one."""
    return tuple(ip_network(each.strip(), strict=False) for each in texts)
