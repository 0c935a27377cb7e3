"""English: data (see `language`)."""

from __future__ import annotations

from matching.said.language import Alphabet, DayWords, Words

_WILL = (
    r"(?:\b(?:i|we)(?:'ll| will| shall|(?: am|'m| are|'re) (?:going|planning) to| (?:plan|intend|aim|promise|hope"
    r"|undertake|commit) to| should be able to)|\b(?:our|my) (?:\w+ ){0,2}(?:team|department|office|colleagues?"
    r"|assistant|accountants?|engineers?|lab)(?: \w+)? (?:will|shall))"
)
_ADVERB = r"(?: (?:also|then|now|both|all|just|again|gladly|try to|make sure to|be able to|do my best to|\w+ly))"
#: Right behind, or after something else that is done first.
_TO = rf"(?:{_ADVERB}{{0,3}} |[^;:]{{1,90}}? and(?: (?:i|we)(?:'ll| will)| will| shall)?{_ADVERB}? )"
_SEND = (
    r"(?:(?:re-?)?send|forward|e-?mail|share(?= (?:it|this|that|them|these|those|the|our|my|more|some|further|all"
    r"|with|an? (?:\w+ )?(?:copy|draft|link|version|summary|proposal|document|file|list))\b)|circulate|distribute"
    r"|revert|get back|come back|go back to you|reply|respond|let you (?:know|have)|inform you|notify you|update you"
    r"|answer you\w*|write (?:back|to you|you)|transmit|attach|upload|drop you|pass (?:[\w']+ ){0,3}(?:on|along"
    r"|over)|hand (?:[\w']+ ){0,3}over|get you (?:an?|the|those|these|that|this|some|our|my|all)|give you (?:an?|the"
    r"|our|my|more|all)|make sure (?:that )?(?:you|it|they|the \w+) (?:get|gets|receive|have|has|is sent)"
    r"|be sending (?:you|it|the|them|out|over|across|this)|contact you (?:with|again)|get (?:[\w']+ ){1,4}to you"
    r"|(?:shoot|mail|ping|drop|bring|beam|fire|pop) (?:[\w']+ ){0,4}?(?:over|across|you|back to you))\b"
)
_PROVIDE = (
    r"(?:provide|deliver|supply|submit|present|answer|confirm|issue|prepare|draft|finali[sz]e|put together|write up"
    r"|work out|compile|return(?= (?:the|an?|your|our|it|them|you)\b)|update|have(?! to)|complete|finish|mail|post)\b"
)
#: What is no delivery of anything: "have a look", "have a call".
_NOT_THIS = r"(?! (?:a look|a think|a call|a meeting|been|my regards|our regards|greetings|your data|the best))"

