"""What servers say when they do not take a mail: words as data (`re.VERBOSE`, any case), by what they mean."""

from __future__ import annotations

FULL = r"""
    (?:mail ?(?:box|folder|drop|dir)|maildir|inbox|account|user(?:'s)?(?:\ mailbox)?|recipient(?:'s)?(?:\ mailbox)?)
        [^.\n]{0,60}?\b(?:full\b|over(?:\ ?(?:its|the|their|disk|storage|mail))?[\ -]?(?:quota|limit)
          |out\ of\ (?:storage|space|quota))
    | (?:mail(?:box|dir|\ folder)?|account|storage|inbox|recipient(?:'s)?|user(?:'s)?)[^.\n]{0,40}
        (?:exceed(?:s|ed|ing)?|has\ reached|too\ full)[^.\n]{0,40}(?:quota|limit|storage|space
          |allowed\ size|maximum\ size)
    | exceed(?:s|ed|ing)?[^.\n]{0,30}\b(?:quota|storage\ (?:limit|allocation)|mailbox\ size
      |mailbox\ limit|space\ limit)
    | \b(?:over|disc?k?|mailbox|storage|user|mail)[\ -]?quota\b | \bquota\b[^.\n]{0,40}(?:exceed|reached
      |full|violat|overdrawn)
    | \bexceed(?:s|ed)?\b[^.\n]{0,20}\bquota | \bquota\ (?:error|limit)
    | (?:not\ enough|no|insufficient|low\ on)\ (?:storage|disk|free|mailbox|room)?\ ?(?:space|storage
      |room)\ (?:left\ )?(?:in|on|for|available\ in)\ [^.\n]{0,20}(?:mail|user|inbox)
    | would\ (?:exceed|be\ over)[^.\n]{0,20}(?:quota|mailfolder|mailbox) | mbox\ full
      | boite\ (?:aux\ lettres\ )?pleine | storage\ quota
    | has\ exceeded\ (?:the\ |its\ |his\ |their\ )?(?:max(?:imum)?\ )?(?:storage|disk|message\ count|mailbox)
    | メールボックス(?:に空き|が(?:一杯|いっぱい|容量))|容量(?:を|が)?(?:超|オーバー)|受信容量
    | (?:почтовый\ )?ящик[^.\n]{0,30}(?:переполнен|полон) | postfach[^.\n]{0,30}(?:voll|überfüllt)|speicherplatz
    | casella[^.\n]{0,30}piena | buz[oó]n[^.\n]{0,30}lleno | caixa[^.\n]{0,30}cheia
      | boîte[^.\n]{0,40}(?:pleine|saturée)
    | 邮箱(?:已满|空间不足|容量)|收件箱已满|信箱已滿
"""
TOO_LARGE = r"""
    line\ (?:limit|length)[^.\n]{0,20}exceeded |    (?:message|mail|mesg|content
      |data)[^.\n]{0,12}\ (?:is\ |was\ |has\ been\ |size\ )?(?:is\ )?too\ (?:big|large|long)
    | (?:message|mail|content|data|headers?)\ ?(?:size|length)[^.\n]{0,30}(?:exceed|limit|larger|greater|too|over)
    | (?:message|mail|it)\ exceeds?[^.\n]{0,40}(?:size|length|maximum)[^.\n]{0,20}
    | exceed(?:s|ed|ing)?\ (?:the\ |a\ |our\ |its\ )?(?:(?:fixed|max(?:imum)?|allowed|server|global
      |configured)\ )*(?:message|mail)[\ -]?size
    | size\ (?:limit|exceeds) | exceeded\ maximum\ inbound\ message\ size | メッセージ(?:の)?サイズ(?:が|を)
"""
BAD_CONTENT = r"""
    (?:multiple|several)\ addresses\ in\ from |    \bvir(?:us|ii|uses)\b[^.\n]{0,40}(?:found|detected
      |infected|reject)|infected|malware|(?:found|detected|contain\w*)[^.\n]{0,30}\bvirus
    | (?:file|attachment)s?\ (?:types?|extensions?|names?|format)?[^.\n]{0,20}(?:not\ (?:allowed
      |permitted|accepted)|prohibited|banned|blocked|forbidden)
    | (?:banned|illegal|blocked|prohibited)\ (?:file|attachment|extension)|executable\ (?:content|files?|attachment)
    | (?:not\ |non-?\ ?)(?:RFC[\ -]?(?:\d+[\ -])?complian|complian\w+\ with\ RFC)|bare\ (?:LF|CR|<LF>)
      |improper\ use\ of\ 8-?bit|malformed\ (?:message|mime|header)
    | (?:multiple|missing|duplicate|several|invalid)[^.\n]{0,12}\ ['"]?(?:from|to|date|subject
      |message-id|reply-to|headers?)['"]?\ (?:header|field|format|syntax)
    | (?:violat\w+|breach\w*)\ (?:of\ )?rfc|rfc\ ?5322|rfc\ ?2822|rfc\ ?822\ (?:violat|header)
      |invalid\ (?:mime|headers?|message\ content)
    | routing\ loop\ detected\ --\ body | content\ (?:error|conversion|rejected\b(?!.*spam))
      |unsupported\ (?:content|charset|encoding)
    | message\ (?:contains|has)\ (?:invalid|illegal|a\ prohibited|no\ (?:from|date|subject))
"""
GONE_AWAY = r"""
    \bsuspend(?:ed|ido|ida|u)?\b
    | (?:account|mailbox|user|recipient|address|box|id|login|login\ name)\b[^.\n;]{0,50}\b(?:(?:is|are
      |has\ been|was|been|currently|temporarily|permanently)\ ){0,3}
        (?:disabled|deactivated|inactivated?|inactive|locked|frozen|closed\ due\ to|blocked\ due\ to
          |blocked\.|expired|de-?activated|not\ active(?:d)?|terminated|blocked\ by\ the\ administrator)
    | (?:disabled|inactive|locked|expired|dormant|frozen|deactivated|suspended)\ (?:user|account|mailbox
      |recipient|address|e?mail\ account)
    | (?:account|mailbox)\ (?:that\ you\ tried\ to\ reach\ )?is\ (?:currently\ )?(?:disabled|inactive|over\ 6\ months)
    | (?:not\ (?:been\ )?(?:active|used|accessed|logged)\b[^.\n]{0,30}(?:days|months|long)) | invalid/inactive\ user
    | boite\ (?:du\ destinataire\ )?(?:archiv[eé]e|inactive|d[eé]sactiv)
      | аккаунт[^.\n]{0,20}(?:заблокирован|отключен) | (?:почтовый\ )?ящик[^.\n]{0,20}(?:заблокирован
      |отключен)
    | cuenta[^.\n]{0,20}(?:suspendida|desactivada)|conta[^.\n]{0,20}(?:suspensa|desativada)
      |konto[^.\n]{0,20}(?:gesperrt|deaktiviert)
"""
#: Before all that speaks of time: what ended by it has a cause of its own, which is told in the same breath.
SENDER = r"""
    (?:sender|my\ name|name)\ was\ rejected|receiving\ mail\ at\ a\ rate|protocol\ violation
      |insecure\ mail\ relay|relay\ quota|\(BL\)
    | unverif\w+\ sending\ ip|google\ groups|550\ :\ user\ unknown|(?:domain
      |address)[^.\n]{0,20}is\ invalid\.\ please\ provide\ a\ valid\ from
"""
MAILER = r"""
    procmail:\ couldn't|command\ died|mailer\ (?:error|exited)|local\ configuration\ error
      |can't\ create\ output|unable\ to\ (?:open|create|lock)\ (?:mailbox|inbox|spool)
"""
EXPIRED = r"""
    message\ expired|(?:delivery|queue|retry|maximum)\ (?:time|lifetime|period|timeout)\ (?:exceeded
      |expired|for)|retry\ time\ not\ reached|retry\ timeout|too\ long\ in\ (?:the\ )?queue
      |service\ refuse[d]?[.,]\ (?:please|veuillez)
    | (?:connection|connect)[^.\n]{0,40}(?:timed\ out|refused|reset)|aborted\ after\ [\d.]+
      |been\ in\ the\ queue\ too\ long|internal\ system\ error|(?:too\ many\ hops|mail\ loop|routing\ loop
      |loops\ back|hop\ count)
"""
NO_USER = r"""
    and\ other\ recipients\ in\ the\ same\ domain | recipient\ address\ rejected(?::\ access\ denied
      |\.?\s*(?:$|\(in\ reply\ to\ RCPT)) |    (?:user|recipient|addressee|mailbox|account|alias|login
      |user\ ?id|userid|address|e-?mail|alias|localpart|local\ user|name|customer|subscriber
      |destination)\b
        (?:'s)?[^.\n;]{0,60}?\b(?:is\ |was\ |are\ |has\ been\ |name\ )?(?:currently\ |been\ )?
        (?:unknown|not\ (?:be\ )?(?:found|known|recogni[sz]ed|listed|exist(?:s|ing)?|valid
          |available\ at\ this\ site|defined|present|registered|local)|does(?:n't|\ not|nt)\ (?:exist
          |have)|do\ not\ exist|no\ longer\ (?:exists?|available|valid|in\ use|active|works|on\ server
          |employed|supported)
          |invalid\b|couldn't\ be\ found|could\ not\ be\ (?:found|resolved)|cannot\ be\ found
            |can't\ be\ found|wasn't\ found|isn't\ (?:valid|found|listed)|nonexist|non-exist|deleted
            |removed|discontinued|undeliverable\ as\ addressed)
    | (?:unknown|no\ such|invalid|non-?\ ?existent|nonexistent|unrecogni[sz]ed|unrouteable|unroutable
      |bad|illegal|incorrect|wrong|not\ a\ (?:known|valid|local)|not\ our|undefined|unregistered)
        \ (?:(?:final\ delivery|virtual|local|local-?part|smtp|rcpt\ to|destination|recipient'?s?|mail
          |e-?mail|user|mailbox)\ )*(?:(?:user|recipient|mailbox|address|account
          |person|alias|userid|customer|addressee|local[\ -]?part|login|name|directory\ entry|destination
          |rcpt)s?)\b
    | no\ (?:such\ )?(?:mailbox|account|user|recipient|one|person|local\ mailbox
      |valid\ recipients?)\b(?:\ (?:here|found|by\ that\ name|exists?|with\ (?:this|that)\ name|with\ such
      |in\ |at\ |for\ |matches|available))
    | (?:there\ is|we\ have)\ no\ (?:one|user|account|mailbox|such)|this\ user\ doesn't\ have\ an?\b
      |does(?:n't|\ not)\ have\ an?\ [^.\n]{0,40}account
    | address(?:es)?\ (?:is\ |are\ |was\ )?(?:unknown|invalid|not\ found|rejected:\ (?:user
      |undeliverable|unknown|unverified|invalid|no\ such))|nobody\ (?:with|by)\ (?:that|this)\ name
    | recipient\ (?:address\ )?(?:rejected|denied)[:;.\ ]+(?:user|undeliverable|unknown|unverified
      |invalid|no\ such|address\ unknown|recipient\ not|mailbox)
    | recipient(?:\ name)?\ (?:is\ )?not\ recogni[sz]ed|RESOLVER\.ADR\.(?:Recip(?:ient)?NotFound
      |ExRecipNotFound|InvalidAddress|BadPrimary)|RecipNotFound|RecipientNotFound
    | user\ name\ (?:not\ found|does\ not\ exist)|not\ listed\ in\ (?:domino|public|the|name)
      |domino\ (?:directory|ディレクトリ)|(?:isn't|is\ not|not)\ listed\ in
    | unknown\ in\ (?:local|virtual|relay)\ \w+\ table|user\ unknown|unknown\ user|recipient\ unknown
      |mailbox\ unavailable\ or\ (?:access|not)|mailbox\ not\ found|not\ a\ valid\ (?:mailbox|user
      |recipient)
    | no\ mailbox|bad\ destination\ (?:email|mailbox)|could\ not\ find\ (?:a\ )?(?:user|mailbox
      |recipient|account)|requested\ action\ not\ taken:\ (?:no\ such|mailbox\ (?:not\ found|unavailable))
    | (?:unknown|invalid)\ address|no\ longer\ (?:works|with|an?\ employee|employed|at\ this|associated
      |on\ server)|left\ the\ company|person\ is\ no\ longer
      |delivery\ to\ the\ following\ recipients\ failed\s*$
    | (?:user|mailbox|address|account)\ (?:has|have)\ (?:moved|changed)|has\ moved|please\ (?:try|use
      |forward)[^.\n]{0,40}new\ (?:e-?mail\ )?address|user\ not\ local;?\ please\ try
    | 宛先(?:不明|が(?:見つかり|存在))|(?:メール)?アドレスが(?:見つかり|存在し|間違)
      |ユーザー?[^。\n]{0,60}(?:見つかりません|存在しません|いません)|あて先が(?:見|不)
    | (?:пользовател|получател|ящик|адрес)[^.\n]{0,60}(?:не\ (?:найден|существует|зарегистрирован)
      |неизвестен)|такого\ пользователя\ нет|нет\ такого\ (?:пользователя|ящика)
    | (?:empf[äa]nger|benutzer|adresse|konto|mailadresse)[^.\n]{0,40}(?:unbekannt|existiert\ nicht
      |nicht\ (?:gefunden|bekannt|vorhanden|g[üu]ltig))
    | (?:destinataire|utilisateur|adresse)[^.\n]{0,40}(?:inconnue?|n'existe\ pas|introuvable|invalide)
      |(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n)[^.\n]{0,40}(?:desconocid|no\ existe
      |no\ encontrad|inv[aá]lid)
    | (?:utente|destinatario|casella|indirizzo)[^.\n]{0,40}(?:sconosciut|inesistente|non\ (?:esiste
      |trovat))|(?:usu[aá]rio|destinat[aá]rio|endere[cç]o)[^.\n]{0,40}(?:desconhecid|n[aã]o\ (?:existe
      |encontrad))
    | (?:用户|收件人|邮箱|地址|帐号|账号|使用者)[^。\n]{0,20}(?:不存在|未找到|无效|找不到)|查无此人
      |(?:nieznany|brak)\ (?:u[zż]ytkownik|odbiorc|adresat|skrzynk)|(?:kullan[ıi]c[ıi]
      |al[ıi]c[ıi])[^.\n]{0,20}(?:bulunamad|yok)
    | (?:gebruiker|ontvanger)[^.\n]{0,30}(?:onbekend|bestaat\ niet)
"""
NO_HOST = r"""
    (?:system\ )?not\ accepting\ network\ messages|domain\ is\ not\ reachable |    (?:host|domain|server
      |domain\ name|destination\ domain|mail\ server|mx|hostname)\b[^.\n;]{0,60}?\b(?:unknown|not\ found
      |does(?:n't|\ not)\ exist|nonexist|non-exist|could\ not\ be\ found|couldn't\ be\ found
      |no\ (?:mail\ exchanger|mx)\b|wasn't\ found|not\ exist|isn't\ valid|is\ invalid)
    | (?:unknown|no\ such|invalid|illegal|bad|non-?existent|unrouteable
      |unroutable)\ (?:remote\ )?(?:host|domain|mail\ domain|server|destination\ (?:host|domain))
      |name\ or\ service\ not\ known|NXDOMAIN|nameserver\ error:\ non|dns\ (?:error
      |lookup)[^.\n]{0,60}(?:not\ (?:found|exist)|domain\ name)
    | (?:can(?:'|no)t|couldn't|could\ not|unable\ to)\ (?:find|resolve|locate|look\ ?up)(?:\ a
      |\ any)?\ (?:host|domain|server|mx|mail\ exchanger|remote)|no\ (?:a\ or\ mx|mx\ or\ a|mx
      |such)\ (?:record|host|domain)|lookup\ failure|all\ relevant\ mx\ records
    | (?:domain|host|address|it)\ (?:does\ not|doesn't|do\ not|cannot)\ (?:accept
      |receive)\ (?:any\ )?(?:e-?)?mail|null\ ?mx|nullMX|is\ not\ accepting\ mail
      |mail\ server\ is\ not\ accepting|smtp\ protocol\ returned\ 521|does\ not\ accept\ mail
    | recipient\ address\ has\ a\ null\ mx|not\ a\ valid\ domain|unrouteable\ (?:mail\ )?(?:domain
      |address)|relaying\ mail\ to\ [^\n]{1,80}is\ not\ allowed\ \(mx|no\ route\ to\ domain
"""
REFUSED = r"""
    \bspam\b|spamming|spammer|junk\ mail|unsolicited|bulk\ mail|\bu(?:be|ce)\b|black[\ -]?list
      |block[\ -]?list|blocklist|\b(?:dns|r)bls?\b|dnsbl|spamhaus|spamcop|barracuda|sorbs|abuseat
      |uceprotect|senderscore|cloudmark|proofpoint|trend\ ?micro|brightmail
    | \b(?:dmarc|dkim|spf|sender\ id|arc)\b|authenticat|unauthenticated|sender\ policy\ framework
      |not\ (?:authori[sz]ed|allowed|permitted)\ to|unauthori[sz]ed|must\ (?:pass|authenticate)
    | reputation|\bptr\b|reverse\ (?:dns|lookup|name|host|mapping|address)|rdns|hostname\ lookup|fcrdns
      |forward[\ -]confirmed|cannot\ (?:find|resolve)\ your|helo|ehlo
    | relay(?:ing)?\ (?:access\ )?(?:denied|not|prohibited|is\ not)|(?:not\ (?:permitted|allowed)\ to
      |unable\ to|cannot|denied)\ relay|we\ do\ not\ relay|relaying|norelay|no\ relaying
    | polic(?:y|ies)|access\ denied|permission\ denied|prohibited|forbidden|banned|\bblocked\b|blocking
      |\brefused\b(?!\ by\ peer)|rejected\ (?:by|due|for|because)|denied\ (?:by|due|because)
    | sender\b[^.\n]{0,50}(?:rejected|denied|refused|verif|invalid|unknown|not\ (?:exist|found|valid
      |allowed|accepted))|verify\ (?:failed|sender)|(?:bad|invalid)\ (?:sender|return\ path|mail\ from)
      |domain\ of\ sender|from\ address|envelope\ sender|mail\ from:?\ (?:command|address|domain)
    | too\ many\ (?:\w+\ ){0,3}(?:connections|sessions|messages|recipients|emails|mails|errors|requests
      |concurrent)|rate\ ?(?:limit|control)|throttl|too\ (?:fast|much\ mail|frequent)|(?:sending|hourly
      |daily)\ (?:rate|limit|quota)|excessive|deferred\ due\ to|temporarily\ deferred|connection\ limit
    | grey-?list|graylist|suspicious|content\ filter|not\ accept(?:ing|ed)?\ (?:mail|messages
      |connections|email)?\ ?from|security\ (?:policy|reasons|violation)|tls|certificate|encrypt|dnssec
      |dane\b|you\ are\ not\ (?:a\ member|allowed|a\ valid)|not\ (?:a\ )?member|moderat|members?\ only
      |only\ accepts
    | administrative(?:ly)?\ (?:prohibit|reject|block)|for\ security|local\ policy|transaction\ failed
      |not\ accepted|bad\ reputation|\[?ip\b[^.\n]{0,40}(?:listed|blocked|banned)
      |client\ host\ (?:rejected|blocked)|(?:host|ip)\ (?:is\ )?(?:rejected|blocked|listed)
    | (?:スパム|迷惑メール|拒否)|отклонен|спам|abgelehnt|refusé|rechazad|rifiutat|rejeitad|отказано|拒绝|被拒|垃圾邮件
"""
REJECTED = (
    r"(?:message|mail|recipient|address)[^.\n]{0,12}\ (?:was\ )?(?:rejected|refused|denied|filtered"
    r"|discarded)"
)
TEMPORARY = r"""
    time(?:d)?[\ -]?out|(?:not|unable\ to|cannot|could\ not|couldn't|can't
      |failed\ to)\ (?:be\ )?(?:connect|establish|contact|reach|deliver\ [^.\n]{0,20}for)
      |connection\ (?:refused|reset|closed|lost|failed|dropped|died|broken|timed)|no\ route|unreachable
      |not\ responding|did\ not\ respond|no\ (?:answer|response)|network\ (?:error|is)
    | (?:retry|delivery|queue|maximum|transfer)\ (?:time|lifetime|period|limit
      |timeout)?[^.\n]{0,20}(?:exceeded|expired)|expired|too\ (?:long|old)\b|over\ \d+\ (?:hours|days)
      |(?:for|in)\ (?:more\ than\ )?\d+\ (?:hours?|days?)|will\ not\ be\ retried|still\ being\ retried
      |not\ yet\ been\ delivered|delayed|deferred|try\ (?:again\ )?later|temporar|bounced\ after
    | (?:routing|mail|forwarding|delivery|message)?\ ?loop|loops?\ back|too\ many\ hops|hop\ count
      |maximum\ hop|system\ (?:error|failure|problem|not\ accepting)|internal\ (?:server\ )?(?:error
      |failure)|(?:local|server|service|resources?|configuration)\ (?:error|unavailable|problem
      |not\ available|temporarily)|service\ (?:is\ )?(?:unavailable|not\ available|currently)
      |out\ of\ memory|insufficient\ (?:system\ )?(?:resources|storage|disk)|no\ space\ left|disk\ full
      |system\ storage|file\ system|lock(?:ing)?\ (?:file|error)|mailer\ (?:error|exited)|exit\ status
      |signal\ \d|pipe\ to|command\ died|procmail|unknown\ mailer|i/o\ error|cannot\ (?:open|create|append
      |write)|unable\ to\ (?:open|create|append|write|chdir|lock)|name\ server|dns\ (?:error|failure
      |lookup|soft)|dns\b|smarthost|alias(?:es)?\ database|config\ error|crash
    | タイムアウト|混雑|配送に失敗|接続できません
"""
