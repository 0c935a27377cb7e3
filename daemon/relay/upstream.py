"""The server that mails go to: a connection for each client, by TLS unless it is this machine (RFC 5321, 3207)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress

from connectors.api import ConnectorError, Misconfigured, Unavailable
from connectors.network import certificate_problem, quoted, shared_context, system_problem, unresolved
from daemon.config.relay import RelayConfig
from daemon.relay.extensions import read_extensions
from daemon.relay.replies import Reply, read_line

#: Octets of a line of a reply; lines of one.
_MAX_LINE, _MAX_LINES = 4_096, 200
#: How long the end of a mail may be thought over, in seconds (RFC 5321, section 4.5.3.2.6).
END_SECONDS = 600.0
#: How long a server may take to say goodbye, in seconds.
_GOODBYE = 2.0
_PIECE = 256 * 1024


class Gone(Exception):
    """The connection is over. `is_unclear`: the server had the whole mail, and may have taken it."""

    def __init__(self, problem: str, *, is_unclear: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.is_unclear = is_unclear


class Upstream:
    """A connection, once it was greeted and secured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
        self._reader = reader
        self._writer = writer
        self._seconds = seconds
        self.extensions: Mapping[str, str] = {}
        #: What TLS runs over, where it began later; a writer that nobody holds closes its connection.
        self._below: asyncio.StreamWriter | None = None

    def close(self) -> None:
        """End it at once; a mail in hand is not sent. Safe to call twice."""
        for writer in (self._writer, self._below):
            if writer is not None:
                writer.transport.abort()

    async def bow_out(self) -> None:
        """QUIT, as it is good manners; the answer is nobody's."""
        with suppress(Gone):
            await self._send(b"QUIT\r\n")
            await self.reply(_GOODBYE)
        self.close()

    async def command(self, line: bytes) -> Reply:
        """Send a line (without its end), and hear what is said to it; raises Gone."""
        await self._send(line + b"\r\n")
        return await self.reply(self._seconds)

    async def data(self, content: bytes) -> Reply:
        """DATA, and the mail up to its end, where the server agrees to hear it; raises Gone."""
        said = await self.command(b"DATA")
        if said.code != 354:
            # the client begins anew, as behind any answer to a mail
            await self.command(b"RSET")
            if said.code < 400:
                raise Gone("the upstream answered to DATA what is no answer")
            return said
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        end = b".\r\n" if content.endswith(b"\r\n") or not content else b"\r\n.\r\n"
        return await self._mail(b"." + stuffed if stuffed.startswith(b".") else stuffed, end)

    async def chunk(self, content: bytes) -> Reply:
        """The mail as one chunk (RFC 3030), which is the last; raises Gone."""
        head = b"BDAT %d LAST\r\n" % len(content)
        return await self._mail(head + content[:-1], content[-1:]) if content else await self._mail(b"", head)

    async def _mail(self, content: bytes, last: bytes) -> Reply:
        """Before `last` is sent, which makes the mail whole, the server can't have taken it; afterwards it may."""
        try:
            for at in range(0, len(content), _PIECE):
                await self._send(content[at : at + _PIECE])
            if self._reader.at_eof():
                raise Gone("the upstream closed before it had the whole mail")
        except Gone:
            said = await self._farewell()
            if said is None or said.is_good:
                raise
            return said
        try:
            self._writer.write(last)
            await self._drain(END_SECONDS)
            return _final(await self.reply(END_SECONDS))
        except Gone as gone:
            said = await self._farewell()
            if said is not None and said.code >= 400:
                return said
            raise Gone(gone.problem, is_unclear=True) from None

    async def _farewell(self) -> Reply | None:
        """What a server said before it closed, if it did."""
        try:
            return await self.reply(1.0)
        except Gone:
            return None

    async def _send(self, content: bytes) -> None:
        self._writer.write(content)
        await self._drain(self._seconds)

    async def _drain(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._writer.drain(), seconds)
        except TimeoutError:
            raise Gone("the upstream took nothing in time") from None
        except OSError:
            raise Gone("the upstream closed the connection") from None

    async def reply(self, seconds: float) -> Reply:
        """What the server says next; raises Gone."""
        try:
            return await asyncio.wait_for(self._reply(), seconds)
        except TimeoutError:
            raise Gone(f"the upstream did not answer within {seconds:g} seconds") from None
        except (asyncio.IncompleteReadError, OSError):
            raise Gone("the upstream closed before it answered") from None

    async def _reply(self) -> Reply:
        lines: list[bytes] = []
        while len(lines) < _MAX_LINES:
            try:
                line = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                break
            found = read_line(line.rstrip(b"\r\n"))
            if found is None:
                break
            lines.append(line.rstrip(b"\r\n") + b"\r\n")
            if found[1]:
                return Reply(found[0], b"".join(lines))
        raise Gone("what the upstream answered is no SMTP")


