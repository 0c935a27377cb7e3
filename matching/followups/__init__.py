"""Follow-ups: what somebody of ours should do about a contact, from when on, and by what it is done. Pure.

A rule sees the `Relation` to one contact and says what is due and when; it reads no clock. `judge` says which of that
is a task at an instant. What an author of rules needs is here; ours come by the same door, the entry points
`keeptouch.rules`.
"""

from matching.followups.deciding import Decision, State, state_of
from matching.followups.desk import LONGEST, Colleague, Desk, Override, Plan
from matching.followups.judging import TOO_OLD, Judgement, Task, judge
from matching.followups.records import Absence, Bounce, Deadline, Due, How, Mail, Meeting, Open, Relation, Settled, Side
from matching.followups.replaying import Replayed, Step, replay
from matching.followups.rule import Rule

__all__ = [
    "LONGEST",
    "TOO_OLD",
    "Absence",
    "Bounce",
    "Colleague",
    "Deadline",
    "Decision",
    "Desk",
    "Due",
    "How",
    "Judgement",
    "Mail",
    "Meeting",
    "Open",
    "Override",
    "Plan",
    "Relation",
    "Replayed",
    "Rule",
    "Settled",
    "Side",
    "State",
    "Step",
    "Task",
    "judge",
    "replay",
    "state_of",
]
