"""Subjects for comparison: what is left without the marks that answering, forwarding and lists leave on them.

After RFC 5256 section 2.1 (base subject), widened by the marks that mail programs write in other languages.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Marks of an answer, case folded.
_REPLY_MARKS = (
    "re|res|resp|r|aw|antw|antwort|sv|svar|vs|odp|odg|ynt|yan|cvp|rif|ris|vá|atb|ats|bls|balas|trả lời|răsp"
    "|απ|σχετ|на|отв|ответ|відп|відповідь|адк|хариу|хариулт|хариулах|השב|תגובה"
    "|رد|رد على|جواب|پاسخ|پاسخ به|回复|回覆|答复|答覆|回信|返信|회신|답장|ตอบกลับ"
)
#: Marks of a forwarded mail, case folded.
_FORWARD_MARKS = (
    "fwd?|i|tr|rv|reenv|enc|wg|vb|vl|fs|doorst|videresendt|pd|přep|i̇lt|ilt|továbbítás|redir|trs|yml"
    "|chuyển tiếp|πρθ|пересл|пересылка|переслано|препр|дамж|дамжуулсан|дамжуулах|הועבר"
    "|إعادة توجيه|اعادة توجيه|تحويل|ارسال|ارسال مجدد|بازارسال|باز ارسال|هدایت|فوروارد"
    "|转发|轉發|轉寄|転送|전달|ส่งต่อ"
)
_MARK = re.compile(
    rf"(?:(?P<reply>{_REPLY_MARKS})|(?P<forward>{_FORWARD_MARKS}))(?:\s?[\[(]\d{{1,4}}[\])]|[*^]\d{{1,4}})?\s*:\s*"
)
#: `[list name]` at the start; what holds a number (a ticket, part 2 of 3) tells mails apart and stays.
_TAG = re.compile(r"\[[^\[\]\d:]{1,64}\]\s*(?=\S)")
_WRAPPED = re.compile(r"\[fwd?\s*:\s*(.*)\]", re.DOTALL)
_TRAILING = re.compile(r"\s*\(fwd?\)\Z")
_SPACE = re.compile(r"\s+")
#: Subjects are compared by this many characters.
_MAX_LENGTH = 1_000


def subject_key(subject: str) -> str:
    """The subject in the form that a mail and all answers to it share; "" where nothing is left."""
    return _reduce(subject)[0]


def is_reply_subject(subject: str) -> bool:
    """Is the outermost mark that of an answer ("Re: Fwd: …" is, "Fwd: Re: …" is not)?"""
    return _reduce(subject)[1] == "reply"


def is_forward_subject(subject: str) -> bool:
    """Is the outermost mark that of a forwarded mail?"""
    return _reduce(subject)[1] == "forward"


@lru_cache(maxsize=8_192)
def _reduce(subject: str) -> tuple[str, str]:
    """The key, and the kind of the outermost mark: "reply", "forward" or "" """
    text = unicodedata.normalize("NFKC", subject[:_MAX_LENGTH])
    if not text.isascii():
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    text = unicodedata.normalize("NFKC", text.casefold())
    text = _SPACE.sub(" ", text).strip()[:_MAX_LENGTH]
    outermost = ""
    before = None
    while before != text:
        before = text
        text, kind = _without_mark(text)
        outermost = outermost or kind
    return text, outermost


def _without_mark(text: str) -> tuple[str, str]:
    if tag := _TAG.match(text):
        return text[tag.end() :], ""
    if mark := _MARK.match(text):
        return text[mark.end() :], "reply" if mark["reply"] else "forward"
    if wrapped := _WRAPPED.fullmatch(text):
        return wrapped[1].strip(), "forward"
    if trailing := _TRAILING.search(text):
        return text[: trailing.start()], "forward"
    return text, ""


_GREETINGS_AND_NOUNS = """
    hello | hi | hey | test | meeting | invoice | question | questions | update | info | request | information | order
    quote | offer | help | urgent | document | documents | file | files | report | contract | payment | call
    reminder | thanks | thank you | follow up | photo | photos | no subject | (no subject) | none | (none)
    hallo | anfrage | rechnung | angebot | termin | frage | kein betreff | (kein betreff)
    bonjour | facture | devis | sans objet | (sans objet) | hola | factura | (sin asunto) | merhaba | fatura
    (konu yok)
    привет | счет | счёт | договор | вопрос | без темы | (без темы)
    сайн байна уу | сайн уу | нэхэмжлэх | хурал | үнийн санал | гэрээ
    سلام | درخواست | فاکتور | جلسه | پیگیری | قرارداد | گزارش | بدون موضوع | مرحبا | فاتورة | اجتماع | استفسار
    بلا موضوع
    你好 | 发票 | 会议 | 无主题
"""
#: What many unrelated mails have as their whole subject.
_COMMON = frozenset(re.split(r"\s*[|\n]\s*", _GREETINGS_AND_NOUNS.strip()))


def is_telling(key: str) -> bool:
    """Says the key enough that two mails of the same people with it likely belong together?"""
    return len(key) > 2 and key not in _COMMON
