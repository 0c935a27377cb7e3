"""The process in numbers, under the names that Prometheus clients agree on.

The library's own collector reads /proc/stat, which the unit hides (ProcSubset=pid), and then tells nothing.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_SELF = Path("/proc/self")
#: In /proc/self/stat, counted behind the name, which may hold blanks: ticks from the start of the machine to ours.
_STARTED = 19


class Process(Collector):
    """Of this process; what the system does not tell is left out."""

    def collect(self) -> Iterable[Metric]:
        """What prometheus_client asks for at every scrape."""
        times = os.times()
        cpu = CounterMetricFamily("process_cpu_seconds_total", "User and system CPU time, in seconds.")
        cpu.add_metric([], times.user + times.system)
        yield cpu
        for name, text, value in (
            ("process_resident_memory_bytes", "Memory in use, in bytes.", _resident()),
            ("process_start_time_seconds", "When the process began, in seconds since 1970.", _started()),
            ("process_open_fds", "Files and connections that are open.", _open_files()),
            ("process_max_fds", "How many may be open.", float(resource.getrlimit(resource.RLIMIT_NOFILE)[0])),
            ("process_threads", "Threads.", float(threading.active_count())),
        ):
            family = GaugeMetricFamily(name, text)
            if value is not None:
                family.add_metric([], value)
            yield family


def _resident() -> float | None:
    try:
        pages = int((_SELF / "statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return float(pages * resource.getpagesize())


def _started() -> float | None:
    try:
        ticks = int((_SELF / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[_STARTED])
    except (OSError, ValueError, IndexError):
        return None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def _open_files() -> float | None:
    try:
        return float(len(os.listdir(_SELF / "fd")))
    except OSError:
        return None
