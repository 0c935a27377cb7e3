"""Accounts of all kinds while everything fails that may: afterwards nothing is missing, and nothing has grown."""

from __future__ import annotations

import os
import random
import statistics
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from tests.endurance.company import World, now, world
from tests.endurance.faults import Faults
from tests.endurance.running import Life
from tests.integration.test_watch_faults import comes, wait

pytestmark = pytest.mark.slow

#: Seconds for what takes a few on a machine that does nothing else.
_PATIENCE = 360.0
#: Seconds between two polls of an account.
_INTERVAL = 15.0
#: By kind. Enough of the other kinds that one of each can be locked out while others come and go.
_ACCOUNTS = {"caldav": 6, "ews": 6, "imap": 300}


@pytest.mark.parametrize(
    "seconds", [60, *(pytest.param(300, marks=pytest.mark.soak, id=f"part {part} of ten minutes") for part in (1, 2))]
)
def test_faults_lose_nothing_and_nothing_grows(tmp_path: Path, seconds: int) -> None:
    """A minute of faults; in the soak ten minutes, in two parts by different seeds.

    A part takes six to eight minutes from the start to the audit, so that it ends within ten on a busy machine too.
    """
    seed = int(os.environ.get("KEEPTOUCH_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"KEEPTOUCH_TEST_SEED={seed}")
    chance = random.Random(seed)
    with world(tmp_path / "company", chance, _ACCOUNTS, _INTERVAL) as everybody:
        faults = Faults(everybody)
        # who never got an answer is no part of what may stay flat
        read_through(everybody)
        suffer(everybody, faults, seconds / 2, with_kills=True)
        suffer(everybody, faults, seconds / 2, with_kills=False)
        recover(everybody, faults)
        everybody.running.look()
        everybody.running.end()
        is_whole(everybody)
        stays_flat(everybody.running.life)
        assert everybody.running.kills >= 1
        assert faults.parked >= 3


def suffer(everybody: World, faults: Faults, seconds: float, *, with_kills: bool) -> None:
    """For so long, and through every kind of fault at least once."""
    until = time.monotonic() + seconds
    deck = faults.deck(with_kills=with_kills)
    while deck or time.monotonic() < until:
        deck = deck or faults.deck(with_kills=with_kills)
        with ExitStack() as stack:
            for _ in range(everybody.chance.choice((1, 1, 2))):
                if deck:
                    stack.enter_context(deck.pop()())
            for _ in range(5):
                everybody.act(2)
                time.sleep(0.1)
        time.sleep(0.2)
        faults.unlock()
        everybody.running.look()


def read_through(everybody: World) -> None:
    """The service says of every account that it was read to its end after this began."""
    since = now()
    wait(lambda: everybody.is_complete(since), _PATIENCE)


def recover(everybody: World, faults: Faults) -> None:
    """The faults are over, the accounts are all there, and the passwords are the right ones."""
    everybody.company.accounts = dict(everybody.accounts)
    everybody.company.write()
    everybody.running.reload()

    def all_parked() -> bool:
        faults.unlock()
        return not faults.locked

    assert comes(all_parked, _PATIENCE), (faults.locked, everybody.states())
    # what ends after this has begun may have been asked for before it; the next turn is not
    read_through(everybody)
    read_through(everybody)


def is_whole(everybody: World) -> None:
    """What the servers hold, once each; and the store is in order."""
    company, truth = everybody.company, everybody.truth
    found = company.run("accounts", "audit", "--json").document["accounts"]
    assert [each for each in found if each["coverage"] != 100 or not each["ok"]] == []
    assert {each["account"] for each in found} == everybody.reps.keys()
    bad = ("missing", "surplus", "hollow", "quarantined")
    assert [stream for each in found for stream in each["streams"] if any(stream[kind] for kind in bad)] == []
    rows = company.rows("SELECT message_id FROM v1_interaction WHERE kind = 'email'")
    stored = [message_id for (message_id,) in rows]
    assert len(stored) == len(set(stored))
    assert set(stored) == truth.mails
    meetings = company.rows("SELECT uid, starts_at, status FROM v1_meeting")
    live = {uid: datetime.fromisoformat(at) for uid, at, status in meetings if status != "cancelled"}
    assert live == truth.meetings
    assert {uid for uid, _at, status in meetings if status == "cancelled"} <= truth.removed
    assert len(meetings) == len({uid for uid, *_rest in meetings})
    assert company.run("store", "verify", "--json").document["problems"] == []
    company.check_integrity()


def stays_flat(life: Life) -> None:
    """The last third is not above the one before, but for what a process under faults goes up and down by."""
    third = len(life.memory) // 3
    before, after = (statistics.median(life.memory[third * n : third * (n + 1)]) for n in (1, 2))
    assert after < before + 24 * 2**20, life.memory
    for held in (life.files, life.threads):
        assert max(held[2 * third :]) <= max(held[: 2 * third]) + 32, held
