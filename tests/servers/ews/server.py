"""The server: reads a request, lets in who may, lays faults over the answer, keeps account of all."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from tests.servers.certificates import Certificate
from tests.servers.ews import hierarchy, reading, schema, streaming, sync, timezones, writing
from tests.servers.ews.auth import Account, Doorkeeper, Refusal
from tests.servers.ews.context import Context, Handler
from tests.servers.ews.faults import Fault, Oddities, Rule
from tests.servers.ews.ids import place_of
from tests.servers.ews.mailbox import Mailbox
from tests.servers.ews.wire import SOAP, EwsError, SoapFault, envelope, find, fractions, local, text_of
from tests.servers.scripted_http import Request, ScriptedHttp, reply

PATH = "/EWS/Exchange.asmx"
_XML = "text/xml; charset=utf-8"
#: By it a balancer knows which of its servers has a subscription.
_AFFINITY = "X-BackEndOverrideCookie=EX01~1942062522"
_HANDLERS: dict[str, Handler] = {
    **hierarchy.HANDLERS,
    **sync.HANDLERS,
    **reading.HANDLERS,
    **writing.HANDLERS,
    **streaming.HANDLERS,
    **timezones.HANDLERS,
}
_IDS = {"ItemId", "OccurrenceItemId", "RecurringMasterItemId", "AttachmentId"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came in."""

    operation: str
    #: Whose mailbox it is about: address of the first folder or item named, else of who asks.
    mailbox: str
    #: Who signed in; "" where nobody did.
    user: str
    #: How many items and folders are named.
    ids: int
    #: time.monotonic() when it came.
    at: float
    #: 401 where nobody was let in, else 200, also of errors; None where a fault was laid over the answer.
    status: int | None


