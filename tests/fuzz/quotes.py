"""Mails' texts taken apart: no word that does not stand in the text, and the same with other line ends."""

from __future__ import annotations

from matching.quotes import trim, unwrap
from tests.fuzz.sound import check_sound

_SAID = "On Mon, Oct 5, 2026 at 10:20 AM Nora Fell <nora@fell.example> wrote:"
SEEDS = tuple(
    text.encode()
    for text in (
        f"Yes.\n\n{_SAID}\n> Monday?\n> Ten?\n\n-- \nNora\nFell Ltd\n",
        f"{_SAID}\n> Monday?\nYes.\n> Ten?\nRather eleven.\n",
        "FYI\n\n---------- Forwarded message ---------\nFrom: Nora <n@f.example>\nDate: Mon, Oct 5, 2026\n\nPlan.",
        "Passt.\n\nVon: Nora\nGesendet: Montag, 5. Oktober 2026 10:20\nAn: Ann\nBetreff: A\n\nMontag?\n",
        "خوب است.\n\nدر دوشنبه ۵ اکتبر ۲۰۲۶ نورا نوشت:\n> دوشنبه؟\n\nارسال شده از iPhone من",
        "Болно.\n\n________________________________\nХэнээс: Nora <n@f.example>\nОгноо: 2026.10.05\n\nДаваа?",
    )
)
WORDS = tuple(
    text.encode()
    for text in (
        *(
            "> ",
            ">> ",
            "\n",
            "\r\n",
            "-- \n",
            "__________",
            "-----Original Message-----\n",
            "wrote:\n",
            "From: ",
            "Sent: ",
        ),
        *(
            "To: ",
            "Subject: ",
            "On ",
            " at 10:20",
            "5.10.2026",
            "<n@f.example>",
            "Sent from my iPhone\n",
            "Regards\n",
            "：",
        ),
        *(
            "نوشت:",
            "写道：",
            "schrieb:",
            "a écrit :",
            "Von: ",
            "Gesendet: ",
            "От: ",
            "\u200f",
            "\ufeff",
            "\x00",
            "\u2028",
            "\x85",
        ),
    )
)
FOUND: dict[str, bytes] = {}


def check(raw: bytes) -> None:
    """Raise AssertionError, or what the readers raise, where something is wrong."""
    text = raw.decode("utf-8", "replace").replace("\r", "")
    trimmed = trim(text)
    assert trim(text.replace("\n", "\r\n")) == trimmed
    for part in (trimmed.new_text, trimmed.signature, trimmed.quoted, trimmed.forwarded):
        assert all(word in text for word in part.split())
        assert part == part.strip("\n")
        check_sound(part, may_have_nul=True)
    assert bool(trimmed.new_text or trimmed.signature or trimmed.quoted or trimmed.forwarded) <= bool(text.strip())
    found = unwrap(text)
    if found is not None:
        for part in (found.text, found.text_top, found.text_bottom):
            assert all(word in text for word in part.split())
        check_sound(found, may_have_nul=True)
