"""The daemon runs things: it alone knows configuration, clock and environment.

Nothing is imported from this module: python-daemon owns its name too.

Where to look for what:

    the configuration  config options plugins credentials store_url timezones listen_address exposure problems
    the service        service session environment engine engine_states pool agenda rounds slices retry servers standing
                       lags watching watcher chores upkeep ticking reloading observer watchdog notify listening
    the way of a page  worker source apart prefetch kept order streams drafts reading admission ingest
                       calendar_drafts calendar_pages report renewals
    what went away     following deletions audit reflist
    derivation         derive mail_batch derived shown conversations signals opens answer_times meetings meeting_plans
                       followups words unreached
    other rules        reprocess calendar_reprocess rereading rehearsal rehearsal_meetings trying
    contacts           contacts sources
    what others write  entered merging w1_rows deadlines task_states
    a new store        decisions
    people are told    digest digest_texts task_lists task_merge task_texts task_words list_keeping alerts webhooks smtp
    opens and clicks   tracking tracked_mails relay
    privacy            blocking erasing calendar_erasing redaction
    logins             oauth sealing
    from outside       cli demo doctor health plots log printable egress
    the process        heap
"""
