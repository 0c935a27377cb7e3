"""python -m tests.fuzz.guided TARGET SECONDS FOLDER: bytes that lead to new places in the code, by Atheris.

FOLDER keeps what led to such a place, for the next time, and what failed (TARGET-crash-…, -timeout-…, -oom-…).
Exit 0: nothing did.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

#: Of one input; seconds, and MiB of the process.
LONGEST_SECONDS = 20
MOST_MEMORY = 1_500


def main() -> None:
    """Never comes back: libFuzzer ends the process."""
    name, seconds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    # it is no package of ours: only the extra `fuzz` has it
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["connectors", "matching"]):
        mutating: Any = importlib.import_module("tests.fuzz.mutating")
    target = mutating.TARGETS[name]
    corpus = folder / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate((*target.SEEDS, *target.FOUND.values())):
        (corpus / f"seed{number}").write_bytes(seed)
    words = folder / f"{name}.dict"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.WORDS))
    options = {
        "max_total_time": seconds,
        "max_len": mutating.LONGEST,
        "timeout": LONGEST_SECONDS,
        "rss_limit_mb": MOST_MEMORY,
        "artifact_prefix": f"{folder}/{name}-",
        "dict": words,
        "print_final_stats": 1,
    }
    atheris.Setup([name, *(f"-{key}={value}" for key, value in options.items()), str(corpus)], target.check)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
