"""Words that mail programs put around the mail they quote, by language.

One line a language (its ISO 639 code first), entries parted by " / ", case and signs as `normal.plain` makes them.
"""

from __future__ import annotations

from matching.quotes.normal import entries

#: Verbs of the line above a quote: "On … somebody wrote:".
WROTE = entries("""
    af: skryf / geskryf
    ar: كتب / كتبت / كتبوا / تمت كتابة ما يلي بواسطة
    az: yazdı / yazıb
    be: піша / напісаў / напісала
    bg: написа / пише / писа
    bn: লিখেছেন
    br: bet skrivet
    bs hr: napisao je / napisala je / je napisao / je napisala / napisao / napisala / piše
    ca: ha escrit / va escriure / escrigué / missatge de
    co: hà scrittu
    cs: napsal / napsala / napsal(a) / píše
    cy: ysgrifennodd
    da nb: skrev / skriver
    de: schrieb / schrieben / hat geschrieben / geschrieben
    el: έγραψε / έγραψαν
    en: wrote / writes / has written
    eo: skribis
    es: escribió / escribio / ha escrito
    et: kirjutas
    eu: idatzi zuen / idatzi du
    fa: نوشت / نوشته است / نوشته‌است / نوشته / نوشتند
    fi: kirjoitti
    fr: a écrit / a ecrit
    fy: skreau
    ga: scríobh
    gd: sgrìobh
    gl: escribeu / escribiu
    he: כתב / כתבה / כתב/ה / כתבו / מאת
    hi: ने लिखा / लिखा
    hu: írta
    hy: գրել է / գրեց
    id ms: menulis
    is: skrifaði
    it: ha scritto / scrive / scritto
    ja: のメール / より / が書きました / は書きました / さんは書きました / のメッセージ
    ka: დაწერა / წერს
    kk: жазды
    ko: 작성함 / 님이 작성 / 작성 / 님이 쓴 글 / 썼습니다
    ky: жазган
    lt: rašė / parašė
    lv: rakstīja
    mk: напиша
    ml: എഴുതി
    mn: бичсэн / бичжээ / бичив / бичлээ / бичсэн нь
    nl: schreef / heeft geschreven / geschreven
    nn: skreiv
    pl: napisał / napisała / napisał(a) / napisał/a / pisze
    pt: escreveu / escreveram
    ro: a scris / scrie
    ru: написал / написала / написал(а) / пишет / писал / писала
    sk: napísal / napísala / napísal(a)
    sl: napisal / napisala / je napisal / sporoča
    sq: shkroi
    sr: је написао / је написала / написао / написала
    sv: skrev
    sw: aliandika
    ta: எழுதப்பட்டது / எழுதியது
    te: రాశారు
    th: เขียนว่า / เขียน
    tr: yazdı / şunu yazdı / şunları yazdı / yazmış
    uk: написав / написала
    ur: نے لکھا / لکھا
    uz: yozdi
    vi: đã viết / viết
    zh: 写道 / 寫道 / 寫到 / 写到 / 撰寫 / 編寫
""")

#: What the line above a quote begins with, before a date.
ON = entries("""
    ar: في / بتاريخ / يوم
    be bg mk ru sr: на / дана / в
    bs hr: dana / na / u
    ca es: el / el día
    cs sk: dne / dňa
    cy ga: ar
    da nb nn sv: den / på / d.
    de: am
    el: στις
    en: on / at
    eo: je
    et: kuupäeval
    fa: در / در تاریخ
    fr: le
    he: ב / ביום / בתאריך
    hu: ekkor
    id: pada
    is: þann
    it: il / in data
    lv: datumā
    mn: огноо
    nl: op
    pl: dnia / w dniu
    pt gl: em / a / no
    ro: în / la / pe
    sl: dne / v
    sq: më
    th: ในวันที่ / เมื่อ
    vi: vào / vào ngày / ngày
    zh: 在 / 于 / 於
""")

#: Between rules, above a mail that is quoted whole: "-----Original Message-----".
ORIGINAL = entries("""
    ar: الرسالة الأصلية / رسالة أصلية / الرسالة الاصلية
    bg ru uk mk: исходное сообщение / оригинальное сообщение / оригинално съобщение / исходное письмо
    / вихідне повідомлення / початкове повідомлення / оригінальне повідомлення / оригинална порака
    / пересылаемое сообщение
    bs hr sr sl: izvorna poruka / originalna poruka / izvirno sporočilo / originalno sporočilo
    / оригинална порука / izvorno sporočilo
    ca es gl: missatge original / mensaje original / mensaxe orixinal / mensaje de origen
    cs sk: původní zpráva / původní e-mail / pôvodná správa
    da: oprindelig meddelelse / original meddelelse / oprindelig besked
    de: ursprüngliche nachricht / originalnachricht / original-nachricht / original nachricht / urspr. nachricht
    / ursprüngliche e-mail / antwort
    el: αρχικό μήνυμα / πρωτότυπο μήνυμα
    en: original message / original email / original e-mail / original / reply message / original appointment
    / reply / orig. message
    et: algne kiri / algsõnum / algne sõnum
    fa: پیام اصلی / پیغام اصلی / ایمیل اصلی / نامه اصلی
    fi: alkuperäinen viesti
    fr: message d'origine / message original / message d’origine / message initial / courriel d'origine
    / e-mail d'origine
    he: הודעה מקורית / ההודעה המקורית
    hu: eredeti üzenet / eredeti levél
    id: pesan asli
    it: messaggio originale / messaggio di origine
    ja: 元のメッセージ / オリジナルメッセージ / 元のメール / original message
    kk: бастапқы хабар
    ko: 원본 메시지 / 원본 메일 / 원본메시지 / 원본 이메일
    lt lv: pradinis laiškas / originalus laiškas / sākotnējais ziņojums / oriģinālā vēstule
    mn: эх захидал / эх мессеж / анхны захидал / үндсэн захидал / эх зурвас
    nb nn: opprinnelig melding / original melding / opphavleg melding
    nl: oorspronkelijk bericht / origineel bericht / oorspronkelijke bericht
    pl: wiadomość oryginalna / oryginalna wiadomość / wiadomość pierwotna / treść oryginalnej wiadomości
    pt: mensagem original
    ro: mesaj original / mesajul original / mesajul inițial
    sv: ursprungligt meddelande / originalmeddelande / original meddelande
    th: ข้อความต้นฉบับ / ข้อความเดิม
    tr: orijinal mesaj / orijinal ileti / özgün ileti / özgün mesaj / ilk ileti
    vi: thư gốc / tin nhắn gốc / thông điệp gốc
    zh: 原始邮件 / 原始郵件 / 原邮件 / 原郵件 / 原始信件 / 原信件 / 邮件原文 / 回复的原邮件 / 回复邮件 / 原始訊息
""")

