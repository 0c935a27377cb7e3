"""python -m tests.bench.scripted: an IMAP server of empty mailboxes that costs next to nothing; prints its port.

Any name with the password "secret" is let in. One thread serves all, so that a machine's cores are left to who asks.
"""

from __future__ import annotations

import asyncio
import sys

from tests.servers.process import HOST

_CAPABILITIES = b"IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE"
_STATUS = b"(UIDVALIDITY 1 UIDNEXT 1 MESSAGES 0)"
_FOLDERS = ((b"INBOX", b""), (b"Sent", b"\\Sent "))


def _answer(command: bytes, words: list[bytes]) -> list[bytes]:
    """What is said before the tagged OK."""
    match command:
        case b"CAPABILITY":
            return [b"* CAPABILITY " + _CAPABILITIES]
        case b"LIST":
            told = [b'* LIST (%s\\HasNoChildren) "/" %s' % (use, name) for name, use in _FOLDERS]
            if any(b"STATUS" in word for word in words):
                told += [b"* STATUS %s %s" % (name, _STATUS) for name, _use in _FOLDERS]
            return told
        case b"EXAMINE":
            return [b"* 0 EXISTS", b"* 0 RECENT", b"* OK [UIDVALIDITY 1]", b"* OK [UIDNEXT 1]", b"* FLAGS (\\Seen)"]
        case b"UID":
            return [b"* SEARCH"] if words and words[0].upper() == b"SEARCH" else []
        case b"LOGOUT":
            return [b"* BYE"]
    return []


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"* OK [CAPABILITY %s] ready\r\n" % _CAPABILITIES)
    while line := await reader.readline():
        while line.rstrip().endswith(b"}"):
            writer.write(b"+ go on\r\n")
            line += await reader.readline()
        tag, command, *words = line.split()
        lines = _answer(command.upper(), words)
        writer.write(b"".join(each + b"\r\n" for each in lines) + tag + b" OK done\r\n")
        if command.upper() == b"LOGOUT":
            break
    writer.close()


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.start_server(_serve, HOST, 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
