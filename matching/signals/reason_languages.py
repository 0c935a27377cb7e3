"""The same in other languages than English: stems, so that endings do not matter (`re.VERBOSE`, any case)."""

from __future__ import annotations

FULL = r"""
    メールボックス(?:に空き|の?(?:が|は)?(?:一杯|いっぱい|容量|満杯))|容量(?:を|が)?(?:超|オーバー)|受信容量
    | (?:邮箱|收件箱|信箱|郵箱|收件匣|存储)[^。\n]{0,8}(?:已满|已滿|空间不足|空間不足|容量|超限)
    | (?:메일함|사서함|편지함|메일박스)[^.\n]{0,20}(?:가득|초과|꽉)|용량[^.\n]{0,10}초과
    | (?:صندوق|حجم|ظرفیت|فضای)[^.\n]{0,30}(?:پر\ |پر$|پر\.|تکمیل|تمام)|سهمیه[^.\n]{0,20}(?:تمام|پر)
    | (?:صندوق|علبة|مساحة|بريد)[^.\n]{0,30}(?:ممتلئ|امتلأ)|(?:تجاوز|تخط)[^.\n]{0,30}(?:الحصة|سعة|مساحة)
    | (?:хайрцаг|багтаамж|хязгаар|зай)[^.\n]{0,20}(?:дүүр|хэтэр)
    | ящик[^.\n]{0,30}(?:переполнен|полон|заполнен)|(?:превышен|исчерпан)[^.\n]{0,30}(?:квот|лимит|объ[её]м)
      |скринька[^.\n]{0,20}(?:переповнен|заповнен)
    | תיבת\ ה?דואר[^.\n]{0,20}מלאה|חריגה\ ממכסת
    | (?:postfach|mailbox|postkorb)[^.\n]{0,60}(?:\bvoll\b|überfüllt|limit\ erreicht)|speicherplatz
      |zu\ ?viele\ mails\ auf
    | boîte[^.\n]{0,40}(?:pleine|saturée)|boite\ (?:aux\ lettres\ )?pleine|quota[^.\n]{0,20}dépassé
    | casella[^.\n]{0,30}piena|buz[oó]n[^.\n]{0,40}lleno|caixa[^.\n]{0,40}cheia|cuota[^.\n]{0,20}excedid
    | kutu[^.\n]{0,20}dolu|kota[^.\n]{0,15}(?:aş|dol)|skrzynk[^.\n]{0,20}(?:pełn|przepełn)
      |schránk[^.\n]{0,20}pln|postafiók[^.\n]{0,20}(?:megtelt|tele)|cutia[^.\n]{0,20}plină
    | (?:postvak|mailbox)[^.\n]{0,20}\bvol\b|(?:brevlåda|inkorg|postkasse|indbakke|innboks)[^.\n]{0,20}(?:full|fuld)
      |postilaatikko[^.\n]{0,20}täynnä|θυρίδα[^.\n]{0,20}(?:πλήρης|γεμάτη)
    | kotak\ (?:surat|masuk)[^.\n]{0,20}penuh|hộp\ thư[^.\n]{0,20}đầy
"""
TOO_LARGE = r"""
    メッセージ(?:の)?サイズ(?:が|を) | (?:邮件|郵件)[^。\n]{0,6}(?:过大|太大|超过大小)
    | (?:письмо|сообщение|размер)[^.\n]{0,20}(?:слишком\ велик|превыша)|(?:nachricht|mail)[^.\n]{0,20}zu\ groß
    | message\ (?:est\ )?trop\ (?:gros|volumineux|grand)|mensaje[^.\n]{0,20}demasiado\ grande
    | (?:حجم|اندازه)[^.\n]{0,20}(?:بیش\ از\ حد|زیاد)|حجم\ الرسالة[^.\n]{0,20}(?:كبير|يتجاوز)|хэт\ том
"""
GONE_AWAY = r"""
    boite\ (?:du\ destinataire\ )?(?:archiv[eé]e|inactive|d[eé]sactiv)|compte[^.\n]{0,20}(?:d[eé]sactiv|suspendu)
    | (?:аккаунт|ящик|уч[её]тная\ запись|пользовател)[^.\n]{0,20}(?:заблокирован|отключ[её]н)
    | cuenta[^.\n]{0,20}(?:suspendida|desactivada)|conta[^.\n]{0,20}(?:suspensa|desativada)
      |konto[^.\n]{0,20}(?:gesperrt|deaktiviert|zablokowan|zawieszon)|account[^.\n]{0,10}(?:sospeso|disattivato)
    | حساب[^.\n]{0,30}(?:مسدود|غیر\ ?فعال|غیرفعال|معلق|تعليق|معطل|محظور) | (?:бүртгэл|хаяг)[^.\n]{0,20}(?:идэвхгүй
      |түдгэлз)
    | hesa[bp][^.\n]{0,20}(?:devre\ dışı|askıya) | (?:账号|帐号|账户|用户)[^。\n]{0,8}(?:停用|禁用|冻结)
      |계정[^.\n]{0,10}(?:정지|비활성)
"""
NO_USER = r"""
    宛先(?:不明|が(?:見つかり|存在))|(?:メール)?アドレスが(?:見つかり|存在し|間違)
      |ユーザー?[^。\n]{0,60}(?:見つかりません|存在しません|いません)|あて先が(?:見|不)
    | (?:用户|收件人|邮箱|地址|帐号|账号|使用者|用戶|郵箱)[^。\n]{0,20}(?:不存在|未找到|无效|無效|找不到)|查无此人
    | (?:사용자|수신자|받는\ 사람|주소|계정)[^.\n]{0,20}(?:찾을\ 수\ 없|존재하지\ 않|없습니다|없는)
    | (?:کاربر|گیرنده|نشانی|آدرس|صندوق|حساب)[^.\n]{0,40}(?:یافت\ نشد|پیدا\ نشد|وجود\ ندارد|ناشناس|نامعتبر|ناموجود)
    | (?:المستخدم|المستلم|العنوان|عنوان|البريد|الحساب)[^.\n]{0,40}(?:غير\ (?:موجود|معروف|صالح)|لا\ يوجد
      |لم\ يتم\ العثور)
      |تعذر\ العثور\ على[^.\n]{0,30}(?:مستخدم|مستلم|عنوان|بريد)
    | (?:хэрэглэгч|хүлээн\ авагч|хаяг)[^.\n]{0,40}(?:олдсонгүй|олдохгүй|байхгүй|бүртгэлгүй|буруу)
    | (?:пользовател|получател|ящик|адрес|учётн)[^.\n]{0,60}(?:не\ (?:найден|существует|зарегистрирован)
      |неизвестен)|такого\ пользователя\ нет|нет\ такого\ (?:пользователя|ящика)
      |(?:користувач|одержувач|адрес)[^.\n]{0,40}(?:не\ (?:знайден|існу)|невідом)
    | (?:הנמען|המשתמש|הכתובת|נמען|כתובת)[^.\n]{0,30}(?:לא\ (?:נמצא|קיים|ידוע|תקינ))
    | (?:empf[äa]nger|benutzer|adresse|konto|mailadresse)[^.\n]{0,40}(?:unbekannt|existiert\ nicht
      |nicht\ (?:gefunden|bekannt|vorhanden|g[üu]ltig|in[^.\n]{1,30}aufgeführt))
    | (?:destinataire|utilisateur|adresse)[^.\n]{0,40}(?:inconnue?|n'existe\ pas|introuvable|invalide)
      |(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n)[^.\n]{0,40}(?:desconocid|no\ existe
      |no\ (?:fue\ |se\ )?encontr|inv[aá]lid)
    | no\ se\ (?:encontr|ha\ encontrado)[^.\n]{0,20}(?:direcci|destinat|usuario|cuenta)
    | (?:utente|destinatario|casella|indirizzo)[^.\n]{0,40}(?:sconosciut|inesistente|non\ (?:esiste|trovat))
      |(?:usu[aá]rio|destinat[aá]rio|endere[cç]o)[^.\n]{0,40}(?:desconhecid|n[aã]o\ (?:existe|encontrad))
    | (?:nieznany|brak)\ (?:u[zż]ytkownik|odbiorc|adresat|skrzynk)|(?:u[zż]ytkownik|adresat
      |adres)[^.\n]{0,20}nie\ istnieje
    | (?:kullan[ıi]c[ıi]|al[ıi]c[ıi]|adres)[^.\n]{0,20}(?:bulunamad|yok|geçersiz)
    | (?:gebruiker|ontvanger)[^.\n]{0,30}(?:onbekend|bestaat\ niet)|(?:adresát|uživatel
      |příjemce)[^.\n]{0,20}(?:neexist|neznám|nenalez)
    | (?:felhasználó|címzett)[^.\n]{0,20}(?:nem\ (?:létez|található)|ismeretlen)|(?:utilizator
      |destinatar)[^.\n]{0,20}(?:inexistent|necunoscut)
    | (?:användare|mottagare|bruger|modtager|bruker|mottaker)[^.\n]{0,25}(?:okänd|ukendt|ukjent|finns\ inte
      |findes\ ikke|finnes\ ikke)
      |(?:käyttäjä|vastaanottaja)[^.\n]{0,25}(?:tuntematon|ei\ löyd)|(?:χρήστης|παραλήπτης)[^.\n]{0,25}(?:άγνωστος
      |δεν\ (?:υπάρχει|βρέθηκε))
    | (?:pengguna|penerima|alamat)[^.\n]{0,20}tidak\ (?:ditemukan|ada|dikenal)|(?:người\ (?:dùng|nhận)
      |địa\ chỉ)[^.\n]{0,20}không\ (?:tồn\ tại|tìm)
"""
REFUSED = r"""
    (?:スパム|迷惑メール|拒否)|отклонен|спам|abgelehnt|refusé|rechazad|rifiutat|rejeitad|отказано|拒绝|拒絕|被拒
      |垃圾邮件|垃圾郵件
    | هرزنامه|رد\ شد(?:ه)?|مسدود|مرفوض|رفض|محظور|спам|татгалз|스팸|거부|odrzucon|reddedil|engellend|geweigerd
      |odmítnut|avvisad|afvist|avvist
"""
TEMPORARY = r"""
    タイムアウト|混雑|配送に失敗|接続できません | 连接超时|稍后再试|暂时|일시적|시간\ 초과
    | موقت|بعداً|دوباره\ تلاش|مؤقت|لاحقا|түр\ (?:зуур|саатал)|дахин\ оролд|временн|позже|vorübergehend|temporair
      |plus\ tard|m[áa]s\ tarde|mais\ tarde
"""
