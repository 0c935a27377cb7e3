"""HTTP to a provider of OAuth, by the client of all HTTP (connectors.http).

Whatever fails on the way is Unavailable at the step "token": it says nothing of the mail server, and nothing of who may
log in.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode, urlsplit

from connectors.api import HttpClient, Misconfigured, Traffic, Unavailable

#: The step of errors.
STEP = "token"
_TRAFFIC = Traffic("oauth")
#: Seconds that a provider may stay silent.
_TIMEOUT = 12.0
#: Seconds for a whole answer; the client gives it five times the silence.
TIME_LIMIT = 5 * _TIMEOUT

#: Seconds for which one that did not answer is not asked; and the longest rest that one may ask for on behalf of all.
_SILENT_REST = 10.0
_LONGEST_REST = 3600.0


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a provider said; it may hold tokens, so it shows its status alone."""

    host: str
    status: int
    body: bytes

    def __repr__(self) -> str:
        return f"Answer({self.status})"


@dataclass(slots=True)
class Http:
    """One provider, asked by many threads.

    One that does not answer, or asks for a rest, is left alone for a while by all of them, so that none of its accounts
    waits for the same silence again.
    """

    #: Authorities to trust instead of the system's.
    ca_file: Path | None = None
    #: http://host:port
    proxy: str | None = None
    timeout: float = _TIMEOUT
    #: The last failure, and until when nobody asks, by the monotonic clock.
    _failure: Unavailable | None = None
    _rests_until: float = 0.0

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Send a form; raises Unavailable."""
        given = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask("POST", url, urlencode(form).encode("ascii"), given)

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Raises Unavailable."""
        return self._ask("GET", url, b"", headers)

    def _ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        given = {"Accept": "application/json", **headers}
        left = self._rests_until - monotonic()
        if self._failure is not None and left > 0:
            told = self._failure
            raise Unavailable(told.problem, step=STEP, hint=told.hint, retry_after=left)
        try:
            with HttpClient(
                url, ca_file=self.ca_file, proxy=self.proxy, timeout=self.timeout, traffic=_TRAFFIC
            ) as client:
                answer = client.request(method, url, body, given)
        # what went wrong may quote what was sent: it is not chained
        except Unavailable as error:
            rest = _SILENT_REST if error.retry_after is None else min(error.retry_after, _LONGEST_REST)
            self._failure, self._rests_until = error, monotonic() + rest
            raise Unavailable(error.problem, step=STEP, hint=error.hint, retry_after=error.retry_after) from None
        except Misconfigured as error:
            raise Misconfigured(error.problem, step=STEP, hint=error.hint) from None
        except ValueError:
            raise Unavailable("what was to be sent to the provider can't be sent", step=STEP) from None
        return Answer(urlsplit(url).hostname or "", answer.status, answer.body)


def base64url(data: bytes) -> str:
    """What OAuth writes octets in: RFC 4648, section 5, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
