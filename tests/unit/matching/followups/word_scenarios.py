"""Scenarios of what is said in words: promises of ours, complaints of theirs. Name -> lines; see `language`."""

from __future__ import annotations

from tests.unit.matching.followups.mail_scenarios import IRAN, NEW_YORK, RIYADH, TEHRAN, ULAANBAATAR

PROMISED = {
    "on the morning of the day that was named": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer promises=2026-02-23
    2026-02-23 08:59 = nothing
    2026-02-23 09:00 = promised open""",
    "two working days later where none was named": ULAANBAATAR
    + """2026-03-05 10:00 alice > ann Offer promises
    2026-03-09 09:59 = nothing
    2026-03-09 10:00 = promised open""",
    "of a Friday there the Wednesday before": TEHRAN
    + """2026-02-22 10:00 alice > ann Offer promises=2026-02-27
    2026-02-25 08:59 = nothing
    2026-02-25 09:00 = promised open""",
    "of a Saturday there the Thursday before": RIYADH
    + """2026-02-03 10:00 alice > ann Offer promises=2026-02-07
    2026-02-05 07:59 = nothing
    2026-02-05 08:00 = promised open""",
    "before the holidays": IRAN
    + """2026-03-17 10:00 alice > ann Offer promises=2026-03-23
    2026-03-18 08:59 = nothing
    2026-03-18 09:00 = promised open""",
    "over the night in which clocks are put forward": NEW_YORK
    + """2026-03-06 10:00 alice > ann Offer promises=2026-03-09
    2026-03-09 08:59 = nothing
    2026-03-09 09:00 = promised open""",
    "for today in two working hours": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer promises=2026-02-02
    2026-02-02 11:59 = nothing
    2026-02-02 12:00 = promised open""",
    "for the weekend that has begun in two working hours": NEW_YORK
    + """2026-02-06 18:00 alice > ann Offer promises=2026-02-08
    2026-02-09 10:59 = nothing
    2026-02-09 11:00 = promised open""",
    "kept in time": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer promises=2026-02-23
    2026-02-22 15:00 alice > ann Offer thanks
    2026-02-23 12:00 = nothing""",
    "kept late": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer promises=2026-02-23
    2026-02-23 09:00 = promised open
    2026-02-23 12:00 alice > ann Offer thanks
    2026-02-23 12:00 = promised wrote_again""",
    "kept by a colleague": RIYADH
    + """2026-02-03 10:00 alice > ann Offer promises=2026-02-04
    2026-02-04 08:00 = promised open
    2026-02-04 09:00 bob > ann Offer thanks
    2026-02-04 09:00 = promised colleague""",
    "kept by something attached to a mail of its own": ULAANBAATAR
    + """2026-03-02 10:00 alice > ann Offer promises=2026-03-03
    2026-03-03 09:00 = promised open
    2026-03-03 10:00 alice > ann List files
    2026-03-03 10:00 = promised wrote_again""",
    "a mail about something else keeps nothing": ULAANBAATAR
    + """2026-03-02 10:00 alice > ann Offer promises=2026-03-03
    2026-03-02 11:00 alice > ann Visit
    2026-03-03 09:00 = promised open""",
    "promised again": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer promises=2026-02-03
    2026-02-03 09:00 = promised open
    2026-02-03 15:00 alice > ann Offer promises=2026-02-05
    2026-02-04 12:00 = promised wrote_again
    2026-02-05 09:00 = promised wrote_again, promised open""",
    "their answer keeps nothing": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer promises=2026-02-04
    2026-02-02 12:00 ann > alice Offer thanks
    2026-02-04 09:00 = promised open""",
    "their promise is theirs": NEW_YORK
    + """2026-02-02 10:00 ann > alice Offer promises=2026-02-03 thanks
    2026-02-02 11:00 alice > ann Offer thanks
    2026-02-04 09:00 = nothing""",
    "news promises nobody anything": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer promises=2026-02-03 bulk
    2026-02-04 09:00 = nothing""",
    "of two at one organization the first is meant": NEW_YORK
    + """2026-02-02 10:00 alice > ann+ben Offer promises=2026-02-03
    2026-02-03 09:00 = promised open""",
    "it came back": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer promises=2026-02-03
    2026-02-02 10:01 ann lost Offer
    2026-02-03 09:00 = bounced open""",
    "dismissed": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer promises=2026-02-22
    2026-02-22 10:00 dismiss promised
    2026-02-23 12:00 = promised dismissed""",
    "put off": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer promises=2026-02-22
    2026-02-22 10:00 snooze promised 2026-02-23 09:00
    2026-02-22 12:00 = promised snoozed
    2026-02-23 09:00 = promised open""",
}

