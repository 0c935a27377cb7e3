"""Words at the ends of mails, by language: what phones add, how letters close, what companies hang below.

In the form of `quote_words`.
"""

from __future__ import annotations

from matching.quotes.normal import entries

#: How a line begins or ends that a program adds to what is written with it: "Sent from my iPhone".
SENT_FROM = entries("""
    ar: مرسل من / أرسلت من / أُرسلت من / ارسلت من / تم الإرسال من / تم الارسال من / أرسل من
    bg: изпратено от
    bs hr sr: poslano s mog / poslano sa / poslato sa / послато са / poslano s / poslano iz
    ca: enviat des de / enviat del meu
    cs: odesláno z / odesláno ze / odesláno pomocí
    da: sendt fra / hent outlook
    de: gesendet von / gesendet mit / gesendet / diese nachricht wurde von
    / holen sie sich outlook / gesendet über
    el: στάλθηκε από / αποστολή από / εστάλη από
    en: sent from / sent with / sent via / sent by / sent using / get outlook for / envoyed from
    / sent on the go / this message was sent from / composed on / written on my / typed on my / sent on my
    / posted from my / download outlook
    es: enviado desde / enviado con / obtener outlook / enviado por
    et: saadetud minu
    fa: ارسال شده از / فرستاده شده از / ارسال از / فرستاده‌شده از / ارسال‌شده از / دریافت outlook
    fi: lähetetty / hanki outlook
    fr: envoyé de mon / envoyé depuis / envoyé à partir de / envoyé avec / télécharger outlook / obtenez outlook
    / envoyé par / provenance : / envoyé de
    he: נשלח מה / נשלח מ / נשלח באמצעות / נשלח מתוך / קבל את outlook
    hi: से भेजा गया
    hu: elküldve / küldve / az iphone-omról küldve / iphone-ról küldve
    id: dikirim dari / terkirim dari / dapatkan outlook
    it: inviato da / inviato dal / inviato con / scarica outlook / ottieni outlook / inviata da
    ja: iphoneから送信 / ipadから送信 / から送信 / outlook for / を入手
    ko: 나의 iphone에서 보냄 / 내 iphone에서 보냄 / 에서 보냄 / 에서 보낸 / 용 outlook
    lt: išsiųsta iš
    lv: nosūtīts no / sūtīts no
    mn: миний iphone-оос илгээв / илгээв / илгээсэн / утаснаас илгээв
    nb nn: sendt fra / sendt med / skaff deg outlook
    nl: verzonden vanaf / verstuurd vanaf / verzonden met / verstuurd vanuit / verzonden via
    / download outlook
    pl: wysłane z / wysłano z / wysłano za pomocą / pobierz outlook / wysłane przy
    pt: enviado do meu / enviado a partir / enviado via / enviado de / enviado do / obter o outlook
    / obtenha o outlook / enviado pelo
    ro: trimis de pe / trimis din / trimis cu / obțineți outlook
    ru: отправлено с / отправлено из / послано с / скачать outlook / отправлено со / получить outlook
    / отправлено через
    sk: odoslané z / odoslané zo / získajte outlook
    sl: poslano iz / poslano z
    sq: dërguar nga
    sv: skickat från / skickades från / skickat med / hämta outlook / sänt från
    th: ส่งจาก
    tr: gönderildi / gönderilmiştir / 'den gönderildi / 'dan gönderildi / android için outlook
    / outlook'u edinin / ile gönderildi
    uk: надіслано з / відправлено з / надіслано із / надіслано через
    vi: được gửi từ / đã gửi từ / gửi từ / gửi bằng
    zh: 发自我的 / 從我的 / 从我的 / 发自 / 傳送自 / 寄自 / 來自我的 / 来自我的 / 获取 outlook / 取得 outlook
    / 从 windows 版邮件发送
""")
#: What such a line names, in all languages.
DEVICES = entries("""
    makes: iphone / ipad / ipod / android / blackberry / samsung / galaxy / huawei / xiaomi / redmi / nokia
    / htc / motorola / oneplus / pixel / lumia / honor / oppo / vivo / sony / xperia / lg / playbook
    / apple watch / mac / windows
    programs: outlook / gmail / yahoo / yahoo! / mail / thunderbird / k-9 / spark / proton / protonmail
    / tutanota / tuta / mailbird / airmail / newton / boxer / typeapp / bluemail / blue mail / aquamail
    / fairemail / mailspring / superhuman / hey / zoho / zimbra / sparrow / polymail / canary / edison / mail.ru
    / яндекс / yandex / почта / почты / mailbox / cloudmagic / nine / web.de / gmx / freenet / orange / aol
    / mymail / icloud / nylas / qq / 邮箱 / 網易 / 网易
    words: phone / smartphone / mobile / tablet / handheld / handy / mobiltelefon / téléphone / portable / móvil
    / movil / celular / cellulare / telefono / teléfono / telefonu / telemóvel / mobil / puhelimesta / телефона
    / смартфона / планшета / мобильного / утаснаас / گوشی / موبایل / تلفن همراه / هاتفي / جوال / 手机 / 手機 / 휴대폰
    / スマートフォン / טלפון / הסלולרי / cep telefonumdan / verizon / at&t / t-mobile / vodafone / sprint / wireless
""")

