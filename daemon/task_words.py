"""What reps read of tasks in their own language: English, German, Persian, Arabic, Mongolian; all else is English.

Titles and reasons come from rules in English (matching.followups). What is known here is said in the language; words
of other rules stay as they are.
"""

from __future__ import annotations

import re
from functools import cache

#: Primary subtags and scripts (RFC 5646) that are written from right to left.
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "iw", "ur", "ps", "ckb", "sd", "ug", "yi", "dv", "arc", "arab", "hebr"})
_LEFT_TO_RIGHT_SCRIPTS = frozenset({"latn", "cyrl"})
_LANGUAGES = ("de", "fa", "ar", "mn")

_TITLES = {
    "Ask again: no answer": (
        "Nachfassen: keine Antwort",
        "دوباره بپرسید: پاسخی نیامده",
        "اسأل مجددًا: لا يوجد رد",
        "Дахин асуух: хариу алга",
    ),
    "Ask again: back from leave": (
        "Nachfassen: wieder zurück",
        "دوباره بپرسید: از مرخصی برگشته است",
        "اسأل مجددًا: عاد من الإجازة",
        "Дахин асуух: чөлөөнөөс ирсэн",
    ),
    "Find the right address": (
        "Richtige Adresse finden",
        "نشانی درست را پیدا کنید",
        "ابحث عن العنوان الصحيح",
        "Зөв хаягийг олох",
    ),
    "Write after the meeting": (
        "Nach dem Treffen schreiben",
        "پس از جلسه بنویسید",
        "اكتب بعد الاجتماع",
        "Уулзалтын дараа бичих",
    ),
    "Ask whether they come": (
        "Fragen, ob sie kommen",
        "بپرسید آیا می‌آیند",
        "اسأل إن كانوا سيحضرون",
        "Ирэх эсэхийг асуух",
    ),
    "Answer": ("Antworten", "پاسخ دهید", "أجب", "Хариулах"),
    "Answer: they ask something": (
        "Antworten: sie fragen etwas",
        "پاسخ دهید: پرسشی دارند",
        "أجب: لديهم سؤال",
        "Хариулах: асуулт байна",
    ),
    "Answer the invitation": (
        "Einladung beantworten",
        "به دعوت پاسخ دهید",
        "أجب عن الدعوة",
        "Урилгад хариулах",
    ),
    "Answer the complaint": (
        "Beschwerde beantworten",
        "به شکایت پاسخ دهید",
        "أجب عن الشكوى",
        "Гомдолд хариулах",
    ),
    "Keep the promise": ("Zusage einhalten", "به قول خود عمل کنید", "أوفِ بالوعد", "Амласнаа биелүүлэх"),
    "Ask: an answer was expected": (
        "Nachfragen: eine Antwort war fällig",
        "بپرسید: پاسخی انتظار می‌رفت",
        "اسأل: كان هناك رد منتظر",
        "Асуух: хариу ирэх ёстой байсан",
    ),
    "Call: opened often, no answer": (
        "Anrufen: oft geöffnet, keine Antwort",
        "تلفن کنید: بارها باز شده، پاسخی نیامده",
        "اتصل: فُتحت كثيرًا ولا يوجد رد",
        "Залгах: олон удаа нээсэн, хариу алга",
    ),
    "Get in touch": ("Wieder melden", "تماس بگیرید", "تواصل معهم", "Холбоо барих"),
}

