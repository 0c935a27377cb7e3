"""Signs are replaced as `str.translate` would."""

from __future__ import annotations

import random

from matching.replacing import replacer

TABLE = str.maketrans({"a": "ae", "\u200c": None, "-": "]", "]": "-", "^": "\\", "ي": "ی"})


def test_it_is_translate() -> None:
    replace = replacer(TABLE)
    rng = random.Random(1)
    for _ in range(2_000):
        text = "".join(rng.choices("a\u200c-]^\\bي é\n", k=rng.randrange(12)))
        assert replace(text) == text.translate(TABLE), ascii(text)
    untouched = "nothing to see"
    assert replace(untouched) is untouched