#: Formal closings: the line alone, without its punctuation.
CLOSINGS = entries("""
    ar: مع أطيب التحيات / مع التحية / تحياتي / مع خالص التحية / وتفضلوا بقبول فائق الاحترام / مع فائق الاحترام
    / مع تحياتي / أطيب التحيات / والسلام عليكم / مع الشكر والتقدير
    bg: поздрави / с уважение / с поздрави
    bs hr sr sl: srdačan pozdrav / lijep pozdrav / s poštovanjem / pozdrav / lep pozdrav / lp / срдачан поздрав
    / с поштовањем
    ca: salutacions / atentament / salutacions cordials
    cs sk: s pozdravem / s přátelským pozdravem / s úctou / s pozdravom / s úctou / pěkný den
    da: med venlig hilsen / venlig hilsen / mvh / hilsen / bedste hilsner / vh
    de: mit freundlichen grüßen / mit freundlichen grüssen / mit freundlichem gruß / freundliche grüße
    / freundliche grüsse / viele grüße / beste grüße / mfg / liebe grüße / herzliche grüße / schöne grüße / lg
    / vg / mit besten grüßen / viele grüsse / beste grüsse / mit lieben grüßen / mit herzlichen grüßen / gruß
    / grüße / hochachtungsvoll / viele grüße / best regards
    el: με εκτίμηση / φιλικά / με φιλικούς χαιρετισμούς / χαιρετισμούς
    en: regards / best regards / kind regards / kindest regards / warm regards / warmest regards / best
    / best wishes / sincerely / yours sincerely / sincerely yours / yours faithfully / yours truly
    / with best regards / with kind regards / with regards / cordially / respectfully / all the best / cheers
    / yours / many thanks and regards / thanks and regards / thanks & regards / br / kr / warmly
    / very truly yours / with warm regards
    es: saludos / saludos cordiales / un saludo / atentamente / un cordial saludo / cordialmente / atte
    / cordiales saludos / reciba un cordial saludo
    et: lugupidamisega / parimate soovidega / tervitades
    fa: با احترام / با سپاس / با تشکر / ارادتمند / با احترام فراوان / با تقدیم احترام / با آرزوی موفقیت
    / با سپاس و احترام / با تشکر و احترام / با درود / قربانت / ارادت
    fi: ystävällisin terveisin / terveisin / parhain terveisin / yt / t
    fr: cordialement / bien cordialement / bien à vous / salutations / salutations distinguées
    / meilleures salutations / sincères salutations / cdlt / bien à toi / amicalement / très cordialement
    / sincèrement
    he: בברכה / בכבוד רב / בתודה / בברכה ובתודה / תודה וברכה
    hu: üdvözlettel / tisztelettel / üdv / szívélyes üdvözlettel
    id: salam / hormat saya / salam hormat / hormat kami
    is: kveðja / með kveðju / bestu kveðjur
    it: cordiali saluti / distinti saluti / saluti / cordialmente / un saluto / un cordiale saluto / buona giornata
    ja: よろしくお願いします / よろしくお願いいたします / 敬具 / 以上、よろしくお願いいたします / 宜しくお願い致します
    ko: 감사합니다 / 드림 / 감사합니다 드림
    lt lv: pagarbiai / linkėjimai / ar cieņu / cieņā / su pagarba
    mn: хүндэтгэсэн / хүндэтгэлтэйгээр / хүндэтгэн / баярлалаа / хүндэтгэн ёслоё / мэндчилсэн
    nb nn: med vennlig hilsen / vennlig hilsen / mvh / hilsen / beste hilsener / med venleg helsing
    nl: met vriendelijke groet / met vriendelijke groeten / vriendelijke groet / vriendelijke groeten / groet
    / groeten / hartelijke groet / mvg
    pl: pozdrawiam / z poważaniem / pozdrawiam serdecznie / z wyrazami szacunku / serdecznie pozdrawiam
    / łączę pozdrowienia
    pt: atenciosamente / cumprimentos / com os melhores cumprimentos / abraços / abraço / cordialmente / att
    / melhores cumprimentos / saudações
    ro: cu stimă / cu respect / toate cele bune / o zi bună
    ru: с уважением / с наилучшими пожеланиями / всего доброго / с приветом / всего хорошего / искренне ваш
    sq: me respekt / përshëndetje
    sv: med vänlig hälsning / med vänliga hälsningar / vänliga hälsningar / vänlig hälsning / hälsningar / mvh
    / bästa hälsningar / hälsning
    th: ขอแสดงความนับถือ / ด้วยความเคารพ
    tr: saygılarımla / saygılarımızla / iyi çalışmalar / iyi günler / selamlar / sevgiler / saygılar
    uk: з повагою / з найкращими побажаннями / щиро ваш
    vi: trân trọng / thân ái / kính thư / trân trọng kính chào
    zh: 此致 / 此致敬礼 / 顺祝商祺 / 祝好 / 敬上 / 谢谢 / 謝謝 / 順頌商祺 / 致礼
""")
#: Closings that are sentences too: they close only above what shows an address, a number or a page.
THANKS = entries("""
    en: thanks / thank you / many thanks / thanks in advance / thanks again / thx / thanks so much
    / thank you very much
    de: danke / vielen dank / besten dank / herzlichen dank / dankeschön / danke und grüße / danke und gruß
    / vielen dank im voraus
    fr es it pt nl: merci / merci d'avance / gracias / muchas gracias / grazie / grazie mille / obrigado
    / obrigada / bedankt / dank je / alvast bedankt
    others: takk / tack / tak / kiitos / dziękuję / děkuji / ďakujem / köszönöm / спасибо / благодаря / дякую
    / teşekkürler / teşekkür ederim / شكرا / شكرا لكم / ممنون / سپاس / متشکرم / תודה / תודה רבה / баярлалаа / 谢谢
    / 謝謝 / ありがとうございます / 감사합니다 / ขอบคุณ / cảm ơn
""")

