"""A mail on its way from a client to the server: each command is forwarded while the client waits for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

import structlog

from daemon.relay.content import Intake, read_bdat, read_chunk, read_data
from daemon.relay.entrance import Entrance, Surroundings
from daemon.relay.extensions import declared_size, size_limit, with_room
from daemon.relay.line import NOT_SENT, Over, Said
from daemon.relay.replies import Reply, reply
from daemon.relay.tracking import Prepared
from daemon.relay.upstream import Gone

log = structlog.get_logger()

#: What a pixel and links may add to a mail, in octets.
ROOM = 64 * 1024
#: How often the server is told that the client is still there, in seconds (RFC 5321, section 4.5.3.2.7: it waits 300).
AWAKE_SECONDS = 60.0
_UNCLEAR = "it may have accepted the mail; look whether it arrived before you send it again"


@dataclass(slots=True)
class Transaction:
    """A mail that the server agreed to hear of."""

    #: Is it from nobody, as reports are? Is it not in lines (RFC 3030)?
    is_from_nobody: bool
    is_binary: bool
    #: Octets that it may have, altered.
    allowed: int
    #: Arguments of RCPT that the server accepted.
    recipients: list[bytes] = field(default_factory=list)
    #: Chunks that came; None: none yet.
    chunks: Intake | None = None


class Dialogue(Entrance):
    """One client from its first word to its last."""

    def __init__(self, loop: asyncio.AbstractEventLoop, around: Surroundings, lost: Callable[[], None]) -> None:
        super().__init__(loop, around, lost)
        self._mail: Transaction | None = None
        #: Is a mail being handed over?
        self._is_sending = False
        self._room = ROOM if around.tracker.is_on else 0
        self.commands |= {b"MAIL": self.mail, b"RCPT": self.rcpt, b"DATA": self.data, b"BDAT": self.bdat}
        self.commands |= {b"RSET": self.rset, b"VRFY": self.vrfy}

    @property
    def is_idle(self) -> bool:
        """Is there no mail in hand?"""
        return self._mail is None and not self._is_sending

    @property
    def known(self) -> str:
        """Of a mail that is being handed over, little."""
        return _UNCLEAR if self._is_sending else NOT_SENT

    def close(self) -> None:
        """The relay ends."""
        self.leave(reply(421, f"4.3.2 the relay ends; {self.known}"))

    def ended(self) -> None:
        """Forget the mail in hand too."""
        self._forget()
        super().ended()

    async def begin_anew(self) -> None:
        """Here as there."""
        self._forget()
        await super().begin_anew()

    async def mail(self, argument: bytes) -> None:
        """A mail begins."""
        upstream = self.server()
        ours = self.around.config.max_mail
        if (declared_size(argument) or 0) > ours:
            raise Said(reply(552, f"5.3.4 a mail may have {ours} octets here"))
        argument, allowed = with_room(argument, self._room, size_limit(upstream.extensions, ours))
        said = await self.forwarded(b"MAIL " + argument)
        if said.is_good and self._mail is None:
            words = argument.upper().split()
            is_from_nobody = any(word in (b"FROM:<>", b"<>") for word in words)
            self._mail = Transaction(is_from_nobody, b"BODY=BINARYMIME" in words, allowed)
        await self.pass_on(said)

    async def rcpt(self, argument: bytes) -> None:
        """A recipient, whom the server accepts or not."""
        self.server()
        said = await self.forwarded(b"RCPT " + argument)
        if said.is_good and self._mail is not None:
            self._mail.recipients.append(argument)
        await self.pass_on(said)

    async def data(self, argument: bytes) -> None:
        """The mail itself, in lines. The server hears of it when it is whole, so that it need not wait for a client
        whose line is slow, and a mail that can't be read does not cost the connection."""
        self.server()
        mail = self._mail
        if argument or mail is None or not mail.recipients or mail.chunks is not None or mail.is_binary:
            raise Said(reply(503, "5.5.1 not DATA here; first say whom the mail is to"))
        await self.say(reply(354, "go on"))
        intake = self._intake()
        try:
            await self._take(read_data(self.reader, intake))
            await self._refuse(intake)
            await self._deliver(mail, intake.content, is_chunk=False)
        finally:
            intake.release()

    async def bdat(self, argument: bytes) -> None:
        """The mail itself, or a part of it, in octets (RFC 3030)."""
        found = read_bdat(argument)
        if found is None or self._upstream is None or not self.is_in or "CHUNKING" not in self._upstream.extensions:
            raise Over(reply(421, "5.5.1 this is no BDAT here, and what follows no command"))
        size, is_last = found
        mail = self._mail
        intake = (mail.chunks if mail is not None else None) or self._intake()
        try:
            await self._take(read_chunk(self.reader, size, intake))
            if mail is None or not mail.recipients:
                raise Said(reply(503, "5.5.1 first say whom the mail is to"))
            mail.chunks = intake
            await self._refuse(intake)
            if is_last:
                await self._deliver(mail, intake.content, is_chunk=True)
            else:
                await self.say(reply(250, f"2.0.0 {size} octets"))
        finally:
            if self._mail is None or self._mail.chunks is not intake:
                intake.release()

    async def _take(self, reading: Coroutine[None, None, None]) -> None:
        """Read what the client sends, and keep the server awake meanwhile."""
        self.mail_begins()
        task = asyncio.create_task(reading)
        try:
            while not (await asyncio.wait((task,), timeout=AWAKE_SECONDS))[0]:
                await self.forwarded(b"NOOP")
            await task
        finally:
            task.cancel()
            # where the connection broke, both have ended, and it has nothing to tell
            task.add_done_callback(_heed)
        self.mail_is_whole()

    async def _refuse(self, intake: Intake) -> None:
        """Raises Said where the mail can't be sent."""
        if intake.problem is not None:
            await self.begin_anew()
            raise Said(intake.problem)

    async def rset(self, _argument: bytes) -> None:
        """Begin anew."""
        self._forget()
        await self.pass_on(reply(250, "2.0.0 fine") if self._upstream is None else await self.forwarded(b"RSET"))

    async def vrfy(self, argument: bytes) -> None:
        """Is there such an address?"""
        self.server()
        await self.pass_on(await self.forwarded(b"VRFY " + argument))

    async def _deliver(self, mail: Transaction, content: bytes, *, is_chunk: bool) -> None:
        """Hand the mail over, altered where it may be, and tell the client what is known."""
        upstream = self.server()
        recipients: Sequence[bytes] = () if mail.is_from_nobody else mail.recipients
        prepared = await self.around.tracker.prepared(content, recipients, mail.allowed)
        if self.has_left:
            # while it was decided; the client heard that nothing was sent
            prepared.undo()
            raise ConnectionAbortedError
        is_kept = False
        self._is_sending = True
        try:
            said = await (upstream.chunk if is_chunk else upstream.data)(prepared.content)
            is_kept = said.is_good
        except Gone as gone:
            is_kept = gone.is_unclear
            raise Over(self._lost_in_a_mail(gone)) from None
        except asyncio.CancelledError:
            # the client left; what the server makes of the mail nobody hears
            is_kept = True
            raise
        finally:
            self._forget()
            self._is_sending = False
            if not is_kept:
                prepared.undo()
        _tell(said, prepared)
        await self.pass_on(said)

    def _lost_in_a_mail(self, gone: Gone) -> Reply:
        log.warning("the relay lost its server in a mail", problem=gone.problem, may_be_accepted=gone.is_unclear)
        return reply(451, f"4.4.2 {gone.problem}; {_UNCLEAR if gone.is_unclear else NOT_SENT}")

    def _intake(self) -> Intake:
        return Intake(self.around.memory, self.around.config.max_mail, self.mail_goes_on)

    def _forget(self) -> None:
        mail, self._mail = self._mail, None
        if mail is not None and mail.chunks is not None:
            mail.chunks.release()


def _heed(done: asyncio.Task[None]) -> None:
    if not done.cancelled():
        done.exception()


def _tell(said: Reply, prepared: Prepared) -> None:
    if said.is_good:
        log.info("mail relayed", code=said.code, tracked=prepared.is_tracked, reason=prepared.reason)
    else:
        log.info("the relay's server refused a mail", code=said.code)
