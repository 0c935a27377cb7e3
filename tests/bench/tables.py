"""What was measured, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.first_import import Result
from tests.bench.measure import Cost


def show_runs(results: Sequence[Result]) -> None:
    """Mails a second run by run, a line for each program."""
    for result in results:
        rates = "".join(f"{result.rate_of(cost):>9,.0f}" for cost in result.costs)
        print(f"{result.name:<{_width(results)}}{rates}  mails/s, run by run")


def show_medians(results: Sequence[Result]) -> None:
    """A table of the medians."""
    width = _width(results)
    print(f"{'median':<{width}}{'mails/s':>9}{'seconds':>9}{'processor':>11}{'memory':>10}")
    for result in results:
        print(f"{result.name:<{width}}{result.rate:>9,.0f}{_cost(result.cost)}")


def show_ratios(results: Sequence[Result]) -> None:
    """The first program beside each of the others."""
    ours, *others = results
    print(f"{ours.name}: " + "; ".join(f"{ours.rate / other.rate:.2f} x {other.name}" for other in others))


def show_scale(results: Sequence[Result]) -> None:
    """What becomes of the rate and the memory in a larger mailbox."""
    small, large = results
    rate = f"{large.rate / small.rate:.2f} of that of {small.mails:,}"
    memory = f"{small.cost.memory / 2**20:.0f} and {large.cost.memory / 2**20:.0f} MiB"
    print(f"the rate per mail of {large.mails:,} mails is {rate}; {memory}")


def _width(results: Sequence[Result]) -> int:
    return max(18, *(len(result.name) + 1 for result in results))


def _cost(cost: Cost) -> str:
    return f"{cost.seconds:>9.1f}{cost.processor:>9.1f} s{cost.memory / 2**20:>6.0f} MiB"