#: Phrases of notices below a mail: confidentiality, virus scanners, mailing lists.
NOTICES = entries("""
    ar: هذه الرسالة سرية / معلومات سرية / هذا البريد الإلكتروني سري / إذا لم تكن المستلم المقصود
    / إذا لم تكن الشخص المقصود
    cs sk: obsah této zprávy / tato zpráva je důvěrná / tento e-mail je důvěrný / táto správa je dôverná
    da nb sv: denne e-mail er fortrolig / denne e-posten er konfidensiell / detta meddelande är konfidentiellt
    / denna e-post är konfidentiell / denne mail kan indeholde fortrolige
    / denne e-post kan inneholde konfidensiell / detta e-postmeddelande kan innehålla
    de: diese e-mail enthält vertrauliche / diese e-mail kann vertrauliche
    / diese nachricht enthält vertrauliche / diese nachricht ist vertraulich
    / wenn sie nicht der richtige adressat / sollten sie nicht der vorgesehene empfänger
    / sind sie nicht der richtige adressat / falls sie nicht der vorgesehene
    / vertrauliche und/oder rechtlich geschützte / diese e-mail wurde von avast
    / diese e-mail ist vertraulich
    / der inhalt dieser e-mail ist vertraulich
    en: this e-mail and any / this email and any / this message and any
    / intended recipient / intended addressee / intended only for / intended solely for
    / confidentiality notice / privileged and confidential / confidential and privileged / legally privileged
    / privileged information / this email has been checked for viruses / this email has been scanned
    / this e-mail has been scanned
    / you received this message because you are subscribed
    / to unsubscribe from this / to unsubscribe send / to stop receiving emails from / disclaimer:
    / email disclaimer / e-mail disclaimer / may contain confidential / contains confidential information
    / registered in england / company registration number
    es: este mensaje y / este correo electrónico y / este mensaje es confidencial / información confidencial
    / si usted no es el destinatario / si no es el destinatario
    / este mensaje puede contener
    fa: این ایمیل محرمانه / این ایمیل و پیوست / اطلاعات محرمانه / این پیام محرمانه / اگر شما گیرنده
    / چنانچه شما گیرنده
    fi: tämä viesti on luottamuksellinen / tämä sähköposti on luottamuksellinen / tämä sähköpostiviesti
    fr: ce message et toutes / ce message et ses pièces / ce message est confidentiel / ce courriel et
    / cet e-mail et / ce message électronique / si vous n'êtes pas le destinataire
    / si vous n’êtes pas le destinataire
    / ce mail a été vérifié
    he: הודעה זו מכילה מידע חסוי / הודעה זו מיועדת / דואר אלקטרוני זה / אם אינך הנמען / מידע סודי
    hu: ez az üzenet bizalmas / ez az e-mail bizalmas / bizalmas információ
    it: questo messaggio e / questa e-mail e / le informazioni contenute / il presente messaggio
    / informazioni riservate / se non siete il destinatario / ai sensi del regolamento / ai sensi del d.lgs
    ja: このメールには機密情報 / 本メールは、宛先 / このメールは機密 / 本メールに記載 / 機密情報が含まれ
    ko: 이 메일은 기밀 / 본 메일은 / 이 전자우편 / 본 이메일은 / 기밀 정보
    mn: энэхүү цахим шуудан / энэ имэйл нууц / нууцлалтай мэдээлэл / энэхүү имэйл
    nl: dit bericht is vertrouwelijk / dit e-mailbericht is / de informatie in dit bericht
    / deze e-mail is vertrouwelijk / dit bericht kan vertrouwelijke / dit bericht is uitsluitend bestemd
    / indien u niet de geadresseerde
    pl: niniejsza wiadomość / ta wiadomość jest poufna / wiadomość ta jest poufna / informacje poufne
    / jeżeli nie są państwo adresatem / treść tej wiadomości / jeśli nie jest pan/pani adresatem
    pt: esta mensagem e / esta mensagem pode conter / esta mensagem é confidencial / este e-mail e
    / informações confidenciais / se você não é o destinatário / caso não seja o destinatário
    ro: acest mesaj este confidențial / acest e-mail este confidențial / informații confidențiale
    ru uk: это сообщение конфиденциально / данное сообщение / настоящее сообщение / конфиденциальную информацию
    / конфиденциальная информация / если вы не являетесь адресатом / если вы получили это сообщение по ошибке
    / це повідомлення / конфіденційну інформацію
    tr: bu e-posta ve / bu e-posta gizli / bu elektronik posta / bu mesaj ve ekleri / gizli bilgiler
    / yasal uyarı / bu ileti / alıcısı değilseniz
    vi: email này và / thư này có thể chứa thông tin
    zh: 本邮件及其附件 / 本电子邮件 / 此邮件包含 / 保密信息 / 机密信息 / 本郵件 / 機密資訊 / 如果您不是预期
    / 此電子郵件 / 如果您错误接收
""")