_DAY = r"(\d{4}-\d\d-\d\d)"
_REASONS = (
    (
        rf"no answer (\d+) working days? after the mail of {_DAY}",
        "keine Antwort {0} Arbeitstage nach der Mail vom {1}",
        "{0} روز کاری پس از نامهٔ {1} پاسخی نیامده است",
        "لا رد بعد {0} من أيام العمل من رسالة {1}",
        "{1}-ний захидлаас хойш ажлын {0} өдөр хариу ирээгүй",
    ),
    (
        rf"away until {_DAY}, and no answer to the mail of {_DAY}",
        "bis {0} abwesend, und keine Antwort auf die Mail vom {1}",
        "تا {0} نبوده و به نامهٔ {1} پاسخ نداده است",
        "غائب حتى {0}، ولا رد على رسالة {1}",
        "{0} хүртэл эзгүй байсан, {1}-ний захидалд хариу алга",
    ),
    (
        rf"mail came back on {_DAY}",
        "Mail kam am {0} zurück",
        "نامه در {0} برگشت خورد",
        "أُعيدت الرسالة في {0}",
        "Захидал {0}-нд буцаж ирсэн",
    ),
    (
        rf"mail came back on {_DAY}: (.+)",
        "Mail kam am {0} zurück: {1}",
        "نامه در {0} برگشت خورد: {1}",
        "أُعيدت الرسالة في {0}: {1}",
        "Захидал {0}-нд буцаж ирсэн: {1}",
    ),
    (
        rf"no mail (\d+) working days? after the meeting of {_DAY}",
        "keine Mail {0} Arbeitstage nach dem Treffen vom {1}",
        "{0} روز کاری پس از جلسهٔ {1} نامه‌ای نوشته نشده است",
        "لا رسالة بعد {0} من أيام العمل من اجتماع {1}",
        "{1}-ний уулзалтаас хойш ажлын {0} өдөр захидал бичээгүй",
    ),
    (
        rf"no answer to the invitation to the meeting of {_DAY}",
        "keine Antwort auf die Einladung zum Treffen vom {0}",
        "به دعوت جلسهٔ {0} پاسخ نداده است",
        "لا رد على الدعوة إلى اجتماع {0}",
        "{0}-ний уулзалтын урилгад хариу алга",
    ),
    (
        rf"no answer of ours to the invitation to the meeting of {_DAY}",
        "keine Antwort von uns auf die Einladung zum Treffen vom {0}",
        "به دعوت جلسهٔ {0} پاسخ نداده‌ایم",
        "لم نرد على الدعوة إلى اجتماع {0}",
        "{0}-ний уулзалтын урилгад хариулаагүй",
    ),
    (
        rf"the mail of {_DAY} complains",
        "die Mail vom {0} ist eine Beschwerde",
        "نامهٔ {0} شکایت است",
        "رسالة {0} شكوى",
        "{0}-ний захидал гомдолтой",
    ),
    (
        rf"promised on {_DAY} to send something",
        "am {0} zugesagt, etwas zu schicken",
        "در {0} قول داده شد چیزی فرستاده شود",
        "وُعد في {0} بإرسال شيء",
        "{0}-нд ямар нэг зүйл илгээхээ амласан",
    ),
    (
        rf"promised on {_DAY} to send something by {_DAY}",
        "am {0} zugesagt, bis {1} etwas zu schicken",
        "در {0} قول داده شد تا {1} چیزی فرستاده شود",
        "وُعد في {0} بإرسال شيء حتى {1}",
        "{0}-нд ямар нэг зүйл {1} хүртэл илгээхээ амласан",
    ),
    (
        rf"an answer is expected by {_DAY}, as was set on {_DAY}",
        "eine Antwort wird bis {0} erwartet, so festgelegt am {1}",
        "تا {0} پاسخی انتظار می‌رود، چنان که در {1} تعیین شد",
        "يُنتظر رد حتى {0}، كما حُدد في {1}",
        "{1}-нд тогтоосноор {0} хүртэл хариу хүлээж байна",
    ),
    (
        rf"opened (\d+) times within (\d+) days?, until {_DAY}; no answer to the mail of {_DAY}",
        "{0} Mal in {1} Tagen geöffnet, bis {2}; keine Antwort auf die Mail vom {3}",
        "در {1} روز {0} بار باز شده، تا {2}؛ به نامهٔ {3} پاسخی نیامده است",
        "فُتحت {0} مرات خلال {1} أيام، حتى {2}؛ لا رد على رسالة {3}",
        "{1} өдөрт {0} удаа нээсэн, {2} хүртэл; {3}-ний захидалд хариу алга",
    ),
    (
        rf"no answer of ours ([\d.]+) working hours after the mail of {_DAY}",
        "keine Antwort von uns {0} Arbeitsstunden nach der Mail vom {1}",
        "{0} ساعت کاری پس از نامهٔ {1} پاسخی نداده‌ایم",
        "لم نرد بعد {0} من ساعات العمل من رسالة {1}",
        "{1}-ний захидалд ажлын {0} цагийн турш хариулаагүй",
    ),
    (
        rf"no contact since {_DAY}; usual is every (\d+) days",
        "kein Kontakt seit {0}; üblich ist alle {1} Tage",
        "از {0} تماسی نبوده است؛ معمولاً هر {1} روز",
        "لا تواصل منذ {0}؛ المعتاد كل {1} يومًا",
        "{0}-аас хойш холбоо алга; ердийн үед {1} өдөр тутам",
    ),
)