COMPLAINT = {
    "at once, also at night": ULAANBAATAR
    + """2026-03-02 23:00 ann > alice Pump complains
    2026-03-02 23:00 = complaint open""",
    "instead of the answer that is owed": TEHRAN
    + """2026-02-21 10:00 ann > alice Pump complains asks
    2026-02-23 12:00 = complaint open""",
    "on a holiday": IRAN
    + """2026-03-21 10:00 ann > alice Pump complains
    2026-03-21 10:00 = complaint open""",
    "answered": TEHRAN
    + """2026-02-21 10:00 ann > alice Pump complains
    2026-02-21 10:00 = complaint open
    2026-02-21 11:00 alice > ann Pump thanks
    2026-02-21 11:00 = complaint reply""",
    "answered by a colleague": RIYADH
    + """2026-02-03 10:00 ann > alice Pump complains
    2026-02-03 10:00 = complaint open
    2026-02-03 11:00 bob > ann Pump thanks
    2026-02-03 11:00 = complaint colleague""",
    "met": RIYADH
    + """2026-02-03 10:00 ann > alice Pump complains
    2026-02-03 10:00 = complaint open
    2026-02-04 11:00 meet alice ann 60
    2026-02-04 12:00 = complaint meeting""",
    "twice is one until we write": NEW_YORK
    + """2026-02-02 10:00 ann > alice Pump complains
    2026-02-02 11:00 ann > alice Pump complains
    2026-02-02 11:00 = complaint open
    2026-02-02 12:00 alice > ann Pump thanks
    2026-02-02 12:00 = complaint reply""",
    "again after our answer": NEW_YORK
    + """2026-02-02 10:00 ann > alice Pump complains
    2026-02-02 10:00 = complaint open
    2026-02-02 11:00 alice > ann Pump thanks
    2026-02-02 12:00 ann > alice Pump complains
    2026-02-02 12:00 = complaint reply, complaint open""",
    "in a brief answer": NEW_YORK
    + """2026-02-02 10:00 alice > ann Pump
    2026-02-02 11:00 ann > alice Pump complains thanks
    2026-02-02 11:00 = complaint open""",
    "by whom nobody can tell": NEW_YORK
    + """2026-02-02 10:00 ann > alice Pump complains forged
    2026-02-03 12:00 = nothing""",
    "news complains of nothing": NEW_YORK
    + """2026-02-02 10:00 ann > alice Pump complains bulk
    2026-02-03 12:00 = nothing""",
    "what comes of itself complains of nothing": NEW_YORK
    + """2026-02-02 10:00 ann > alice Pump complains auto
    2026-02-03 12:00 = nothing""",
    "of ours it is none": NEW_YORK
    + """2026-02-02 10:00 alice > ann Pump complains
    2026-02-03 12:00 = nothing""",
    "dismissed": NEW_YORK
    + """2026-02-02 10:00 ann > alice Pump complains
    2026-02-02 10:01 dismiss complaint
    2026-02-05 12:00 = complaint dismissed""",
    "put off over the night in which clocks are put back": NEW_YORK
    + """2026-10-30 10:00 ann > alice Pump complains
    2026-10-30 10:01 snooze complaint 2026-11-02 09:00
    2026-11-02 08:59 = complaint snoozed
    2026-11-02 09:00 = complaint open""",
}
