"""Folder names: modified UTF-7 (RFC 3501, section 5.1.3), and the purpose that a name gives away."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping, Sequence

from connectors.choices import Choice
from connectors.records import Purpose, Stream

_SHIFTED = re.compile(rb"&([^-]*)-")
#: Special use (RFC 6154, section 2), lower case.
_ATTRIBUTES = {
    b"\\sent": Purpose.SENT,
    b"\\drafts": Purpose.DRAFTS,
    b"\\junk": Purpose.JUNK,
    b"\\trash": Purpose.TRASH,
    b"\\archive": Purpose.ARCHIVE,
    b"\\all": Purpose.ALL,
}
#: Folders that hold no mail themselves but on some servers stand above all others.
_ROOTS = {"inbox", "[gmail]", "[google mail]"}
#: What lies below a folder of these shares its purpose: old years of Sent, folders thrown away.
_HEREDITARY = {Purpose.SENT, Purpose.DRAFTS, Purpose.JUNK, Purpose.TRASH, Purpose.ARCHIVE}
_ORDER = {Purpose.SENT: 0, Purpose.INBOX: 1}

_WORDS = {
    Purpose.SENT: """
        Sent|Sent Items|Sent Mail|Sent Messages|Sent Objects
        Gesendet|Gesendete Objekte|Gesendete Elemente|Gesendete Nachrichten
        Envoyés|Éléments envoyés|Messages envoyés|Courrier envoyé|Objets envoyés
        Enviados|Elementos enviados|Mensajes enviados|Correo enviado|Enviadas|Itens enviados|Mensagens enviadas
        Inviata|Posta inviata|Inviati|Elementi inviati|Messaggi inviati
        Verzonden|Verzonden items|Verzonden berichten|Wysłane|Elementy wysłane
        Отправленные|Отправленная почта|Отправленные письма|Надіслані|Відправлені
        Gönderilmiş|Gönderilmiş Öğeler|Gönderilmiş Postalar|Gönderilenler|Göndərilənlər
        ارسال شده|ارسال شده‌ها|ارسالی|فرستاده شده|فرستاده‌ها|فرستاده شده‌ها|موارد ارسال شده|نامه‌های ارسالی|پیام‌های ارسالی
        المرسل|المرسلة|مرسل|البريد المرسل|العناصر المرسلة|الرسائل المرسلة
        Илгээсэн|Илгээгдсэн|Илгээсэн захидал|Илгээсэн захидлууд|Илгээсэн зүйлс|Явуулсан|Жіберілген|Жіберілгендер
        已发送|已发送邮件|已发邮件|已傳送|已傳送郵件|寄件備份|送信済み|送信済みアイテム|送信済みメール|送信済みトレイ
        보낸편지함|보낸메일함|보낸 항목|Skickat|Skickade|Skickade objekt|Sendt|Sendt post|Sendte elementer
        Lähetetyt|Lähetetyt viestit|Odeslané|Odeslaná pošta|Odeslané zprávy|Elküldött|Elküldött elemek
        Изпратени|Изпратени елементи|Изпратена поща|Послато|Послате ставке|Адпраўленыя|Poslano|Poslane poruke
        Poslane stavke|Poslani elementi|Poslana pošta|Poslato|Odoslané|Odoslaná pošta|Odoslané položky
        Išsiųsti|Išsiųsti laiškai|Išsiųsti elementai|Nosūtītie|Nosūtītie vienumi|Saadetud|Saadetud kirjad
        Saadetud üksused|Enviats|Elements enviats|Bidaliak|Bidalitako elementuak|Item Terkirim|Dihantar
        Item Dihantar|भेजे गए|भेजे गए आइटम|भेजे गए मेल|ส่งแล้ว|รายการที่ส่ง|გაგზავნილი|Ուղարկված|Yuborilgan
        Юборилган|بھیجے گئے|بھیجی گئی ای میل|نێردراو|Σταλμένα|Илгээсэн и-мэйл|Илгээсэн мэйл
        Trimise|Elemente trimise|Απεσταλμένα|נשלחו|פריטים שנשלחו|Đã gửi|Thư đã gửi|Terkirim""",
    Purpose.DRAFTS: """
        Draft|Drafts|Entwurf|Entwürfe|Brouillon|Brouillons|Borrador|Borradores|Rascunho|Rascunhos|Bozza|Bozze
        Concepten|Szkice|Kopie robocze|Wersje robocze|Черновик|Черновики|Чернетки|Taslak|Taslaklar|Qaralamalar
        پیش‌نویس|پیش‌نویس‌ها|چرک‌نویس|چرک‌نویس‌ها|المسودات|مسودات|المسودة|مسودة|Ноорог|Ноорогууд
        草稿|草稿箱|草稿夹|草稿匣|下書き|임시보관함|임시 저장함|Utkast|Kladder|Luonnokset|Koncepty|Rozepsané
        Чернови|Нацрти|Чарнавікі|Skice|Nacrti|Osnutki|Rozpracované|Juodraščiai|Melnraksti|Mustandid|Esborranys
        Zirriborroak|Rascunhos de e-mail|ड्राफ़्ट|ड्राफ्ट|ฉบับร่าง|მონახაზები|Սևագրեր|Qoralamalar|Жобалар
        ڈرافٹس|ڕەشنووس|Draf e-mel|Piszkozatok|Ciorne|Πρόχειρα|טיוטות|Bản nháp|Thư nháp|Draf|Konsep""",
    Purpose.JUNK: """
        Junk|Junk Mail|Junk E-Mail|Spam|Spam Mail|Bulk Mail|Spamverdacht|Spam-Verdacht|Unerwünscht|Spamordner
        Courrier indésirable|Indésirables|Pourriel|Pourriels|Correo no deseado|No deseado|Correo basura
        Lixo eletrônico|Lixo electrónico|Correio eletrônico não solicitado|Posta indesiderata|Indesiderata
        Ongewenst|Ongewenste e-mail|Niechciane|Wiadomości-śmieci|Спам|Нежелательная почта|Нежелательные
        Небажана пошта|Önemsiz|Önemsiz E-posta|Gereksiz|Gereksiz E-posta
        هرزنامه|هرزنامه‌ها|اسپم|ایمیل ناخواسته|نامه‌های ناخواسته|ایمیل هرز
        البريد العشوائي|بريد عشوائي|بريد غير مرغوب|البريد غير المرغوب|البريد غير المرغوب فيه|غير مرغوب|البريد غير الهام
        سبام|الرسائل غير المرغوب فيها|Хог захидал|Хогийн захидал|Хүсээгүй захидал|Хүсээгүй шуудан
        垃圾邮件|垃圾郵件|垃圾信件|广告邮件|迷惑メール|스팸|스팸메일|스팸메일함|스팸함|정크 메일
        Нежелана поща|Нежељена пошта|Непажаданая пошта|Neželjena pošta|Neželena pošta|Nevyžiadaná pošta
        Nepageidaujami laiškai|Šlamštas|Mēstules|Nevēlamais e-pasts|Rämpspost|Correu brossa|Correu no desitjat
        Zabor-posta|स्पैम|जंक|जंक ई-मेल|จดหมายขยะ|เมลขยะ|სპამი|Սպամ|E-mel sampah|Email Sampah
        Қажетсіз пошта|سپیم|Хүсээгүй и-мэйл
        Skräppost|Uønsket|Uønsket mail|Søppelpost|Roskaposti|Nevyžádaná pošta|Nevyžádané|Levélszemét
        Ανεπιθύμητα|Ανεπιθύμητη αλληλογραφία|דואר זבל|Thư rác""",
    Purpose.TRASH: """
        Trash|Deleted|Deleted Items|Deleted Messages|Bin|Papierkorb|Gelöscht|Gelöschte Objekte|Gelöschte Elemente
        Gelöschte Nachrichten|Corbeille|Poubelle|Éléments supprimés|Messages supprimés|Papelera|Eliminados
        Elementos eliminados|Mensajes eliminados|Lixeira|Itens excluídos|Itens eliminados|Excluídos|Cestino
        Posta eliminata|Elementi eliminati|Prullenbak|Verwijderd|Verwijderde items|Verwijderde berichten|Kosz
        Usunięte|Elementy usunięte|Корзина|Удаленные|Удалённые письма|Кошик|Видалені|Çöp|Çöp Kutusu|Silinmiş
        Silinmiş Öğeler|Silinen Öğeler|سطل زباله|زباله‌دان|سطل بازیافت|حذف شده|حذف شده‌ها|موارد حذف شده|پاک شده
        المحذوفات|محذوفات|العناصر المحذوفة|الرسائل المحذوفة|المهملات|سلة المهملات|سلة المحذوفات|Хогийн сав|Хог
        Устгасан|Устгагдсан|Устгасан захидал|Устгасан зүйлс|已删除|已删除邮件|已刪除|已刪除郵件|刪除的郵件|垃圾桶
        回收站|废件箱|ゴミ箱|削除済み|削除済みアイテム|휴지통|지운편지함|지운 편지함|Papperskorg|Papperskorgen|Borttaget
        Slettet|Slettet post|Slettede elementer|Papirkurv|Roskakori|Poistetut|Koš|Odstraněná pošta|Kuka|Lomtár
        Кошче|Изтрити|Изтрити елементи|Отпад|Избрисане ставке|Сметніца|Smeće|Izbrisane stavke|Izbrisano
        Izbrisani elementi|Obrisane poruke|Odstránené|Odstránená pošta|Odstránené položky|Šiukšliadėžė|Ištrinti
        Ištrinti elementai|Miskaste|Dzēstie vienumi|Prügi|Prügikast|Kustutatud üksused|Paperera|Elements suprimits
        Zakarrontzia|Sampah|Item Terhapus|Tong Sampah|Item Dipadam|ट्रैश|हटाए गए आइटम|ถังขยะ|รายการที่ถูกลบ
        წაშლილი|სანაგვე ყუთი|Աղբաման|Ջնջված|Savat|Себет|Жойылғандар|ردی|حذف شدہ آئٹمز|Устгасан и-мэйл
        Törölt elemek|Gunoi|Coș de gunoi|Κάδος|Κάδος απορριμμάτων|Διαγραμμένα|אשפה|פריטים שנמחקו|Thùng rác""",
    Purpose.ARCHIVE: """
        Archive|Archives|Archiv|Archivio|Archivo|Arquivo|Archief|Archiwum|Архив|Архів|Arşiv|بایگانی|آرشیو|الأرشيف
        Архіў|Архива|Arhiv|Arhiva|Archív|Archyvas|Arhīvs|Arhiiv|Arxiu|Artxiboa|Arsip|Arkib|Archívum|Αρχείο|ארכיון|संग्रह
        أرشيف|存档|归档|封存|アーカイブ|보관|Arkiv|Arkisto""",
}


def decode(wire: bytes) -> str:
    """A mailbox name as people read it.

    A name that is no valid modified UTF-7, or would hold control characters, is kept as it is written; bytes
    beyond ASCII are taken as UTF-8, as servers without RFC 3501 manners send them.
    """
    try:
        pieces = _SHIFTED.split(wire)
        if any(b"&" in plain for plain in pieces[::2]):
            raise ValueError("a shift without an end")
        name = "".join(_unshift(piece) if at % 2 else piece.decode("utf-8") for at, piece in enumerate(pieces))
    except (ValueError, binascii.Error):
        name = wire.decode("utf-8", "backslashreplace")
    if any(unicodedata.category(c) == "Cc" for c in name):
        name = wire.decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii")
    return unicodedata.normalize("NFC", name)


def _unshift(run: bytes) -> str:
    if not run:
        return "&"
    padded = run.replace(b",", b"/") + b"=" * (-len(run) % 4)
    return base64.b64decode(padded, validate=True).decode("utf-16-be")


def _plain(name: str) -> str:
    """Letters and digits alone, without case, accents and the two spellings of Persian and Arabic letters."""
    letters = unicodedata.normalize("NFKD", name).casefold().replace("ي", "ی").replace("ك", "ک")
    return "".join(c for c in letters if c.isalnum())


_PURPOSES = {
    _plain(word): purpose
    for purpose, words in _WORDS.items()
    for line in words.split("\n")
    for word in line.split("|")
    if word.strip()
}


def purpose(levels: Sequence[str], attributes: Mapping[str, Purpose] | None = None, *, separator: str = "/") -> Purpose:
    """What the folder at these levels is for.

    `attributes` gives the purposes that the server itself names, by full name. Else the folder's name counts, in
    many languages, where it stands at the top (or right below INBOX or [Gmail]); what lies deeper shares the
    purpose of the folder above it.
    """
    known = attributes or {}
    if [level.casefold() for level in levels] == ["inbox"]:
        return Purpose.INBOX
    own = known.get(separator.join(levels))
    if own is not None:
        return own
    top = 1 if len(levels) > 1 and levels[0].casefold() in _ROOTS else 0
    if len(levels) == top + 1:
        return _PURPOSES.get(_plain(levels[top]), Purpose.OTHER)
    above = purpose(levels[:-1], known, separator=separator)
    return above if above in _HEREDITARY else Purpose.OTHER


def followed_as(name: str, levels: Sequence[str], attributes: Mapping[str, Purpose], choice: Choice) -> Purpose:
    """What a folder of that name is followed as: as what it is for (`purpose`).

    Drafts, junk or trash that the options name outright are a folder like any other.
    """
    found = purpose(levels, attributes)
    is_unlogged = found in (Purpose.DRAFTS, Purpose.JUNK, Purpose.TRASH)
    return Purpose.OTHER if is_unlogged and name in choice.include else found


def special_use(attributes: frozenset[bytes]) -> Purpose | None:
    """The purpose in the attributes of a LIST answer (lower case), if there is one."""
    return next((purpose for word, purpose in _ATTRIBUTES.items() if word in attributes), None)


def in_order(streams: Sequence[Stream]) -> tuple[Stream, ...]:
    """Sent first, then the inbox, then the rest by name."""
    return tuple(sorted(streams, key=lambda stream: (_ORDER.get(stream.purpose, 2), stream.name)))
