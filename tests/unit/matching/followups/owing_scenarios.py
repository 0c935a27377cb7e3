"""Scenarios of mails that we owe an answer. Name -> lines; see `language`."""

from __future__ import annotations

from tests.unit.matching.followups.mail_scenarios import NEW_YORK, RIYADH, TEHRAN, ULAANBAATAR

UNANSWERED = {
    "no answer of ours for eight working hours": TEHRAN
    + """2026-02-21 10:00 ann > alice Question asks
    2026-02-22 09:59 = nothing
    2026-02-22 10:00 = unanswered open""",
    "a mail of the night counts from the morning": TEHRAN
    + """2026-02-21 02:00 ann > alice Question asks
    2026-02-21 16:59 = nothing
    2026-02-21 17:00 = unanswered open""",
    "over the weekend of Thursday and Friday": TEHRAN
    + """2026-02-25 16:00 ann > alice Question asks
    2026-02-27 12:00 = nothing
    2026-02-28 15:59 = nothing
    2026-02-28 16:00 = unanswered open""",
    "over the weekend of Friday and Saturday": RIYADH
    + """2026-02-05 15:00 ann > alice Question asks
    2026-02-07 12:00 = nothing
    2026-02-08 15:00 = unanswered open""",
    "nine hours a day": ULAANBAATAR
    + """2026-03-02 16:00 ann > alice Question asks
    2026-03-03 14:59 = nothing
    2026-03-03 15:00 = unanswered open""",
    "over a holiday": RIYADH
    + """2026-02-19 15:00 ann > alice Question asks
    2026-02-22 15:30 = nothing
    2026-02-23 15:00 = unanswered open""",
    "over the night in which clocks are put forward": NEW_YORK
    + """2026-03-06 16:00 ann > alice Question asks
    2026-03-09 15:59 = nothing
    2026-03-09 16:00 = unanswered open""",
    "over the night in which clocks are put back": NEW_YORK
    + """2026-10-30 16:00 ann > alice Question asks
    2026-11-02 15:59 = nothing
    2026-11-02 16:00 = unanswered open""",
    "answered in time": TEHRAN
    + """2026-02-21 10:00 ann > alice Question asks
    2026-02-21 16:00 alice > ann Question thanks
    2026-02-22 12:00 = nothing""",
    "answered late": TEHRAN
    + """2026-02-21 10:00 ann > alice Question asks
    2026-02-22 10:00 = unanswered open
    2026-02-22 11:00 alice > ann Question thanks
    2026-02-22 11:00 = unanswered reply""",
    "a colleague answers": TEHRAN
    + """2026-02-21 10:00 ann > alice Question asks
    2026-02-22 10:00 = unanswered open
    2026-02-22 11:00 bob > ann Question thanks
    2026-02-22 11:00 = unanswered colleague""",
    "a colleague answers her colleague": TEHRAN
    + """2026-02-21 10:00 ann > alice Question asks
    2026-02-22 10:00 = unanswered open
    2026-02-22 11:00 bob > ben Question thanks
    2026-02-22 11:00 = unanswered colleague""",
    "a colleague who was asked too answers": TEHRAN
    + """2026-02-21 10:00 ann > alice+bob Question asks
    2026-02-22 10:00 = unanswered open
    2026-02-22 11:00 bob > ann Question thanks
    2026-02-22 11:00 = unanswered reply""",
    "answering in a new conversation": NEW_YORK
    + """2026-02-02 10:00 ann > alice Question asks
    2026-02-02 12:00 alice > ann Answers
    2026-02-03 10:00 = nothing
    2026-02-05 12:00 = no_reply open""",
    "somebody else begins a new conversation": NEW_YORK
    + """2026-02-02 10:00 ann > alice Question asks
    2026-02-02 12:00 carol > ann Party bulk
    2026-02-02 13:00 bob > ann Invoice
    2026-02-03 10:00 = unanswered open""",
    "passing it on to others is no answer": NEW_YORK
    + """2026-02-02 10:00 ann > alice Question asks
    2026-02-02 12:00 alice > eve Question
    2026-02-03 10:00 = unanswered open""",
    "writing twice is asking once, since the first": NEW_YORK
    + """2026-02-02 10:00 ann > alice Question asks
    2026-02-02 16:00 ann > alice Question
    2026-02-03 10:00 = unanswered open
    2026-02-04 10:00 = unanswered open""",
    "thanks need no answer": NEW_YORK
    + """2026-02-02 10:00 alice > ann Order
    2026-02-02 12:00 ann > alice Order thanks
    2026-02-04 10:00 = nothing""",
    "thanks, and then a question": NEW_YORK
    + """2026-02-02 10:00 alice > ann Order
    2026-02-02 12:00 ann > alice Order thanks
    2026-02-02 14:00 ann > alice Order asks
    2026-02-03 13:59 = nothing
    2026-02-03 14:00 = unanswered open""",
    "an answer to ours that tells more": NEW_YORK
    + """2026-02-02 10:00 alice > ann Order
    2026-02-02 12:00 ann > alice Order
    2026-02-03 12:00 = unanswered open""",
    "news of theirs needs no answer": ULAANBAATAR
    + """2026-03-02 10:00 ann > alice News bulk
    2026-03-05 10:00 = nothing""",
    "what comes of itself needs no answer": ULAANBAATAR
    + """2026-03-02 10:00 ann > alice Note auto
    2026-03-05 10:00 = nothing""",
    "an invitation is answered elsewhere": ULAANBAATAR
    + """2026-03-02 10:00 ann > alice Lunch invite
    2026-03-05 10:00 = nothing""",
    "a forged mail needs none": ULAANBAATAR
    + """2026-03-02 10:00 ann > alice Payment asks forged
    2026-03-05 10:00 = nothing""",
    "who has a copy owes nothing": ULAANBAATAR
    + """2026-03-02 10:00 ann > eve Question asks cc=alice
    2026-03-05 10:00 = nothing""",
    "a meeting takes the place of an answer to a question": RIYADH
    + """2026-02-01 09:00 ann > alice Question asks
    2026-02-01 13:00 meet alice ann 60
    2026-02-02 09:00 = nothing""",
    "a meeting settles what is owed": RIYADH
    + """2026-02-01 09:00 ann > alice Question asks
    2026-02-02 09:00 = unanswered open
    2026-02-02 13:00 meet alice ann 60
    2026-02-02 13:59 = unanswered open
    2026-02-02 14:00 = unanswered meeting""",
    "asked again after the answer": RIYADH
    + """2026-02-01 09:00 ann > alice Question asks
    2026-02-01 10:00 alice > ann Question thanks
    2026-02-01 11:00 ann > alice Question asks
    2026-02-02 10:59 = nothing
    2026-02-02 11:00 = unanswered open""",
    "our absence note is no answer": RIYADH
    + """2026-02-01 09:00 ann > alice Question asks
    2026-02-01 09:00 alice > ann Question auto
    2026-02-02 09:00 = unanswered open""",
    "two conversations, two answers": RIYADH
    + """2026-02-01 09:00 ann > alice Question asks
    2026-02-01 10:00 ann > bob Parking asks
    2026-02-02 12:00 = unanswered open, unanswered open
    2026-02-02 13:00 bob > ann Parking thanks
    2026-02-02 13:00 = unanswered open, unanswered reply""",
    "dismissed, and asked again": RIYADH
    + """2026-02-01 09:00 ann > alice Question asks
    2026-02-02 09:00 dismiss unanswered
    2026-02-02 12:00 = unanswered dismissed
    2026-02-20 12:00 = unanswered dismissed""",
    "done by telephone": RIYADH
    + """2026-02-01 09:00 ann > alice Question asks
    2026-02-02 09:00 done unanswered
    2026-02-02 12:00 = unanswered done""",
    "put off over a weekend": RIYADH
    + """2026-02-04 09:00 ann > alice Question asks
    2026-02-05 09:00 snooze unanswered 2026-02-08 08:00
    2026-02-07 12:00 = unanswered snoozed
    2026-02-08 08:00 = unanswered open""",
}
