"""How mail systems call themselves, and what they write over and into notices of failure: words as data.

A sentence is whole enough that a person would not write it by chance; a subject counts from its first word on, so
that what a person forwards ("Fwd: Undelivered Mail…") is none.
"""

from __future__ import annotations

import re

#: Local parts of mail systems' addresses, lower case.
SYSTEM_USERS = re.compile(
    r"(?:[\w.]*\W)?(?:mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|post[-_.]?master|mailer"
    r"|mail[-_.]?delivery(?:[-_.]?\w+)?|mail[-_.]?system|mailerdaemon"
    r"|smtp[-_.]?(?:gateway|server|daemon)?|\w*smtp_mail_service|mta"
    r"|microsoftexchange[0-9a-f]{8,})(?:\W.*)?|microsoftexchange\w*",
    re.IGNORECASE,
)
#: Their display names.
SYSTEM_NAMES = re.compile(
    r"(?:[\w.]+ )?(?:mail(?:er)? ?(?:delivery)? ?(?:sub)?system|mailer[- ]daemon|mail delivery|delivery (?:sub)?system"
    r"|mail administrator|postmaster|system administrator"
    r"|message delivery|microsoft (?:exchange|outlook)\b|internet mail delivery|mail server|mail gateway)",
    re.IGNORECASE,
)

_SUBJECT_WORDS = r"""
    (?:notice:\ )?(?:mail|message|e-?mail|letter)?\ ?delivery\ (?:fail|problem|status|notif|error|report|warning|delay
      |incomplete|subsystem|unsuccess|attempt|unable)
    | deliver(?:y|ed)?\ (?:to\ \S+\ )?(?:has\ )?failed | (?:mail|message
      |e-?mail)\ (?:delivery\ )?(?:has\ )?(?:failed|failure|error|delayed|undeliverable|returned
      |could\ not|not\ delivered|was\ not)
    | undeliver(?:able|ed)\b | returned\ (?:e-?)?mail | returned\ to\ sender | non-?\ ?deliver(?:y
      |able) | failed\ (?:mail|delivery|message|to\ deliver)
    | failure\ (?:notice|delivery|notification|report) | (?:mail
      |message)\ (?:system\ )?(?:delivery\ )?(?:error|problem|warning) | could\ not\ (?:be\ )?(?:send|sent
      |deliver)
    | (?:automatically\ )?rejected\ (?:mail|message) | mail\ (?:failed|could\ not|not\ deliver|status
      |returned) | nondeliverable | warning:\ (?:message|could\ not|\S+@\S+\ -\ user\ unknown)
    | warning\ message\ \w+\ delayed | (?:delayed|problem)\ (?:mail|delivering) | processing\ error
      | mail\ system\ error | unknown\ (?:user|recipient|address) | user\ unknown
    | your\ (?:message|mail|e-?mail)\ (?:to\ \S+\ )?(?:could|was|has|cannot|wasn't|couldn't)\ (?:not|be
      |been)?\ ?(?:deliver|be\ deliver|delay|reject|bounce|not)
    | (?:message|mail)\ (?:you\ sent\ )?(?:could\ not|was\ not|cannot|not)\ be\ ?deliver
      | nachricht\ (?:nicht|unzustellbar) | unzustellbar | zustellung[^\n]{0,20}fehl|(?:fehler
      |benachrichtigung)[^\n]{0,30}zustell
    | (?:message|courrier|mail)\ non\ (?:distribu|remis|délivr)|non\ remis
      |échec\ (?:de\ )?(?:la\ )?(?:remise|distribution|livraison)
      |notification\ d'[ée]tat\ de\ (?:la\ )?(?:remise|distribution)
    | no\ se\ puede\ entregar|no\ se\ (?:ha\ )?(?:podido|pudo)\ entregar|mensaje\ no\ entregado
      |notificaci[oó]n\ de\ (?:estado|entrega)|correo\ devuelto|error\ de\ entrega
    | mancata\ consegna|non\ recapitabile|impossibile\ (?:recapitare|consegnare)
      |messaggio\ non\ (?:consegnato|recapitato)|n[aã]o\ (?:foi\ poss[ií]vel\ entregar|entregue
      |entreg[aá]vel)|falha\ (?:na|de)\ entrega|mensagem\ não\ entregue
    | onbestelbaar|niet\ (?:bezorgd|afgeleverd)|nie(?:dor[eę]czon|\ dostarczono|dostarczon)
      |zwrot\ wiadomo|teslim\ edilemedi|iletilemedi|olevererbar|ikke\ leveret|toimitta
    | (?:ваше\ )?(?:сообщение|письмо)\ не\ (?:доставлено|может)|недоставлен|не\ удалось\ доставить
      |ошибка\ доставки|не\ доставлено|сбой\ доставки
    | メール(?:エラー|システム|が(?:届|送信|配信)|配信|送信)|配信(?:不能|エラー|できません|失敗)
      |送信(?:エラー|できません)|配達(?:不能|できません|状況)|エラー通知
    | 系统退信|退信|未(?:能)?送达|无法(?:送达|投递|传递)|投递失败|發送失敗|邮件(?:投递|发送)?(?:失败
      |退回)|传递失败|傳遞失敗|未傳遞
    | تعذر\ (?:تسليم|إرسال)|فشل\ (?:تسليم|التسليم|إرسال)|غير\ قابل(?:ة)?\ للتسليم|ارسال\ (?:نشد|ناموفق)
      |تحویل\ (?:نشد|داده\ نشد)|לא\ ניתן\ ל(?:מסור|הגיש)|מסירה\ נכשלה|хүргэж\ чадсангүй|хүргэгдээгүй
    | 반송|전달되지|배달되지|loop\ alert|you\ \S+\ are\ not\ member|nack:
      |mail\ could\ not\ be\ delivered|report\s\(failure\)|permanent\ delivery|message\ blocked|rejected:
      |error\ in\ delivery|mail\ routing\ error|failed\ mail\b
    | [^\n]{1,200}\((?:delivery\ failed|undeliverable|non\ remis)\)\s*$
"""
SUBJECTS = re.compile(rf"\s*(?:\[[^\]]{{1,60}}\]\s*|\*+\s*)*(?:{_SUBJECT_WORDS})", re.IGNORECASE | re.VERBOSE)

