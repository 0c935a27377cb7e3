"""Removals, moves and renames on PostgreSQL: the same as on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.memory import Mailbox, register
from tests.unit.daemon import test_following as following
from tests.unit.daemon import test_gradual_removals as gradual
from tests.unit.daemon import test_missing_folders as missing
from tests.unit.daemon import test_removals as removals
from tests.unit.daemon.company_mail import House

pytestmark = pytest.mark.slow
Life = Callable[[Mailbox, House], None]


@pytest.fixture
def house(postgres_url: str, tmp_path: Path) -> Iterator[House]:
    with House(tmp_path, url=postgres_url) as house:
        yield house


@pytest.mark.parametrize("tells_removals", [True, False])
@pytest.mark.parametrize(
    "life",
    [
        removals.test_a_mail_that_is_gone_stays_history_and_is_unplaced_since_then,
        removals.test_a_copy_that_comes_back_ends_it,
        removals.test_most_of_a_folder_goes_only_when_a_person_says_so_and_new_mail_comes,
        removals.test_flags_that_change_later_reach_readers,
    ],
    ids=lambda life: life.__name__,
)
def test_what_goes_is_followed(house: House, life: Life, tells_removals: bool) -> None:
    life(register("alice", Mailbox(tells_removals=tells_removals)), house)


@pytest.mark.parametrize("has_ids", [True, False])
@pytest.mark.parametrize(
    "life",
    [
        following.test_a_renamed_folder_keeps_its_stream_and_nothing_is_fetched_again,
        following.test_a_folder_that_is_hidden_is_missing_and_goes_on_when_it_is_back,
        following.test_a_new_folder_is_not_taken_for_a_missing_one,
    ],
    ids=lambda life: life.__name__,
)
def test_folders_are_followed(house: House, life: Life, has_ids: bool) -> None:
    life(register("alice", Mailbox(has_ids=has_ids)), house)


@pytest.mark.parametrize(
    "life",
    [
        missing.test_mail_of_a_folder_that_is_deleted_for_good_is_unplaced_after_seven_days,
        missing.test_a_folder_that_comes_back_after_all_brings_its_mail_back,
        missing.test_a_large_folder_that_is_gone_waits_for_a_persons_word,
    ],
    ids=lambda life: life.__name__,
)
def test_folders_that_are_gone_are_gone(house: House, life: Life) -> None:
    box = register("alice", Mailbox())
    box.deliver("INBOX", missing.INBOX_MAIL)
    life(box, house)


def test_a_folder_that_is_emptied_little_by_little_is_noticed(house: House) -> None:
    gradual.lose_all(house, gradual.Life.new())


@pytest.mark.parametrize(
    "life",
    [
        following.test_two_folders_that_swap_their_names_swap_nothing_else,
        following.test_a_stream_that_lost_its_name_to_another_can_come_back,
        following.test_a_server_restored_from_a_backup_that_gives_old_refs_to_other_mails_is_read_anew,
    ],
    ids=lambda life: life.__name__,
)
def test_names_go_from_folder_to_folder(house: House, life: Callable[[House], None]) -> None:
    life(house)
