"""The columns of table message that tell what rules read in the mail (daemon.reading)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, Text

READ = (
    Column("concerns", Text, nullable=False, server_default="[]"),  # JSON [id…]: the mails that its signals are about
    Column("signals_version", Integer, nullable=False, server_default="0"),  # of the rules that read it
    # of the rules that looked for what it says in words, see store.mails.said; 0: none did
    Column("said_version", Integer, nullable=False, server_default="0"),
    # of the new text, see matching.followups.asking; NULL: it is not known
    Column("asks", Boolean),
    Column("is_brief", Boolean),
)
