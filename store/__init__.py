"""The database: the only floor that imports SQLAlchemy.

Where to look for what:

    tables              tables schema account_schema contact_schema consent_schema feed_schema meeting_schema
                        oauth_schema privacy_schema reading_schema score_schema signal_schema task_schema
                        tracking_schema w1_schema watch_schema types migrations
    opening             engine opening migrate upgrading lineage keys sealing postgresql store_files errors
    statements          upsert arrays
    accounts            company standings attention streams tokens missing audit
    facts of mails      write facts placements removals departures wanted mail_signals said saying rereading own_mail
                        rehearsal
    facts of calendars  calendars meeting_facts leave
    derivation          copies conversations held history signals thread_levels engagement meeting_rows unreached
                        idle_contacts scores rebuild
    contacts            contacts contact_book contact_records contact_search contact_sources entered address_times
                        merging moving ambiguities organizations consents foreign
    follow-ups          relations relation_mails relation_meetings relation_signs pasts tasks task_looks task_turns
                        task_lists task_entries deadlines digests
    opens and clicks    tracking tracking_hits tracking_keys tracking_ending tracking_export
    what others read    views view_columns activity_views feed feed_triggers webhooks grants file_modes
    what others write   w1 w1_deadline w1_merge w1_task_state triggers
    privacy             erasure mentions blocks retention meeting_retention purge export meeting_export screening
                        suppression
    keeping a store     backup copying verify invariants caring space decisions deciding deciding_privacy deciding_tasks
    asked by people     read verdicts meeting_why signal_facts reports figures alerts
"""
