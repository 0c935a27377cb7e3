"""The database: the only floor that imports SQLAlchemy.

Where to look for what:

    opening             engine opening migrate making upgrading migrating migrations lineage keys sealing postgresql
                        store_files errors checkpoints
    statements          upsert each arrays types
    the tables          schema
    facts               accounts mails meetings contacts
    what is made of it  derivation followups opens
    what others read    published
    what others write   writers
    privacy             privacy
    a store's life      keeping
    asked by people     questions
"""
