"""A realistic mailbox, seeded: the same arguments give the same bytes.

    write_maildir(server.maildir("alice"), n=10_000, seed=1, me="alice@example.org", manifest="truth.jsonl")
    for mail in Corpus(seed=1, me="alice@example.org").take(500):
        mail.data, mail.folder, mail.flags, mail.when, mail.meta

In it are threads (about a third of the incoming mail are answers), plain and HTML mail, attachments, inline images,
forwarded mail, newsletters, automatic answers, bounces, receipts, meeting requests, and one in a hundred odd mails.
Languages: English, German, French, Persian, Arabic, Mongolian, Russian, Chinese, in today's and yesterday's charsets.
Sizes are log-normal with a median of 15 KB and a tail of some MB.
`meta` is the truth about a mail; the manifest holds it, a JSON object a line, with folder, UID, flags and size, the
digest of the text (`digest`) and the names of the attachments, both null where the mail is odd or a machine's.
"""

from tests.servers.mailbox.corpus import Corpus
from tests.servers.mailbox.correspondence import Mail
from tests.servers.mailbox.maildir import Stats, digest, write_maildir

__all__ = ["Corpus", "Mail", "Stats", "digest", "write_maildir"]
