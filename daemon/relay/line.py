"""The client's end: a connection that speaks SMTP by lines, with TLS, times and ends; what is said is `dialogue`'s.

aiosmtpd has the protocol and STARTTLS, which forgets what was sent before the handshake. Its loop over commands is not
used: it takes a bare LF for the end of a line, logs what it reads, and decodes what has to be passed on as it came.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
import time
from collections.abc import Awaitable, Callable

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException

from daemon.relay.replies import Reply, reply

log = structlog.get_logger()

#: Octets of a command with its parameters, and of an answer in a login (RFC 4954, section 4).
MAX_COMMAND = 16 * 1024
#: A line that is longer than so many octets ends the connection.
_ENDLESS = 1024 * 1024
#: Until somebody has logged in; between commands and pieces of a mail (RFC 5321, section 4.5.3.2.7); and while the
#: server is waited for, whose times are kept elsewhere. In seconds.
LOGIN_SECONDS, IDLE_SECONDS, _BUSY_SECONDS = 60.0, 300.0, 3_600.0
#: A mail comes at no less than so many octets a second, once so many seconds have passed.
_SLOWEST, _SLOW_AFTER = 256, 60.0
#: What is known of a mail in hand that the server did not have whole.
NOT_SENT = "nothing of this mail was sent"
#: Stands for a line that is too long to be a command.
_TOO_LONG = b"\0"
#: What stands in no command: lines end with CRLF alone.
_NO_COMMAND = re.compile(rb"[\0\r\n]")
#: Commands that are none.
_MAX_BAD = 20
#: Of all clients together, in octets.
ALL_MAILS = 512 * 1024 * 1024


class Said(Exception):
    """A command is answered with this, and that is all."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.code)
        self.reply = reply


class Over(Said):
    """The connection ends too."""


class Line(SMTP):
    """One client. The heirs add to `commands` what answers them, given what stands behind the word."""

    line_length_limit = 64 * 1024

    def __init__(
        self, loop: asyncio.AbstractEventLoop, name: str, tls: ssl.SSLContext, lost: Callable[[], None]
    ) -> None:
        """`name`: ours, as clients are told. `tls`: what STARTTLS secures by. `lost` is called once, at the end."""
        # its own log names peers and what they sent
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
        super().__init__(object(), hostname=name, ident="keeptouch", tls_context=tls, loop=loop)
        self.name = name
        self.commands: dict[bytes, Callable[[bytes], Awaitable[None]]] = {}
        self.began = time.monotonic()
        self.is_in = False
        #: Did the client hear our last words?
        self.has_left = False
        self._lost = lost
        self._is_lost = False
        self._mail_began = 0.0
        self._mail_came = 0

    @property
    def is_secured(self) -> bool:
        """Is it under TLS, the handshake being done?"""
        if self.transport is None or self.transport.get_extra_info("sslcontext") is None:
            return False
        # of STARTTLS the session is told when it is done
        return self._original_transport is None or (self.session is not None and self.session.ssl is not None)

    @property
    def reader(self) -> asyncio.StreamReader:
        """What the client sends."""
        return self._reader

    @property
    def source(self) -> str:
        """The client's address."""
        peer = self.transport.get_extra_info("peername") if self.transport is not None else None
        return str(peer[0]) if peer else ""

    @property
    def known(self) -> str:
        """What is known of a mail in hand, should the connection end now."""
        return NOT_SENT

    def ended(self) -> None:
        """The connection is over."""

    def lose(self) -> None:
        """Tell that it is over, once."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if not self._is_lost:
            self._is_lost = True
            self._lost()

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the transport."""
        self.lose()
        super().connection_lost(error)

    def leave(self, last: Reply) -> None:
        """End it from our side, with these last words: nothing is done for the client any more."""
        self.has_left = True
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(last.raw)
            transport.close()
            self.loop.call_later(2.0, self.abort)

    def abort(self) -> None:
        """End it at once, whatever the client has yet to hear."""
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    async def say(self, what: Reply) -> None:
        """Send a reply."""
        if self._writer.is_closing():
            raise ConnectionResetError
        self._writer.write(what.raw)
        await self._writer.drain()

    async def hear(self) -> bytes:
        """A line from the client without its end; raises Over."""
        self._wait(IDLE_SECONDS if self.is_in else max(0.1, self.began + LOGIN_SECONDS - time.monotonic()))
        length = 0
        while True:
            try:
                line = await self._reader.readuntil(b"\r\n")
                break
            except asyncio.LimitOverrunError as error:
                length += len(await self._reader.readexactly(error.consumed))
                if length > _ENDLESS:
                    raise Over(reply(421, "5.5.2 a line without an end")) from None
        self._wait(_BUSY_SECONDS)
        return line[:-2] if length + len(line) <= MAX_COMMAND else _TOO_LONG

    def mail_begins(self) -> None:
        """From now on the client has to be quick enough."""
        self._mail_began, self._mail_came = time.monotonic(), 0
        self._wait(IDLE_SECONDS)

    def mail_goes_on(self, count: int) -> None:
        """So many octets came; raises Over."""
        self._wait(IDLE_SECONDS)
        self._mail_came += count
        took = time.monotonic() - self._mail_began
        if took > _SLOW_AFTER and self._mail_came < took * _SLOWEST:
            raise Over(reply(421, f"4.4.2 the mail comes too slowly; {NOT_SENT}"))

    def mail_is_whole(self) -> None:
        """Now the server is waited for."""
        self._wait(_BUSY_SECONDS)

    def _wait(self, seconds: float) -> None:
        if self.transport is not None:
            self._reset_timeout(seconds)

    def _timeout_cb(self) -> None:
        """Whoever says nothing is told, and left; who does not even read is cut off."""
        self.leave(reply(421, f"4.4.2 nothing was said for too long; {self.known}"))

    async def _handle_client(self) -> None:
        try:
            await self.say(reply(220, f"{self.name} ESMTP keeptouch"))
            await self._talk()
        except Over as over:
            with contextlib.suppress(OSError):
                await self.say(over.reply)
        except (OSError, asyncio.IncompleteReadError, TLSSetupException):
            # the client left, or did not get as far as TLS
            pass
        except Exception:
            log.exception("the relay failed a client")
            with contextlib.suppress(OSError):
                await self.say(reply(421, "4.3.0 the relay failed; look into its log"))
        finally:
            self.ended()
            # a transport of TLS that is closed twice can't be aborted any more
            if not self._writer.is_closing():
                self._writer.close()
            if self._original_transport is not None and not self.is_secured:
                self._original_transport.close()
                self.lose()

    async def _talk(self) -> None:
        bad = 0
        while self.transport is not None:
            # others have their turn, and the end of the connection is noticed, also where many commands came at once
            await asyncio.sleep(0)
            line = await self.hear()
            word, _, argument = line.partition(b" ")
            answer = self.commands.get(word.upper()) if not is_no_command(line) else None
            if answer is None:
                bad += 1
                if bad > _MAX_BAD:
                    raise Over(reply(421, "5.5.1 too many commands that are none"))
                await self.say(reply(500, "5.5.2 this is no command here"))
                continue
            try:
                await answer(argument.strip())
            except Over:
                raise
            except Said as said:
                await self.say(said.reply)


def is_no_command(line: bytes) -> bool:
    """Is there a byte in it that stands in no command and no answer, or was it too long?"""
    return _NO_COMMAND.search(line) is not None
