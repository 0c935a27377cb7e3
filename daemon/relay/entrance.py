"""How a client comes to its connection to the server: greeting, TLS, and a login that the server decides."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from connectors.api import ConnectorError
from daemon.config.relay import RelayConfig
from daemon.relay.content import Memory
from daemon.relay.extensions import mechanisms, offered
from daemon.relay.line import NOT_SENT, Line, Over, Said, is_no_command
from daemon.relay.logins import Logins
from daemon.relay.replies import Reply, reply
from daemon.relay.tracking import Tracker
from daemon.relay.upstream import Gone, Upstream, connect
from daemon.tracking.limits import network_name

log = structlog.get_logger()

#: Refused logins on one connection.
_LOGINS = 3
#: Answers to a login (RFC 4954, section 6) that tell of wrong credentials, or may.
_REFUSALS = (432, 534, 535)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the dialogues have in common."""

    config: RelayConfig
    #: Our name, as clients and the server are told.
    name: str
    logins: Logins
    memory: Memory
    tracker: Tracker
    #: What STARTTLS secures by.
    tls: ssl.SSLContext


class Entrance(Line):
    """One client, and its connection to the server."""

    def __init__(self, loop: asyncio.AbstractEventLoop, around: Surroundings, lost: Callable[[], None]) -> None:
        super().__init__(loop, around.name, around.tls, lost)
        self.around = around
        self._upstream: Upstream | None = None
        self._refused_logins = 0
        self.commands |= {b"HELO": self.helo, b"EHLO": self.ehlo, b"STARTTLS": self.starttls, b"AUTH": self.auth}
        self.commands |= {b"NOOP": self.noop, b"HELP": self.help, b"QUIT": self.quit, b"EXPN": self.expn}

    def ended(self) -> None:
        """The server's connection ends with the client's; a mail in hand is not sent."""
        if self._upstream is not None:
            self._upstream.close()

    async def helo(self, _argument: bytes) -> None:
        """Without extensions nobody can log in, and so nothing be sent."""
        await self.say(reply(250, self.name))

    async def ehlo(self, argument: bytes) -> None:
        """What the server offers, as far as it works through the relay."""
        if not argument:
            raise Said(reply(501, "5.5.4 EHLO needs a name"))
        if not self.is_secured:
            raise Said(reply(250, self.name, "STARTTLS"))
        if self._upstream is None:
            try:
                self._upstream = await connect(self.around.config, self.name)
            except ConnectorError as error:
                log.error("the relay can't reach its server", problem=error.problem, hint=error.hint)
                raise Over(reply(421, "4.4.1 the mail server can't be reached now; nothing was sent")) from None
        elif self.is_in:
            await self.begin_anew()
        lines = offered(self._upstream.extensions, self.around.config.max_mail)
        await self.say(reply(250, self.name, *lines))

    async def begin_anew(self) -> None:
        """A mail that was begun is forgotten (RFC 5321, section 4.1.4)."""
        await self.forwarded(b"RSET")

    async def starttls(self, argument: bytes) -> None:
        """Secure the connection; what was sent behind the command is forgotten (RFC 3207, section 6)."""
        if self.is_secured:
            raise Said(reply(503, "5.5.1 TLS is spoken already"))
        await self.smtp_STARTTLS(argument.decode("ascii", "replace"))

    async def auth(self, argument: bytes) -> None:
        """The exchange is the server's (RFC 4954); nothing of it is kept."""
        if not self.is_secured:
            raise Said(reply(538, "5.7.11 log in under TLS alone"))
        if self._upstream is None or self.is_in:
            raise Said(reply(503, "5.5.1 not now"))
        word = argument.partition(b" ")[0].upper().decode("ascii", "replace")
        if word not in mechanisms(self._upstream.extensions):
            raise Said(reply(504, "5.5.4 this mechanism is not offered"))
        logins, source = self.around.logins, network_name(self.source)
        wait = logins.wait(source)
        if wait > 0:
            minutes = int(wait // 60) + 1
            raise Over(reply(421, f"4.7.0 too many refused logins from your address; try in {minutes} minutes"))
        said = await self.forwarded(b"AUTH " + argument)
        while said.code == 334:
            await self.say(said)
            answer = await self.hear()
            said = await self.forwarded(b"*" if is_no_command(answer) else answer)
        self.is_in = said.code == 235
        if self.is_in:
            logins.accepted(source)
        elif said.code in _REFUSALS:
            logins.refused(source)
            self._refused_logins += 1
            log.warning("the relay's server refused a login", client=self.source, code=said.code)
        await self.pass_on(said)
        if self._refused_logins >= _LOGINS:
            raise Over(reply(421, "4.7.0 too many refused logins"))

    async def noop(self, _argument: bytes) -> None:
        """The server is kept awake too."""
        await self.pass_on(reply(250, "2.0.0 fine") if self._upstream is None else await self.forwarded(b"NOOP"))

    async def expn(self, _argument: bytes) -> None:
        """Nobody needs it to send a mail."""
        await self.say(reply(502, "5.5.1 not here"))

    async def help(self, _argument: bytes) -> None:
        """Some do ask."""
        await self.say(reply(214, "2.0.0 keeptouch passes mails on: RFC 6409"))

    async def quit(self, _argument: bytes) -> None:
        """Farewell."""
        if self._upstream is not None:
            await self._upstream.bow_out()
        raise Over(reply(221, "2.0.0 bye"))

    def server(self) -> Upstream:
        """The server, for somebody who is logged in; raises Said."""
        if self._upstream is None or not self.is_in:
            raise Said(reply(530, "5.7.0 log in first" if self.is_secured else "5.7.0 first STARTTLS, then log in"))
        return self._upstream

    async def forwarded(self, line: bytes) -> Reply:
        """What the server says to a command; raises Over where it has left."""
        assert self._upstream is not None
        try:
            return await self._upstream.command(line)
        except Gone as gone:
            raise Over(reply(421, f"4.4.2 {gone.problem}; {NOT_SENT}")) from None

    async def pass_on(self, said: Reply) -> None:
        """The client hears what the server said. One that says 421 leaves, and so does the relay."""
        if said.code == 421:
            raise Over(said)
        await self.say(said)
