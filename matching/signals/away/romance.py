"""Words of auto-replies in Romance languages: data (see `language`)."""

from __future__ import annotations

from matching.signals.away.language import Language

LANGUAGES = (
    Language(
        code="fr",
        stems=(
            "absen",
            "bureau",
            "conge",
            "vacances",
            "automatique",
            "ferme",
            "deplacement",
            "indisponible",
            "maternite",
            "quitte",
        ),
        subject=(
            r"(?:reponse automatique|(?:message|notification|reponse|avis) d'absence|absen(?:ce"
            r"|te?)(?: du bureau)?\s*(?::|-|re:|\(|$|jusqu|du \d)|absence du bureau|je suis (?:absent|en conge"
            r"|en vacances)|en conges?\s*(?::|-|$|jusqu)|reponse auto|accuse de reception automatique"
            r"|hors du bureau)"
        ),
        away=(
            r"\b(?:je (?:suis|serai)|nous sommes|nos bureaux (?:sont|seront)|notre (?:bureau"
            r"|etablissement) (?:est|sera)|l'etude est|actuellement|le cabinet est)\b[^.!?\n]{0,60}\b(?:absent\w*"
            r"|en (?:conges?|vacances|deplacement|arret|formation)|hors du bureau|indisponible|fermes?\b"
            r"|fermee?s?\b|pas (?:disponible|au bureau|joignable)|en conge \w+)|\bje ne (?:suis"
            r"|serai) pas (?:au bureau|disponible|joignable|en mesure)|\bj'ai quitte (?:la societe|l'entreprise"
            r"|mes fonctions)|\bne (?:travaille|fait) plus (?:partie|chez|dans)|\ben mon absence\b"
            r"|\bpendant mon absence\b|\bde retour le\b"
        ),
        then=(
            r"\b(?:jusqu'?au?|de retour|mon retour|a mon retour|retour|en (?:mon absence|cas d'urgence)"
            r"|pendant mon absence|urgen\w+|veuillez (?:contacter|vous adresser)|vous pouvez (?:contacter|joindre"
            r"|vous adresser)|merci de (?:contacter|vous adresser)|contacter|des mon retour|acces (?:limite"
            r"|restreint)|ne (?:sera|seront) pas (?:lu|transfere|traite)\w*|prendrai connaissance|merci (?:de"
            r"|pour) votre (?:message|mail|courriel|e-mail))\b"
        ),
        automatic=(
            r"\bceci est (?:une reponse|un message|un courriel|un mail) (?:automatique|genere\w* automatiquement"
            r"|d'absence)|\breponse (?:automatique|generee automatiquement)|\b(?:ce message|cette reponse) (?:est"
            r"|a ete) (?:genere|envoye|cree)\w* automatiquement"
        ),
        until=(
            r"\b(?:jusqu'?(?:au|a)(?: inclus)?|(?:de )?retour (?:le|a partir du|au bureau le|prevu le)|au"
            r"|a compter du|reouvr\w+ (?:le|a partir du)|serai de retour (?:le|au bureau le))\b"
        ),
    ),
    Language(
        code="es",
        stems=(
            "oficina",
            "ausent",
            "ausencia",
            "vacaciones",
            "automatic",
            "permiso",
            "baja",
            "cerrad",
            "disponible",
            "licencia",
            "viaje",
            "ya no",
            "despacho",
        ),
        subject=(
            r"(?:respuesta automatica|fuera de (?:la )?oficina|ausen(?:te|cia)(?: de (?:la )?oficina)?\s*(?::|-|$"
            r"|hasta)|mensaje de ausencia|contestacion automatica|auto ?respuesta|de vacaciones\s*(?::|-|$|hasta)"
            r"|vacaciones\s*(?::|-|$|hasta))"
        ),
        away=(
            r"\b(?:estoy|estare|me encuentro|me encontrare|estamos|nuestras oficinas (?:estan|estaran"
            r"|permaneceran)|nuestra oficina (?:esta|estara|permanecera)|la oficina (?:esta|estara|permanecera)"
            r"|actualmente)\b[^.!?\n]{0,60}\b(?:fuera de (?:la |mi |el )?(?:oficina|despacho|pais)|ausente"
            r"|de (?:vacaciones|viaje|baja|permiso|licencia)|en (?:vacaciones|licencia)|sin acceso|cerrad[ao]s?"
            r"|no disponible|disfrutando)|\bno (?:estoy|estare|me encuentro) (?:disponible|en (?:la "
            r"|mi )?(?:oficina|despacho))|\bya no (?:trabajo|trabaja|formo|forma) (?:en|parte|para|con)"
        ),
        then=(
            r"\b(?:hasta|regres\w+|vuelt\w+|vuelvo|volvere|retorn\w+|reincorpor\w+|urgen\w+|emergencia"
            r"|en mi ausencia|durante mi ausencia|contact(?:e|ar|en|a)|pongase en contacto|pueden? (?:contactar"
            r"|dirigir\w*|escribir)|acceso limitado|a mi (?:regreso|vuelta|retorno)|gracias por (?:su|tu"
            r"|el) (?:mensaje|correo|e-?mail)|responder\w*|respondere|lo antes posible)\b"
        ),
        automatic=(
            r"\b(?:esta es una|este es un) (?:respuesta|mensaje|correo) (?:automatic[ao]"
            r"|generad[ao] automaticamente)|\brespuesta (?:automatica|generada automaticamente)"
            r"|\b(?:este (?:mensaje|correo)|esta respuesta) (?:ha sido|fue|es) (?:generad"
            r"|enviad)[ao] automaticamente"
        ),
        until=(
            r"\b(?:hasta(?: el)?(?: (?:proximo|dia))*(?: el)?|(?:regres\w+|vuelvo|volvere|retorn\w+"
            r"|me reincorpor\w+|de vuelta|regreso)(?: a (?:la|mi) (?:oficina|trabajo))?(?: (?:el|a partir del"
            r"|en))?(?: dia)?)\b"
        ),
    ),
    Language(
        code="pt",
        stems=(
            "escritorio",
            "ausen",
            "ferias",
            "automatic",
            "licenca",
            "fora d",
            "viagem",
            "fechad",
            "encerrad",
            "indisponi",
            "nao trabalh",
            "disponivel",
        ),
        subject=(
            r"(?:resposta automatica|fora do escritorio|ausen(?:te|cia)(?: do escritorio)?\s*(?::|-|$|ate)"
            r"|mensagem de ausencia|aviso de ausencia|auto ?resposta|de ferias\s*(?::|-|$|ate)|em ferias"
            r"|ferias\s*(?::|-|$|ate)|ausencia temporaria)"
        ),
        away=(
            r"\b(?:estou|estarei|encontro-me|me encontro|estamos|estaremos|(?:o )?nosso escritorio (?:esta"
            r"|estara)|(?:os )?nossos escritorios (?:estao|estarao)|o escritorio (?:esta|estara)|atualmente"
            r"|no momento)\b[^.!?\n]{0,60}\b(?:fora (?:do|da) (?:escritorio|empresa|pais)|ausente|de (?:ferias"
            r"|licenca|viagem|baixa|folga)|em (?:ferias|viagem|licenca|gozo)|sem acesso|fechad[ao]s?"
            r"|encerrad[ao]s?|indisponivel)|\bnao (?:estou|estarei) (?:disponivel|no escritorio|na empresa)"
            r"|\bnao (?:trabalho|trabalha|faco|faz) mais (?:na|no|em|parte)|\bja nao trabalho\b"
        ),
        then=(
            r"\b(?:ate|regress\w+|retorn\w+|volt\w+|de volta|urgen\w+|emergencia|na minha ausencia"
            r"|durante (?:a minha ausencia|este periodo|esse periodo)|contat\w+|contact\w+|entr(?:e"
            r"|ar) em contat?c?to|acesso limitado|obrigad[ao] (?:pelo|pela)|respond\w+|assim que (?:possivel"
            r"|retornar|regressar|voltar)|favor)\b"
        ),
        automatic=(
            r"\besta e uma (?:resposta|mensagem) (?:automatica|gerada automaticamente|de ausencia)"
            r"|\bresposta (?:automatica|gerada automaticamente)|\b(?:esta mensagem|este e-?mail"
            r"|esta resposta) (?:foi|e) (?:gerad|enviad)[ao] automaticamente"
        ),
        until=(
            r"\b(?:ate(?: (?:ao|o|a))?(?: (?:proxim[ao]|dia))*|(?:regress\w+|retorn\w+|voltarei|volto|de volta"
            r"|retorno)(?: ao (?:escritorio|trabalho))?(?: (?:em|no dia|a|dia|a partir de))?(?: dia)?)\b"
        ),
    ),
    Language(
        code="it",
        stems=(
            "ufficio",
            "assen",
            "ferie",
            "automatic",
            "vacanza",
            "congedo",
            "maternita",
            "chius",
            "fuori sede",
            "viaggio",
            "non lavor",
            "trasferta",
            "malattia",
        ),
        subject=(
            r"(?:risposta automatica|fuori (?:ufficio|sede)|assen(?:te|za)(?: dall'ufficio)?\s*(?::|-|$|fino|dal)"
            r"|messaggio di assenza|in ferie|ferie\s*(?::|-|$|fino)|autorisposta|risponditore automatico"
            r"|assenza dal lavoro|avviso di assenza)"
        ),
        away=(
            r"\b(?:sono|saro|siamo|saremo|i nostri uffici (?:sono|saranno|resteranno)|il nostro ufficio (?:e|sara"
            r"|restera)|l'ufficio (?:e|sara|restera)|attualmente|al momento)\b[^.!?\n]{0,60}\b(?:fuori (?:ufficio"
            r"|sede|dall'ufficio)|assent[ei]|in (?:ferie|vacanza|congedo|maternita|malattia|viaggio|trasferta"
            r"|permesso)|chius[oi]|non (?:disponibile|raggiungibile|in ufficio))|\bnon (?:sono"
            r"|saro) (?:in ufficio|disponibile|raggiungibile)|\bnon (?:lavoro|lavora|faccio|fa) piu (?:in|per"
            r"|parte|presso)|\bmi trovo fuori ufficio"
        ),
        then=(
            r"\b(?:fino (?:al|a)|rientr\w+|ritorn\w+|torner\w+|urgen\w+|emergenz\w+|in mia assenza"
            r"|durante (?:la mia assenza|questo periodo)|contatt\w+|rivolger\w+|al mio (?:rientro|ritorno)"
            r"|accesso (?:limitato|saltuario)|grazie per (?:il|la|aver)|rispond\w+|appena possibile"
            r"|nel frattempo)\b"
        ),
        automatic=(
            r"\bquest[oa] e (?:una risposta|un messaggio|un'e-?mail) (?:automatic[ao]"
            r"|generat[oa] automaticamente)|\brisposta (?:automatica|generata automaticamente)"
            r"|\b(?:questo messaggio|questa risposta|questa e-?mail) e stat[oa] (?:generat"
            r"|inviat)[oa] automaticamente"
        ),
        until=(
            r"\b(?:fino (?:al|a|alla)(?: giorno)?(?: prossimo)?|sino al|(?:rientr\w+|ritorn\w+|tornero|torno"
            r"|di ritorno|rientro previsto)(?: in (?:ufficio|sede))?(?: (?:il|dal|per il|da))?(?: giorno)?)\b"
        ),
    ),
    Language(
        code="ro",
        stems=("birou", "concediu", "automat", "absent", "plecat"),
        subject=(
            r"(?:raspuns automat|in concediu|absent\w* (?:din|de la) birou|in afara biroului|concediu\s*(?::|-|$"
            r"|pana))"
        ),
        away=(
            r"\b(?:sunt|voi fi|ma aflu|suntem)\b[^.!?\n]{0,50}\b(?:in (?:concediu|delegatie)|plecat\w*"
            r"|in afara biroului|absent\w*|indisponibil\w*)|\bnu sunt (?:la birou|disponibil\w*)"
        ),
        then=(
            r"\b(?:pana (?:la|pe|in)|revin|reveni|intorc|urgent\w*|urgente|contact\w*|multumesc pentru|raspunde"
            r"|raspund)\b"
        ),
        automatic=r"\bacesta este un (?:raspuns|mesaj) automat",
        until=r"\b(?:pana (?:la|pe|in)(?: data de)?|revin(?: la birou)?(?: (?:pe|in))?(?: data de)?)\b",
    ),
)
