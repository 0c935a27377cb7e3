"""Labels of the block that mail programs put above the mail they quote, by language: From, Sent, To, Subject.

In the form of `quote_words`.
"""

from __future__ import annotations

from matching.quotes.normal import entries

_FROM = """
    af: van
    ar: من / المرسل
    az: kimdən
    be: ад / ад каго
    bg: от / подател
    bs hr sr sl: od / šalje / pošiljatelj / pošiljalac / пошиљалац / од
    ca: de
    cs: od / odesílatel
    da nb nn: fra
    de: von / absender
    el: από / αποστολέας
    en: from / sender
    es pt gl: de / remitente / remetente
    et: saatja / kellelt
    eu: nork / igorlea
    fa: از / فرستنده / ارسال کننده
    fi: lähettäjä
    fr: de / expéditeur
    he: מאת / מ / השולח
    hi: से / प्रेषक
    hu: feladó / küldő
    hy: ումից
    id ms: dari / daripada
    is: frá
    it: da / mittente
    ja: 差出人 / 送信者 / from
    ka: ვისგან
    kk: кімнен
    ko: 보낸 사람 / 보낸사람 / 발신 / 보낸이
    lt: nuo / siuntėjas
    lv: no / sūtītājs
    mk: од
    mn: хэнээс / илгээгч / илгээсэн хүн
    nl: van / afzender
    pl: od / nadawca
    ro: de la / expeditor
    ru: от / от кого / отправитель
    sk: od / odosielateľ
    sq: nga
    sv: från
    th: จาก / ผู้ส่ง
    tr: kimden / gönderen
    uk: від / від кого / відправник
    ur: منجانب
    vi: từ / người gửi
    zh: 发件人 / 寄件人 / 寄件者 / 发信人 / 發件人 / 發信人 / 从 / 自
"""
_SENT = """
    af: gestuur / datum
    ar: تاريخ الإرسال / أرسلت / التاريخ / تاريخ / تم الإرسال / تم الارسال / المرسلة
    az: göndərildi / tarix
    be: адпраўлена / дата
    bg: изпратено / дата
    bs hr sr sl: poslano / poslato / datum / датум / послато
    ca: enviat / data / enviat el
    cs: odesláno / datum
    da: sendt / dato / sendt den
    de: gesendet / datum / gesendet am / gesendet von
    el: στάλθηκε / ημερομηνία / εστάλη
    en: sent / date / sent on / sent at / date sent / data
    es: enviado / enviado el / fecha / enviada el
    et: saadetud / kuupäev
    eu: bidalia / data
    fa: تاریخ / ارسال شده / ارسال / زمان ارسال / فرستاده شده / تاریخ ارسال
    fi: lähetetty / päivä / päivämäärä / päiväys
    fr: envoyé / envoyé le / date / date d'envoi / date d’envoi / message du / date de
    he: נשלח / תאריך / נשלח בתאריך / נשלח ב
    hi: भेजा गया / दिनांक
    hu: elküldve / dátum / küldve
    hy: ամսաթիվ
    id: dikirim / tanggal / terkirim
    is: sent / dagsetning
    it: inviato / data / inviato il / data invio
    ja: 送信日時 / 日付 / 日時 / 送信日 / date
    ka: თარიღი
    kk: жіберілген / күні
    ko: 보낸 날짜 / 날짜 / 보낸날짜 / 일자 / 보낸 시간 / 작성일
    lt: išsiųsta / data
    lv: nosūtīts / datums
    mn: илгээсэн / огноо / илгээсэн огноо / явуулсан
    nl: verzonden / datum / verstuurd
    nb nn: sendt / dato
    pl: wysłano / data / wysłane / data wysłania
    pt: enviado / enviada / data / enviada em / enviado em
    ro: trimis / data / dată / expediat
    ru: отправлено / дата / послано / отправлен
    sk: odoslané / dátum
    sq: dërguar / data
    sv: skickat / datum / skickade
    th: ส่ง / วันที่ / ส่งเมื่อ
    tr: gönderildi / gönderme tarihi / tarih / gönderim tarihi / gönderilme tarihi / gönderilme zamanı
    uk: надіслано / дата / відправлено
    vi: đã gửi / ngày / ngày gửi / gửi
    zh: 发送时间 / 发送日期 / 日期 / 寄件日期 / 傳送時間 / 時間 / 时间 / 发送 / 已发送 / 發送時間 / 傳送日期
    / 寄送時間 / 送信
"""
_TO = """
    af: aan
    ar: إلى / الى / المستلم
    az: kimə
    be: каму
    bg: до / получател
    bs hr sr sl: za / prima / primatelj / прима / za
    ca: a / per a
    cs: komu
    da nb: til
    de: an / empfänger
    el: προς / παραλήπτης
    en: to
    es: para / a / destinatario
    et: adressaat / saaja / kellele
    eu: nori
    fa: به / گیرنده
    fi: vastaanottaja / kenelle
    fr: à / a / pour / destinataire
    he: אל / ל / לכבוד
    hi: को / प्रति
    hu: címzett
    hy: ում
    id ms: kepada / ke
    is: til
    it: a / per
    ja: 宛先 / to
    ka: ვის
    kk: кімге
    ko: 받는 사람 / 받는사람 / 수신
    lt: kam / gavėjas
    lv: kam / adresāts
    mk: до
    mn: хэнд / хэн рүү / хүлээн авагч / хэнд рүү
    nl: aan
    pl: do / odbiorca
    pt: para
    ro: către / catre / pentru
    ru: кому
    sk: komu / pre
    sq: për
    sv: till
    th: ถึง / ผู้รับ
    tr: kime / alıcı / kimlere
    uk: кому
    vi: đến / tới / người nhận
    zh: 收件人 / 收件者 / 收信人 / 至
"""
_CC = """
    ar: نسخة / نسخة إلى / نسخه الى
    bg mk: копие
    cs sk: kopie / kópia
    de: kopie / cc / bcc
    da nb sv: kopi / kopia
    el: κοινοποίηση
    en: cc / bcc / cc to
    es: cc / cco / con copia
    fa: رونوشت / کپی / رونوشت به
    fi: kopio
    fr: cc / cci / copie à / copie / copie a
    he: עותק / העתק
    hu: másolatot kap / másolat
    it: cc / ccn / per conoscenza
    ja: cc / 写し
    ko: 참조
    lt: kopija
    mn: хуулбар
    nl: cc / kopie
    pl: dw / udw / kopia / do wiadomości
    pt: cc / cópia
    ro: cc
    ru uk: копия / копія
    th: สำเนา / สําเนา
    tr: bilgi / bilgi (cc)
    vi: cc
    zh: 抄送 / 副本 / 副本抄送 / 密送
"""
_SUBJECT = """
    af: onderwerp
    ar: الموضوع / موضوع
    az: mövzu
    be: тэма
    bg: относно / тема
    bs hr sr: predmet / tema / naslov / предмет / тема
    ca: assumpte / tema
    cs: předmět
    da nb nn: emne
    de: betreff / betrifft
    el: θέμα
    en: subject / re
    es: asunto
    et: teema
    eu: gaia
    fa: موضوع / عنوان
    fi: aihe
    fr: objet / sujet
    he: נושא / הנדון
    hi: विषय
    hu: tárgy
    hy: թեմա
    id: perihal / subjek / hal
    is: efni
    it: oggetto
    ja: 件名 / subject
    ka: თემა
    kk: тақырып
    ko: 제목
    lt: tema
    lv: temats / tēma
    mn: сэдэв / гарчиг
    nl: onderwerp
    pl: temat
    pt: assunto
    ro: subiect
    ru uk: тема
    sk: predmet
    sl: zadeva
    sq: tema / subjekti
    sv: ämne
    th: เรื่อง / ชื่อเรื่อง / หัวเรื่อง
    tr: konu
    vi: chủ đề / tiêu đề
    zh: 主题 / 主旨 / 标题 / 主題 / 標題
"""
_OTHER = """
    de: antwort an / priorität / wichtigkeit / anlagen / organisation
    en: reply-to / reply to / importance / attachments / attachment / priority / organization / mailed-by
    / resent-from / message-id
    es: responder a / importancia / datos adjuntos / responder
    fr: répondre à / importance / pièces jointes / pièce jointe
    it: risposta / rispondi a / priorità / allegati
    nl: beantwoorden / prioriteit / bijlagen / antwoord naar
    pl: odpowiedź do / ważność / załączniki
    pt: responder a / importância / anexos / responder para
    ru: ответить / важность / вложения
    zh ja ko: 附件 / 添付ファイル / 첨부 파일 / 重要性 / 優先順位
"""
#: A label in front of a colon -> what it tells of the quoted mail. Where two languages give a word two meanings
#: ("a", "no"), the place in the block decides little: what counts is that labels stand together.
LABELS: dict[str, str] = {
    word: role
    for role, table in (
        ("other", _OTHER),
        ("cc", _CC),
        ("to", _TO),
        ("sent", _SENT),
        ("subject", _SUBJECT),
        ("from", _FROM),
    )
    for word in entries(table)
}
