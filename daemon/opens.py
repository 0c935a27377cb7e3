"""Opens and clicks of the mails of a batch: hits become signals of the mail that was opened, each with its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from matching.opens.verdicts import HUMAN, Judged, TokenKind, Verdict, judge
from store.derivation.history import Interaction
from store.derivation.signals import Signal
from store.keys import IdentityKey
from store.opens.tracking import Watched
from store.opens.tracking_ending import CLICK, OPEN

#: Asked for again by the like of one within so many seconds, it is the same open.
REPEAT_SECONDS = 60
#: How sure each verdict is.
_SURE = {
    Verdict.SELF: 1.0,
    Verdict.CONFIRMED: 1.0,
    Verdict.PREFETCH: 0.9,
    Verdict.BOT: 0.9,
    Verdict.SCANNER: 0.8,
    Verdict.PROXY_OPEN: 0.8,
    Verdict.PROBABLE_HUMAN: 0.7,
}
_KINDS = {TokenKind.PIXEL: OPEN, TokenKind.LINK: CLICK}


def open_signals(
    key: IdentityKey,
    item: Interaction,
    watched: Iterable[Watched],
    contact: Callable[[str, Interaction], str | None],
    *,
    is_confirmed: bool,
) -> Iterable[Signal]:
    """What was asked of a mail. `contact` finds whose an address is; of several recipients nobody knows who it was."""
    for mail in watched:
        whom = mail.recipients[0] if len(mail.recipients) == 1 else None
        contact_id = contact(whom, item) if whom is not None else None
        ground = "" if whom is not None else f"one of {len(mail.recipients)} recipients; "
        judged = judge([hit for _id, _position, hit in mail.hits], links=mail.links, is_confirmed=is_confirmed)
        last: dict[tuple[object, ...], int] = {}
        for (number, position, hit), found in zip(mail.hits, judged, strict=True):
            like = (position, hit.agent_family, hit.network, found.verdict)
            before = last.get(like)
            last[like] = hit.seconds
            if before is not None and hit.seconds - before < REPEAT_SECONDS:
                continue
            kind = _KINDS[hit.kind]
            yield Signal(
                id=key.id("signal", kind, item.id, mail.id, str(number)),
                interaction_id=item.id,
                contact_id=contact_id,
                kind=kind,
                occurred_at=mail.created_at + timedelta(seconds=hit.seconds),
                evidence=f"{found.verdict}: {ground}{_reason(found)}",
                confidence=_SURE[found.verdict],
                source_interaction_id=item.id,
                recipient=whom,
                verdict=found.verdict.value,
            )


def _reason(judged: Judged) -> str:
    doubt = "" if judged.verdict in HUMAN else "; no person, as far as can be told"
    return f"{judged.reason}{doubt}"
