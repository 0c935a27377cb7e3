"""Authentication-Results: whose word counts, and what it says."""

from __future__ import annotations

import pytest

from connectors.authentication import auth_of
from connectors.records import Auth

OURS = b" mx.acme.example; "


@pytest.mark.parametrize(
    ("results", "auth"),
    [
        (b"dmarc=pass header.from=x.example; spf=fail; dkim=fail", Auth.PASS),
        (b"dmarc=fail (p=none) header.from=x.example; spf=pass; dkim=pass", Auth.FAIL),
        (b"spf=pass smtp.mailfrom=x@y.example; dkim=fail", Auth.PASS),
        (b"spf=fail; dkim=none", Auth.FAIL),
        (b"dkim = PASS header.d=x.example", Auth.PASS),
        (b"dmarc=none; dkim=pass", Auth.PASS),
        (b"dmarc=temperror; spf=softfail", Auth.UNKNOWN),
        (b"spf=softfail", Auth.UNKNOWN),
        (b"none", Auth.UNKNOWN),
        (b"x-dmarc=pass; smtp.spf=pass", Auth.UNKNOWN),
        (b"spf=none (dkim=pass); dmarc=fail", Auth.FAIL),
    ],
)
def test_dmarc_decides_then_any_pass_then_any_fail(results: bytes, auth: Auth) -> None:
    assert auth_of([OURS + results], "mx.acme.example") is auth


def test_nobody_is_believed_without_a_name() -> None:
    assert auth_of([OURS + b"dmarc=pass"], None) is Auth.UNKNOWN
    assert auth_of([OURS + b"dmarc=pass"], "") is Auth.UNKNOWN


def test_only_the_topmost_word_of_the_trusted_server_counts() -> None:
    other = b"mx.forger.example; dmarc=pass"
    assert auth_of([other], "mx.acme.example") is Auth.UNKNOWN
    assert auth_of([other, OURS + b"dmarc=fail", OURS + b"dmarc=pass"], "MX.acme.example") is Auth.FAIL
    assert auth_of([b"mx.acme.example 1; spf=pass"], "mx.acme.example") is Auth.PASS
    assert auth_of([b"(x;y) mx.acme.example (z); spf=pass"], "mx.acme.example") is Auth.PASS
    assert auth_of([b"mx.acme.example.forger.example; spf=pass"], "mx.acme.example") is Auth.UNKNOWN
