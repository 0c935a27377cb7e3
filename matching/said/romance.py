"""French and Spanish: data (see `language`). Texts come without accents."""

from __future__ import annotations

from matching.said.language import Alphabet, DayWords, Words

_FR_TO = r"(?:(?:vous|te|lui|leur|les?|la|l'|y|en|t') ?){0,3}"
_FR_SEND = (
    r"(?:enverr|transmettr|transférer|communiquer|adresser|partager|fournir|livrer|répondr|confirmer|informer"
    r"|contacter|retourner|remettr|expédier|renverr|présenter)(?:ai|ons|as)|(?:fer|ser)(?:ai|ons) (?:parvenir|part"
    r"|suivre)|(?:reviendr|tiendr)(?:ai|ons)|donner(?:ai|ons) (?:une réponse|de nos nouvelles|des nouvelles|mon"
    r"|notre)"
)
_FR_INFINITIVE = (
    r"(?:envoyer|transmettre|transférer|communiquer|adresser|partager|fournir|livrer|répondre|confirmer"
    r"|faire parvenir|faire part|revenir vers|tenir au courant|remettre|recontacter)"
)

FRENCH = Words(
    code="fr",
    alphabet=Alphabet.LATIN,
    script=r"\b(?:je|nous|vous|les?|la|est|et|des?|du|une?|notre|votre|pas)\b|\bj'",
    promises=(
        rf"\b(?:je|nous|on|notre équipe) {_FR_TO}(?:{_FR_SEND})\b|\bet (?:je |nous )?{_FR_TO}(?:{_FR_SEND})\b",
        rf"\b(?:vais|allons|m'engage à|nous engageons à|promets de|promettons de) {_FR_TO}{_FR_INFINITIVE}\b",
        rf"\bnotre (?:équipe|service|bureau) {_FR_TO}(?:enverra|adressera|transmettra|fera parvenir|contactera"
        rf"|livrera|répondra)\b",
        r"\bvous (?:recevrez|aurez)\b[^;:]{0,60}\b(?:notre|nos|de ma part|de notre part)\b",
    ),
    promises_by_day=(
        rf"\b(?:je|nous|on) {_FR_TO}(?:envoie|envoyons|transmets|transmettons|transfère|transférons|reviens vers"
        rf"|revenons vers|tiens au courant|tenons au courant|fais parvenir|faisons parvenir|adresse|adressons|passe"
        rf"|communique|communiquons|réponds|répondons|confirme|confirmons|renvoie|renvoyons|partage|partageons"
        rf"|livrons)\b",
    ),
    soon=r"\b(?:bientôt|sous peu|au plus vite|dès que possible|rapidement|dans les meilleurs délais|prochainement)\b",
    no_promise=(
        r"\b(?:si|lorsque|quand|une fois|à condition|sous réserve|à moins|sauf)\b|\bs'il\b|\bdès (?:que vous"
        r"|réception|signature|que nous (?:aurons|recev))|\baprès (?:réception|paiement|signature|validation"
        r"|votre)\b|\bà réception\b",
        r"\b(?:ci-joint\w*|en pièce jointe|ci-dessous|par la présente)\b|\b(?:pourquoi|comment|est-ce|pouvez-vous"
        r"|pourriez-vous)\b",
        r"\b(?:a dit|ont dit|disait|a indiqué|a mentionné|voulais|voulions|devais|devait|deviez|devions|aurais"
        r"|aurions|avez dit|m'a dit|nous a dit)\b|\bmerci d'avoir\b|\bmerci de\b",
        r"\b(?:ne|n')\b[^;:]{0,30}\b(?:pas|rien|jamais|plus)\b|\bchaque (?:semaine|mois|jour|année)\b"
        r"|\b(?:salutations|félicitations|voeux|vœux)\b",
    ),
    complains=(
        r"\b(?:souhaite|veux|voudrais|tiens à|dois|souhaitons|voulons|devons) (?:me|nous) plaindre\b"
        r"|\bje me plains\b|\b(?:porter|déposer|faire|adresser|formuler) (?:une |plainte)(?:réclamation"
        r"|plainte)?\b(?! offre)|\bréclamation (?:officielle|formelle)\b|\bplainte\b[^;:]{0,20}\b(?:contre"
        r"|officielle|formelle)\b",
        r"\b(?:très|extrêmement|vraiment|fort|profondément|particulièrement|totalement|plus que) (?:mécontent\w*"
        r"|déçu\w*|insatisfait\w*|agacé\w*|fâché\w*|énervé\w*|choqué\w*|contrarié\w*|mauvais\w*)\b|\b(?:suis"
        r"|sommes) (?:\w+ )?(?:mécontent\w*|insatisfait\w*|agacé\w*|excédé\w*|scandalisé\w*)\b",
        r"\b(?:inacceptable\w*|inadmissible\w*|intolérable\w*|scandaleu\w+|honteu\w+|lamentable\w*|déplorable\w*"
        r"|catastrophique\w*|arnaque|incompéten\w+)\b|\bpas (?:du tout )?(?:satisfait\w*|acceptable\w*|content\w*"
        r"|normal\w*|professionnel\w*)\b|\b(?:ras le bol|marre de)\b",
        r"\b(?:veux|voulons|exige\w*|demand\w+|réclam\w+|souhait\w+)\b[^;:]{0,30}\b(?:rembours\w+|dédommag\w+"
        r"|indemnis\w+)|\brendez-moi\b|\bmon argent\b|\btenons pour responsables?\b|\b(?:facturé|prélevé"
        r"|débité)\w* (?:deux|2) fois\b",
        r"\b(?:notre|mon) avocat\b|\b(?:poursuites|action|voie) (?:judiciaires?|en justice)\b|\btribunal\b"
        r"|\b(?:résilier|annuler|rompre) (?:le|notre|ce) contrat\b|\bchanger de fournisseur\b|\b(?:service|travail"
        r"|qualité|accueil) (?:aussi |si |très )?(?:mauvais\w*|médiocre\w*|déplorable\w*)\b"
        r"|\bmauvais(?:e)? (?:service|qualité)\b",
        r"\bpersonne (?:ne |n')[^;:]{0,30}(?:répond\w*|rappel\w*|contact\w*|vient|venu|occupe)"
        r"|\bignore(?:nt)? (?:mon|mes|nos|notre)\b|\bsans (?:aucune )?(?:réponse|nouvelles)\b",
    ),
    faults=(
        r"\b(?:endommagé\w*|cassé\w*|défectueu\w+|abîmé\w*|inutilisable\w*|en panne|incomplet\w*|incomplète\w*"
        r"|erroné\w*)\b|\b(?:encore|de nouveau) (?:fausse?|en retard|en panne|une erreur)\b|\bmauvais (?:article"
        r"|produit|modèle)\b",
        r"\btoujours (?:pas|rien|aucune?)\b|\battend(?:s|ons)\b[^;:]{0,40}\bdepuis\b|\bdepuis (?:\w+ )?(?:semaines?"
        r"|mois|jours)\b[^;:]{0,30}\b(?:attend\w*|sans)|\bjours? de retard\b|\bsemaines? de retard\b",
        r"\bne (?:fonctionne|marche)(?:nt)? (?:pas|plus)\b|\bpour la (?:deuxième|troisième|quatrième|énième) fois\b"
        r"|\bpas ce que nous avons commandé\b|\bnouveau (?:report|retard)\b",
    ),
    no_complaint=(
        r"\b(?:aucune?|pas de|sans) (?:réclamation\w*|plaintes?|problèmes?|reproche)\b|\brien à (?:redire|signaler"
        r"|reprocher)\b|\bréclamations? (?:des? |de vos |de nos )?clients?\b|\bservice (?:des )?réclamations\b"
        r"|\b(?:traitez|gérez|traiter|gérer)\b[^;:]{0,20}\bréclamations?\b",
        r"\bpas (?:mécontent\w*|déçu\w*|insatisfait\w*)\b|\b(?:excuses?|excuser|désolée?s?|pardon)\b|\bnos clients\b"
        r"|\bréaction\b[^;:]{0,20}\bréclamation\b|\bvous (?:êtes|soyez) (?:\w+ )?(?:mécontent|insatisfait|déçu)",
    ),
    accuses=r"\b(?:pourquoi|combien de fois|jusqu'à quand)\b",
    mended=(
        r"\b(?:remplacé|réparé|résolu|réglé|échangé|corrigé)\w*\b|\bmerci\b|\b(?:si|que se passe)\b",
        r"\b(?:train|vol|avion|bus|trafic)\b|\b(?:venait|vient) de (?:nous|notre)\b|\bnotre (?:faute|erreur)\b"
        r"|\bancien\w*\b|\bavec plaisir\b|\bpièces de rechange\b",
    ),
    days=DayWords(
        today=r"\b(?:aujourd'hui|ce (?:soir|matin)|cet après-midi|dans l'heure|fin de journée)\b",
        tomorrow=r"(?<!après-)(?<!après )\bdemain\b",
        later=r"\baprès[- ]demain\b",
        in_hours=r"\b(?:dans|sous|d'ici) (?P<n>\d+|\w+) heures\b",
        in_days=r"\b(?:dans|sous|d'ici) (?P<n>\d+|\w+) jours?\b",
        in_weeks=r"\b(?:dans|sous|d'ici) (?P<n>\d+|\w+) semaines?\b",
        this_week=r"\b(?:fin de (?:la )?semaine|cette semaine|ce week-end)\b",
        next_week=r"\bsemaine prochaine\b",
        this_month=r"\b(?:fin du mois|ce mois-ci)\b",
        next_month=r"\bmois prochain\b",
        weekdays=(
            r"\blundi\b",
            r"\bmardi\b",
            r"\bmercredi\b",
            r"\bjeudi\b",
            r"\bvendredi\b",
            r"\bsamedi\b",
            r"\bdimanche\b",
        ),
        numbers={"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "dix": 10},
    ),
)

_ES_TO = r"(?:(?:le|les|te|os|se|lo|la|los|las|nos|me) ){0,3}"
_ES_STEM = (
    r"(?:enviar|mandar|remitir|responder|contestar|confirmar|entregar|compartir|reenviar|avisar|informar|facilitar"
    r"|proporcionar|presentar|comunicar|devolver)"
)

SPANISH = Words(
    code="es",
    alphabet=Alphabet.LATIN,
    script=r"\b(?:el|los?|las?|que|de|les?|no|es|y|su|por|con|una?|del|al|en|nuestr\w+)\b",
    promises=(
        rf"\b{_ES_TO}{_ES_STEM}(?:é|emos)\b",
        r"\b(?:haré|haremos) llegar\b|\b(?:pondré|pondremos) en contacto\b|\b(?:daré|daremos) (?:una |nuestr\w+ "
        r"|mis |respuesta|noticias|los |las )",
        r"\b(?:tendré|tendremos) (?:list\w+|preparad\w+)\b|\b(?:volveré|volveremos) con\b",
        rf"\b(?:voy|vamos) a {_ES_STEM}\w*|\b(?:me comprometo|nos comprometemos|prometo"
        rf"|prometemos) (?:a )?{_ES_STEM}\w*",
        rf"\bnuestr[oa] (?:equipo|oficina|departamento|compañer[oa]) {_ES_TO}{_ES_STEM}á\b",
        r"\b(?:recibirán?|tendrán?)\b[^;:]{0,60}\b(?:nuestr[oa]s?|de mi parte|de nuestra parte)\b",
    ),
    promises_by_day=(
        r"\b(?:le|les|te|os)(?: (?:lo|la|los|las))? (?:mando|mandamos|envío|enviamos|paso|pasamos|reenvío|reenviamos"
        r"|respondo|respondemos|confirmo|confirmamos|aviso|avisamos|remito|remitimos|digo|decimos|entrego"
        r"|entregamos)\b",
    ),
    soon=r"\b(?:pronto|en breve|cuanto antes|lo antes posible|enseguida|a la mayor brevedad)\b",
    no_promise=(
        r"\b(?:si|cuando|en cuanto|una vez|siempre que|a menos que|salvo que)\b|\b(?:tras|después de|al) (?:recibir"
        r"|el pago|la firma|su confirmación)\b",
        r"\b(?:adjunt[oa]s?|por la presente)\b|¿|\b(?:dijo|dijeron|comentó|comentaron|mencionó|quería|queríamos"
        r"|prometió|prometieron|debía|debían|habría\w*)\b",
        r"\bno\b[^;:]{0,25}\b(?:creo|podré|podremos|enviaré|mandaré|pienso|sé)\b|\bno (?:\w+ )?(?:enviar|mandar"
        r"|entregar)\w*|\b(?:por favor|gracias por)\b|\bcada (?:semana|mes|día|año)\b|\bsaludos\b",
    ),
    complains=(
        r"\b(?:quiero|queremos|deseo|deseamos|tengo que|debo|debemos) (?:presentar|poner|formular|interponer"
        r"|hacer) (?:una )?(?:queja|reclamación)|\b(?:quiero|queremos|tengo que|debo) quejarme\b|\b(?:queja"
        r"|reclamación) formal\b|\bme quejo\b",
        r"\b(?:muy|sumamente|realmente|totalmente|completamente|extremadamente|bastante"
        r"|profundamente) (?:descontent\w+|decepcionad\w+|insatisfech\w+|molest\w+|enfadad\w+|enojad\w+|frustrad\w+"
        r"|disgustad\w+|mal[oa]?)\b|\b(?:estoy|estamos) (?:\w+ )?(?:descontent\w+|insatisfech\w+|indignad\w+"
        r"|hart\w+)\b",
        r"\b(?:inaceptable|inadmisible|intolerable|vergonzos[oa]|vergüenza|lamentable servicio|pésim[oa]|desastre"
        r"|desastros[oa]|estafa|incompeten\w+|poco profesional)\b|\bno (?:estoy|estamos) (?:\w+ )?(?:satisfech\w+"
        r"|content\w+|conforme\w*)\b|\bno es aceptable\b",
        r"\b(?:exig\w+|quiero|queremos|solicit\w+|pedimos|reclam\w+|demand\w+)\b[^;:]{0,30}\b(?:reembolso"
        r"|devolución del dinero|devuelvan|indemnización|compensación)\b|\bmi dinero\b|\bhacemos responsables?\b"
        r"|\bcobrad\w+ (?:dos|2) veces\b|\bcobrado doble\b",
        r"\b(?:nuestro|mi) abogado\b|\bacciones legales\b|\b(?:cancelar|rescindir|anular) (?:el|nuestro"
        r"|este) contrato\b|\bcambiar de proveedor\b|\b(?:servicio|trato|calidad) (?:tan |muy )?(?:mal[oa]|pésim[oa]"
        r"|deficiente)\b|\bmal(?:a)? (?:servicio|calidad)\b",
        r"\bnadie (?:nos |me |ha |se )*(?:contest\w+|respond\w+|llam\w+|atiend\w+|hace caso)|\bignora(?:n|do)? (?:mi"
        r"|mis|nuestr\w+)\b|\bsin (?:ninguna )?respuesta\b",
    ),
    faults=(
        r"\b(?:dañad[oa]s?|rot[oa]s?|defectuos[oa]s?|averiad[oa]s?|inservibles?|incomplet[oa]s?|equivocad[oa]s?"
        r"|erróne[oa]s?)\b|\b(?:otra vez|de nuevo) (?:mal|tarde|equivocad\w+|roto|averiad\w+)\b"
        r"|\bvuelven? a (?:estar mal|fallar|llegar tarde|averiar\w+)\b",
        r"\b(?:todavía|aún) no (?:hemos|he|han|ha)\b[^;:]{0,20}\b(?:recibido|llegado|entregado|respondido|contestado"
        r"|solucionado|resuelto)\b|\b(?:llevamos|llevo)\b[^;:]{0,30}\b(?:esperando|sin)\b|\b(?:días|semanas"
        r"|meses) (?:de retraso|esperando|sin)\b|\besperando desde\b",
        r"\bno funcionan?\b|\bpor (?:segunda|tercera|cuarta|enésima) vez\b|\bno es lo que (?:pedimos|acordamos"
        r"|compramos)\b|\bnuevo (?:aplazamiento|retraso)\b",
    ),
    no_complaint=(
        r"\b(?:ninguna?|sin|no hay|no tenemos) (?:quejas?|reclamaci\w+|problemas?)\b|\bnada de qué quejarse\b"
        r"|\bninguna queja\b|\b(?:quejas|reclamaciones) de (?:los |sus |nuestros )?clientes\b"
        r"|\bdepartamento de (?:reclamaciones|quejas)\b|\b(?:gestionan|gestionar|tratan)\b[^;:]{0,20}\b(?:quejas"
        r"|reclamaciones)\b",
        r"\bno (?:estoy|estamos) (?:descontent\w+|decepcionad\w+|molest\w+)\b|\b(?:disculp\w+|perdón|lo siento"
        r"|lo sentimos|lamento que|lamentamos que)\b|\bnuestros clientes\b|\breacción\b[^;:]{0,20}\b(?:queja"
        r"|reclamación)\b",
    ),
    accuses=r"\b(?:por qué|cuántas veces|hasta cuándo)\b",
    mended=(
        r"\b(?:reemplazad\w+|reparad\w+|resuelt\w+|solucionad\w+|cambiad\w+|sustituid\w+)\b(?<!no resuelto)"
        r"|\bgracias\b|\b(?:si|qué pasa)\b",
        r"\b(?:tren|vuelo|avión|autobús|tráfico)\b|\b(?:error|culpa|fallo) (?:fue |es )?(?:nuestr[oa])\b"
        r"|\b(?:antigu[oa]|anterior)\b|\bcon ilusión\b|\bpiezas de repuesto\b",
    ),
    days=DayWords(
        today=r"\b(?:hoy|esta (?:tarde|noche|mañana)|en una hora)\b",
        tomorrow=r"(?<!pasado )(?<!esta )(?<!por la )\bmañana\b",
        later=r"\bpasado mañana\b",
        in_hours=r"\b(?:en|dentro de) (?P<n>\d+|\w+) horas\b",
        in_days=r"\b(?:en|dentro de) (?P<n>\d+|\w+) días?\b",
        in_weeks=r"\b(?:en|dentro de) (?P<n>\d+|\w+) semanas?\b",
        this_week=r"\b(?:fin(?:al|ales)? de (?:la )?semana|esta semana)\b",
        next_week=r"\b(?:próxima semana|semana que viene|semana próxima)\b",
        this_month=r"\b(?:fin(?:al|ales)? de mes|este mes)\b",
        next_month=r"\b(?:próximo mes|mes que viene)\b",
        weekdays=(
            r"\blunes\b",
            r"\bmartes\b",
            r"\bmiércoles\b",
            r"\bjueves\b",
            r"\bviernes\b",
            r"\bsábado\b",
            r"\bdomingo\b",
        ),
        numbers={"un": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "diez": 10},
    ),
)
