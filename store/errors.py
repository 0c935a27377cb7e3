"""What can be wrong with a store, told to people."""

from __future__ import annotations


class StoreError(Exception):
    """The store can't be opened or used; `hint` says what to do about it. With `may_pass` it may be usable by and by
    though nobody changes configuration or program: the database is away, a disk is full."""

    def __init__(self, problem: str, hint: str = "", *, may_pass: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.may_pass = may_pass


class NoStoreError(StoreError):
    """There is none yet, and none may be made."""


class OlderStoreError(StoreError):
    """It is of an older program, and to be upgraded first."""


class Fenced(Exception):
    """Another process moved the stream's cursor: the page is rolled back as a whole and read again."""
