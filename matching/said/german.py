"""German: data (see `language`). Texts come without umlauts."""

from __future__ import annotations

from matching.said.language import Alphabet, DayWords, Words

_SEND = (
    r"(?:sende|schicke|maile|leite|reiche|gebe|melde|beantworte|antworte|bestätige|liefere|übermittle|übermittele"
    r"|teile|informiere|stelle|lasse|komme|hole|faxe|poste|bringe|liefern|übermitteln)n?"
)
_TO_SEND = (
    r"(?:\w*senden|\w*schicken|mailen|\w*leiten|\w*reichen|übermitteln|liefern|\w*melden|\w*antworten|bestätigen"
    r"|mitteilen|informieren|zukommen lassen|bescheid geben|rückmeldung geben|zur verfügung stellen|bereitstellen"
    r"|vorlegen|nachliefern|ausstellen)"
)

GERMAN = Words(
    code="de",
    alphabet=Alphabet.LATIN,
    script=r"\b(?:ich|wir|sie|und|der|die|das|den|nicht|ist|ihr\w*|uns\w*|mein\w*)\b",
    promises=(
        rf"\b(?:ich werde|werde ich|wir werden|werden wir|unser \w+ wird)\b[^;:]{{0,90}}\b{_TO_SEND}\b",
        r"\bsie (?:erhalten|bekommen)\b[^;:]{0,60}\bvon (?:uns|mir)\b|\b(?:erhalten"
        r"|bekommen) sie\b[^;:]{0,60}\bvon (?:uns|mir)\b",
        r"\bverspreche\w*\b[^;:]{0,60}\bzu (?:senden|schicken|liefern)\b",
    ),
    promises_by_day=(
        rf"\b(?:ich|wir) (?:\w+ ){{0,3}}?{_SEND}\b|\b{_SEND} (?:ich|wir)\b|\bund {_SEND} (?:ihnen|euch|dir|sie|mich"
        rf"|uns)\b",
        r"\bunser\w* (?:team|büro|kolleg\w+|abteilung|vertrieb|buchhaltung) (?:sendet|schickt|mailt|meldet|liefert"
        r"|übermittelt)\b",
    ),
    soon=r"\b(?:in kürze|umgehend|baldmöglichst|so bald wie möglich|schnellstmöglich|gleich|demnächst|zeitnah)\b",
    no_promise=(
        r"\b(?:wenn|falls|sofern|sobald|nachdem|bevor|ob|soweit|vorausgesetzt)\b|\bnach (?:erhalt|eingang|zahlung"
        r"|freigabe|unterschrift|bestätigung)\b",
        r"\b(?:anbei|im anhang|beigefügt|angehängt|hiermit)\b|\b(?:wann|warum|wieso|wie lange|weshalb)\b",
        r"\b(?:sagte|sagten|meinte|meinten|erwähnte|hat gesagt|haben gesagt|schrieb|versprach\w*|wollte|wollten"
        r"|sollte|sollten|würde|würden|könnte|könnten)\b",
        r"\b(?:glaube|denke|weiss|kann|können|werde|werden)\b[^;:]{0,30}\b(?:nicht|keine?n?)\b|\b(?:jede[ns]?"
        r"|jeweils) (?:woche|monat|tag|jahr)\b",
        r"\bgebe (?:zu|auf|acht)\b|\b(?:grüsse|glückwünsche)\b|\b(?:stelle|komme)n? (?:\w+ ){0,3}(?:fest|vor|an"
        r"|zum termin|vorbei|zurück nach)\b",
    ),
    complains=(
        r"\b(?:möchte|muss|will|wollen|müssen|möchten) (?:mich|uns)\b[^;:]{0,60}\bbeschweren\b"
        r"|\bbeschwere (?:ich )?mich\b|\b(?:offizielle|förmliche|formelle) (?:beschwerde|reklamation)"
        r"|\b(?:beschwerde|reklamation) (?:einreichen|einlegen|einzureichen)\b",
        r"\b(?:sehr|äusserst|höchst|wirklich|mehr als|total|absolut|extrem|ziemlich|zutiefst|überaus"
        r"|völlig) (?:unzufrieden|enttäuscht|verärgert|empört|frustriert|genervt|unprofessionell|schlecht)\b"
        r"|\b(?:bin|sind) (?:\w+ ){0,4}(?:unzufrieden|verärgert|empört)\b",
        r"\b(?:inakzeptabel|unakzeptabel|unzumutbar|unverschämt\w*|frechheit|skandal\w*|schlimmste[nrs]?"
        r"|katastrophal\w*|katastrophe|unprofessionell\w*|zumutung|schlamperei|unmöglich von)\b|\bnicht (?:zufrieden"
        r"|akzeptabel|hinnehmbar|zumutbar|länger)\b|\b(?:nicht|niemals) hinnehmen\b",
        r"\b(?:geld|betrag) zurück\b|\b(?:fordern|verlangen|bestehen|fordere|verlange"
        r"|bestehe)\b[^;:]{0,40}\b(?:rückerstattung|erstattung|schadenersatz|schadensersatz|entschädigung|gutschrift"
        r"|ersatz)\b|\bhaftbar\b|\bdoppelt (?:abgebucht|berechnet|belastet)\b",
        r"\b(?:unseren?|meinen?) (?:rechts)?anw[aä]lte?\b|\brechtliche schritte\b|\b(?:rechtsanwalt"
        r"|anwalt) (?:einschalten|beauftragen|übergeben)\b|\b(?:vertrag|auftrag"
        r"|bestellung)\b[^;:]{0,20}\b(?:kündigen|stornieren|widerrufen|zurücktreten)\b|\blieferanten? wechseln\b",
        r"\bschlechte[nrs]? (?:service|qualität|leistung|kundendienst|arbeit|betreuung)\b|\b(?:niemand"
        r"|keiner)\b[^;:]{0,30}\b(?:meldet|antwortet|reagiert|erreichbar|zuständig|kümmert|gemeldet|geantwortet)\b"
        r"|\bignorier(?:t|en)\b[^;:]{0,40}\b(?:mail\w*|ticket|anfrage\w*|anruf\w*|nachricht\w*)\b"
        r"|\bhabe? (?:\w+ )?(?:die nase voll|es satt)\b",
    ),
    faults=(
        r"\b(?:beschädigt\w*|defekt\w*|kaputt\w*|unbrauchbar\w*|mangelhaft\w*|zerbrochen\w*|unvollständig\w*)\b"
        r"|\bfalsche[ns]? (?:ware|artikel|teile?|lieferung|produkte?)\b|\b(?:schon|bereits)? ?wieder (?:falsch"
        r"|verspätet|zu spät|kaputt|defekt)\b",
        r"\b(?:immer noch|noch immer|bis heute|bislang) (?:nicht|keine?n?)\b|\bseit (?:\w+ )?(?:wochen|tagen"
        r"|monaten)\b[^;:]{0,40}\b(?:warte\w*|keine?|nicht|überfällig)|\b(?:warte\w*)\b[^;:]{0,20}\bseit\b"
        r"|\büberfällig\b",
        r"\bfunktionier(?:t|en) (?:\w+ )?nicht\b|\bzum (?:zweiten|dritten|vierten|wiederholten) mal\b"
        r"|\berneute[nr]? (?:verschiebung|verspätung|verzögerung|ausfall)|\bnicht das,? was wir (?:bestellt"
        r"|vereinbart)",
    ),
    no_complaint=(
        r"\bkeine(?:rlei)? (?:beschwerden?|reklamation\w*|beanstandung\w*|probleme)\b|\bnichts zu (?:beanstanden"
        r"|bemängeln|meckern)\b|\b(?:beschwerden?|reklamationen?) (?:von|der|ihrer|unserer) \w+|\b(?:beschwerde"
        r"|reklamations)(?:abteilung|management|stelle|formular|bearbeitung)\w*",
        r"\bnicht (?:unzufrieden|enttäuscht|verärgert)\b|\bentschuldig\w+\b|\btut mir leid\b|\btut uns leid\b"
        r"|\bunsere (?:kunden|kundinnen)\b|\breaktion auf unsere (?:reklamation|beschwerde)\b"
        r"|\bsie (?:\w+ ){0,3}unzufrieden (?:sind|waren)\b",
    ),
    accuses=r"\b(?:warum|wieso|weshalb|wie oft|wie lange noch|was soll)\b",
    mended=(
        r"(?<!nicht )\b(?:ersetzt|behoben|gelöst|repariert|ausgetauscht|erledigt)\b|\b(?:danke|vielen dank"
        r"|besten dank)\b|\b(?:wenn|falls|was passiert)\b",
        r"\b(?:zug|flug|bahn|auto)\b|\b(?:lag|liegt) bei uns\b|\bunser fehler\b|\b(?:alte|alten|vorherige\w*"
        r"|früher\w*)\b|\bwir freuen uns\b|\b(?:ersatzteile?)\b",
    ),
    days=DayWords(
        today=r"\b(?:heute|bis tagesende|in einer stunde|gleich)\b",
        tomorrow=r"\bmorgen\b(?! (?:früh )?(?:werde ich nicht))",
        later=r"\bübermorgen\b",
        in_hours=r"\b(?:in|innerhalb von|binnen) (?P<n>\d+|\w+) stunden\b",
        in_days=r"\b(?:in|innerhalb von|binnen) (?P<n>\d+|\w+) (?:arbeits|werk)?tagen\b",
        in_weeks=r"\b(?:in|innerhalb von|binnen) (?P<n>\d+|\w+) wochen?\b",
        this_week=r"\b(?:ende (?:der|dieser) woche|diese[r]? woche|wochenende)\b",
        next_week=r"\b(?:nächste[rn]?|kommende[rn]?) woche\b",
        this_month=r"\b(?:ende (?:des|dieses) monats?|monatsende)\b",
        next_month=r"\b(?:nächsten|kommenden) monats?\b",
        of_month=(
            r"\b(?:am|bis zum|zum) (?P<n>[12]?\d|3[01])\.(?= |$)(?! (?:jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov"
            r"|dez))"
        ),
        weekdays=(
            r"\bmontag\w*",
            r"\bdienstag\w*",
            r"\bmittwoch\w*",
            r"\bdonnerstag\w*",
            r"\bfreitag\w*",
            r"\b(?:samstag|sonnabend)\w*",
            r"\bsonntag\w*",
        ),
        numbers={"einer": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "zehn": 10},
    ),
)
