"""Words of auto-replies in Slavic languages: data (see `language`)."""

from __future__ import annotations

from matching.signals.away.language import Language

LANGUAGES = (
    Language(
        code="ru",
        stems=(
            "отпуск",
            "офис",
            "автоматическ",
            "автоответ",
            "отсутств",
            "командировк",
            "больнич",
            "не работа",
            "закрыт",
            "декрет",
            "недоступ",
        ),
        subject=(
            r"(?:автоматический ответ|автоответ(?:чик)?|автоматическое (?:уведомление|сообщение)|нет на (?:работе"
            r"|месте)|вне офиса|отсутстви[ея]|отсутствую|я в отпуске|в отпуске|отпуск\s*(?::|-|$|до|с )"
            r"|уведомление об отсутствии|не в офисе)"
        ),
        away=(
            r"(?:\bя\b|\bмы\b|\bнаш офис\b|\bв настоящее время\b|\bсейчас\b|\bк сожалению\b"
            r"|\bс \d)[^.!?\n]{0,60}(?:(?:нахожусь|буду|находимся|ушел|ушла|уехал\w*)? ?в (?:\w+ )?(?:отпуске"
            r"|отпуск|командировке|декрете|отъезде)|на больничном|отсутству\w+|буду отсутствовать|вне офиса"
            r"|не в офисе|не на рабочем месте|недоступ\w+|закрыт\w*|не работа(?:ем|ет))|\bменя (?:не будет"
            r"|нет)(?: \w+)? (?:в офисе|на (?:рабочем )?месте|на работе)|\b(?:буду|нахожусь) (?:в отпуске"
            r"|в командировке|вне офиса)|(?:больше|уже) не (?:работаю|работает) (?:в|на)|\bотсутствую (?:на|в|с"
            r"|до)"
        ),
        then=(
            r"(?:\bдо\b|\bпо \d|вернусь|возвращ\w+|выйду|выхожу|по возвращении|после возвращения|срочн\w+"
            r"|обращ\w+|обратит\w+|свяжит\w+|связ\w+|ответ(?:ить|чу|им)|в (?:мо[её]|мое) отсутстви\w|спасибо за"
            r"|благодар\w+|ограничен\w*|замеща\w+|неотложн\w+)"
        ),
        automatic=(
            r"\bэто (?:автоматический ответ|автоматическое (?:сообщение|письмо|уведомление)"
            r"|письмо (?:сформировано|отправлено|создано) автоматически)|(?:сообщение|письмо"
            r"|ответ) (?:было )?(?:сформирован|создан|отправлен)[оа]? автоматически"
        ),
        until=(
            r"\b(?:до|по|вернусь(?: в офис| на работу)?(?: к)?|буду (?:на месте|в офисе|доступ\w+)(?: с)?"
            r"|выйду(?: на работу)?|выхожу(?: на работу)?(?: с)?|возвращаюсь(?: в офис)?|снова (?:в офисе"
            r"|на связи)(?: с)?|возвращение)\b"
        ),
    ),
    Language(
        code="uk",
        stems=("відпуст", "офіс", "автоматичн", "відсутн", "відряджен", "лікарнян", "не працю"),
        subject=r"(?:автоматична відповідь|автовідповідь|відсутність|поза офісом|у відпустці|я у відпустці|відпустка)",
        away=(
            r"(?:\bя\b|\bми\b|\bнаразі\b|\bзараз\b)[^.!?\n]{0,60}(?:(?:у|в) (?:\w+ )?(?:відпустці|відрядженні)"
            r"|відсутн\w+|поза офісом|на лікарняному)|\bмене (?:не буде|немає) (?:в офісі|на роботі|на місці)"
            r"|більше не працю[юєї]\w*"
        ),
        then=(
            r"(?:\bдо\b|повернуся|повертаюся|після повернення|термінов\w+|звертай\w+|звернітьс\w+|зв'яж\w+"
            r"|відповім|дякую за|за моєї відсутності)"
        ),
        automatic=r"\bце автоматичн\w+ (?:відповідь|повідомлення|лист)",
        until=r"\b(?:до|повернуся(?: в офіс| до роботи)?|буду (?:на місці|в офісі)(?: з)?)\b",
    ),
    Language(
        code="pl",
        stems=(
            "biur",
            "urlop",
            "nieobecn",
            "automatyczn",
            "poza",
            "dostepn",
            "zwolnien",
            "delegac",
            "nie pracuj",
            "nieczynn",
            "zamkniet",
        ),
        subject=(
            r"(?:automatyczna odpowiedz|odpowiedz automatyczna|nieobecnosc|poza biurem|autoodpowiedz"
            r"|jestem na urlopie|na urlopie|urlop\s*(?::|-|$|do)|nieobecny|nieobecna|autoresponder)"
        ),
        away=(
            r"\b(?:jestem|bede|przebywam|jestesmy|nasze biuro (?:jest|bedzie)|biuro (?:jest|bedzie)|obecnie"
            r"|aktualnie)\b[^.!?\n]{0,60}\b(?:nieobecn\w+|poza biurem|na (?:\w+ )?(?:urlopie|zwolnieniu|delegacji"
            r"|wyjezdzie)|niedostepn\w+|nieczynne|zamkniete|nie ma mnie)|\bnie (?:bedzie|ma) mnie w biurze"
            r"|\b(?:juz )?nie pracuj[ea] (?:juz )?(?:w|dla)|\bw dniach [^.!?\n]{1,40}(?:nieobecn|urlop"
            r"|poza biurem)|\bprzebywam na urlopie"
        ),
        then=(
            r"\b(?:do dnia|do|wrac\w+|wroc\w+|powroc\w+|powrot\w*|piln\w+|w sprawach|w razie|kontakt\w*"
            r"|skontakt\w*|podczas mojej nieobecnosci|w trakcie mojej nieobecnosci|odpowiem|odpisze|po powrocie"
            r"|dziekuje za|ograniczony dostep|zastep\w+)\b"
        ),
        automatic=(
            r"\bto (?:jest )?(?:automatyczna|wiadomosc automatyczna|odpowiedz automatyczna)"
            r"|\bwiadomosc (?:zostala )?wygenerowan\w+ automatycznie|\bautomatyczna odpowiedz\b"
        ),
        until=(
            r"\b(?:do(?: dnia)?|(?:wracam|wroce|powroce|powrot|bede (?:ponownie )?dostepn\w+|ponownie w biurze"
            r"|bede z powrotem|wraca)(?: do (?:biura|pracy))?(?: (?:w dniu|dnia|od|w))?)\b"
        ),
    ),
    Language(
        code="cs",
        stems=("kancela", "dovolen", "automatick", "nepritom", "mimo", "nepracuj", "sluzebni"),
        subject=r"(?:automaticka odpoved|nepritomnost|mimo kancelar|jsem na dovolene|dovolena\s*(?::|-|$|do))",
        away=(
            r"\b(?:jsem|budu|momentalne|v soucasne dobe|nase kancelar)\b[^.!?\n]{0,50}\b(?:mimo kancelar"
            r"|na (?:\w+ )?(?:dovolene|dovolenou)|nepritomn\w+|na sluzebni ceste|nedostupn\w+|zavren\w*)"
            r"|\bnejsem v kancelari|\b(?:jiz|uz) (?:zde )?nepracuj\w+"
        ),
        then=(
            r"\b(?:do|vratim|vracim|zpet|nalehav\w+|urgentn\w+|kontaktujte|obratte|po (?:svem )?navratu|odpovim"
            r"|dekuji za|v dobe me nepritomnosti)\b"
        ),
        automatic=r"\btoto je automatick\w+ (?:odpoved|zprava)",
        until=r"\b(?:do|zpet(?: od)?|vratim se|vracim se)\b",
    ),
)
