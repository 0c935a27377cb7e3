"""python hits.py PORT RATE FILE: asks for the paths in FILE, again and again, so many a second, until its input ends.

Each request comes, by X-Forwarded-For, from another of some thousand addresses. Prints how many were answered as they
should be, how many were not, and in how many seconds.
"""

from __future__ import annotations

import itertools
import os
import re
import select
import socket
import sys
import time
from pathlib import Path

_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
#: Connections in turn, each kept.
_LINES = 8
#: Requests that may be late.
_BURST = 100


def main() -> None:
    port, rate, file = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    requests = itertools.cycle(
        [
            f"GET {path} HTTP/1.1\r\nHost: t.example\r\nUser-Agent: {_AGENT}\r\n"
            f"X-Forwarded-For: 203.{number % 200}.{number // 200 % 250}.9\r\n\r\n".encode()
            for number, path in enumerate(file.read_text().split())
        ]
    )
    lines: list[socket.socket | None] = [None] * _LINES
    good = bad = sent = missed = 0
    began = time.monotonic()
    while not select.select([sys.stdin], [], [], 0)[0]:
        due = int((time.monotonic() - began) * rate)
        # who could not ask for a while does not ask the more for it: a burst is what the listener refuses
        missed += max(0, due - missed - sent - _BURST)
        due -= missed
        if sent >= due:
            time.sleep(0.002)
            continue
        for place in range(min(due - sent, _LINES)):
            answer = _asked(lines, place, port, next(requests))
            good, bad = (good + 1, bad) if answer in (b"200", b"302") else (good, bad + 1)
            sent += 1
    print(good, bad, time.monotonic() - began, flush=True)
    os._exit(0)


def _asked(lines: list[socket.socket | None], place: int, port: int, request: bytes) -> bytes:
    """The status of the answer; a connection that the listener has ended is made anew."""
    for _attempt in range(2):
        line = lines[place]
        if line is None:
            line = lines[place] = socket.create_connection(("127.0.0.1", port), timeout=10)
        try:
            line.sendall(request)
            answer = _answer(line)
        except OSError:
            answer = b""
        if answer:
            return answer[9:12]
        line.close()
        lines[place] = None
    return b""


def _answer(line: socket.socket) -> bytes:
    """All of it; b"" where the connection ended before."""
    answer = b""
    while not _is_whole(answer):
        part = line.recv(4096)
        if not part:
            return b""
        answer += part
    return answer


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: (\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


if __name__ == "__main__":
    main()
