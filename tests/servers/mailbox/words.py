"""Words of the generated mailbox, by language: {p} stands for a project, {n} for a number, {w} for a name."""

from __future__ import annotations

#: Language -> sentences of a body.
SENTENCES: dict[str, tuple[str, ...]] = {
    "en": (
        "Please find the {p} figures for the last quarter attached.",
        "Could you send me the signed contract for {p} by Friday?",
        "We moved the delivery of order {n} to next Tuesday.",
        "The invoice {n} has been paid, thank you.",
        "I will be out of the office on Monday; {w} stands in for me.",
        "The server room needs a new air conditioner before summer.",
        "Let us meet at the cafe near the station and talk it through.",
        "Our customer reports that the login page times out after {n} seconds.",
        "Nobody has answered my question about the budget yet.",
        "The draft looks good, only section {n} needs another pass.",
        "Can we postpone the workshop? Two of the trainers are ill.",
        "I have uploaded the photos of the {p} site visit.",
        "Remember to renew the insurance before the end of the month.",
        "The parcel with number {n} is waiting at the front desk.",
        "Thanks for your patience while we looked into this.",
        "{w} asked whether the {p} prototype can be shown on Thursday.",
    ),
    "de": (
        "Anbei die Zahlen zu {p} für das letzte Quartal.",
        "Könnten Sie mir den unterschriebenen Vertrag bis Freitag zusenden?",
        "Die Lieferung zu Auftrag {n} verschiebt sich auf nächste Woche.",
        "Die Rechnung {n} ist überwiesen, vielen Dank.",
        "Ich bin am Montag nicht im Büro, {w} vertritt mich.",
        "Für die Prüfung fehlen uns noch drei Unterlagen.",
        "Wir treffen uns um {n} Uhr im großen Besprechungsraum.",
        "Die Änderungen an {p} sind jetzt eingespielt.",
    ),
    "fr": (
        "Veuillez trouver ci-joint les chiffres du projet {p}.",
        "Pourriez-vous m'envoyer le contrat signé avant vendredi ?",
        "La livraison de la commande {n} est reportée à mardi.",
        "La facture {n} a été réglée, merci beaucoup.",
        "Je serai absente lundi ; {w} me remplacera.",
        "La réunion aura lieu à l'étage, près de l'entrée.",
        "Nous n'avons pas encore reçu votre réponse à ce sujet.",
    ),
    "fa": (
        "لطفاً گزارش پروژهٔ {p} را تا پایان هفته بفرستید.",
        "جلسهٔ فردا ساعت {n} در دفتر مرکزی برگزار می\u200cشود.",
        "صورت\u200cحساب شمارهٔ {n} پرداخت شد، سپاسگزارم.",
        "آیا می\u200cتوانیم زمان تحویل را به هفتهٔ آینده منتقل کنیم؟",
        "پیوست این نامه نسخهٔ نهایی قرارداد است.",
        "هنوز پاسخی به پرسش من دربارهٔ بودجه نداده\u200cاید.",
        "از همکاری شما بسیار ممنونم؛ منتظر خبر شما هستم.",
        "عکس\u200cهای بازدید از کارخانه را در پوشه گذاشتم.",
    ),
    "ar": (
        "يرجى إرسال تقرير مشروع {p} قبل نهاية الأسبوع.",
        "سيعقد الاجتماع غدًا في الساعة {n} في المكتب الرئيسي.",
        "تم دفع الفاتورة رقم {n}، شكرًا جزيلًا.",
        "هل يمكن تأجيل موعد التسليم إلى الأسبوع القادم؟",
        "تجدون في المرفق النسخة النهائية من العقد.",
        "لم نستلم ردكم على سؤالنا حول الميزانية بعد.",
        "نشكركم على تعاونكم وننتظر ردكم الكريم.",
    ),
    "mn": (
        "{p} төслийн тайланг энэ долоо хоногийн эцэс гэхэд илгээнэ үү.",
        "Маргаашийн хурал {n} цагт төв оффист болно.",
        "{n} дугаартай нэхэмжлэхийг төлсөн, баярлалаа.",
        "Хүргэлтийн хугацааг дараагийн долоо хоног хүртэл хойшлуулж болох уу?",
        "Гэрээний эцсийн хувилбарыг хавсаргав.",
        "Төсвийн талаарх асуултад минь хариу ирээгүй байна.",
        "Өнөөдөр үйлдвэрийн зургуудыг хавтаст байршууллаа.",
        "Улаанбаатарт өглөө хүйтэн байсан тул нислэг хойшилсон.",
    ),
    "ru": (
        "Пришлите, пожалуйста, отчёт по проекту {p} до конца недели.",
        "Совещание завтра в {n} часов в главном офисе.",
        "Счёт {n} оплачен, большое спасибо.",
        "Можно ли перенести срок поставки на следующую неделю?",
        "Во вложении окончательная редакция договора.",
        "Мы всё ещё ждём ответа на вопрос о бюджете.",
        "Фотографии с объекта лежат в общей папке.",
    ),
    "zh": (
        "请在本周末之前发送{p}项目的报告。",
        "明天的会议{n}点在总部举行。",
        "编号{n}的发票已经付款，谢谢。",
        "我们可以把交货时间推迟到下周吗？",
        "附件是合同的最终版本。",
        "关于预算的问题还没有收到您的答复。",
    ),
}
#: Language -> subjects.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "en": (
        "{p} status",
        "Invoice {n}",
        "Lunch on Friday?",
        "Re-planning of {p}",
        "Contract draft, please review",
        "Question about order {n}",
        "Minutes of the {p} meeting",
        "Holiday plans",
        "Access to the {p} server",
        "Photos",
    ),
    "de": (
        "Stand {p}",
        "Rechnung {n}",
        "Rückfrage zum Angebot",
        "Terminänderung für {p}",
        "Urlaubsübergabe",
        "Schlüssel für das Büro",
    ),
    "fr": ("Avancement de {p}", "Facture nº {n}", "Réunion décalée à jeudi", "Contrat à relire", "Congés d'été"),
    "fa": ("گزارش پروژهٔ {p}", "صورت\u200cحساب {n}", "زمان جلسهٔ بعدی", "پرسش دربارهٔ قرارداد", "برنامهٔ سفر"),
    "ar": ("تقرير مشروع {p}", "الفاتورة رقم {n}", "موعد الاجتماع القادم", "سؤال حول العقد", "خطة السفر"),
    "mn": ("{p} төслийн явц", "Нэхэмжлэх {n}", "Дараагийн хурлын цаг", "Гэрээний тухай асуулт", "Аяллын төлөвлөгөө"),
    "ru": ("Отчёт по {p}", "Счёт {n}", "Время следующего совещания", "Вопрос по договору", "План поездки"),
    "zh": ("{p}项目进展", "发票{n}", "下次会议时间", "关于合同的问题", "出差计划"),
}
#: Language -> first word of a body.
GREETINGS: dict[str, str] = {
    "en": "Hi",
    "de": "Hallo",
    "fr": "Bonjour",
    "fa": "سلام",
    "ar": "مرحبا",
    "mn": "Сайн байна уу",
    "ru": "Здравствуйте",
    "zh": "您好",
}
#: Projects, named alike in every language.
PROJECTS: tuple[str, ...] = (
    "Aurora",
    "Falcon",
    "Hermes",
    "Karakorum",
    "Nowruz",
    "Orion",
    "Saffron",
    "Tundra",
    "Zagros",
    "Meridian",
)
#: Language -> (display name, local part).
PEOPLE: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Grace Miller", "grace.miller"),
        ("John O'Neil", "john.oneil"),
        ("Sam Carter", "sam.carter"),
        ("Priya Nair", "priya.nair"),
        ("Smith, Bob", "bob.smith"),
        ("Ann Lee", "ann.lee"),
        ("Tom Baker", "tom.baker"),
        ("Maria Gomez", "maria.gomez"),
    ),
    "de": (("Jürgen Groß", "j.gross"), ("Sabine Möller", "s.moeller"), ("Uwe Krämer", "u.kraemer")),
    "fr": (("Élodie Lefèvre", "elodie.lefevre"), ("François Noël", "f.noel")),
    "fa": (("مریم رضایی", "m.rezaei"), ("علی کریمی", "a.karimi"), ("زهرا محمدی", "z.mohammadi")),
    "ar": (("أحمد الخطيب", "a.khatib"), ("ليلى حداد", "l.haddad")),
    "mn": (("Өнөрбаяр Бат", "b.unurbayar"), ("Түвшин Ганбат", "g.tuvshin"), ("Сарангэрэл Дорж", "d.sarangerel")),
    "ru": (("Ольга Смирнова", "o.smirnova"), ("Иван Щукин", "i.shchukin")),
    "zh": (("王小明", "xm.wang"), ("李娜", "na.li")),
}
#: Where the people are.
DOMAINS: tuple[str, ...] = (
    "example.com",
    "example.net",
    "partner.example",
    "kunde.example",
    "supplier.example",
    "uni.example",
    "sherkat.example",
    "mongol.example",
)
#: How many of a hundred people write which language.
LANGUAGE_WEIGHTS: dict[str, int] = {"en": 46, "de": 10, "fr": 6, "fa": 10, "ar": 7, "mn": 8, "ru": 8, "zh": 5}
#: Language -> (charset, transfer encoding, weight) as its mail is written.
ENCODINGS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "en": (
        ("us-ascii", "7bit", 6),
        ("utf-8", "7bit", 4),
        ("utf-8", "quoted-printable", 3),
        ("iso-8859-1", "quoted-printable", 1),
    ),
    "de": (
        ("utf-8", "quoted-printable", 5),
        ("utf-8", "8bit", 2),
        ("iso-8859-1", "quoted-printable", 2),
        ("utf-8", "base64", 1),
    ),
    "fr": (("utf-8", "quoted-printable", 5), ("utf-8", "8bit", 2), ("iso-8859-1", "8bit", 1)),
    "fa": (("utf-8", "base64", 6), ("utf-8", "8bit", 2), ("windows-1256", "8bit", 2), ("windows-1256", "base64", 1)),
    "ar": (("utf-8", "base64", 5), ("windows-1256", "quoted-printable", 2), ("windows-1256", "8bit", 2)),
    "mn": (
        ("utf-8", "base64", 5),
        ("utf-8", "quoted-printable", 2),
        ("windows-1251", "8bit", 1),
        ("windows-1251", "quoted-printable", 1),
    ),
    "ru": (("utf-8", "base64", 4), ("windows-1251", "8bit", 2), ("koi8-r", "base64", 1), ("koi8-r", "8bit", 1)),
    "zh": (("utf-8", "base64", 4), ("gb18030", "base64", 2)),
}
#: Newsletters and machines: (display name, address).
LISTS: tuple[tuple[str, str], ...] = (
    ("Shop News", "news@shop.example"),
    ("Dev List", "dev@lists.example"),
    ("Travel Deals", "deals@travel.example"),
    ("Bücher Aktuell", "info@buecher.example"),
)
ROBOTS: tuple[tuple[str, str], ...] = (
    ("Build Server", "ci@build.example"),
    ("GitForge", "notifications@forge.example"),
    ("Bank", "no-reply@bank.example"),
)
