"""All rules, in the order that the package tells."""

from __future__ import annotations

from matching.signals.autoreply import read_auto_replies
from matching.signals.bounces import read_bounces
from matching.signals.feedback import read_feedback
from matching.signals.lists import read_lists
from matching.signals.mta_forms import read_forms
from matching.signals.receipts import read_receipts
from matching.signals.unsubscribes import read_unsubscribes

__all__ = ["TESTS", "read_lists", "read_unsubscribes"]

TESTS = (read_feedback, read_receipts, read_bounces, read_forms, read_auto_replies)