class EwsServer:
    """See the package."""

    def __init__(
        self, *, certificate: Certificate | None = None, schemes: tuple[str, ...] = ("Basic",), validates: bool = True
    ) -> None:
        self.http = ScriptedHttp(self._answer, certificate)
        self.lock = threading.RLock()
        self.mailboxes: dict[str, Mailbox] = {}
        self.doorkeeper = Doorkeeper(schemes)
        self.oddities = Oddities()
        self.requests: list[Asked] = []
        #: What did not keep to the schema, and what broke in here; it should be empty at the end.
        self.problems: list[str] = []
        #: Address (lower case) -> name in the directory, see `Mailbox.legacy`.
        self.legacy: dict[str, str] = {}
        #: As many requests as one user may have at once; more are ErrorExceededConnectionCount.
        self.max_concurrency = 27
        #: How many there were at once at most, over all users, without streams.
        self.most_at_once = 0
        #: Seconds that each answer takes, without streams.
        self.latency = 0.0
        self.streams = streaming.Streams(self.http.ended)
        self._rules: list[Rule] = []
        self._schema = schema.schema() if validates else None
        self._running: list[str] = []

    def __enter__(self) -> Self:
        self.http.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.streams.wake()
        self.http.__exit__(kind, error, trace)
        if kind is None:
            assert not self.problems, self.problems

    @property
    def url(self) -> str:
        """Of the service."""
        return self.http.url + PATH

    @property
    def port(self) -> int:
        """On loopback."""
        return self.http.port

    @property
    def ended(self) -> threading.Event:
        """Set when the server ends."""
        return self.http.ended

    def add_mailbox(self, address: str, password: str | None = None, *, username: str = "", name: str = "",
                    names: dict[str, str] | None = None) -> Mailbox:  # fmt: skip
        """A mailbox, and with a password a login to it whose name is the address, or `username`.

        `names` are display names of the folders every mailbox has, by distinguished id: {"inbox": "Posteingang"}.
        """
        made = Mailbox(address, name=name, names=names, lock=self.lock, legacy=self.legacy)
        made.listeners.append(self.streams.hear)
        with self.lock:
            self.mailboxes[made.address] = made
        if password is not None:
            self.add_account(username or address, password, address=made.address)
        return made

    def add_account(
        self, username: str, password: str, *, address: str = "", impersonates: Iterable[str] = ()
    ) -> Account:
        """A login; `impersonates` are the addresses it may act for, ("*",) is all."""
        made = Account(username, password, address.lower(), {one.lower() for one in impersonates})
        self.doorkeeper.accounts[username.lower()] = made
        return made

    def fail(
        self,
        fault: Fault,
        *,
        operation: str | None = None,
        mailbox: str | None = None,
        times: int | None = 1,
        skip: int = 0,
    ) -> None:
        """Lay a fault over the next `times` answers (None: all) to this operation about this mailbox."""
        with self.lock:
            self._rules.append(Rule(fault, operation, mailbox and mailbox.lower(), times, skip))

    def heal(self) -> None:
        """No more faults."""
        with self.lock:
            self._rules.clear()

    def restart(self) -> None:
        """What a restart of Exchange loses: subscriptions, streams, and who is signed in on a connection."""
        self.streams.lose()
        self.doorkeeper.forget()

    def count(self, operation: str | None = None, mailbox: str | None = None, *, since: float = 0.0) -> int:
        """How many requests came in, since this time.monotonic()."""
        return sum(
            operation in {None, one.operation} and mailbox in {None, one.mailbox} and one.at >= since
            for one in list(self.requests)
        )

    def _answer(self, request: Request) -> Iterable[bytes]:
        at = time.monotonic()
        if request.target.partition("?")[0].lower() != PATH.lower():
            return [reply(404)]
        if request.method != "POST":
            return [reply(405, Allow="POST")]
        account = self.doorkeeper.enter(request)
        content = _body(request.body)
        operation = "" if content is None else local(content)
        asked_about = self._about(content, account)
        ids = (
            0
            if content is None
            else sum(local(one) in _IDS or local(one).endswith("FolderId") for one in content.iter())
        )
        with self.lock:
            rule = next((rule for rule in self._rules if rule.meets(operation, asked_about)), None)
        user = "" if isinstance(account, Refusal) else account.username
        status = None if rule is not None else 401 if isinstance(account, Refusal) else 200
        self.requests.append(Asked(operation, asked_about, user, ids, at, status))
        proper = self._proper(request, account, content)
        return proper if rule is None else rule.fault(proper)

    def _proper(self, request: Request, account: Account | Refusal, content: Element | None) -> Iterator[bytes]:
        """The answer without faults; nothing is done before it is taken."""
        if isinstance(account, Refusal):
            lines = "".join(f"WWW-Authenticate: {challenge}\r\n" for challenge in account.challenges)
            yield f"HTTP/1.1 401 Unauthorized\r\n{lines}Content-Length: 0\r\n\r\n".encode()
            return
        try:
            self._check(request.body, content)
            assert content is not None
            context = Context(self, self._acts_for(account, request.body), local(content))
            if context.operation == "GetStreamingEvents":
                yield from self.streams.answer(context, content, is_at_home=_is_at_home(request))
                return
            with _Turn(self, account.username):
                time.sleep(self.latency)
                answer = self._done(context, content)
            if context.operation == "Subscribe" and "x-preferserveraffinity" in request.headers:
                answer = answer.replace(b"\r\n", f"\r\nSet-Cookie: {_AFFINITY}; path=/; HttpOnly\r\n".encode(), 1)
            yield answer
        except SoapFault as fault:
            yield reply(500, fault.document(), Content_Type=_XML)

    def _done(self, context: Context, content: Element) -> bytes:
        handler = _HANDLERS.get(context.operation)
        if handler is None:
            self.problems.append(f"{context.operation} is not known here")
            raise SoapFault("ErrorInvalidRequest", f"{context.operation} is not supported.")
        with self.lock:
            try:
                document = envelope(handler(context, content))
            except EwsError as error:
                raise (error if isinstance(error, SoapFault) else SoapFault(error.code, error.text)) from None
            except Exception as error:
                self.problems.append(f"{context.operation}: {traceback.format_exc(limit=-4)}")
                raise SoapFault("ErrorInternalServerError", "An internal server error occurred.") from error
        self.check_answer(document)
        if self.oddities.fractional_seconds:
            document = fractions(document)
        return reply(200, document, Content_Type=_XML)

    def check_answer(self, document: bytes) -> None:
        """Note what in an answer does not keep to the schema."""
        problem = None if self._schema is None else self._schema.problem(document)
        if problem is not None:
            self.problems.append(f"answer: {problem}")

    def _check(self, body: bytes, content: Element | None) -> None:
        problem = "no envelope with one element in its body" if content is None else None
        if problem is None and self._schema is not None:
            problem = self._schema.problem(body)
        if problem is not None:
            self.problems.append(f"request: {problem}")
            raise SoapFault("ErrorSchemaValidation", f"The request failed schema validation: {problem}")

    def _acts_for(self, account: Account, body: bytes) -> str:
        """The address whose rights count. Raises SoapFault where the account may not act for it."""
        sid = next((one for one in ET.fromstring(body).iter() if local(one) == "ConnectingSID"), None)
        if sid is None:
            return account.address
        named = next((text_of(sid, name) for name in ("PrimarySmtpAddress", "SmtpAddress", "PrincipalName")
                      if find(sid, name) is not None), None)  # fmt: skip
        address = (named or "").lower()
        if not account.impersonates & {address, "*"} and address != account.address:
            raise SoapFault("ErrorImpersonateUserDenied")
        if address not in self.mailboxes:
            raise SoapFault("ErrorNonExistentMailbox")
        return address

    def _about(self, content: Element | None, account: Account | Refusal) -> str:
        """Whose mailbox a request is about."""
        for one in () if content is None else content.iter():
            if local(one) == "EmailAddress" and one.text:
                return one.text.lower()
            if local(one) in {"ItemId", "FolderId", "OccurrenceItemId"}:
                try:
                    place, _ = place_of(one.get("Id") or one.get("RecurringMasterId") or "")
                except EwsError:
                    continue
                with self.lock:
                    return next((box.address for box in self.mailboxes.values() if box.guid == place.mailbox), "")
        return "" if isinstance(account, Refusal) else account.address


class _Turn:
    """A request that is being answered; more than a user may have at once are refused."""

    def __init__(self, server: EwsServer, user: str) -> None:
        self._server = server
        self._user = user

    def __enter__(self) -> None:
        server = self._server
        with server.lock:
            if server._running.count(self._user) >= server.max_concurrency:
                raise SoapFault(
                    "ErrorExceededConnectionCount", "You have exceeded the available concurrent connections."
                )
            server._running.append(self._user)
            server.most_at_once = max(server.most_at_once, len(server._running))

    def __exit__(self, *_: object) -> None:
        with self._server.lock:
            self._server._running.remove(self._user)


def _is_at_home(request: Request) -> bool:
    """Does a balancer bring this request to the server that knows its subscription?"""
    name, _, value = _AFFINITY.partition("=")
    is_marked = request.headers.get(name.lower()) == value or _AFFINITY in request.headers.get("cookie", "")
    return is_marked and "x-preferserveraffinity" in request.headers and "x-anchormailbox" in request.headers


def _body(raw: bytes) -> Element | None:
    """The one element in the body of an envelope."""
    try:
        body = ET.fromstring(raw).find(f"{{{SOAP}}}Body")
    except ET.ParseError:
        return None
    return body[0] if body is not None and len(body) == 1 else None
