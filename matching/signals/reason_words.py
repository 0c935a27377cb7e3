"""What servers say when they do not take a mail: words as data (`re.VERBOSE`, any case), by what they mean.

Those of other languages are in `reason_languages`.
"""

from __future__ import annotations

#: Before all else: what a line or a sender's own allowance did, in words that are a mailbox's elsewhere.
LINE = r"""
    delivery\ temporarily\ suspended:|lost\ connection\ with\b|host\ not\ found,\ try\ again
    | (?:connect\ to|conversation\ with)\ [^\n]{1,120}(?:timed\ out|refused|unreachable|no\ route)
    | have\ been\ failing\ for\ a\ long\ time
"""
ALLOWANCE = r"""
    (?:sending|outgoing|outbound|daily|hourly|queue|relay)\ (?:\w+\ ){0,2}quota
"""
OVERSIZE = r"""
    exceed\w*\ [^.\n]{0,30}\b(?:mail|message)[\ -]?size\b | message\ header\ size
"""
FULL = r"""
    (?:mail\ ?(?:box|folder|drop|dir)|maildir|inbox|account|user(?:'s)?(?:\ mailbox)?|recipient(?:'s)?(?:\ mailbox)?)
        [^.\n]{0,60}?\b(?:full\b|over(?:\ ?(?:its|the|their|disk|storage|mail)){0,3}[\ -]?(?:quota|limit)
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
    | would\ (?:exceed|be\ over)[^.\n]{0,20}(?:quota|mailfolder|mailbox) | mbox\ full | storage\ quota
      | (?:insufficient|no|low)\ mailbox\ (?:space|storage)
    | mail(?:box|dir|\ folder)\ (?:size\ |storage\ )?limit|(?:mailbox|account|user|recipient)[^.\n]{0,40}
        (?:not|n't)\ (?:have\ |has\ )?enough\ (?:\w+\ )?(?:space|storage|room)
    | exceed\w*\ [^.\n]{0,20}\bstorage\b|too\ many\ messages\ (?:on\ the\ server|in\ (?:the|your|his)\ (?:mailbox
      |inbox))
    | cannot\ update\ mailbox\b[^\n]{0,200}file\ too\ large
    | has\ exceeded\ (?:the\ |its\ |his\ |their\ )?(?:max(?:imum)?\ )?(?:storage|disk|message\ count|mailbox)
"""
TOO_LARGE = r"""
    line\ (?:limit|length)[^.\n]{0,20}exceeded | \bline\ (?:is\ )?too\ long | (?:message|mail|mesg|content
      |data)[^.\n]{0,12}\ (?:is\ |was\ |has\ been\ |size\ )?(?:is\ )?too\ (?:big|large|long)
    | (?:message|mail|content|data|headers?)\ ?(?:size|length)[^.\n]{0,30}(?:exceed|limit|larger|greater|too|over)
    | (?:message|mail|it)\ exceeds?[^.\n]{0,40}(?:size|length|maximum)[^.\n]{0,20}
    | exceed(?:s|ed|ing)?\ (?:the\ |a\ |our\ |its\ )?(?:(?:fixed|max(?:imum)?|allowed|server|global
      |configured)\ )*(?:message|mail)[\ -]?size
    | size\ (?:limit|exceeds) | exceeded\ maximum\ inbound\ message\ size
"""
BAD_CONTENT = r"""
    (?:multiple|several)\ addresses\ in\ from | \bfrom\b[^.\n]{0,10}\ has\ (?:multiple|several)\ addresses
    | \bvir(?:us|ii|uses)\b[^.\n]{0,40}(?:found|detected
      |infected|reject)|infected|malware|(?:found|detected|contain\w*)[^.\n]{0,30}\bvirus
    | (?:file|attachment)s?\ (?:types?|extensions?|names?|format)?[^.\n]{0,20}(?:not\ (?:allowed
      |permitted|accepted)|prohibited|banned|blocked|forbidden)
    | (?:banned|illegal|blocked|prohibited|forbidden)\ (?:file|attachment|extension)|executable\ (?:content|files?
      |attachment)
    | (?:not\ |non-?\ ?)(?:RFC[\ -]?(?:\d+[\ -])?complian|complian\w+\ with\ RFC)|bare\ (?:LF|CR|<LF>)
      |improper\ use\ of\ 8-?bit|malformed\ (?:message|mime|header)
    | (?:multiple|missing|duplicate|several|invalid)[^.\n]{0,12}\ ['"]?(?:from|to|date|subject
      |message-id|reply-to|headers?)['"]?\ (?:header|field|format|syntax)
    | (?:violat\w+|breach\w*)\ (?:of\ )?rfc|rfc\ ?5322|rfc\ ?2822|rfc\ ?822\ (?:violat|header)
      |invalid\ (?:mime|headers?|message\ content)
    | routing\ loop\ detected\ --\ body | content\ (?:error|conversion)
      |unsupported\ (?:content|charset|encoding)
    | message\ (?:contains|has)\ (?:invalid|illegal|a\ prohibited|no\ (?:from|date|subject))
    | \bbanned:|without\ (?:an?\ |any\ )?(?:valid\ )?(?:message-id|date|from|subject)\b
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
    | (?:not\ (?:been\ )?(?:active|used|accessed|logged)\b[^.\n]{0,30}(?:days|months|long))
      | invalid/inactive\ user | never\ logged
    | \b(?:account|mailbox|user)\ (?:is|was|has\ been)\ blocked\b | (?:account|mailbox)\b[^.\n]{0,30}\ closed\b
"""
#: Before all that speaks of time: what ended by it has a cause of its own, which is told in the same breath.
SENDER = r"""
    (?:sender|my\ name|name)\ was\ rejected|receiving\ mail\ at\ a\ rate|protocol\ violation
      |insecure\ mail\ relay|\(BL\)
    | \bptr\b|reverse\ dns|sender\ address\ (?:rejected|has\ (?:a\ )?null\ mx)|domain\ of\ sender
      |sender\b[^.\n]{0,40}\ (?:does|do|can)(?:\ not|n't|not)\ (?:resolve|exist)
      |sender(?:'s)?\ address\ (?:was|is)\ (?:malformed|invalid)|sender\ (?:verify|verification)\ failed
      |verification\ failed\ for\b
      |domain\ may\ not\ exist\ or\ dns
    | unverif\w+\ sending\ ip|google\ groups|550\ :\ user\ unknown|(?:domain
      |address)[^.\n]{0,20}is\ invalid\.\ please\ provide\ a\ valid\ from
"""
MAILER = r"""
    procmail:\ couldn't|command\ died|mailer\ (?:error|exited)|local\ configuration\ error
      |can't\ create\ (?:user\ )?output|could\ not\ exec|mail\ transport\ unavailable|child\ process\ of\b
      |bounce\ or\ trace\ service
      |points\ (?:back\ )?to\ (?:the\ )?local\ host|unable\ to\ (?:open|create|lock)\ (?:mailbox|inbox|spool)
"""
EXPIRED = r"""
    message\ expired|after\ (?:multiple|several|repeated|many)\ (?:retries|attempts|tries)|(?:delivery|queue|retry
      |maximum)\ (?:time|lifetime|period|timeout)\ (?:exceeded
      |expired|for)|retry\ time\ not\ reached|retry\ timeout|too\ long\ in\ (?:the\ )?queue
    | (?:connection|connect)[^.\n]{0,40}(?:timed\ out|refused|reset)|aborted\ after\ [\d.]+
      |been\ in\ the\ queue\ too\ long|internal\ system\ error|(?:too\ many\ hops|mail\ loop|routing\ loop
      |loops\ back|hop\ count)
"""
NO_USER = r"""
    5·1·0\ address\ rejected | \b55\d\ (?:5·\d·\d+\ )?mailbox\ unavailable\b(?!\.\ your)
    | reason:\ mailbox\ unavailable | unable\ to\ find\ (?:alias|user|recipient|mailbox)
    | recipient\ addresses\ rejected\ ?:\ access\ denied |    and\ other\ recipients\ in\ the\ same\ domain
      | recipient\ address\ rejected(?::\ access\ denied
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
    | recipient(?:\ name)?\ (?:is\ )?not\ recogni[sz]ed|RESOLVER.ADR.(?:Recip(?:ient)?NotFound
      |ExRecipNotFound|InvalidAddress|BadPrimary)|RecipNotFound|RecipientNotFound
    | user\ name\ (?:not\ found|does\ not\ exist)|not\ listed\ in\ (?:domino|public|the|name)
      |domino\ (?:directory|ディレクトリ)|(?:isn't|is\ not|not)\ listed\ in
    | unknown\ in\ (?:local|virtual|relay)\ \w+\ table|user\ unknown|unknown\ user|recipient\ unknown
      |mailbox\ unavailable\ or\ (?:access|not)|mailbox\ not\ found|not\ a\ valid\ (?:mailbox|user
      |recipient)
    | not\ have\ a\ mailbox|@[\w·-]+>?\ unknown\b | no\ mailbox|bad\ destination\ (?:email|mailbox)
      |could\ not\ find\ (?:a\ )?(?:user|mailbox
      |recipient|account)|requested\ action\ not\ taken:\ (?:no\ such|mailbox\ (?:not\ found|unavailable))
    | (?:unknown|invalid)\ address|no\ longer\ (?:accept(?:s|ing)\ (?:mail|messages|e-?mail)|works|with
      |an?\ employee|employed|at\ this|associated
      |on\ server)|left\ (?:the|this|our)\ (?:company|organi[sz]ation|firm|school)|person\ is\ no\ longer
      |delivery\ to\ the\ following\ recipients\ failed\s*$
    | (?:user|mailbox|address|account)\ (?:has|have)\ (?:moved|changed)|has\ moved|please\ (?:try|use
      |forward)[^.\n]{0,40}new\ (?:e-?mail\ )?address|user\ not\ local;?\ please\ try
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
    | answer\ with\ no\ data|\bno\ mx\b|(?:domain|host)\b[^.\n;]{0,40}\ (?:doesn't|does\ not)\ resolve
      |indicated\ no\ smtp\ service|recipient\ address\ has\ a\ null\ mx|not\ a\ valid\ domain
      |unrouteable\ (?:mail\ )?(?:domain
      |address)|relaying\ mail\ to\ [^\n]{1,80}is\ not\ allowed\ \(mx|no\ route\ to\ domain
"""
REFUSED = r"""
    \bspam\b|spamming|spammer|junk\ mail|unsolicited|bulk\ mail|\bu(?:be|ce)\b|black[\ -]?list
      |block[\ -]?list|blocklist|\b(?:dns|r)bls?\b|dnsbl|spamhaus|spamcop|barracuda|sorbs|abuseat
      |uceprotect|senderscore|cloudmark|proofpoint|trend\ ?micro|brightmail
    | \b(?:dmarc|dkim|spf|sender\ id|arc)\b|authenticat|unauthenticated|sender\ policy\ framework
      |not\ (?:authori[sz]ed|allowed|permitted)\ to|unauthori[sz]ed|must\ (?:pass|authenticate)
    | reputation|reverse\ (?:lookup|name|host|mapping|address)|rdns|hostname\ lookup|fcrdns
      |forward[\ -]confirmed|cannot\ (?:find|resolve)\ your|helo|ehlo
    | relay(?:ing)?\ (?:access\ )?(?:denied|not|prohibited|is\ not)|(?:not\ (?:permitted|allowed)\ to
      |unable\ to|cannot|denied)\ relay|we\ do\ not\ relay|relaying|norelay|no\ relaying
    | polic(?:y|ies)|access\ denied|permission\ denied|prohibited|forbidden|banned|\bblocked\b|blocking
      |\brefused\b(?!\ by\ peer)|rejected\ (?:by|due|for|because)|denied\ (?:by|due|because)
    | sender\b[^.\n]{0,50}(?:rejected|denied|refused|verif|invalid|unknown|not\ (?:exist|found|valid
      |allowed|accepted))|verify\ (?:failed|sender)|(?:bad|invalid)\ (?:sender|return\ path|mail\ from)
      |from\ address|envelope\ sender|mail\ from:?\ (?:command|address|domain)
    | too\ many\ (?:\w+\ ){0,3}(?:connections|sessions|messages|recipients|emails|mails|errors|requests
      |commands|concurrent)|rate\ ?(?:limit|control)|throttl|too\ (?:fast|quickly|much\ mail|frequent)|(?:sending
      |hourly
      |daily)\ (?:rate|limit|quota)|excessive|deferred\ due\ to|temporarily\ deferred|connection\ limit
    | weren't\ sent|permanently\ deferred|not\ welcome|per\ (?:hour|minute|day)\b|limits\ for\ how\ many|\bscored\b
      | grey-?list|graylist|suspicious|suspected|inappropriate
      |frequency\ limit|content\ (?:denied|rejected)
      |(?:mail|messages?|connections?)\ from\b[^\n]{0,60}\bnot\ (?:allowed|accepted|permitted)
      |\((?:rly|dns|con|hvu|rtr|dyn|snd)\ ?:\ ?\w+\)|\baup\#|\b(?:mi|dt|rp|hl):[a-z]{3}\b|content\ filter
      |not\ accept(?:ing|ed)?\ (?:mail|messages
      |connections|email)?\ ?from|security\ (?:policy|reasons|violation)|tls|certificate|encrypt|dnssec
      |dane\b|you\ are\ not\ (?:a\ member|allowed|a\ valid)|not\ (?:a\ )?member|moderat|members?\ only
      |only\ accepts
    | administrative(?:ly)?\ (?:prohibit|reject|block)|for\ security|local\ policy|transaction\ failed
      |not\ accepted|bad\ reputation|\[?ip\b[^.\n]{0,40}(?:listed|blocked|banned)
      |client\ host\ (?:rejected|blocked)|(?:host|ip)\ (?:is\ )?(?:rejected|blocked|listed)
"""
REJECTED = (
    r"(?:message|mail|recipient|address)[^.\n]{0,12}\ (?:was\ )?(?:rejected|refused|denied|filtered"
    r"|discarded)|\bdenied\b"
)
TEMPORARY = r"""
    time(?:d)?[\ -]?out|(?:not|unable\ to|cannot|could\ not|couldn't|can't
      |failed\ to)\ (?:be\ )?(?:connect|establish|contact|reach|deliver\ [^.\n]{0,20}for)
      |connection\ (?:refused|reset|closed|lost|failed|dropped|died|broken|timed)|no\ route|unreachable
      |not\ (?:responding|answer\b)|did\ not\ respond|no\ (?:answer|response)|network\ (?:error|is)
    | (?:retry|delivery|queue|maximum|transfer)\ (?:time|lifetime|period|limit
      |timeout)?[^.\n]{0,20}(?:exceeded|expired)|expired|too\ (?:long|old)\b|over\ \d+\ (?:hours|days)
      |(?:for|in)\ (?:more\ than\ )?\d+\ (?:hours?|days?)|will\ not\ be\ retried|still\ being\ retried
      |not\ yet\ been\ delivered|delayed|deferred|try\ (?:again\ )?later|temporar|bounced\ after
    | (?:routing|mail|forwarding|delivery|message)?\ ?loop|loops?\ back|too\ many\ hops|hop\ count
      |maximum\ hop|system\ (?:error|failure|problem|not\ accepting)|internal\ (?:server\ )?(?:error
      |failure)|(?:local|server|service|resources?|configuration)\ (?:error|unavailable|problem
      |not\ available|temporarily)|service\ (?:is\ )?(?:unavailable|not\ available|currently)
      |out\ of\ memory|insufficient\ (?:system\ )?(?:resources|storage|disk)|no\ space\ left|disk\ full
      |system\ storage|disk\ space|server\ busy|session\ setup\ failed|file\ system|lock(?:ing)?\ (?:file|error)
      |mailer\ (?:error|exited)|exit\ status
      |signal\ \d|pipe\ to|command\ died|procmail|unknown\ mailer|i/o\ error|cannot\ (?:open|create|append
      |write)|unable\ to\ (?:open|create|append|write|chdir|lock)|name\ server|dns\ (?:error|failure
      |lookup|soft)|dns\b|smarthost|alias(?:es)?\ database|config\ error|crash
"""