_SETTLED = {
    "reply": ("answered", "beantwortet", "پاسخ داده شد", "تم الرد", "хариу өгсөн"),
    "colleague": ("a colleague did it", "von anderen erledigt", "همکاری انجام داد", "أنجزه زميل", "хамтрагч хийсэн"),
    "organization": (
        "somebody else there answered",
        "jemand anderes dort hat geantwortet",
        "کس دیگری از آنجا پاسخ داد",
        "أجاب شخص آخر من هناك",
        "тэндээс өөр хүн хариулсан",
    ),
    "meeting": ("you met", "getroffen", "دیدار شد", "تم اللقاء", "уулзсан"),
    "bounce": ("the mail came back", "die Mail kam zurück", "نامه برگشت خورد", "أُعيدت الرسالة", "захидал буцсан"),
    "wrote_again": (
        "another mail was written",
        "noch einmal geschrieben",
        "دوباره نوشته شد",
        "كُتبت رسالة أخرى",
        "дахин бичсэн",
    ),
    "leave": ("they are on leave", "im Urlaub", "در مرخصی است", "في إجازة", "чөлөөтэй"),
    "answer": (
        "the invitation was answered",
        "die Einladung ist beantwortet",
        "به دعوت پاسخ داده شد",
        "تم الرد على الدعوة",
        "урилгад хариулсан",
    ),
    "cancelled": ("it was cancelled", "abgesagt", "لغو شد", "أُلغي", "цуцлагдсан"),
}


def language_of(tag: str) -> str:
    """The language that is used for a tag such as "fa-IR" (RFC 5646); "en" where it is none of ours."""
    primary = tag.replace("_", "-").partition("-")[0].lower()
    return primary if primary in _LANGUAGES else "en"


def is_right_to_left(tag: str) -> bool:
    """Is the language of a tag written from right to left?"""
    parts = tag.replace("_", "-").lower().split("-")
    scripts = [each for each in parts[1:] if len(each) == 4 and each.isalpha()]
    return (scripts[0] if scripts and scripts[0] in _RIGHT_TO_LEFT | _LEFT_TO_RIGHT_SCRIPTS else parts[0]) in (
        _RIGHT_TO_LEFT
    )


def title(language: str, text: str) -> str:
    """A rule's title."""
    known = _TITLES.get(text)
    return text if known is None or language == "en" else known[_LANGUAGES.index(language)]


def reason(language: str, text: str) -> str:
    """Why a task was raised."""
    if language == "en":
        return text
    for pattern, *said in _REASONS:
        if match := _compiled(pattern).fullmatch(text):
            return said[_LANGUAGES.index(language)].format(*match.groups())
    return text


def settled(language: str, how: str) -> str:
    """By what a task was done."""
    known = _SETTLED.get(how)
    return how.replace("_", " ") if known is None else known[("en", *_LANGUAGES).index(language)]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
