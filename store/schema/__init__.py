"""The tables, for SQLAlchemy: `tables` has all of them, `core` those of mails, contacts and what is derived of both."""