#: The same of a forwarded mail, between rules or with a colon: "Begin forwarded message:".
FORWARDED = entries("""
    ar: رسالة معاد توجيهها / رسالة محولة / الرسالة المعاد توجيهها / بداية الرسالة المعاد توجيهها
    / رسالة مُعاد توجيهها / رسالة تمت إعادة توجيهها
    bg ru uk: препратено съобщение / пересланное сообщение / пересылаемое сообщение
    / начало переадресованного сообщения / переадресованное сообщение / конец пересылаемого сообщения
    / переслане повідомлення / перенаправлене повідомлення / пересланное письмо
    bs hr sr sl: proslijeđena poruka / prosleđena poruka / posredovano sporočilo / прослеђена порука
    / preposlana poruka
    ca es gl: missatge reenviat / mensaje reenviado / inicio del mensaje reenviado / mensaxe reenviada
    / mensaje remitido / inici del missatge reenviat
    cs sk: přeposlaná zpráva / začátek přeposlané zprávy / preposlaná správa / začiatok preposlanej správy
    / původní předávaná zpráva
    da: videresendt meddelelse / videresendt besked / start på videresendt besked
    / start på videresendt meddelelse / begynd videresendt besked
    de: weitergeleitete nachricht / anfang der weitergeleiteten nachricht / weitergeleitete e-mail
    / beginn der weitergeleiteten nachricht / weiterleitung / weitergeleitet von / weitergeleitete mail
    el: προωθημένο μήνυμα / αρχή προωθημένου μηνύματος / προωθούμενο μήνυμα
    en: forwarded message / begin forwarded message / forwarded by / forwarded email / forwarded mail
    / forwarded / end forwarded message / start of forwarded message / forward
    et: edastatud kiri / edastatud sõnum
    fa: پیام هدایت شده / پیام ارسال شده / پیغام ارسال شده / پیام بازارسال شده / نامه هدایت شده / پیام فوروارد شده
    fi: välitetty viesti / edelleenlähetetty viesti / välitetty viesti alkaa / uudelleenlähetetty viesti
    fr: message transféré / début du message transféré / message réexpédié / début du message réexpédié
    / transféré par / courriel transféré
    he: הודעה שהועברה / תחילת ההודעה שהועברה / הודעה מועברת
    hu: továbbított üzenet / továbbított levél / továbbított üzenet kezdete
    id: pesan terusan / pesan yang diteruskan / memulai pesan yang diteruskan
    it: messaggio inoltrato / inizio messaggio inoltrato / messaggio girato
    ja: 転送されたメッセージ / 転送メッセージ / 転送されたメール / 以下転送メール / 転送
    ko: 전달된 메시지 / 전달된 메일 / 전달한 메일 / 전달된 메시지 시작
    lt lv: persiųstas laiškas / persiųsta žinutė / pārsūtītais ziņojums / pārsūtīta vēstule
    mn: дамжуулсан захидал / дамжуулсан мессеж / дамжуулсан зурвас
    nb nn: videresendt melding / start på videresendt melding / vidaresend melding
    nl: doorgestuurd bericht / begin doorgestuurd bericht / doorgestuurde bericht / doorgestuurde e-mail
    pl: przekazana wiadomość / wiadomość przekazana / treść przekazanej wiadomości
    / początek przekazywanej wiadomości / przesłana wiadomość
    pt: mensagem encaminhada / mensagem reencaminhada / início da mensagem reencaminhada
    / início da mensagem encaminhada
    ro: mesaj redirecționat / mesaj transmis mai departe / mesaj redirectat / început mesaj redirecționat
    / mesaj înaintat
    sv: vidarebefordrat meddelande / vidarebefordrat brev / vidarebefordrat mejl / start på vidarebefordrat meddelande
    th: ข้อความที่ถูกส่งต่อ / ข้อความที่ส่งต่อ
    tr: iletilen mesaj / yönlendirilen mesaj / iletilmiş mesaj / iletilen ileti / yönlendirilmiş ileti
    / başlangıç iletilen mesaj / iletilmiş ileti
    vi: thư đã chuyển tiếp / thư được chuyển tiếp / tin nhắn được chuyển tiếp / bắt đầu thư được chuyển tiếp
    zh: 转发的邮件 / 转发邮件 / 轉寄郵件 / 轉寄的郵件 / 被转发邮件 / 下面是被转发的邮件 / 開始轉寄郵件
    / 轉寄信件 / 已转发邮件 / 转发邮件信息 / 轉寄訊息 / 轉寄的訊息
    / 以下是转发的邮件 / 以下是轉寄的郵件
""")