#: What programs write into notices.
SENTENCES = re.compile(
    r"""
    this\ is\ the\ (?:qmail|\S{1,40}\ program|mail\ (?:system|delivery)|mailer-daemon|postfix|machine\ generated)
    | i'm\ afraid\ i\ wasn't\ able\ to\ deliver | i'm\ sorry\ to\ (?:have\ to\ )?inform\ you
      | (?:created|generated)\ automatically\ by\ (?:the\ )?(?:mail|postmaster|\w+\ delivery)
    | (?:unable|failed|not\ able)\ to\ (?:be\ )?deliver(?:ed)?\b | (?:could|can|was|were|has|have|is
      |did)(?:\ ?not|n't)\ (?:yet\ )?(?:been\ |be\ )?(?:successfully\ )?(?:deliver(?:ed)?
      |reach(?:ed)?\ the\ following)
    | cannot\ (?:be\ )?deliver | not\ (?:been\ )?(?:yet\ )?delivered\ to | undeliver(?:able|ed)
      | delivery\ (?:to\ [^\n]{1,120}\ )?(?:has\ |have\ )?(?:failed|attempts?\ failed|problems?|errors?
      |failure|was\ (?:not|unsuccessful)|unsuccessful)
    | (?:address(?:es)?|recipients?)\ (?:had|failed|were|was|has|have)\ (?:\w+\ ){0,3}(?:error|problem
      |reject|fail|unknown|invalid|not) | following\ address(?:es)?\ (?:failed|had)
      |the\ following\ (?:recipient|address|user)[^\n]{0,40}(?:reject|fail|could|not|error|unknown)
    | transcript\ of\ session | while\ talking\ to | (?:message|mail
      |e-mail)\ (?:you\ sent\ )?(?:\w+\ ){0,5}(?:returned\ to\ (?:you|sender|the\ sender)|bounced
      |rejected) | (?:was|is|been|being)\ (?:returned|rejected)\ (?:to|by|because|due|for)
    | permanent(?:ly)?\ (?:fatal\ )?(?:error|fail) | (?:no\ further\ (?:delivery\ )?attempts
      |will\ (?:keep|continue)\ (?:to\ )?try|i'm\ not\ going\ to\ try\ again|will\ be\ retried
      |delivery\ will\ continue\ to\ be\ attempted|do\ not\ need\ to\ re-?send)
    | message\ (?:not\ delivered|blocked|delayed|size\ exceeds)|error\ message\ below
      |recipient\ address:|(?:unknown|no\ such)\ (?:local\ )?(?:user|recipient|mailbox)|user\ (?:unknown
      |mailbox\ exceeds)|invalid\ final\ delivery|mail(?:box)?\ (?:is\ )?full|mailbox\ is\ full
    | the\ following\ (?:message|mail|e-?mail|error)[^\n]{0,60}(?:not|error|fail|occur)|(?:error
      |problem)s?\ (?:has\ |have\ )?(?:occurr?ed|was\ encountered|happened|were\ encountered)
      |an\ error\ (?:has\ )?occurred\ while\ (?:attempting|trying|deliver|sending)
    | could\ not\ (?:send|find|locate|resolve|connect)|account\ (?:is\ )?(?:disabled|suspended
      |not\ found)|not\ listed\ in|no\ valid\ recipients|isn't\ in\ my|does\ not\ exist|user\ not\ found
      |duplicated\ message-id|not\ a\ member\ of\ this|not\ exist\ here
    | nicht\ (?:zugestellt|ausgeliefert|übermittelt|erreicht)|konnte\ nicht|n'a\ (?:pas\ )?pu\ [eê]tre
      |n'a\ pas\ été\ (?:remis|distribu)|impossible\ de\ (?:remettre|distribuer|livrer)|no\ se\ ha\ podido
      |no\ pudo\ ser|no\ se\ pudo|non\ è\ stato\ possibile|não\ foi\ possível|não\ pôde\ ser
    | niet\ (?:worden\ )?(?:bezorgd|afgeleverd)|nie\ (?:może|mógł|mogła|została|zostala)|teslim\ edilem
      |iletilem|не\ (?:может|могло|удалось|было|был)[^\n]{0,40}(?:достав|отправ)|не\ доставлен|недоставлен
    | 送信できませんでした|配信できません|届(?:きません|けられ)|配信(?:不能|に失敗)|送信に失敗|送信(?:先
      |を)[^\n]{0,30}(?:見つかり|失敗)|存在しない|エラー(?:のため|が発生|メッセージ)|无法(?:送达|投递|传递
      |发送)|未(?:能)?送达|投递失败|退信|退回|拒收
    | تعذر|لم\ (?:يتم|نتمكن)|غير\ موجود|فشل|تحویل\ داده\ نشد|ارسال\ نشد|לא\ (?:נמסרה|ניתן)|chưa\ được
      |không\ (?:tồn\ tại|thể)|존재하지|전송|ไม่สามารถ
    | (?:google\ groups|googlegroups) | smtp\ (?:error|server)|status:\ ?5\.|diagnostic[- ]code
      |the\ response\ (?:from\ the\ remote\ server\ )?was|remote\ (?:host|server|mta)\ (?:said|reject
      |respond|return)|host\ \S{1,200}\ said|server\ message
    """,
    re.IGNORECASE | re.VERBOSE,
)

