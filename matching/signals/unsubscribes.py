"""Somebody wants no more mail: what mail programs send for List-Unsubscribe (RFC 2369), and short words of people.

A person's word counts where it is the whole mail: one that only speaks of unsubscribing is about something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matching.folding import fold
from matching.signals.records import Kind, Mail, Signal, evidence

#: Longer texts are letters.
_MAX_WORDS = 160
_SUBJECT = re.compile(
    fold(
        r"\s*(?:please\s+)?(?:unsubscribe|un-subscribe|opt[ -]?out|remove me|stop mail\w*|abmelden|abmeldung"
        r"|austragen|newsletter abbestellen|desabonner|se desabonner|desinscription|desinscrire"
        r"|darse de baja|dar de baja|baja|cancelar (?:suscripcion|inscricao|assinatura)|descadastrar"
        r"|cancella iscrizione|disiscrizione|disiscrivi\w*|afmelden|uitschrijven|uitschrijving"
        r"|wypisz|rezygnacja|rezygnuje|aboneligi iptal|abonelikten cik\w*|отписаться|отписка|отпишите|退订"
        r"|取消订阅|退訂|取消訂閱|配信停止|購読解除|登録解除|수신 ?거부|구독 ?취소"
        r"|الغاء الاشتراك|إلغاء الاشتراك|لغو اشتراک|لغو عضویت|הסר|הסרה|ביטול הרשמה|бүртгэлээ цуцлах"
        r"|захиалга цуцлах|цуцлах)\b[\s.!:]*(?:me|mich|moi|newsletter|\S+@\S+|[0-9a-z._=+-]{0,80})?[\s.!]*$"
    ).replace(r"\s+@\s+", r"\S+@\S+")
)
_WORDS = re.compile(
    fold(
        r"\b(?:(?:please|kindly|pls) (?:unsubscribe|remove (?:me|my (?:e-?mail|address)|us|this address)"
        r"|take me off|stop (?:e-?mailing|sending|contacting))|unsubscribe(?: me)?\b|remove me from (?:your"
        r"|this|the)|take me off (?:your|this|the)"
        r"|stop (?:e-?mailing|contacting) me|do not (?:e-?mail|contact) me (?:again|any ?more)"
        r"|bitte (?:keine weiteren|nehmen sie mich|entfernen sie mich|streichen sie mich|aus dem verteiler)"
        r"|aus (?:dem|ihrem) verteiler (?:nehmen|streichen|entfernen|loschen)"
        r"|(?:veuillez|merci de) (?:me )?(?:desinscrire|desabonner|retirer|supprimer)"
        r"|(?:por favor,? )?(?:denme|deme|dame) de baja|no (?:me )?(?:envien|envie) mas|(?:per favore"
        r"|vi prego),? (?:cancell|rimuov|disiscriv)\w+|por favor,? (?:remov|descadastr|retir)\w+"
        r"|(?:graag )?(?:uitschrijven|afmelden)|prosze (?:o wypisanie|mnie wypisac|usunac)"
        r"|(?:lutfen )?(?:beni )?listeden cikar\w*|(?:пожалуйста,? )?(?:отпишите|удалите) меня"
        r"|прошу (?:отписать|удалить|больше не)"
        r"|请(?:取消|退订|不要再)|請(?:取消|退訂|不要再)|配信(?:を)?停止(?:して|を)|(?:ارجو|يرجي"
        r"|الرجاء) (?:الغاء|ازاله|حذف)|(?:لطفا )?(?:اشتراك|عضويت) (?:من|مرا) (?:را )?(?:لغو|حذف)"
        r"|(?:لطفا )?(?:مرا|من را) از (?:ليست|فهرست)|(?:נא|אנא|בבקשה) להסיר|намайг [^\n]{0,20}хас)"
    )
)


def read_unsubscribes(mail: Mail) -> Iterator[Signal]:
    """`unsubscribe`, where that is what the mail is for."""
    if len(mail.text) > 4_000:
        return
    text = mail.text.strip()
    subject = _SUBJECT.match(fold(mail.subject[:_MAX_WORDS])) if mail.subject else None
    if subject is None and (len(text) > 1_500 or not text):
        return
    words = _own_words(text)
    if subject is not None and len(words) <= _MAX_WORDS:
        yield _signal(mail, evidence("subject", mail.subject), 0.9)
    elif 0 < len(words) <= _MAX_WORDS and "?" not in words and (match := _WORDS.search(fold(words))):
        yield _signal(mail, evidence("words", match[0]), 0.8)


def _own_words(text: str) -> str:
    """What was written above what is quoted, without the greeting of a signature; of much no more than shows that."""
    lines: list[str] = []
    length = 0
    for line in text[: 3 * _MAX_WORDS].split("\n"):
        if line.startswith((">", "--", "____", "From:", "Von:", "De :", "От:")) or line.rstrip().endswith(
            (" wrote:", " schrieb:", "écrit :")
        ):
            break
        lines.append(line)
        if line.strip() and length + len(line.rstrip()) > _MAX_WORDS:
            break
        length += len(line) + 1
    return "\n".join(lines).strip()


def _signal(mail: Mail, seen: str, confidence: float) -> Signal:
    return Signal(
        kind=Kind.UNSUBSCRIBE,
        recipient=mail.sender or None,
        original_id=mail.original_id,
        evidence=seen,
        confidence=confidence,
    )