#: Phrases of short notices that stand alone below a mail.
NOTES = entries("""
    de: virenfrei / auf viren geprüft / bitte denken sie an die umwelt / bitte prüfen sie, ob diese e-mail wirklich
    en: virus-free / scanned for viruses / please consider the environment / think before you print
    en: checked for viruses / save paper / view this email in your browser / reply to this email directly or
    es it pt: piense en el medio ambiente / antes de imprimir este / privo di virus / prima di stampare questa
    fr: sans virus / pensez à l'environnement / pensez à la planète
    nl: denk aan het milieu / virusvrij
    ru: проверено на вирусы / без вирусов
""")

#: Phrases of the warning that a company's server puts above mail from outside.
BANNERS = entries("""
    de: externe e-mail / diese e-mail kommt von außerhalb / diese e-mail stammt von einem externen
    / externer absender / achtung: diese e-mail
    en: this email originated from outside / this message originated from outside
    / this e-mail originated from outside / external email / external sender / external message
    / originated outside / came from outside / from an external sender / you don't often get email from
    / you don’t often get email from / sent from outside / some people who received this message don't often
    es: correo externo / este correo se originó fuera / este mensaje se originó fuera / remitente externo
    fr: courriel externe / ce message provient de l'extérieur / ce message provient d'un expéditeur externe
    / expéditeur externe / message externe
    it: messaggio esterno / email esterna / mittente esterno
    nl: externe e-mail / dit bericht is afkomstig van buiten / externe afzender
    fa ar tr: این ایمیل از خارج از سازمان / بريد خارجي / هذه الرسالة من خارج / dış kaynaklı e-posta / kurum dışından
    pt ru: e-mail externo / remetente externo / внешняя почта / внешний отправитель / это письмо пришло извне
    zh ja: 外部邮件 / 外部郵件 / 外部メール
""")
