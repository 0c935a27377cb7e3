"""Scenarios of mails of ours that wait for an answer. Name -> lines; see `language`."""

from __future__ import annotations

TEHRAN = "Asia/Tehran sat-wed 09:00-17:00\n"
IRAN = "Asia/Tehran sat-wed 09:00-17:00; IR\n"
RIYADH = "Asia/Riyadh sun-thu 08:00-16:00; SA\n"
ULAANBAATAR = "Asia/Ulaanbaatar mon-fri 09:00-18:00; MN\n"
NEW_YORK = "America/New_York mon-fri 09:00-17:00; US\n"

NO_REPLY = {
    "no answer for three working days": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 09:59 = nothing
    2026-02-24 10:00 = no_reply open""",
    "a weekend of Thursday and Friday counts for nothing": TEHRAN
    + """2026-02-23 10:00 alice > ann Offer
    2026-02-26 12:00 = nothing
    2026-02-27 12:00 = nothing
    2026-02-28 09:59 = nothing
    2026-02-28 10:00 = no_reply open""",
    "a mail of the weekend counts from the first working hour": TEHRAN
    + """2026-02-26 23:00 alice > ann Offer
    2026-03-03 08:59 = nothing
    2026-03-03 09:00 = no_reply open""",
    "a mail of the evening counts from the next morning": NEW_YORK
    + """2026-02-02 22:30 alice > ann Offer
    2026-02-06 08:59 = nothing
    2026-02-06 09:00 = no_reply open""",
    "a weekend of Friday and Saturday": RIYADH
    + """2026-02-03 09:00 alice > ann Offer
    2026-02-07 12:00 = nothing
    2026-02-08 09:00 = no_reply open""",
    "a weekend of Saturday and Sunday": ULAANBAATAR
    + """2026-03-05 11:00 alice > ann Offer
    2026-03-09 12:00 = nothing
    2026-03-10 11:00 = no_reply open""",
    "Nowruz is no working time": IRAN
    + """2026-03-18 10:00 alice > ann Offer
    2026-03-25 10:00 = nothing
    2026-03-29 09:59 = nothing
    2026-03-29 10:00 = no_reply open""",
    "the founding day of Saudi Arabia": RIYADH
    + """2026-02-19 09:00 alice > ann Offer
    2026-02-24 12:00 = nothing
    2026-02-25 09:00 = no_reply open""",
    "Naadam": ULAANBAATAR
    + """2026-07-09 10:00 alice > ann Offer
    2026-07-15 12:00 = nothing
    2026-07-17 10:00 = nothing
    2026-07-20 10:00 = no_reply open""",
    "Thanksgiving": NEW_YORK
    + """2026-11-24 10:00 alice > ann Offer
    2026-11-27 12:00 = nothing
    2026-11-30 10:00 = no_reply open""",
    "Memorial Day": NEW_YORK
    + """2026-05-21 15:00 alice > ann Offer
    2026-05-26 16:00 = nothing
    2026-05-27 15:00 = no_reply open""",
    "the same time on the wall when clocks are put forward": NEW_YORK
    + """2026-03-05 10:00 alice > ann Offer
    2026-03-10 09:59 = nothing
    2026-03-10 10:00 = no_reply open""",
    "the same time on the wall when clocks are put back": NEW_YORK
    + """2026-10-29 10:00 alice > ann Offer
    2026-11-03 09:59 = nothing
    2026-11-03 10:00 = no_reply open""",
    "an answer in time": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 09:00 ann > alice Offer
    2026-02-24 10:00 = nothing
    2026-02-24 16:00 = nothing""",
    "an answer at the very last moment": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:00 ann > alice Offer thanks
    2026-02-24 12:00 = nothing""",
    "a late answer settles at once": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 11:00 = no_reply open
    2026-02-24 15:30 ann > alice Offer thanks
    2026-02-24 15:30 = no_reply reply""",
    "an answer in the night settles in the night": ULAANBAATAR
    + """2026-03-02 11:00 alice > ann Offer
    2026-03-05 11:00 = no_reply open
    2026-03-06 03:15 ann > alice Offer thanks
    2026-03-06 03:15 = no_reply reply""",
    "another mail of ours in the conversation begins anew": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-23 14:00 alice > ann Offer
    2026-02-24 10:00 = nothing
    2026-02-28 13:59 = nothing
    2026-02-28 14:00 = no_reply open""",
    "asking again settles the first and waits for the second": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:00 = no_reply open
    2026-02-24 11:00 alice > ann Offer
    2026-02-24 11:00 = no_reply wrote_again
    2026-03-01 11:00 = no_reply wrote_again, no_reply open""",
    "a colleague who writes there begins anew too": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-04 10:00 bob > ann Offer
    2026-02-05 10:00 = nothing
    2026-02-09 10:00 = no_reply open""",
    "a new conversation of the same person begins anew": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-04 10:00 alice > ann Reminder
    2026-02-05 10:00 = nothing
    2026-02-09 10:00 = no_reply open""",
    "a new conversation of another person changes nothing": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-04 10:00 bob > ann Party
    2026-02-05 10:00 = no_reply open
    2026-02-09 10:00 = no_reply open, no_reply open""",
    "an answer of ours elsewhere changes nothing": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 11:00 bob > ann Invoice
    2026-02-02 12:00 ann > bob Invoice
    2026-02-03 10:00 alice > ann Invoice thanks
    2026-02-05 10:00 = no_reply open""",
    "an answer of theirs elsewhere changes nothing": RIYADH
    + """2026-02-01 09:00 alice > ann Offer
    2026-02-01 10:00 bob > ann Invoice
    2026-02-02 09:00 ann > bob Invoice thanks
    2026-02-04 09:00 = no_reply open""",
    "what they write of their own accord counts as an answer": RIYADH
    + """2026-02-01 09:00 alice > ann Offer
    2026-02-03 12:00 ann > alice Hello
    2026-02-03 13:00 alice > ann Hello thanks
    2026-02-04 09:00 = nothing""",
    "a colleague of hers answers there": RIYADH
    + """2026-02-01 09:00 alice > ann Offer
    2026-02-03 12:00 ben > alice Offer thanks
    2026-02-04 12:00 = nothing""",
    "a colleague of hers answers late": RIYADH
    + """2026-02-01 09:00 alice > ann Offer
    2026-02-04 09:00 = no_reply open
    2026-02-04 12:00 ben > alice Offer thanks
    2026-02-04 12:00 = no_reply organization""",
    "a colleague of hers writes of something else": RIYADH
    + """2026-02-01 09:00 alice > ann Offer
    2026-02-03 12:00 ben > alice Parking
    2026-02-03 13:00 alice > ben Parking thanks
    2026-02-04 09:00 = no_reply open""",
    "somebody to whom she passed it on answers": RIYADH
    + """2026-02-01 09:00 alice > ann Offer
    2026-02-03 12:00 eve > alice Offer thanks
    2026-02-04 12:00 = nothing""",
    "of an organization one is asked": TEHRAN
    + """2026-02-21 10:00 alice > ann+ben Offer
    2026-02-24 10:00 = no_reply open""",
    "of two organizations each is asked": TEHRAN
    + """2026-02-21 10:00 alice > ann+eve Offer
    2026-02-24 10:00 = no_reply open, eve:no_reply open
    2026-02-24 11:00 eve > alice Offer thanks
    2026-02-24 11:00 = no_reply open, eve:no_reply reply""",
    "whoever has a copy is not asked": TEHRAN
    + """2026-02-21 10:00 alice > ben Offer cc=ann
    2026-02-24 10:00 = ben:no_reply open""",
    "who has a copy may answer": TEHRAN
    + """2026-02-21 10:00 alice > ben Offer cc=ann
    2026-02-23 10:00 ann > alice Offer thanks
    2026-02-24 10:00 = nothing""",
    "a meeting takes the place of an answer": ULAANBAATAR
    + """2026-03-02 11:00 alice > ann Offer
    2026-03-04 10:00 meet alice ann 60
    2026-03-05 11:00 = nothing""",
    "a meeting settles when it is over": ULAANBAATAR
    + """2026-03-02 11:00 alice > ann Offer
    2026-03-05 11:00 = no_reply open
    2026-03-05 14:00 meet alice ann 60
    2026-03-05 14:59 = no_reply open
    2026-03-05 15:00 = no_reply meeting""",
    "a meeting that was cancelled settles nothing": ULAANBAATAR
    + """2026-03-02 11:00 alice > ann Offer
    2026-03-04 10:00 meet alice ann 60 cancelled
    2026-03-05 11:00 = no_reply open""",
    "a meeting before the mail settles nothing": ULAANBAATAR
    + """2026-03-02 09:00 meet alice ann 60
    2026-03-02 11:00 alice > ann Offer
    2026-03-05 11:00 = no_reply open""",
    "a mail to many expects nothing": NEW_YORK
    + """2026-02-02 10:00 alice > ann News bulk
    2026-02-09 10:00 = nothing""",
    "an absence note of ours expects nothing": NEW_YORK
    + """2026-02-02 09:00 ann > alice Hello thanks
    2026-02-02 10:00 alice > ann Hello auto
    2026-02-02 11:00 alice > ann Hello thanks
    2026-02-09 10:00 = nothing""",
    "an invitation is answered in the calendar": NEW_YORK
    + """2026-02-02 10:00 alice > ann Lunch invite
    2026-02-09 10:00 = nothing""",
    "our thanks expect nothing": NEW_YORK
    + """2026-02-02 10:00 ann > alice Order asks
    2026-02-02 11:00 alice > ann Order thanks
    2026-02-09 10:00 = nothing""",
    "our answer in full may expect something": NEW_YORK
    + """2026-02-02 10:00 ann > alice Order asks
    2026-02-02 11:00 alice > ann Order
    2026-02-05 11:00 = no_reply open""",
    "a forged answer is none": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-03 10:00 ann > alice Offer forged
    2026-02-05 10:00 = no_reply open""",
    "a machine's answer is none": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:01 ann > alice Offer auto
    2026-02-05 10:00 = no_reply open""",
    "passing it on is no answer": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-03 10:01 ann > alice Offer fwd thanks
    2026-02-05 10:00 = no_reply open""",
    "an answer whose clock is wrong is one": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 09:00 ann > alice Offer thanks direct
    2026-02-05 10:00 = nothing""",
    "a bounce takes its place": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-21 10:02 ann lost Offer
    2026-02-21 10:02 = bounced open
    2026-02-24 10:00 = bounced open""",
    "a bounce days later settles it": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:00 = no_reply open
    2026-02-24 12:00 ann lost Offer
    2026-02-24 12:00 = bounced open, no_reply bounce""",
    "put off until the next morning": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:00 = no_reply open
    2026-02-24 10:05 snooze no_reply 2026-02-25 09:00
    2026-02-24 16:00 = no_reply snoozed
    2026-02-25 08:59 = no_reply snoozed
    2026-02-25 09:00 = no_reply open""",
    "settled while it is put off": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:05 snooze no_reply 2026-02-25 09:00
    2026-02-24 12:00 ann > alice Offer thanks
    2026-02-24 12:00 = no_reply reply
    2026-02-25 10:00 = no_reply reply""",
    "done stays done": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:05 done no_reply
    2026-02-24 12:00 ann > alice Offer thanks
    2026-02-24 12:00 = no_reply done
    2026-03-25 12:00 = no_reply done""",
    "dismissed never returns for the same mail": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:05 dismiss no_reply
    2026-02-24 10:06 = no_reply dismissed
    2026-06-20 12:00 = no_reply dismissed""",
}

