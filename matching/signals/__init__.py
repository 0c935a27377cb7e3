"""What a mail tells: bounces, delays, deliveries, receipts, auto-replies, spam reports, lists, unsubscribes. Pure.

The first of these tests that finds something has the mail, since each would misread what those before it take:

1. **Feedback reports** (RFC 5965): a multipart/report from a postmaster, like a bounce, about a mail that did arrive.
2. **Receipts** (RFC 8098): a multipart/report too, whose words ("deleted without being read", "denied") are those of
   refusals. The one for a full mailbox is a failure and becomes a bounce.
3. **Bounces by structure** (RFC 3464): each recipient's Action tells failure from delay and delivery, whatever
   the text says around it. A report comes with `Auto-Submitted: auto-replied` (RFC 3834, section 3), so it comes
   before the test for that.
4. **Bounces by a program's form**: without structure, the sender and that program's own sentences have to be there
   together. Many come marked as automatic as well. A person who forwards one is not its author.
5. **Auto-replies**: first the marks that only machines set, then subjects and phrases, which need the form of a whole
   answer: people write about holidays too.

What a list carries is told beside it, because it says how the mail came, not what it is; and an unsubscribe is what a
person asks for, so it is looked for only where nothing above was found.

Nothing raises, whatever the mail holds; text and reports are bounded (`records.MAX_TEXT`, `connectors`), and no rule
looks at a mail's text before its headers or its subject gave cause to.
"""

from __future__ import annotations

from matching.signals.records import MAX_SIGNALS, Category, Kind, Mail, Signal

__all__ = ["Category", "Kind", "Mail", "Signal", "classify"]


def classify(mail: Mail) -> tuple[Signal, ...]:
    """Everything that the mail tells, in the order of the tests; () for most mails of people. Never raises."""
    # their patterns take a tenth of a second to compile, for those alone who classify
    from matching.signals import rules  # noqa: PLC0415 - imported with the first mail that is classified

    found: list[Signal] = []
    for test in rules.TESTS:
        found += test(mail)
        if found:
            break
    over_lists = list(rules.read_lists(mail, is_known=bool(found)))
    if not found and not over_lists:
        found += rules.read_unsubscribes(mail)
    return tuple((found + over_lists)[:MAX_SIGNALS])
