"""The service beside a server that takes connections and answers nothing: the accounts of others are polled as ever."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from daemon.cli.opening import session_of
from daemon.config import load
from daemon.retry import Backoff
from daemon.service import Service
from store.questions.read import account_statuses
from tests.conftest import Login
from tests.integration.company import Company
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.test_watch_faults import Office, raw, wait
from tests.servers.dovecot import Dovecot
from tests.servers.faultproxy import FaultProxy

pytestmark = pytest.mark.slow
_BEHIND = 12


def test_accounts_behind_a_black_hole_delay_no_others_and_are_all_read_when_it_is_gone(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path
) -> None:
    company = Company(tmp_path / "company", create="all")
    direct = ImapMailbox(dovecot, dovecot_user())
    behind = {f"behind{number}": ImapMailbox(dovecot, dovecot_user()) for number in range(_BEHIND)}
    with FaultProxy((dovecot.host, dovecot.imap_port)) as proxy:
        for number, (name, mailbox) in enumerate(behind.items()):
            mailbox.deliver("INBOX", raw(100 + number))
            # in their order they come before the other one
            company.add(name, mailbox.login, proxy.port, timeout_seconds=2, watch=[])
        company.add("direct", direct.login, dovecot.imap_port, watch=[])
        company.write()
        proxy.up.hole = proxy.down.hole = True
        with (
            session_of(load(company.config, environ=os.environ, today=datetime.now(UTC).date())) as session,
            Service(session, 0.2, threading.Event(), backoff=Backoff(first=0.5, longest=2.0)) as service,
        ):
            office = Office(company, service)
            for number in range(3):
                direct.deliver("INBOX", raw(number))
                wait(partial(office.holds, number))

            def states() -> list[str]:
                with session.store.read() as transaction:
                    return [each.state for each in account_statuses(transaction)]

            wait(lambda: states().count("backoff") == _BEHIND)
            # at most four found out by themselves, and later one for all
            asked = proxy.accepted
            assert asked <= 6
            time.sleep(3)
            assert proxy.accepted - asked <= 4
            direct.deliver("INBOX", raw(50))
            wait(lambda: office.holds(50))
            proxy.up.hole = proxy.down.hole = False
            for number in range(_BEHIND):
                wait(partial(office.holds, 100 + number))
            wait(lambda: states() == ["ok"] * (_BEHIND + 1))