LEAVE = {
    "who is away is asked after the return": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-21 10:01 ann away Offer 2026-03-02
    2026-02-24 10:00 = nothing
    2026-03-02 08:59 = nothing
    2026-03-02 09:00 = back_from_leave open""",
    "a return on a day off is one on the next working day": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-21 10:01 ann away Offer 2026-02-27
    2026-02-27 12:00 = nothing
    2026-02-28 09:00 = back_from_leave open""",
    "an answer from the beach": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-21 10:01 ann away Offer 2026-03-02
    2026-02-25 12:00 ann > alice Offer thanks
    2026-03-02 12:00 = nothing""",
    "an answer after the return": TEHRAN
    + """2026-02-21 10:00 alice > ann Offer
    2026-02-21 10:01 ann away Offer 2026-03-02
    2026-03-02 10:00 = back_from_leave open
    2026-03-02 11:00 ann > alice Offer thanks
    2026-03-02 11:00 = back_from_leave reply""",
    "a colleague answers for who is away": ULAANBAATAR
    + """2026-03-02 11:00 alice > ann Offer
    2026-03-02 11:01 ann away Offer 2026-03-16
    2026-03-04 11:00 ben > alice Offer thanks
    2026-03-16 12:00 = nothing""",
    "machines tell once of an absence": ULAANBAATAR
    + """2026-03-02 11:00 alice > ann Offer
    2026-03-02 11:01 ann away Offer 2026-03-16
    2026-03-04 11:00 alice > ann Invoice
    2026-03-09 11:00 = nothing
    2026-03-16 09:00 = back_from_leave open""",
    "who wrote since is not away any more": ULAANBAATAR
    + """2026-03-02 11:00 alice > ann Offer
    2026-03-02 11:01 ann away Offer 2026-03-16
    2026-03-04 09:00 ann > alice Offer thanks
    2026-03-04 11:00 alice > ann Invoice
    2026-03-09 11:00 = no_reply open""",
    "a leave that is over when we write": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:01 ann away Offer 2026-02-06
    2026-02-06 09:00 = back_from_leave open
    2026-02-06 10:00 alice > ann Offer
    2026-02-11 10:00 = back_from_leave wrote_again, no_reply open""",
    "a leave that is longer than it was": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:01 ann away Offer 2026-02-06
    2026-02-04 10:00 ann away Offer 2026-02-11
    2026-02-06 12:00 = nothing
    2026-02-11 09:00 = back_from_leave open""",
    "an absence that is told when it is late already": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-05 10:00 = no_reply open
    2026-02-05 12:00 ann away Offer 2026-02-12
    2026-02-05 12:00 = no_reply leave
    2026-02-12 09:00 = back_from_leave open, no_reply leave""",
    "a meeting after the return": RIYADH
    + """2026-02-01 09:00 alice > ann Offer
    2026-02-01 09:01 ann away Offer 2026-02-10
    2026-02-09 10:00 meet alice ann 60
    2026-02-10 12:00 = nothing""",
    "a return on a holiday": RIYADH
    + """2026-02-15 09:00 alice > ann Offer
    2026-02-15 09:01 ann away Offer 2026-02-22
    2026-02-22 12:00 = nothing
    2026-02-23 08:00 = back_from_leave open""",
    "put off and settled": RIYADH
    + """2026-02-01 09:00 alice > ann Offer
    2026-02-01 09:01 ann away Offer 2026-02-10
    2026-02-10 09:00 snooze back_from_leave 2026-02-11 08:00
    2026-02-10 12:00 = back_from_leave snoozed
    2026-02-11 08:00 = back_from_leave open
    2026-02-11 09:00 ann > alice Offer thanks
    2026-02-11 09:00 = back_from_leave reply""",
}
