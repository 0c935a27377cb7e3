"""Scenarios of bounces and of meetings. Name -> lines; see `language`."""

from __future__ import annotations

from tests.unit.matching.followups.mail_scenarios import NEW_YORK, RIYADH, TEHRAN, ULAANBAATAR

BOUNCED = {
    "raised at once, also at night": ULAANBAATAR
    + """2026-03-02 23:00 alice > ann Offer
    2026-03-02 23:01 ann lost Offer
    2026-03-02 23:01 = bounced open""",
    "twice lost is one address": ULAANBAATAR
    + """2026-03-02 10:00 alice > ann Offer
    2026-03-02 10:01 ann lost Offer
    2026-03-03 10:00 alice > ann Offer
    2026-03-03 10:01 ann lost Offer
    2026-03-10 10:00 = bounced open""",
    "a mail from there heals it": ULAANBAATAR
    + """2026-03-02 10:00 alice > ann Offer
    2026-03-02 10:01 ann lost Offer
    2026-03-03 10:00 ann > alice Hello thanks
    2026-03-03 12:00 = bounced reply""",
    "lost again after it worked": ULAANBAATAR
    + """2026-03-02 10:00 alice > ann Offer
    2026-03-02 10:01 ann lost Offer
    2026-03-03 10:00 ann > alice Offer thanks
    2026-03-03 10:30 alice > ann Offer
    2026-03-03 10:31 ann lost Offer
    2026-03-03 10:31 = bounced reply, bounced open""",
    "of two people one": NEW_YORK
    + """2026-02-02 10:00 alice > ann+eve Offer
    2026-02-02 10:01 eve lost Offer
    2026-02-05 10:00 = eve:bounced open, no_reply open""",
    "an absence note heals nothing": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:01 ann lost Offer
    2026-02-02 10:02 ann > alice Offer auto
    2026-02-05 10:00 = bounced open""",
    "dismissed stays so": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:01 ann lost Offer
    2026-02-02 10:05 dismiss bounced
    2026-02-03 10:00 alice > ann Offer
    2026-02-03 10:01 ann lost Offer
    2026-02-05 10:00 = bounced dismissed""",
    "a forged mail from there heals nothing": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:01 ann lost Offer
    2026-02-02 12:00 ann > alice Offer forged
    2026-02-05 10:00 = bounced open""",
}

AFTER_MEETING = {
    "no mail for two working days": TEHRAN
    + """2026-02-21 10:00 meet alice ann 60
    2026-02-23 10:59 = nothing
    2026-02-23 11:00 = after_meeting open""",
    "over a weekend": RIYADH
    + """2026-02-05 10:00 meet alice ann 60
    2026-02-09 10:59 = nothing
    2026-02-09 11:00 = after_meeting open""",
    "over a holiday": RIYADH
    + """2026-02-19 10:00 meet alice ann 60
    2026-02-23 12:00 = nothing
    2026-02-24 11:00 = after_meeting open""",
    "over the night in which clocks are put forward": NEW_YORK
    + """2026-03-06 10:00 meet alice ann 60
    2026-03-10 10:59 = nothing
    2026-03-10 11:00 = after_meeting open""",
    "we wrote": TEHRAN
    + """2026-02-21 10:00 meet alice ann 60
    2026-02-22 10:00 alice > ann Minutes
    2026-02-23 12:00 = nothing""",
    "we wrote while it lasted": TEHRAN
    + """2026-02-21 10:00 meet alice ann 60
    2026-02-21 10:30 alice > ann Link thanks
    2026-02-23 12:00 = nothing""",
    "we wrote before": TEHRAN
    + """2026-02-21 09:00 alice > ann Agenda
    2026-02-21 10:00 meet alice ann 60
    2026-02-23 12:00 = after_meeting open""",
    "we wrote late": TEHRAN
    + """2026-02-21 10:00 meet alice ann 60
    2026-02-23 12:00 = after_meeting open
    2026-02-23 13:00 bob > ann Minutes
    2026-02-23 13:00 = after_meeting wrote_again""",
    "they wrote": ULAANBAATAR
    + """2026-03-02 10:00 meet alice ann 60
    2026-03-03 10:00 ann > alice Minutes
    2026-03-03 10:30 alice > ann Minutes thanks
    2026-03-04 12:00 = nothing""",
    "they wrote late": ULAANBAATAR
    + """2026-03-02 10:00 meet alice ann 60
    2026-03-04 11:00 = after_meeting open
    2026-03-04 12:00 ann > alice Minutes
    2026-03-04 12:30 = after_meeting reply""",
    "a colleague of hers wrote in our conversation": ULAANBAATAR
    + """2026-03-01 10:00 ann > alice Plans
    2026-03-01 10:30 alice > ann Plans thanks
    2026-03-02 10:00 meet alice ann 60
    2026-03-03 10:00 ben > alice Plans thanks
    2026-03-04 12:00 = nothing""",
    "a note of being away is no mail": ULAANBAATAR
    + """2026-03-02 10:00 meet alice ann 60
    2026-03-03 10:00 ann > alice Note auto
    2026-03-04 11:00 = after_meeting open""",
    "news is no mail": ULAANBAATAR
    + """2026-03-02 10:00 meet alice ann 60
    2026-03-03 10:00 alice > ann News bulk
    2026-03-04 11:00 = after_meeting open""",
    "of an organization one is written to": NEW_YORK
    + """2026-02-02 10:00 meet alice ann ben 60
    2026-02-04 11:00 = after_meeting open""",
    "who declined was not there": NEW_YORK
    + """2026-02-02 10:00 meet alice ann 60 declined
    2026-02-04 11:00 = nothing""",
    "cancelled": NEW_YORK
    + """2026-02-02 10:00 meet alice ann 60 cancelled
    2026-02-04 11:00 = nothing""",
    "met again": NEW_YORK
    + """2026-02-02 10:00 meet alice ann 60
    2026-02-03 10:00 meet alice ann 60
    2026-02-04 11:00 = nothing
    2026-02-05 11:00 = after_meeting open""",
    "met again late": NEW_YORK
    + """2026-02-02 10:00 meet alice ann 60
    2026-02-04 11:00 = after_meeting open
    2026-02-04 12:00 meet alice ann 30
    2026-02-04 12:30 = after_meeting meeting""",
    "dismissed": NEW_YORK
    + """2026-02-02 10:00 meet alice ann 60
    2026-02-04 11:00 dismiss after_meeting
    2026-02-20 11:00 = after_meeting dismissed""",
    "of a series that goes on nothing is missed": TEHRAN
    + """2026-02-21 10:00 meet alice ann 60 series=weekly
    2026-02-28 10:00 meet alice ann 60 series=weekly
    2026-02-24 12:00 = nothing""",
    "after the last of a series": TEHRAN
    + """2026-02-21 10:00 meet alice ann 60 series=weekly
    2026-02-28 10:00 meet alice ann 60 series=weekly
    2026-03-02 10:59 = nothing
    2026-03-02 11:00 = after_meeting open""",
    "the rest of a series is off": RIYADH
    + """2026-02-01 10:00 meet alice ann 60 series=weekly
    2026-02-08 10:00 meet alice ann 60 series=weekly cancelled
    2026-02-03 11:00 = after_meeting open""",
    "of a series that comes once in a quarter each counts": ULAANBAATAR
    + """2026-03-02 10:00 meet alice ann 60 series=quarterly
    2026-03-04 10:59 = nothing
    2026-03-04 11:00 = after_meeting open
    2026-06-01 10:00 meet alice ann 60 series=quarterly
    2026-06-01 11:00 = after_meeting meeting""",
    "another series is another matter": NEW_YORK
    + """2026-02-02 10:00 meet alice ann 60 series=one
    2026-02-09 10:00 meet alice ann 60 series=other
    2026-02-04 11:00 = after_meeting open""",
    "put off": NEW_YORK
    + """2026-02-02 10:00 meet alice ann 60
    2026-02-04 11:00 snooze after_meeting 2026-02-05 09:00
    2026-02-04 15:00 = after_meeting snoozed
    2026-02-05 09:00 = after_meeting open""",
}

#: Meetings that are seen a week before they are.
INVITATION = {
    "not answered two days before": TEHRAN
    + """2026-02-14 10:00 ann > alice Hello thanks
    2026-02-14 10:01 alice > ann Hello thanks
    2026-02-23 10:00 meet alice ann 60 unanswered
    2026-02-21 09:59 = nothing
    2026-02-21 10:00 = invitation_open open""",
    "answered": TEHRAN
    + """2026-02-23 10:00 meet alice ann 60
    2026-02-21 10:00 = nothing""",
    "maybe is an answer": TEHRAN
    + """2026-02-23 10:00 meet alice ann 60 tentative
    2026-02-21 10:00 = nothing""",
    "declined is an answer": TEHRAN
    + """2026-02-23 10:00 meet alice ann 60 declined
    2026-02-21 10:00 = nothing""",
    "cancelled": TEHRAN
    + """2026-02-23 10:00 meet alice ann 60 unanswered cancelled
    2026-02-21 10:00 = nothing""",
    "theirs, that one of ours has not answered": TEHRAN
    + """2026-02-23 10:00 meet alice ann 60 organizer=ann open=alice
    2026-02-21 09:59 = nothing
    2026-02-21 10:00 = invitation_open open""",
    "theirs, that we have answered": RIYADH
    + """2026-02-11 10:00 meet alice ann 60 organizer=ann
    2026-02-10 10:00 = nothing""",
    "theirs, as a colleague of the organizer sees it": RIYADH
    + """2026-02-11 10:00 meet alice ann ben 60 organizer=ann open=alice
    2026-02-09 10:00 = invitation_open open""",
    "theirs, that is over": ULAANBAATAR
    + """2026-03-04 10:00 meet alice ann 60 organizer=ann open=alice
    2026-03-03 10:00 = invitation_open open
    2026-03-04 11:00 = invitation_open meeting""",
    "theirs, that is off": NEW_YORK
    + """2026-02-09 10:00 meet alice ann 60 organizer=ann open=alice cancelled
    2026-02-07 10:00 = nothing""",
    "their own meeting": TEHRAN
    + """2026-02-23 10:00 meet alice ann 60 unanswered organizer=ann
    2026-02-21 10:00 = nothing""",
    "each who is invited is asked": RIYADH
    + """2026-02-11 10:00 meet alice ann ben 60 unanswered
    2026-02-09 10:00 = invitation_open open, ben:invitation_open open""",
    "two days are two days over a weekend": NEW_YORK
    + """2026-02-09 10:00 meet alice ann 60 unanswered
    2026-02-07 10:00 = invitation_open open""",
    "when it is held that is no matter any more": NEW_YORK
    + """2026-02-09 10:00 meet alice ann 60 unanswered
    2026-02-09 10:30 = invitation_open open
    2026-02-09 11:00 = invitation_open meeting""",
    "dismissed": NEW_YORK
    + """2026-02-09 10:00 meet alice ann 60 unanswered
    2026-02-07 10:00 dismiss invitation_open
    2026-02-08 10:00 = invitation_open dismissed""",
}

#: With a rhythm of four days, so that fourteen days are the bound.
QUIET = {
    "silent for two weeks": TEHRAN
    + """2026-02-01 10:00 ann > alice Order
    2026-02-01 11:00 alice > ann Order thanks
    2026-02-15 10:59 = nothing
    2026-02-15 11:00 = gone_quiet open""",
    "a mail of theirs ends it": TEHRAN
    + """2026-02-01 10:00 ann > alice Order
    2026-02-01 11:00 alice > ann Order thanks
    2026-02-15 11:00 = gone_quiet open
    2026-02-16 10:00 ann > alice Order thanks
    2026-02-16 10:00 = gone_quiet reply""",
    "a mail of ours ends it": TEHRAN
    + """2026-02-01 10:00 ann > alice Order
    2026-02-01 11:00 alice > ann Order thanks
    2026-02-16 10:00 alice > ann Hello
    2026-02-16 10:00 = gone_quiet wrote_again""",
    "a meeting in between": TEHRAN
    + """2026-02-01 10:00 ann > alice Order
    2026-02-01 11:00 alice > ann Order thanks
    2026-02-14 10:00 meet alice ann 60
    2026-02-16 10:00 = nothing""",
    "a mail that waits for an answer is another matter": TEHRAN
    + """2026-02-01 11:00 alice > ann Order
    2026-02-20 11:00 = no_reply open""",
    "an answer that we owe is another matter": TEHRAN
    + """2026-02-01 11:00 ann > alice Order
    2026-02-20 11:00 = unanswered open""",
    "dismissed until there is word again": TEHRAN
    + """2026-02-01 10:00 ann > alice Order
    2026-02-01 11:00 alice > ann Order thanks
    2026-02-16 10:00 dismiss gone_quiet
    2026-03-16 10:00 = gone_quiet dismissed""",
    "what comes of itself is no word": TEHRAN
    + """2026-02-01 10:00 ann > alice Order
    2026-02-01 11:00 alice > ann Order thanks
    2026-02-10 10:00 ann > alice Note auto
    2026-02-15 11:00 = gone_quiet open""",
}

DEADLINE = {
    "the day has come": TEHRAN
    + """2026-02-21 10:05 expect ann 2026-02-24
    2026-02-23 23:59 = nothing
    2026-02-24 00:00 = deadline open""",
    "also on a day of rest": RIYADH
    + """2026-02-03 10:05 expect ann 2026-02-06
    2026-02-05 23:59 = nothing
    2026-02-06 00:00 = deadline open""",
    "on the day after clocks were put forward": NEW_YORK
    + """2026-03-05 10:05 expect ann 2026-03-09
    2026-03-08 23:59 = nothing
    2026-03-09 00:00 = deadline open""",
    "answered in time": TEHRAN
    + """2026-02-21 10:05 expect ann 2026-02-24
    2026-02-23 10:00 ann > alice Offer fresh
    2026-02-23 10:30 alice > ann Offer thanks
    2026-02-24 12:00 = nothing""",
    "answered late": ULAANBAATAR
    + """2026-03-02 10:05 expect ann 2026-03-04
    2026-03-04 10:00 = deadline open
    2026-03-04 12:00 ann > alice Offer fresh
    2026-03-04 12:00 = deadline reply""",
    "what was said before it was set is no answer": ULAANBAATAR
    + """2026-03-02 10:00 ann > alice Offer thanks
    2026-03-02 10:05 alice > ann Offer thanks
    2026-03-02 10:10 expect ann 2026-03-04
    2026-03-04 10:00 = deadline open""",
    "in a conversation another one is no answer": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:05 expect ann 2026-02-04 Offer
    2026-02-03 10:00 ann > alice Lunch
    2026-02-03 10:05 alice > ann Lunch thanks
    2026-02-04 00:00 = deadline open
    2026-02-04 10:00 ann > alice Offer thanks
    2026-02-04 10:00 = deadline reply""",
    "in a conversation a colleague of hers answers": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:05 expect ann 2026-02-04 Offer
    2026-02-04 00:00 = deadline open
    2026-02-04 10:00 ben > alice Offer thanks
    2026-02-04 10:00 = deadline organization""",
    "met": NEW_YORK
    + """2026-02-02 10:05 expect ann 2026-02-04
    2026-02-04 09:00 = deadline open
    2026-02-04 10:00 meet alice ann 60
    2026-02-04 11:00 = deadline meeting""",
    "a note of being away is no answer": NEW_YORK
    + """2026-02-02 10:05 expect ann 2026-02-04
    2026-02-03 10:00 ann > alice Offer auto
    2026-02-04 10:00 = deadline open""",
    "a forged mail is no answer": NEW_YORK
    + """2026-02-02 10:05 expect ann 2026-02-04
    2026-02-03 10:00 ann > alice Offer forged
    2026-02-04 10:00 = deadline open""",
    "moved in time": TEHRAN
    + """2026-02-21 10:05 expect ann 2026-02-24
    2026-02-23 10:00 expect ann 2026-02-25
    2026-02-24 10:00 = nothing
    2026-02-25 10:00 = deadline open""",
    "moved late": TEHRAN
    + """2026-02-21 10:05 expect ann 2026-02-24
    2026-02-24 10:00 = deadline open
    2026-02-24 12:00 expect ann 2026-02-26
    2026-02-25 10:00 = deadline cancelled
    2026-02-26 10:00 = deadline cancelled, deadline open""",
    "taken back": TEHRAN
    + """2026-02-21 10:05 expect ann 2026-02-24
    2026-02-24 10:00 = deadline open
    2026-02-24 12:00 forgo ann
    2026-02-24 12:00 = deadline cancelled""",
    "taken back in time": TEHRAN
    + """2026-02-21 10:05 expect ann 2026-02-24
    2026-02-23 12:00 forgo ann
    2026-02-24 12:00 = nothing""",
    "dismissed": TEHRAN
    + """2026-02-21 10:05 expect ann 2026-02-24
    2026-02-24 10:00 dismiss deadline
    2026-02-25 10:00 = deadline dismissed""",
    "put off": TEHRAN
    + """2026-02-21 10:05 expect ann 2026-02-24
    2026-02-24 10:00 snooze deadline 2026-02-25 09:00
    2026-02-24 12:00 = deadline snoozed
    2026-02-25 09:00 = deadline open""",
}

#: Of ours, by their own calendars.
OUR_LEAVE = {
    "days of leave are no working days": TEHRAN
    + """2026-02-21 09:30 leave alice 2026-02-22 2026-02-24
    2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:00 = nothing
    2026-02-28 09:59 = nothing
    2026-02-28 10:00 = no_reply open""",
    "leave of a colleague is no matter": TEHRAN
    + """2026-02-21 09:30 leave bob 2026-02-22 2026-02-24
    2026-02-21 10:00 alice > ann Offer
    2026-02-24 10:00 = no_reply open""",
    "an answer is owed after the return": RIYADH
    + """2026-02-03 09:30 leave alice 2026-02-04 2026-02-08
    2026-02-04 10:00 ann > alice Question asks
    2026-02-08 15:59 = nothing
    2026-02-08 16:00 = unanswered open""",
    "what is told late moves what is due": NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-04 09:00 leave alice 2026-02-05 2026-02-07
    2026-02-05 10:00 = nothing
    2026-02-09 10:00 = no_reply open""",
    "over the night in which clocks are put forward": NEW_YORK
    + """2026-03-05 09:00 leave alice 2026-03-06 2026-03-10
    2026-03-05 10:00 alice > ann Offer
    2026-03-12 09:59 = nothing
    2026-03-12 10:00 = no_reply open""",
    "a promise for a day of leave is suggested before it": ULAANBAATAR
    + """2026-03-02 09:00 leave alice 2026-03-05 2026-03-07
    2026-03-02 10:00 alice > ann Offer promises=2026-03-06
    2026-03-04 08:59 = nothing
    2026-03-04 09:00 = promised open""",
}
