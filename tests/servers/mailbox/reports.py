"""Answers by machines to my mail: automatic answers, bounces (RFC 3464), receipts (RFC 8098)."""

from __future__ import annotations

from email.utils import formatdate

from tests.servers.mailbox.correspondence import Correspondence, Mail, part, person
from tests.servers.mailbox.material import subject_of

PREFIXES = ("Automatic reply: ", "Abwesenheitsnotiz: ", "Out of Office: ")
NOT_DELIVERED = (
    b"I'm sorry to have to inform you that your message could not\n"
    b"be delivered to one or more recipients.\n\n<%s>: %s\n"
)
READ = "Your message was displayed.\n"
UNDELIVERED = subject_of("Undelivered Mail Returned to Sender")
#: (enhanced status code, what the other server said).
FAILURES = (
    (b"5.1.1", b"550 5.1.1 user unknown"),
    (b"5.2.2", b"552 5.2.2 mailbox full"),
    (b"4.4.1", b"421 4.4.1 connection timed out"),
    (b"5.7.1", b"550 5.7.1 rejected as spam"),
)


def autoreply(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """Somebody is away (RFC 3834)."""
    mine = corpus.recent_of(corpus.memory.mine)
    sender = mine.recipient or corpus.people[0]
    head = corpus.head(
        number,
        when,
        sender,
        corpus.me,
        subject=mine.subject,
        prefix=PREFIXES[number % len(PREFIXES)],
        parent=mine,
        language=sender.language,
        extra=b"Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\nPrecedence: auto_reply\n",
    )
    charset, cte, text = corpus.text(number, sender.language, 1)
    return corpus.finish(
        b"".join(head.lines) + part(b"text/plain", charset, cte, text.data),
        head.letter,
        kind,
        number=number,
        parent=mine,
        answerable=False,
        folder="INBOX",
        text=text.text,
        attachments=(),
    )


def dsn(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """A mail of mine could not be delivered, or not yet."""
    mine = corpus.recent_of(corpus.memory.mine)
    recipient = (mine.recipient or corpus.people[0]).address.encode()
    status, said = FAILURES[number % len(FAILURES)]
    action = b"delayed" if status.startswith(b"4") else b"failed"
    head = corpus.head(
        number,
        when,
        person("Mail Delivery System", "MAILER-DAEMON@mail.example.org", "en", corpus.rng),
        corpus.me,
        subject=UNDELIVERED,
        extra=b"Auto-Submitted: auto-replied\n",
        return_path=b"",
    )
    text = NOT_DELIVERED % (recipient, said)
    parts = [
        b"Content-Type: text/plain; charset=us-ascii\n\n" + text,
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.org\nArrival-Date: %s\n\n"
        b"Final-Recipient: rfc822; %s\nAction: %s\nStatus: %s\nDiagnostic-Code: smtp; %s\n"
        % (formatdate(mine.when).encode(), recipient, action, status, said),
        b"Content-Type: text/rfc822-headers\n\nFrom: %s\nTo: <%s>\nSubject: %s\nMessage-ID: %s\n"
        % (corpus.me.header, recipient, mine.subject.header(""), mine.mid),
    ]
    body = corpus.multipart(number, b"report", parts, b"; report-type=delivery-status")
    return corpus.finish(
        b"".join(head.lines) + body,
        head.letter,
        kind,
        number=number,
        answerable=False,
        folder="INBOX",
        text=text.decode(),
        attachments=(),
        about=mine.mid.decode(),
        rcpt=recipient.decode(),
        status=status.decode(),
    )


def mdn(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """A mail of mine was read, or deleted unread."""
    mine = corpus.recent_of(corpus.memory.mine)
    sender = mine.recipient or corpus.people[0]
    head = corpus.head(number, when, sender, corpus.me, subject=mine.subject, prefix="Read: ", parent=mine)
    parts = [
        b"Content-Type: text/plain; charset=utf-8\n\n" + READ.encode(),
        b"Content-Type: message/disposition-notification\n\nReporting-UA: client.example; Testbed\n"
        b"Final-Recipient: rfc822;%s\nOriginal-Message-ID: %s\n"
        b"Disposition: manual-action/MDN-sent-manually; %s\n"
        % (sender.address.encode(), mine.mid, b"displayed" if number % 5 else b"deleted"),
    ]
    body = corpus.multipart(number, b"report", parts, b"; report-type=disposition-notification")
    return corpus.finish(
        b"".join(head.lines) + body,
        head.letter,
        kind,
        number=number,
        parent=mine,
        answerable=False,
        folder="INBOX",
        text=READ,
        attachments=(),
        about=mine.mid.decode(),
    )
