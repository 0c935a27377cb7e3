"""Pure functions: whose is it, what does it mean, what is due.

Where to look for what:

    whose is it          addresses role_words names organizations mail_domains policy blocking visibility consent
                         erasure
    which mail is which  identity subjects references thread_index thread_nodes threads forest lost_links
    meetings             meetings calendar_events itip
    what a mail means    signals quotes said opens folding replacing known_words written_days
    what is due          followups rhythm scoring
    working time         workdays workweeks holiday_dates zone_pieces
"""
