"""Tokens of OAuth instead of a password: what is sent, what is said of a refusal, and who never sees one."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Iterator

import pytest

from connectors.api import AuthFailed, Bearer, ConnectorError, Misconfigured, Secret, Unavailable
from connectors.imap import ImapConnector, ImapSettings
from tests.unit.connectors.scripted_imap import CUT, TAG, ScriptedImap

TOKEN, OTHER = "at_kanarienvogel-7713", "at_zeisig-1848"
INVALID = {"status": "invalid_token", "openid-configuration": "https://id.example/.well-known/openid-configuration"}


class Server(ScriptedImap):
    """Takes tokens in `good`; others are answered by a challenge, and then by NO."""

    def __init__(self, capabilities: str, good: tuple[str, ...] = (TOKEN,)) -> None:
        super().__init__({}, self._say)
        self.resume = self._go_on
        self._is_first = False
        self.capabilities = f"IMAP4rev1 {capabilities}"
        self.good = good
        self.error: object = INVALID
        self.refusal = b"NO [AUTHENTICATIONFAILED] Authentication failed."
        #: What was told of each attempt, decoded.
        self.attempts: list[str] = []
        self.ends: list[str] = []

    def _say(self, command: str) -> bytes | None:
        words = command.split(" ")
        if words[0] != "AUTHENTICATE":
            return None
        self._is_first = len(words) == 2
        return b"+ \r\n" if self._is_first else self._judged(words[2])

    def _go_on(self, line: str) -> bytes:
        if self._is_first:
            self._is_first = False
            return self._judged(line)
        self.ends.append(base64.b64decode(line).decode())
        return TAG + b" " + self.refusal + b"\r\n"

    def _judged(self, encoded: str) -> bytes:
        self.attempts.append(base64.b64decode(encoded).decode())
        if any(f"Bearer {token}\x01" in self.attempts[-1] for token in self.good):
            return TAG + b" OK logged in\r\n"
        return b"+ " + base64.b64encode(json.dumps(self.error).encode()) + b"\r\n"


def supplier(*tokens: str) -> Bearer:
    """Gives the first token, and instead of one that was refused the next, if there is one."""
    given = list(tokens)

    def supply(refused: str) -> str:
        if refused and given[0] == refused and len(given) > 1:
            given.pop(0)
        return given[0]

    return Bearer(supply)


def connector(server: ScriptedImap, bearer: Bearer, **options: object) -> ImapConnector:
    given: dict[str, object] = {"timeout_seconds": 2.0, "username": "alice@acme.example", "security": "none", **options}
    return ImapConnector(ImapSettings(host="127.0.0.1", port=server.port, **given), bearer)  # type: ignore[arg-type]  # one keyword or another


def failure(server: ScriptedImap, bearer: Bearer) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught, connector(server, bearer):
        pass
    return caught.value


@pytest.fixture(params=["OAUTHBEARER", "XOAUTH2"])
def mechanism(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[" SASL-IR", ""])
def server(request: pytest.FixtureRequest, mechanism: str) -> Iterator[Server]:
    with Server(f"AUTH={mechanism}{request.param}") as made:
        yield made


def test_a_token_is_sent_in_the_form_of_the_mechanism(server: Server, mechanism: str) -> None:
    with connector(server, supplier(TOKEN)):
        pass
    gs2 = f"n,a=alice@acme.example,\x01host=127.0.0.1\x01port={server.port}\x01auth=Bearer {TOKEN}\x01\x01"
    google = f"user=alice@acme.example\x01auth=Bearer {TOKEN}\x01\x01"
    assert server.attempts == [gs2 if mechanism == "OAUTHBEARER" else google]


def test_the_mailbox_to_read_is_named(server: Server, mechanism: str) -> None:
    with connector(server, supplier(TOKEN), authorize_as="sales=a,b"):
        pass
    [sent] = server.attempts
    assert sent.startswith("n,a=sales=3Da=2Cb,\x01" if mechanism == "OAUTHBEARER" else "user=sales=a,b\x01")


def test_a_refusal_is_ended_as_the_mechanism_says_and_told(server: Server, mechanism: str) -> None:
    error = failure(server, supplier("at_old"))
    assert type(error) is AuthFailed
    assert error.problem.startswith(
        "127.0.0.1 refused the token: it has expired, was revoked, or belongs to somebody else than alice@acme.example"
    )
    assert "invalid_token" in error.problem
    assert "keeptouch accounts login" in error.hint
    assert server.ends == ["\x01" if mechanism == "OAUTHBEARER" else ""]


def test_a_refused_token_is_replaced_once(server: Server) -> None:
    with connector(server, supplier("at_revoked", TOKEN)) as entered:
        entered.streams()
    assert len(server.attempts) == 2


def test_a_new_token_that_is_refused_too_is_somebody_elses(server: Server) -> None:
    error = failure(server, supplier("at_one", "at_two", TOKEN))
    assert type(error) is AuthFailed
    assert "it is new, so it belongs to somebody else than alice@acme.example" in error.problem
    assert len(server.attempts) == 2


def test_a_token_without_the_right_is_told_apart(server: Server) -> None:
    server.error = {"status": "insufficient_scope", "scope": "mail"}
    assert "it does not allow reading alice@acme.example (insufficient_scope" in failure(server, supplier("x")).problem


@pytest.mark.parametrize("told", ["no object", ["x"], {"status": {"a": 1}}, {"status": "a\r\nb" * 400}, None])
def test_whatever_the_error_object_is_the_login_is_refused(server: Server, told: object) -> None:
    server.error = told
    error = failure(server, supplier("x"))
    assert type(error) is AuthFailed
    assert "\n" not in error.problem
    assert len(error.problem) < 1000


def test_a_server_that_is_busy_has_not_judged_the_token(server: Server) -> None:
    server.refusal = b"NO [UNAVAILABLE] Temporary authentication failure"
    assert type(failure(server, supplier("x", TOKEN))) is Unavailable
    assert len(server.attempts) == 1


def test_a_server_that_takes_no_tokens_gets_none() -> None:
    with Server("AUTH=PLAIN SASL-IR") as plain:
        error = failure(plain, supplier(TOKEN))
    assert type(error) is Misconfigured
    assert "takes no tokens of OAuth" in error.problem
    assert not any(TOKEN in command for command in plain.commands)


def test_endless_challenges_are_given_up() -> None:
    with Server("AUTH=XOAUTH2 SASL-IR", ()) as endless:
        endless.resume = lambda line: TAG + b" BAD cancelled\r\n" if line == "*" else b"+ e30=\r\n"
        error = failure(endless, supplier(TOKEN))
    assert isinstance(error, Unavailable)
    assert len(endless.commands) < 10


def test_a_connection_that_is_cut_is_no_refusal() -> None:
    def answer(command: str) -> bytes | None:
        return CUT if command.startswith("AUTHENTICATE") else None

    with ScriptedImap({}, answer) as cut:
        cut.capabilities = "IMAP4rev1 AUTH=OAUTHBEARER SASL-IR"
        assert type(failure(cut, supplier(TOKEN))) is Unavailable


@pytest.mark.parametrize("error", [Unavailable("no provider", step="token"), AuthFailed("sign in", step="token")])
def test_why_there_is_no_token_is_told_as_it_is(server: Server, error: ConnectorError) -> None:
    def supply(_refused: str) -> str:
        raise error

    assert failure(server, Bearer(supply)) is error
    assert server.attempts == []


def test_a_token_is_asked_for_at_each_connection(server: Server) -> None:
    server.good = (TOKEN, OTHER)
    given = iter([TOKEN, OTHER])
    bearer = Bearer(lambda _refused: next(given))
    entered = connector(server, bearer)
    for _time in range(2):
        with entered:
            pass
    assert [TOKEN in server.attempts[0], OTHER in server.attempts[1]] == [True, True]


def test_a_token_does_not_show_itself(server: Server) -> None:
    bearer = supplier(TOKEN)
    error = failure(server, supplier("at_kanarienvogel-old"))
    assert isinstance(bearer, Secret)
    assert repr(bearer) == "Bearer(***)"
    assert TOKEN not in f"{bearer!s} {bearer!r} {[bearer]}"
    assert "kanarienvogel" not in f"{error} {error.hint} {error.__cause__!r} {error.__context__!r}"
    with pytest.raises(TypeError):
        pickle.dumps(bearer)
