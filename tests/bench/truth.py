"""Is what keeptouch made of a generated mailbox what the manifest says? Only then is there a rate to tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice

from tests.bench.measure import BenchError
from tests.integration import oracle
from tests.integration.company import Company
from tests.servers.mailbox import digest

#: So many differences are told; there may be one for every mail.
_TOLD = 5
_STORED = """
SELECT s.name, p.ref, i.id, i.body_text, i.attachment_count, m.attachments FROM placement p
JOIN stream s ON s.id = p.stream_id JOIN message m ON m."key" = p.message_key
JOIN v1_interaction i ON i.id = m.interaction_id WHERE p.removed_at IS NULL AND p.verdict = 'stored'
"""
_LINKS = "SELECT interaction_id, role, address FROM v1_interaction_contact"
#: (folder, UID)
Place = tuple[str, int]


def check(company: Company, mails: Sequence[oracle.Mail], domain: str) -> None:
    """Compare the store of the company `domain` with the truth about its one mailbox. Raises BenchError."""
    found = list(islice(differences(company, mails, domain), _TOLD))
    if found:
        raise BenchError("keeptouch's rows are not what the manifest says: " + "; ".join(found))


def differences(company: Company, mails: Sequence[oracle.Mail], domain: str) -> Iterator[str]:
    """One sentence for each: of placements and their verdicts, then of the rows that readers see."""
    by_place = {(mail.folder, mail.uid): mail for mail in mails}
    expected = oracle.verdicts(list(mails), domain)
    placed = {
        (folder, int(ref.rpartition(":")[2])): verdict
        for (_account, folder, ref), verdict in company.placements().items()
    }
    for place in sorted(expected.keys() | placed.keys()):
        if placed.get(place) != expected.get(place):
            yield f"{_name(place)} is {placed.get(place)}, not {expected.get(place)}"
    contacts = oracle.contacts_of(list(mails), domain)
    links: dict[str, set[tuple[str, str]]] = {}
    for interaction_id, role, address in company.rows(_LINKS):
        links.setdefault(interaction_id, set()).add((role, address))
    missing = {place for place, (verdict, _reason) in expected.items() if verdict == "stored"}
    interactions = set()
    with company.reading() as connection:
        for folder, ref, interaction_id, text, count, attachments in connection.execute(_STORED):
            place = (folder, int(ref.rpartition(":")[2]))
            missing.discard(place)
            interactions.add(interaction_id)
            if mail := by_place.get(place):
                linked = links.get(interaction_id, set())
                yield from _of_mail(mail, text, (count, json.loads(attachments)), linked, oracle.links(mail, contacts))
    yield from (f"{_name(place)} has no interaction" for place in sorted(missing))
    surplus = {key for (key,) in company.rows("SELECT id FROM v1_interaction")} - interactions
    yield from (f"interaction {key} belongs to no mail" for key in surplus)


def _of_mail(
    mail: oracle.Mail,
    text: str,
    attachments: tuple[int, list[tuple[str | None, str, int]]],
    linked: set[tuple[str, str]],
    expected: set[tuple[str, str]],
) -> Iterator[str]:
    """Of one mail's rows: its text, (number, name with type and size of each) attachments, (role, address) links."""
    name = _name((mail.folder, mail.uid))
    if mail.text is not None and digest(text) != mail.text:
        yield f"{name} has another text: {text[:60]!r}"
    count, told = attachments
    # a report's parts and an invitation's calendar are among them and have no name
    names = [each for each, _type, _size in told if each is not None]
    if mail.attachments is not None and names != list(mail.attachments):
        yield f"{name} has attachments {names}, not {list(mail.attachments)}"
    if count != len(told):
        yield f"{name} counts {count} attachments of {len(told)}"
    if linked != expected:
        yield f"{name} lacks links {sorted(expected - linked)}, has too many {sorted(linked - expected)}"


def _name(place: Place) -> str:
    return f"{place[0]}/{place[1]}"
