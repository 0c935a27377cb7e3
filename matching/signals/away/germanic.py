"""Words of auto-replies in Germanic languages: data (see `language`)."""

from __future__ import annotations

from matching.signals.away.language import Language

LANGUAGES = (
    Language(
        code="en",
        stems=(
            "office",
            "away",
            "vacation",
            "holiday",
            "leave",
            "unavailable",
            "automat",
            "auto-",
            "no longer",
            "out of",
            "travel",
            "absen",
            "auto response",
            "autorespon",
            "autoreply",
            "return",
            "ooo",
            "closed",
            "off sick",
            "off work",
            "sabbatical",
        ),
        subject=(
            r"(?:automatic|automated|auto)[ -]?(?:reply|response|answer|responder|generated reply|acknowledg\w*)"
            r"(?! (?:set|polic|templ|texts?\b|rules?\b|word|feature))"
            r"|out[ -]of[ -](?:the[ -])?office(?:[ -](?:auto[ -]?(?:reply|response)|reply|response|message"
            r"|notification|notice|:|re:)|\s*$)|auto:|autoreply|autoresponse|ooo:|vacation (?:reply|response"
            r"|message|notice|auto)|vacation\s*$|away from (?:my )?(?:mail|office|desk)"
            r"|i am (?:currently )?(?:out of (?:the )?office|away|on (?:annual leave|leave|holiday|vacation))"
            r"|on (?:annual leave|holiday|vacation|leave)\s*(?::|-|re:|until|\(|$)|absence (?:notice"
            r"|notification)|thank you for your (?:e-?mail|message)\s*$|out of office\b.{0,40}\b(?:returning"
            r"|until|back|till)\b"
        ),
        away=(
            r"\b(?:i(?: a|')m|i(?: wi|')ll be|i shall be|i have been|i(?:'ve| have) left|we are"
            r"|our offices? (?:is|are|will be)|the office (?:is|will be)|this office (?:is"
            r"|will be))(?: (?:currently|now|presently|temporarily|also|away and"
            r"|travell?ing and))* (?:out of (?:the |my |our )?(?:office|town|country)|out on (?:\w+ )?leave"
            r"|away (?:from (?:the |my )?(?:office|desk|work|email|mail|computer)|on |until|till|from|for"
            r"|at the moment|today|and |this week)|on (?:a )?(?:\w+ )?(?:annual |maternity |paternity |parental "
            r"|sick |medical |extended |family |personal )?(?:leave|holidays?|vacation|sabbatical|a business trip"
            r"|business travel|pto)\b|off (?:work|sick)|unavailable|not (?:in the office|available|at work"
            r"|at my desk|checking (?:my )?e?mail)|closed|travell?ing)|\b(?:is"
            r"|are) (?:currently )?out of (?:the )?office\b|\bout of (?:the )?office (?:starting|from|until|till"
            r"|on|through|today|and|between|with)|\bi will not be (?:in the office|available|reading"
            r"|able to (?:read|respond|reply))|\bi (?:no longer work|am no longer (?:with|working|at|employed))"
            r"|\bhas left (?:the company|the organi[sz]ation)|\bno longer (?:works? (?:at|for|here)"
            r"|with the company|employed (?:at|by))|\bthis (?:mailbox|e-?mail address|account"
            r"|address) is (?:no longer|not) (?:monitored|in use|active|checked)"
        ),
        then=(
            r"\b(?:(?:(?:will|shall|'ll) (?:not )?|won't )(?:\w+ )?(?:return|be back|respond|reply|answer|get back|read"
            r"|be (?:returning|checking|forwarded|responding)|have (?:limited|no|only|restricted|intermittent"
            r"|sporadic))|return(?:ing)? (?:on|to|in)|back (?:on|in|to|from)|until|limited access|no access"
            r"|limited availability|access to (?:my )?e?-?mail|(?:please|pls) (?:contact|call|e?-?mail|reach"
            r"|direct|forward|send|get in touch)|in (?:my|his|her) absence|(?:urgent|immediate|emergency"
            r"|emergencies|urgently)|as soon as (?:i|possible)|upon my return|when i (?:return|get back|am back)"
            r"|on my return|can be reached|reopen|re-open|thank(?:s| you) for (?:your|the) (?:e-?mail|message"
            r"|mail))\b"
        ),
        automatic=(
            r"\bthis is an? (?:auto(?:mated|matic)?(?:ally)?[ -]?(?:generated )?)\s?(?:reply|response"
            r"|e-?mail reply|answer|acknowledg\w+|responder|message to (?:let you know|inform you"
            r"|confirm)[^.]{0,40}(?:receiv|away|out))"
            r"|\bthis is an automat(?:ic|ed) (?:message|e-?mail)\b[^\n]{0,80}\b(?:out of (?:the )?office|away"
            r"|on (?:annual )?(?:leave|vacation|holiday))\b|\b(?:auto(?:mated|matic)?[ -]?(?:reply|response|responder"
            r"|generated reply))\b[^\n]{0,40}(?:only|do not|please|from)|\bthis (?:reply|response) (?:is"
            r"|was) (?:automatically|auto)|\bautomatically generated (?:reply|response|answer|acknowledg)"
        ),
        until=(
            r"\b(?:(?:until|till|through|thru|thru|'til)(?: and including)?(?: after)?|(?:will |i'll "
            r"|shall )?(?:return|be back|am back|is back|back)(?:ing)?(?: (?:to|in|at) (?:the |my )?(?:office"
            r"|work|desk|email))?(?: on| by)?|returning(?: (?:to|in) (?:the |my )?(?:office|work))?(?: on)?"
            r"|not return until|reopen(?:s|ing)?(?: on)?|re-open(?:s|ing)?(?: on)?)\b"
        ),
    ),
    Language(
        code="de",
        stems=(
            "buro",
            "urlaub",
            "abwesen",
            "haus",
            "automatisch",
            "erreichbar",
            "elternzeit",
            "mutterschutz",
            "ferien",
            "dienstreise",
            "krank",
            "buero",
            "arbeitsplatz",
            "platz",
            "unterwegs",
            "nicht da",
            "geschlossen",
            "nicht mehr",
            "anwesend",
            "unternehmen",
        ),
        subject=(
            r"(?:abwesenheits?(?:notiz|nachricht|meldung|benachrichtigung|assistent|agent|info\w*)?|abwesend"
            r"|automatische (?:antwort|abwesenheit\w*|ruckmeldung|empfangs\w*|eingangs\w*)"
            r"|auto(?:matische)?[ -]?antwort|ausser haus|nicht im (?:buro|hause?)|urlaubs?(?:notiz|meldung"
            r"|benachrichtigung|nachricht|abwesenheit)?\s*(?::|-|re:|aw:|bis|$)|im urlaub|bin im urlaub"
            r"|eingangsbestatigung)"
        ),
        away=(
            r"\b(?:ich (?:bin|befinde mich)|wir sind|unser (?:buro|buero|haus|betrieb) ist|herr \w+ ist"
            r"|frau \w+ ist)\b[^.!?\n]{0,80}\b(?:(?:nicht|ausser|nicht mehr)[^.!?\n]{0,20}(?:im (?:buro|buero"
            r"|haus|hause|dienst)|am (?:arbeitsplatz|platz)|haus|hause|erreichbar|anwesend|da|verfugbar"
            r"|verfuegbar)|abwesend|(?:im|in|auf)[^.!?\n]{0,20}(?:urlaub|elternzeit|mutterschutz|ferien"
            r"|dienstreise|geschaftsreise|geschaeftsreise)|ausser haus|unterwegs|krank\w*|geschlossen)|\b(?:ich"
            r"|wir) (?:werde|werden|kann|konnen)[^.!?\n]{0,60}(?:nicht (?:erreichbar|im (?:buro|haus)|lesen"
            r"|beantworten)|abwesend)|\bnicht mehr (?:im unternehmen|fur (?:die )?[\w. ]{1,30}tatig"
            r"|bei [\w. ]{1,30}(?:beschaftigt|tatig))|\bbis (?:zum|einschliesslich)[^.!?\n]{0,40}(?:abwesend"
            r"|nicht (?:im buro|erreichbar))|\babwesend (?:vom|bis|ab)\b"
        ),
        then=(
            r"\b(?:ab dem|ab|wieder|zuruck|zurueck|nach meiner (?:ruckkehr|ruckkunft|rueckkehr)|bis (?:zum"
            r"|einschliesslich|einschl)|dringend\w*|eilige\w*|notfall\w*|in meiner abwesenheit|wenden sie sich"
            r"|kontaktieren sie|vertret\w+|nicht weitergeleitet|nicht gelesen|weitergeleitet|vielen dank fur ihre"
            r"|eingeschrankt|e-?mails? (?:nur|wird|werden|lese))\b"
        ),
        automatic=(
            r"\b(?:dies|das) ist eine automati\w+ (?:generierte |erstellte |erzeugte |versandte )?(?:antwort"
            r"|ruckmeldung|abwesenheit\w*|nachricht|e-?mail|mail)|\bautomatisch (?:generierte|erstellte|erzeugte"
            r"|versendete) (?:antwort|abwesenheit\w*)|\bdiese (?:antwort|nachricht|e-?mail"
            r"|mail) wurde automatisch"
        ),
        until=(
            r"\b(?:bis(?: (?:zum|einschliesslich|einschl\.?|inkl\.?))*(?: (?:dem|den))?|ab(?: (?:dem|den))?|am"
            r"|erst (?:wieder )?(?:am|ab)(?: dem)?|zuruck (?:am|ab))\b"
        ),
        behind=r"\b(?:wieder|zuruck)\b",
    ),
    Language(
        code="nl",
        stems=(
            "kantoor",
            "afwezig",
            "vakantie",
            "automatisch",
            "verlof",
            "gesloten",
            "bereikbaar",
            "niet meer",
            "aanwezig",
        ),
        subject=(
            r"(?:automatisch(?:e)? (?:antwoord|bericht|reactie|beantwoord\w*)|afwezig(?:heid\w*)?\s*(?::|-|$|tot"
            r"|van|bericht)|afwezigheids?(?:bericht|melding|assistent)|niet aanwezig|niet op kantoor|op vakantie"
            r"|met vakantie|vakantie\s*(?::|-|$|tot)|ontvangstbevestiging)"
        ),
        away=(
            r"\b(?:ik ben|wij zijn|we zijn|ons kantoor is|het kantoor is|momenteel ben ik|op dit moment ben ik"
            r"|ik zal)\b[^.!?\n]{0,60}\b(?:(?:niet|afwezig|uit)[^.!?\n]{0,12}(?:op kantoor|aanwezig|bereikbaar"
            r"|beschikbaar)|afwezig|(?:op|met)(?: \w+)? (?:vakantie|verlof|zwangerschapsverlof|ouderschapsverlof"
            r"|reis)|gesloten|buiten kantoor|vrij)|\bniet (?:meer )?(?:werkzaam|in dienst) (?:bij|voor)"
            r"|\bniet meer werkzaam|\bafwezig (?:van|tot|vanaf)"
        ),
        then=(
            r"\b(?:tot(?: en met)?|t/m|terug|vanaf|bij mijn terugkomst|na mijn (?:vakantie|verlof|terugkomst)"
            r"|dringend\w*|spoed\w*|urgent\w*|tijdens mijn afwezigheid|in mijn afwezigheid|contact opnemen"
            r"|neem(?:t u)? (?:dan )?contact|kunt u|beperkt|bedankt voor (?:uw|je)|dank (?:u|je) (?:wel )?voor"
            r"|niet (?:gelezen|doorgestuurd|beantwoord))\b"
        ),
        automatic=(
            r"\bdit is een (?:automatisch|automatische) (?:gegenereerd\w* )?(?:antwoord|bericht|reactie|e-?mail)"
            r"|\bdit (?:bericht|antwoord) is automatisch"
        ),
        until=r"\b(?:tot(?: en met)?|t/m|(?:weer )?(?:terug|aanwezig|bereikbaar|op kantoor)(?: op| vanaf)?|vanaf)\b",
        behind=r"\b(?:terug|weer)\b",
    ),
    Language(
        code="sv",
        stems=(
            "kontor",
            "semester",
            "automatisk",
            "franvar",
            "autosvar",
            "ledig",
            "ferie",
            "ferien",
            "fravaer",
            "frav",
            "slutat",
        ),
        subject=(
            r"(?:autosvar|automatiskt? svar|automatiskt? (?:svar|meddelande)|franvaro\w*|franvarande|fravaer\w*"
            r"|pa semester|pa ferie|ikke pa kontoret|utanfor kontoret|semester\s*(?::|-|$|till)|ferie\s*(?::|-|$"
            r"|til))"
        ),
        away=(
            r"\b(?:jag (?:ar|har)|jeg (?:er|har)|vi (?:ar|er|har))\b[^.!?\n]{0,50}\b(?:(?:inte|ikke|ute av|ude af"
            r"|borte fra|ute fran) (?:pa |tilgaengelig|tilgjengelig|tillganglig)?\s?(?:kontoret|kontor|jobb)?"
            r"|semester|ferie|ledig|franvarande|fravaerende|foraldraledig|permisjon|orlov|barsel|tjansteresa"
            r"|stangt|lukket)|\barbetar inte langre|\bjobber ikke lenger|\bhar slutat\b"
        ),
        then=(
            r"\b(?:till|til|tilbage|tilbake|tillbaka|ater|igen|igjen|bradskande|akut|haster|hastesaker|kontakta"
            r"|kontakt|vanligen|venligst|vennligst|nar jag|nar jeg|begransad|begrenset|begraenset|tack for"
            r"|tak for|takk for|svarar|svarer)\b"
        ),
        automatic=r"\b(?:detta|dette) (?:ar|er) et?t? automatisk\w* (?:svar|meddelande|besked|melding)",
        until=(
            r"\b(?:till(?: och med)?|t\.o\.m\.?|til(?: og med)?|tillbaka(?: den| pa)?|tilbage(?: den| d\.)?"
            r"|tilbake(?: den)?|ater(?: den)?)\b"
        ),
    ),
)
