"""What a rule is: a class that an entry point of the group `keeptouch.rules` names, with a Settings dataclass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Protocol

from matching.followups.desk import Desk
from matching.followups.records import Due, Relation


class Rule(Protocol):
    """A rule. It is made without arguments, keeps nothing, and answers the same for the same relation and desk.

    A rule by which nothing is due at once when a mail comes says so by a method `least(settings) -> timedelta`: so long
    after any mail nothing is due that comes of it. Contacts of whom nothing is open are looked at that much later then;
    without it, after each mail. Left out are mails in which words were found (Mail.promises, complains), contacts who
    are away, and what comes of a bounce, an open, a meeting or a deadline: these are looked at at once.
    """

    #: A frozen dataclass of its settings, each with a default; a ValueError that it raises is told to people.
    Settings: ClassVar[type[Any]]
    #: What it does, in one sentence for people.
    summary: ClassVar[str]

    def find(self, name: str, relation: Relation, desk: Desk) -> Iterable[Due]:
        """What is due now or later, with what settled it. `name`: what the entry point calls the rule.

        `desk.settings(name, relation, person_id)` gives the settings that hold for the contact and whose task it is;
        None: the rule is off there.
        """
        ...