ENGLISH = Words(
    code="en",
    alphabet=Alphabet.LATIN,
    script="[a-z]",
    promises=(
        rf"{_WILL}{_TO}{_SEND}{_NOT_THIS}",
        rf"^(?:will|shall) (?:\w+ly )?{_SEND}{_NOT_THIS}",
        r"\byou(?:'ll| will| shall| can expect to)(?: \w+ly)? (?:have|get|receive|find"
        r"|hear) [^;:]{0,60}?\bfrom (?:me|us)\b",
        r"\bexpect [^;:]{1,60} from (?:me|us)\b",
        rf"\b(?:i|we)(?:'m|'re| am| are)\b[^;:]{{1,60}}? and (?:will|shall|i'll|we'll|(?:i|we) will) {_SEND}",
        rf"\b(?:count|rely) on (?:me|us) to {_SEND}",
        r"\bpromise (?:you )?(?:that )?you(?:'ll| will) (?:have|get|receive)\b",
        r"\b(?:i|we)(?:'ll| will) have [^;:]{1,60}? (?:sent|ready for you|(?:with|over to) you|in your inbox)\b",
    ),
    promises_by_day=(
        r"\b(?:i'm|i am|we're|we are) (?:re-?)?(?:sending|e-?mailing|forwarding|mailing)\b",
        rf"{_WILL}{_TO}{_PROVIDE}{_NOT_THIS}",
        rf"^(?:will|shall) {_PROVIDE}{_NOT_THIS}",
        r"\bexpect (?:our|my) \w+",
        rf"\blet (?:me|us) (?:[^;:]{{1,60}}? and (?:then )?)?{_SEND}",
        r"\bwill be (?:with you|in your (?:inbox|mailbox|hands))\b",
    ),
    soon=r"\b(?:soon|shortly|asap|as soon as possible|right away|in a moment|in a minute|at once|in due course)\b",
    no_promise=(
        r"\b(?:hope|hoping|expect|believe|guess|sure|suppose) (?:that )?(?:i|we|you|they|he|she) (?:will|'ll)\b",
        r"\b(?:contract|law|agreement|terms|plan|policy|letter|website|rules) (?:\w+ )?(?:says?|states?|requires?"
        r"|provides?)\b",
        r"\b(?:if|unless|whether|provided|in case|should you|when you|wherever|whenever|where you)\b",
        r"\b(?:once|as soon as|after|upon|until|when) (?:you|your|we (?:get|receive|have|hear)|i (?:get|receive"
        r"|hear)|the (?:payment|contract|money|order|goods|client)|it|they|payment|receipt|receiv\w+|sign\w*|paid"
        r"|approv\w+)\b",
        r"\b(?:on|upon|against|subject to) (?:receipt|payment|your|approval|signature|confirmation)\b",
        r"\b(?:he|she|they|you|who|it|\w+ team|colleague \w+) (?:\w+ )?(?:said|says|told|mentioned|promised|wrote"
        r"|thinks?|asked|confirmed|claimed|hoped)\b",
        r"\b(?:told|informed|assured) (?:me|us|him|her|them)\b|\bmentioned\b|\baccording to\b",
        r"\b(?:don't|do not|didn't|doubt|not sure|unlikely|never|can't promise|cannot promise)\b[^,;]{0,30}\bwill\b",
        r"\b(?:thinks?|believes?|wants?) (?:that )?(?:we|i)\b|\bhad (?:hoped|planned|promised)\b|\bwas going to\b"
        r"|\bwere going to\b|\bhow (?:i|we) will\b",
        r"\b(?:every|each) (?:day|week|month|quarter|year|time)\b|\busually\b|\balways\b",
        r"\byou will (?:send|forward|share)\b|\bout of (?:the |my )?office\b",
    ),
    complains=(
        r"\b(?:(?:want|like|wish|need|have|writ\w+|forced|going|obliged|here) to|must|have to) (?:\w+ )?complain\b",
        r"\bwe (?:strongly |hereby )?(?:complain|protest|object)\b|\bformal(?:ly)? compl\w+|\bmy complaint\b",
        r"\b(?:file|lodge|make|raise|submit|register|launch) (?:an?|this|our|my) (?:\w+ )?complaint\b",
        r"\b(?:very|extremely|really|so|deeply|quite|most|truly|highly|absolutely|completely|totally|rather"
        r"|increasingly|seriously|more than|beyond) (?:disappoint\w+\b(?! (?:for|that (?:i|we) can))|unhappy"
        r"|dissatisf\w+|annoy\w+|frustrat\w+|upset\b|angry|unimpressed|displeased|irritat\w+|unprofessional"
        r"|poor (?:service|quality|support)|bad (?:service|quality|support))",
        r"\b(?:am|are|'m|'re|is) (?:\w+ )?(?:disappointed|unhappy|dissatisfied|annoyed|frustrated|angry|displeased"
        r"|appalled|shocked|furious) (?:with|about|at|by|to (?:see|find|learn))\b",
        r"\b(?:not|n't|far from|anything but|less than) (?:at all |really |\w+ly )?(?:satisfied|happy|pleased"
        r"|impressed|acceptable|good enough|satisfactory)\b",
        r"\bdissatisfaction\b|\bfed up\b|\bsick (?:and tired )?of\b|\benough is enough\b|\bunacceptable\b"
        r"|\boutrage\w*|\bdisgraceful\b|\bunprofessional\b|\bappalling\b|\bscandalous\b|\bshameful\b|\brip-?off\b"
        r"|\bscam\b|\bthe worst (?:\w+ ){1,3}(?:i|we)\b|\b(?:am|are|'m|'re) (?:\w+ )?shocked\b|\bnot (?:willing"
        r"|prepared|ready) to (?:accept|tolerate|put up)\b|\bwon't (?:accept|tolerate)\b|\b(?:your|this|it|it's"
        r"|the (?:delivery|order|service|installation|repair|support))\b[^;:]{0,50}\b(?:nightmare|disaster"
        r"|disastrous|catastroph\w+|disgrace|scandal)\b|\bincompeten\w+|\bterrible (?:service|support|quality"
        r"|experience)|\b(?:poor|awful|horrible|lousy|dreadful) (?:service|support|quality|experience|work"
        r"|communication)",
        r"\b(?:demand|insist on|claim|expect|require|request|want|owe\w* (?:me|us)) (?:\w+ ){0,2}(?:refund"
        r"|compensation|reimbursement|damages)\b|\b(?:my|our) money back\b|\bhold you (?:liable|responsible)\b",
        r"\b(?:(?:involve|contact|consult|instruct|inform|hire|see|through|to|from|with|by|via) (?:our|my|a"
        r"|the) (?:lawyers?|solicitors?|attorneys?)|legal (?:action|steps)|take (?:this|it|you) to court"
        r"|consumer protection)\b|\bexpected (?:better|more) (?:from|of)\b|\bnothing but (?:trouble|problems"
        r"|issues)\b|\bhow many (?:more )?times\b|\bfrustrating\b|\b(?:been|is|was|after this) (?:a )?(?:total "
        r"|complete )?mess\b|\b(?:sort|fix|solve|resolve|correct) (?:this|it|that)(?: out)? (?:\w+ ){0,2}or (?:we"
        r"|i)\b|\b(?:look|looking) for another (?:partner|supplier|provider|company)\b|\bstaff (?:\w+ ){0,2}(?:rude"
        r"|unfriendly)\b|\brude (?:staff|employee)|\b(?:because of|due to) your (?:delay|mistake|error|fault"
        r"|negligence)",
        r"\b(?:charged|billed|invoiced|debited) (?:us |me )?(?:twice|double|again)\b|\bovercharg\w+"
        r"|\bdouble[- ]charged\b",
        r"\b(?:will|shall|going to|forced to|have to|may|considering|consider)(?: \w+ly| to"
        r"| have to)* (?:cancel(?:l?ing)?|terminat\w+|withdraw from) (?:the|our|this|my) (?:contract|order"
        r"|subscription|agreement|cooperation|business)\b",
        r"\bchang(?:e|ing) (?:the |our )?suppliers?\b|\btake our business elsewhere\b|\bspeak (?:to|with) (?:your|a"
        r"|the) (?:manager|supervisor|boss)\b|\bescalat(?:e|ing) (?:this|the (?:issue|matter|case|complaint"
        r"|problem))\b|\bbad review\b|\bnever (?:again|order|buy)\b",
        r"\b(?:nobody|no one|no-one|not a single|none of you|you never|your (?:\w+ ){1,3}(?:never|ignor\w+|has not"
        r"|hasn't|does not|doesn't|did not|didn't|keeps?|refus\w+))\b[^;:]{0,40}?\b(?:answer\w*|repl\w+|respon\w+"
        r"|call\w*|contact\w*|show\w*|car(?:e|es|ed)|help\w*|react\w*|tickets?|arriv\w+|came|turn\w* up|emails?"
        r"|mails?|picks? up|picked up)\b",
    ),
    faults=(
        r"\bstill (?:(?:have |has |had |'ve |are |is )?(?:not|n't) (?:\w+ )?(?:received|arrived|been|got|heard|here"
        r"|there|delivered|fixed|solved|working|resolved|answered|replied|refunded|done)|no (?:answer|reply|response"
        r"|news|sign|solution)|nothing|without|missing)\b|\b(?:have|has)n't (?:\w+ )?(?:received|heard|arrived|got"
        r"|had)\b[^;:]{0,40}\b(?:still|since|for|promised)\b|\b(?:have|has) not [^;:]{0,40}(?:promised|weeks?)\b",
        r"\bstill (?:doesn't|don't|does not|isn't|is not|hasn't|haven't|waiting for (?:our|my|your|the) (?:order"
        r"|delivery|goods|parts|refund|replacement|answer|reply|response|shipment|technician|credit))",
        r"\bwait(?:ed|ing)\b[^;:]{0,20}\b(?:days|weeks|months|hours|ages)\b(?! (?:of|to)\b)|\bheard nothing\b"
        r"|\bwithout (?:any )?(?:answer|reply|response|success)\b|\b(?:days?|weeks?) (?:overdue|late|behind)\b",
        r"\b(?:second|third|fourth|fifth|umpteenth|\d+(?:nd|rd|th)) time(?! (?:slot|zone|period|to meet))\b"
        r"|\bnot the first time\b|\bonce more\b|\b(?:yet )?again\b[^;:]*\b(?:wrong|late|broken|fail\w*|delay\w*"
        r"|mistake)\b|\b(?:wrong|late|broken|fail\w*|delay\w*|mistake)\b[^;:]{0,30}\bagain\b",
        r"\b(?:arriv\w+|deliver\w+|receiv\w+|came|was|were|is|are|got|sent|shipped)\b[^;:,]{0,40}?\b(?:damaged"
        r"|broken|defective|faulty|ruined|unusable|incomplete|scratched|leaking|cracked|rotten|the wrong"
        r"|wrong (?:\w+)|useless)\b",
        r"\b(?:has|have|had) (?:broken|failed|stopped|crashed|collapsed)\b|\bstopped working\b|\bbroke down\b"
        r"|\bkeeps? (?:crash|reboot|fail|break|freez|disconnect)\w+|\bcrash(?:es|ed)\b|\b(?<!it )(?:does|do"
        r"|did)(?: not|n't) work\b(?! out)|\bfalls? apart\b|\bfell apart\b|\bleaks\b|\bdidn't show up\b"
        r"|\bdid not show up\b|\bno-show\b",
        r"\b(?:did not|didn't|never) (?:get|receive) what (?:we|i) (?:paid|ordered|asked)\b|\b(?:has not|hasn't"
        r"|did not|didn't) arrive\w*\b[^;:]{0,30}\b(?:still|promised|ordered|weeks?|days)\b",
        r"\bnot what (?:we|i) (?:ordered|agreed|paid|expected|asked|were promised|wanted)\b|\b(?:below|short of"
        r"|worse than) (?:what|the|our|expect\w+)\b|\bmade things worse\b|\bworse and worse\b|\b(?:half|part|most"
        r"|some|parts) of (?:the|our|it)\b[^;:]{0,30}\b(?:missing|gone|lost)\b|\binstead of \d+|\b(?:does|do"
        r"|did)(?: not|n't) (?:match|meet|comply|correspond|conform|fit)\b[^;:]{0,40}\b(?:agreed|specification"
        r"|specs?|order\w*|contract|standards?|requirements|expectations|sample)"
        r"|\bproduction (?:\w+ ){1,2}(?:standing still|down|stopped)|\b(?:was|were|is|are) (?:\w+ )?(?:dirty"
        r"|filthy)\b|\b(?:bad|poor) quality\b|\byou (?:keep|kept) (?:postpon|delay|cancel|ignor|send|forget"
        r"|chang)\w+|\bdifferent from (?:what|the (?:sample|order|agreement|photo|picture|description))"
        r"|\bnever (?:ordered|agreed|asked for)\b|\b(?:lost|misplaced)\b[^;:]{0,25}\bby your\b|\byour \w+ (?:has "
        r"|have )?(?:lost|misplaced|broke|damaged)\b|\b(?:dripping|leaking)\b|\b(?:we|i) (?:were|was) promised\b"
        r"|\byou (?:had )?promised\b|\b(?:lost|losing) (?:money|customers|patience|a whole)\b",
        r"\b(?:asked|called|written|wrote|mailed|told you|pointed [\w ]{1,12}out|reminded)\b[^;:]{0,30}\b(?:twice"
        r"|three|four|five|several|many|\d+) ?(?:times)?\b",
    ),
    no_complaint=(
        r"\b(?:no|any|without|zero|never|free of|nothing to) (?:\w+ )?complain\w*|\bcomplaints? (?:procedure"
        r"|department|management|handling|policy|form|desk|team|process|system|rate)\b|\b(?:handling|customer|handle"
        r"|manage) (?:\w+ )?complaints?\b|\bour complaints?\b|\bcomplaint\b[^;:]*\b(?:settled|closed|resolved"
        r"|solved)\b",
        r"\byou(?:'re| are| were| feel| seem)(?: \w+){0,2} (?:unhappy|dissatisfied|disappointed|angry|upset|annoyed"
        r"|frustrated)\b|\byou(?:'re| are| were) (?:not|n't) (?:\w+ )?(?:satisfied|happy|pleased)\b|\b(?:sorry"
        r"|sad) (?:to hear|that you)\b",
        r"\b(?:my|our) own\b|\bwithdr\w+ (?:the|his|her|their) complaint\b|\b(?:never|not) been disappointed\b",
        r"\bnot (?:\w+ )?(?:disappointed|unhappy|dissatisfied|annoyed|upset|angry)\b|\bdisappointed (?:that )?(?:i"
        r"|we) (?:can't|cannot|won't|could not|couldn't|missed|have to)\b",
        r"\b(?:sorry|apolog\w+|excuse)\b[^;:]{0,60}\b(?:late|delay\w*|noise|inconvenience|mistake|confusion)\b",
        r"\bif (?:you|a |the customer|they|customers|any)\b|\bin case\b|\bwhat (?:happens|if)\b|\bhow (?:long"
        r"|do you)\b",
        r"\b(?:our|my|some|many|their) (?:customers?|clients?|users|old|previous|former|other) \w+",
    ),
    accuses=(
        r"\b(?:why|how many|how often|how much longer|what is going on|what's going on|when will you finally"
        r"|is this how)\b"
    ),
    mended=(
        r"(?<!not )(?<!never )(?<!n't )\b(?:been |was |were |is |are |now )(?:now |already )?(?:replaced|solved"
        r"|resolved|exchanged|fixed|repaired|settled)\b|\bthank|\bthanks\b|\bworks? (?:fine|well|now|again"
        r"|perfectly)\b|\ball (?:is )?(?:good|fine|well)\b|\bsolving\b|\bfixing\b"
        r"|\bexpected\b(?<!we expected)(?<!i expected)\b",
        r"\bif\b|\b(?:flight|train|bus|plane|taxi|luggage)\b|\b(?:our|my) (?:board|boss|management|bank|side|end)\b"
        r"|\bthe (?:board|customs)\b|\b(?:link|website|web site|server|page|attachment|mailbox|network)\b"
        r"|\bspare parts\b|\breplacement parts\b|\bwarranty\b|\b(?:old|previous|former|last year's|used) \w+ (?:was"
        r"|were|is|are|broke|has|had)\b|\b(?:need|want|buy|looking for) a new\b|\bour (?:fault|mistake|error)\b"
        r"|\bbecause of us\b|\bwe gave\b|\bmy (?:leg|arm|car|phone|laptop|computer)\b|\b(?:not"
        r"|n't) (?:yet )?decided\b|\b(?:your|the|an) (?:offer|quote|quotation|invitation|catalogue|brochure)\b"
        r"|\bwill be late with\b|\bsend (?:it|them|me|us) again\b",
    ),
    days=DayWords(
        today=(
            r"\b(?:today|tonight|this (?:morning|afternoon|evening)|end of (?:the )?(?:business )?day|eod"
            r"|by close of business(?! tomorrow)|(?:in|within) (?:an|the|one|half an) hour)\b"
        ),
        tomorrow=r"\b(?:tomorrow|tmrw)\b",
        later=r"\bday after tomorrow\b",
        in_hours=r"\b(?:in|within) (?:the next )?(?P<n>\d+|[a-z]+) hours\b",
        in_days=r"\b(?:in|within) (?:the next )?(?:a )?(?P<n>\d+|[a-z]+) (?:working |business )?days?\b",
        in_weeks=r"\b(?:in|within) (?:the next )?(?P<n>\d+|[a-z]+) weeks?\b",
        this_week=r"\b(?:end of (?:the|this) week|this week|(?:before|over) the weekend|week'?s end)\b",
        next_week=r"\bnext week\b",
        this_month=r"\b(?:end of (?:the|this) month|this month)\b",
        next_month=r"\bnext month\b",
        of_month=r"\bthe (?P<n>[12]?\d|3[01])(?:st|nd|rd|th)\b(?! (?:of|time))",
        weekdays=(
            r"\bmon(?:day)?\b",
            r"\btue(?:s(?:day)?)?\b",
            r"\bwed(?:nesday)?\b",
            r"\bthu(?:r?s(?:day)?)?\b",
            r"\bfri(?:day)?\b",
            r"\bsat(?:urday)?\b",
            r"\bsunday\b",
        ),
        numbers={"one": 1, "two": 2, "couple of": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10},
    ),
)