#: The server goes on trying.
GOES_ON = re.compile(
    r"""
    (?:has|have)\ not\ yet\ been\ delivered|still\ being\ retried|(?:will|would)\ (?:keep
      |continue)\ (?:to\ (?:try|be|retry)|trying|retrying|attempt)|will\ be\ (?:retried
      |attempted)\ (?:again|for|every|until|periodic)
    | (?:do|does|you)\ (?:not|n't)\ need\ to\ re-?send|this\ is\ (?:a|only\ a)\ (?:delay\ )?warning\b
      |warning:?\ (?:message|could\ not\ send|mail|your)[^\n]{0,60}(?:delay|hours|for\ past
      |not\ (?:yet\ )?been)|(?:message|delivery|mail)\b[^\n]{0,40}\bdelayed\b|delayed\ (?:mail|delivery)
    | \(delay(?:ed)?\)|no\ action\ is\ required\ on\ your\ part|delivery\ (?:delay
      |attempts\ will\ continue)|will\ (?:retry|try\ again)|delivery\ will\ continue
      |temporarily\ undeliver
    | verzögert|retard[ée]|retraso|ritardo|atras|задержан|задержива|будут\ продолжены|遅延|延迟|延遲
    """,
    re.IGNORECASE | re.VERBOSE,
)
