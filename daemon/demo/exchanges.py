"""Conversations of our people with those of the client organizations."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from daemon.demo.clients import CLIENTS, KAZEMI
from daemon.demo.company import DOMAIN, LANGUAGES, REPS, Address, Client, Rep
from daemon.demo.language import Language, Topic, filled
from daemon.demo.letter import Letter

#: How far back the demo's mail goes.
DAYS = 240
#: How long people take to answer.
_HOURS = (0.4, 1, 2, 3, 5, 8, 20, 26, 44, 50, 70, 96)
#: Numbers after which all of the languages have the same form of the noun.
_COUNTS = (15, 20, 25, 30, 40, 50, 60)
_REPS = {rep.account: rep for rep in REPS}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A conversation between one of ours and a client, oldest mail first."""

    rep: Rep
    client: Client
    letters: tuple[Letter, ...]
    #: Who of ours has every mail of it as a copy.
    copied: Rep | None


def exchanges(seed: int, end: datetime) -> Iterator[Exchange]:
    """All conversations of the last DAYS days before `end` (aware)."""
    for client in CLIENTS:
        accounts = list(client.speaks)
        drawn: dict[str, list[Topic]] = {}
        for turn in range(client.conversations):
            # each of its own chance, so that one that a weekend makes longer leaves the others as they are
            rng = random.Random(f"{seed} {client.address.email} {turn}")
            account = accounts[1] if len(accounts) > 1 and turn % 3 == 2 else accounts[0]
            language = LANGUAGES[client.speaks[account]]
            if not drawn.get(account):
                drawn[account] = rng.sample(language.topics, len(language.topics))
            start = end - timedelta(days=rng.randrange(3, DAYS), hours=rng.randrange(24))
            yield exchange(rng, client, _REPS[account], drawn[account].pop(), start, end)


def exchange(
    rng: random.Random,
    client: Client,
    rep: Rep,
    topic: Topic,
    start: datetime,
    end: datetime,
    *,
    is_copied: bool = True,
) -> Exchange:
    """A conversation about `topic`, as far as it has come by `end`."""
    language = LANGUAGES[client.speaks[rep.account]]
    values = _values(rng, language)
    other = next(each for each in REPS if each is not rep)
    copied = other if is_copied and rng.random() < 0.3 else None
    colleague = _colleague(rng, client)
    cc = tuple(each for each in (copied.address if copied else None, colleague) if each)
    subject = filled(topic.subject, values)
    letters: list[Letter] = []
    when = start
    for number, turn in enumerate(topic.turns):
        is_ours = (number % 2 == 0) is not topic.is_asked
        when = in_working_hours(when, rep.offset if is_ours else client.offset)
        if when >= end:
            break
        brings_file = bool(topic.attachment) and is_ours and number < 2
        text = _text(language, filled(turn, values), rep, client, is_ours=is_ours)
        before = letters[-1] if letters else None
        letters.append(
            Letter(
                sender=rep.address if is_ours else _sender(rng, client),
                to=(client.address if is_ours else rep.address,),
                cc=cc,
                sent_at=when.astimezone(timezone(timedelta(hours=rep.offset if is_ours else client.offset))),
                subject=language.reply + subject if letters else subject,
                text=_quoting(rng, text, before, language),
                message_id="" if client is KAZEMI and not is_ours else new_id(rng, DOMAIN if is_ours else client),
                references=_references(letters),
                charset="utf-8" if is_ours else client.charset,
                form="html" if client.is_html and not is_ours else "plain",
                attachment=filled(topic.attachment, values) if brings_file else "",
            )
        )
        when += timedelta(hours=rng.choice(_HOURS), minutes=rng.randrange(60))
    return Exchange(rep, client, tuple(letters), copied)


def in_working_hours(when: datetime, offset: float) -> datetime:
    """The same moment, or the next morning or Monday where nobody writes then; `offset` in hours from UTC."""
    local = when.astimezone(timezone(timedelta(hours=offset)))
    if local.hour >= 18:
        local = (local + timedelta(days=1)).replace(hour=8)
    elif local.hour < 8:
        local = local.replace(hour=8)
    if local.weekday() == 6:
        local += timedelta(days=1)
    return local


def new_id(rng: random.Random, writer: Client | str) -> str:
    """A Message-ID without brackets."""
    domain = writer if isinstance(writer, str) else writer.address.domain
    return f"{rng.getrandbits(64):016x}@{domain}"


def _values(rng: random.Random, language: Language) -> Mapping[str, str]:
    return {
        "count": str(rng.choice(_COUNTS)),
        "product": rng.choice(language.products),
        "place": rng.choice(language.places),
        "number": str(rng.randrange(4100, 9900)),
    }


def _colleague(rng: random.Random, client: Client) -> Address | None:
    """Another person of the client's organization, now and then."""
    others = [c.address for c in CLIENTS if c.address.domain == client.address.domain and c is not client]
    return rng.choice(others) if others and rng.random() < 0.2 else None


def _sender(rng: random.Random, client: Client) -> Address:
    is_tagged = client.tagged and rng.random() < 0.4
    return Address(client.address.name, client.tagged) if is_tagged else client.address


def _references(letters: list[Letter]) -> tuple[str, ...]:
    """Ids of the mails before; those without an id can't be named."""
    return tuple(each.message_id for each in letters if each.message_id)


def _text(language: Language, said: str, rep: Rep, client: Client, *, is_ours: bool) -> str:
    code = client.speaks[rep.account]
    ours = rep.spelled.get(code, rep.address.name)
    reader = client.called[code] if is_ours else ours
    signature = f"{ours}\nAcme" if is_ours else client.address.name
    text = f"{filled(language.greeting, {'name': reader})}\n\n{said}\n\n{language.closing}\n{signature}"
    # programs that write Windows-1256 have the Arabic forms of these letters alone
    return text.replace("ی", "ي").replace("‌", " ") if client is KAZEMI and not is_ours else text


def _quoting(rng: random.Random, text: str, before: Letter | None, language: Language) -> str:
    """The text above what it answers, as most programs put it."""
    if before is None or rng.random() < 0.3:
        return text
    writer = before.sender.name
    quoted = "\n".join(f"> {line}".rstrip() for line in before.text.partition("\n> ")[0].split("\n"))
    return f"{text}\n\n{filled(language.wrote, {'name': writer})}\n{quoted}"