def _final(said: Reply) -> Reply:
    """What can be said to a mail; raises Gone."""
    if 300 <= said.code < 400:
        raise Gone("what the upstream answered to the mail is no answer")
    return said


async def connect(config: RelayConfig, name: str) -> Upstream:
    """Connect, secure the connection, and ask what the server offers. `name` is what it is told that we are.

    Raises Unavailable or Misconfigured; credentials are sent to nobody who is not who the configuration says.
    """
    host, port = config.reached_at
    try:
        context = None if config.security == "none" else shared_context(config.ca_file)
        is_tls = config.security == "tls"
        opened = asyncio.open_connection(
            host, port, limit=_MAX_LINE, ssl=context if is_tls else None, server_hostname=host if is_tls else None
        )
        reader, writer = await asyncio.wait_for(opened, config.connect_seconds)
    except (OSError, ConnectorError) as error:
        raise translated(error, host) from None
    upstream = Upstream(reader, writer, config.timeout_seconds)
    try:
        return await asyncio.wait_for(_prepared(upstream, config, context, name), config.connect_seconds)
    except (OSError, ConnectorError, Gone) as error:
        upstream.close()
        raise translated(error, host) from None
    except BaseException:
        upstream.close()
        raise


async def _prepared(upstream: Upstream, config: RelayConfig, context: ssl.SSLContext | None, name: str) -> Upstream:
    greeting = await upstream.reply(config.timeout_seconds)
    if greeting.code != 220:
        raise Unavailable(f"{config.host} refuses: {quoted(greeting.raw)}", step="connect")
    await _greet(upstream, config, name)
    if config.security != "starttls":
        return upstream
    assert context is not None
    if "STARTTLS" not in upstream.extensions:
        hint = "somebody on the way may have taken it out; nothing was sent"
        raise Unavailable(f"{config.host} offers no STARTTLS", step="tls", hint=hint)
    said = await upstream.command(b"STARTTLS")
    if said.code != 220:
        raise Unavailable(f"{config.host} refuses STARTTLS: {quoted(said.raw)}", step="tls")
    secured = await _secured(upstream, context, config)
    await _greet(secured, config, name)
    return secured


async def _greet(upstream: Upstream, config: RelayConfig, name: str) -> None:
    said = await upstream.command(b"EHLO " + name.encode("ascii"))
    if said.code != 250:
        raise Unavailable(f"{config.host} refuses EHLO: {quoted(said.raw)}", step="connect")
    upstream.extensions = read_extensions(said.texts[1:])


async def _secured(upstream: Upstream, context: ssl.SSLContext, config: RelayConfig) -> Upstream:
    """TLS, read by a reader of its own: what was put behind the answer to STARTTLS, in clear, is never looked at."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_MAX_LINE)
    protocol = asyncio.StreamReaderProtocol(reader)
    plain = upstream._writer
    transport = await loop.start_tls(plain.transport, protocol, context, server_hostname=config.host)
    assert transport is not None
    protocol.connection_made(transport)
    secured = Upstream(reader, asyncio.StreamWriter(transport, protocol, reader, loop), config.timeout_seconds)
    secured._below = plain
    return secured


def translated(error: Exception, host: str) -> ConnectorError:
    """What went wrong with the connection, as one of ours."""
    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, Gone):
        return Unavailable(f"{host}: {error.problem}", step="connect")
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_problem(error, host, "connect")
    if isinstance(error, ssl.SSLError):
        return Unavailable(f"{host} speaks no TLS there", step="tls", hint="check port and security")
    if isinstance(error, socket.gaierror):
        return unresolved(error, host, "connect")
    if isinstance(error, OSError):
        return system_problem(error, host, "connect")
    return Misconfigured(f"{host}: {quoted(error)}", step="connect")
