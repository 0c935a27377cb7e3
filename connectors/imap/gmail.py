"""Gmail's IMAP (X-GM-EXT-1): every mail lies once in All Mail, and its labels are shown as folders that hold it too.

So All Mail is read instead of the folders that show its labels, beside Spam and Trash, which it leaves out; what a mail
is there for, its labels say (https://developers.google.com/workspace/gmail/imap/imap-extensions).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.imap.fetch import Read, Reader
from connectors.imap.responses import sequence_set
from connectors.records import Message, Purpose, Stream

CAPABILITY = "X-GM-EXT-1"
#: What Gmail gives beside All Mail.
_WHOLE = {Purpose.ALL, Purpose.JUNK, Purpose.TRASH}
#: Label (lower case) -> purpose; the first that a mail bears.
_PURPOSES = {
    b"\\draft": Purpose.DRAFTS,
    b"\\drafts": Purpose.DRAFTS,
    b"\\spam": Purpose.JUNK,
    b"\\junk": Purpose.JUNK,
    b"\\trash": Purpose.TRASH,
    b"\\sent": Purpose.SENT,
    b"\\inbox": Purpose.INBOX,
}


def without_labels(streams: Sequence[Stream]) -> tuple[Stream, ...]:
    """All Mail, Spam and Trash alone; all streams where All Mail is hidden from IMAP."""
    if not any(stream.purpose is Purpose.ALL for stream in streams):
        return tuple(streams)
    return tuple(stream for stream in streams if stream.purpose in _WHOLE)


class LabelReader(Reader):
    """Reads messages of All Mail, each with the purpose that its labels tell."""

    def pages(self, uids: Sequence[int]) -> Iterator[tuple[Sequence[int], list[Read]]]:
        """As a Reader's."""
        for portion, read in super().pages(uids):
            labels = self._folder.labels(sequence_set(portion))
            purposes = {self._folder.ref(uid): _purpose(held) for uid, held in labels.items()}
            yield (
                portion,
                [replace(one, purpose=purposes.get(one.ref)) if isinstance(one, Message) else one for one in read],
            )


def _purpose(labels: frozenset[bytes]) -> Purpose | None:
    return next((purpose for label, purpose in _PURPOSES.items() if label in labels), None)
