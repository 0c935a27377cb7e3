"""Auto-replies as companies write them: data of our own, by language.

Each is (subject, text, day of the return as YYYY-MM-DD or ""), sent on Monday, 2 March 2026 as an answer to a mail of
ours; a subject of "" is "Re: Offer".
"""

from __future__ import annotations

from tests.unit.matching.signals.absences_of_asia import OF_ASIA

OF_EUROPE: dict[str, list[tuple[str, str, str]]] = {
    "en": [
        (
            "Automatic reply: Offer",
            "I am out of the office until Monday, 16 March 2026. For urgent matters please call Ann.",
            "2026-03-16",
        ),
        (
            "Out of Office: Offer",
            "Thank you for your email. I am on annual leave and will return on March 9th.",
            "2026-03-09",
        ),
        ("Auto: Offer", "Hello, I'm currently away from the office with limited access to email.", ""),
        (
            "Out of office AutoReply: Offer",
            "I will be out of the office starting 03/02/2026 and will not return until 03/12/2026.",
            "2026-03-12",
        ),
        (
            "",
            "Thank you for your message. I am out of the office until 20 March. If your request is urgent, "
            "please contact Jo Doe.",
            "2026-03-20",
        ),
        (
            "",
            "I am currently on maternity leave and will be back in September. In my absence please contact "
            "info@example.org",
            "",
        ),
        ("", "This is an automated response. We have received your message and will answer within two days.", ""),
        ("Automatic reply: Offer", "I no longer work for Example Ltd. Please contact my colleague Bob Stone.", ""),
        (
            "",
            "Our office is closed for the holidays and will reopen on 10 March. We will respond to your email "
            "upon our return.",
            "2026-03-10",
        ),
        (
            "Re: Offer",
            "Hi there,\n\nI'm travelling this week, out of the office through 6 March, and will respond when I "
            "return. Please contact Eve in urgent cases.",
            "2026-03-07",
        ),
    ],
    "de": [
        (
            "Automatische Antwort: Angebot",
            "Ich bin bis zum 13. März 2026 nicht im Büro. In dringenden Fällen wenden Sie sich bitte an Frau Muster.",
            "2026-03-13",
        ),
        (
            "Abwesenheitsnotiz: Angebot",
            "Sehr geehrte Damen und Herren, ich bin ab dem 16.03.2026 wieder erreichbar.",
            "2026-03-16",
        ),
        ("Abwesend: Angebot", "Ich befinde mich im Urlaub. Ihre E-Mail wird nicht weitergeleitet.", ""),
        (
            "",
            "Vielen Dank für Ihre Nachricht. Ich bin bis einschließlich 6. März im Urlaub. Dringende Anfragen "
            "richten Sie bitte an meine Vertretung.",
            "2026-03-07",
        ),
        (
            "",
            "Guten Tag,\nich bin derzeit in Elternzeit und ab 1. September wieder im Büro. Bitte wenden Sie sich "
            "an kontakt@example.de.",
            "2026-09-01",
        ),
        ("", "Dies ist eine automatische Antwort: Wir haben Ihre Anfrage erhalten.", ""),
        (
            "AW: Angebot",
            "Ich bin auf Dienstreise und kann Ihre E-Mails nur eingeschränkt lesen. Ab dem 9. März bin ich "
            "wieder da. In dringenden Fällen: 030 1234.",
            "2026-03-09",
        ),
        ("Außer Haus Re: Angebot", "Ich bin heute außer Haus.", ""),
        ("Eingangsbestätigung: Angebot", "Diese Nachricht wurde automatisch erzeugt. Wir melden uns.", ""),
    ],
    "fr": [
        (
            "Réponse automatique : Offre",
            "Je suis absente du bureau jusqu'au 16 mars 2026. En cas d'urgence, veuillez contacter M. Petit.",
            "2026-03-16",
        ),
        ("Absence du bureau : Offre", "Bonjour, je suis en congés et de retour le 9 mars.", "2026-03-09"),
        (
            "",
            "Bonjour,\nJe suis actuellement en déplacement avec un accès limité à mes mails. En mon absence, "
            "vous pouvez contacter l'accueil. Merci de votre message.",
            "",
        ),
        (
            "",
            "Merci pour votre message. Je suis en congé maternité jusqu'au 1er septembre. Pour toute urgence, "
            "contacter Mme Roux.",
            "2026-09-01",
        ),
        ("Message d'absence", "Nos bureaux sont fermés jusqu'au 5 mars inclus.", "2026-03-06"),
        ("", "Ceci est une réponse automatique. Votre demande a bien été reçue.", ""),
        ("Réponse automatique : Offre", "J'ai quitté la société. Merci de contacter le service commercial.", ""),
        (
            "",
            "Je serai absent du 2 au 13 mars. Je prendrai connaissance de votre message à mon retour. Urgences : "
            "01 23 45 67 89.",
            "2026-03-13",
        ),
    ],
    "es": [
        (
            "Respuesta automática: Oferta",
            "Estoy fuera de la oficina hasta el 16 de marzo de 2026. Para asuntos urgentes contacte con Ana.",
            "2026-03-16",
        ),
        ("Fuera de la oficina: Oferta", "Me encuentro de vacaciones y regreso el 9 de marzo.", "2026-03-09"),
        (
            "",
            "Gracias por su mensaje. Estaré ausente hasta el lunes. En caso de urgencia, por favor contacte con "
            "mi compañero.",
            "2026-03-09",
        ),
        (
            "",
            "Estoy de baja por maternidad. En mi ausencia pueden dirigirse a soporte@example.es; para temas "
            "urgentes llamen al 900.",
            "",
        ),
        ("Ausente: Oferta", "No estaré disponible esta semana.", ""),
        ("", "Esta es una respuesta automática. Hemos recibido su correo.", ""),
        ("Respuesta automática: Oferta", "Ya no trabajo en Ejemplo S.A.", ""),
        (
            "",
            "Nuestras oficinas permanecerán cerradas hasta el 10 de marzo. Responderemos a su correo lo antes "
            "posible a nuestro regreso.",
            "2026-03-10",
        ),
    ],
    "pt": [
        (
            "Resposta automática: Proposta",
            "Estou fora do escritório até 16 de março de 2026. Em caso de urgência, contate Ana.",
            "2026-03-16",
        ),
        ("Fora do escritório: Proposta", "Estou de férias e retorno em 9 de março.", "2026-03-09"),
        (
            "",
            "Obrigado pelo seu e-mail. Estarei ausente até o dia 20/03/2026. Assuntos urgentes: favor contatar o "
            "Pedro.",
            "2026-03-20",
        ),
        (
            "",
            "Encontro-me de licença de maternidade. Na minha ausência contacte a Rita; para urgências ligue 21 000.",
            "",
        ),
        ("Ausência temporária: Proposta", "Não estou disponível.", ""),
        ("", "Esta é uma resposta automática. Recebemos a sua mensagem.", ""),
        ("Resposta automática", "Já não trabalho na Exemplo.", ""),
        (
            "",
            "Estamos em férias coletivas até 10 de março. Responderemos assim que possível após o retorno.",
            "2026-03-10",
        ),
    ],
    "it": [
        (
            "Risposta automatica: Offerta",
            "Sono fuori ufficio fino al 16 marzo 2026. Per urgenze contattare Anna.",
            "2026-03-16",
        ),
        ("Fuori ufficio: Offerta", "Sono in ferie e rientro il 9 marzo.", "2026-03-09"),
        (
            "",
            "Grazie per il messaggio. Sarò assente fino al 13 marzo con accesso limitato alla posta. In mia "
            "assenza contattare il collega.",
            "2026-03-13",
        ),
        (
            "",
            "Buongiorno, sono in congedo maternità. Per urgenze rivolgersi a info@example.it, rispondo al mio rientro.",
            "",
        ),
        ("Assente: Offerta", "Al momento non sono in ufficio.", ""),
        ("", "Questo è un messaggio automatico: abbiamo ricevuto la sua richiesta.", ""),
        ("Risposta automatica: Offerta", "Non lavoro più per Esempio S.p.A.", ""),
        (
            "",
            "I nostri uffici resteranno chiusi fino al 10 marzo. Risponderemo appena possibile alla riapertura; "
            "per urgenze 02 1234.",
            "2026-03-10",
        ),
    ],
    "nl": [
        (
            "Automatisch antwoord: Offerte",
            "Ik ben afwezig tot 16 maart 2026. Neem bij dringende zaken contact op met Anna.",
            "2026-03-16",
        ),
        ("Afwezig: Offerte", "Ik ben met vakantie en op 9 maart weer terug.", "2026-03-09"),
        (
            "",
            "Bedankt voor uw bericht. Ik ben tot en met 6 maart niet op kantoor. Voor dringende zaken kunt u "
            "contact opnemen met Piet.",
            "2026-03-07",
        ),
        (
            "",
            "Momenteel ben ik met zwangerschapsverlof. Tijdens mijn afwezigheid kunt u contact opnemen met de "
            "receptie.",
            "",
        ),
        ("Niet op kantoor", "Ik ben vandaag afwezig.", ""),
        ("", "Dit is een automatisch gegenereerd bericht. Wij hebben uw vraag ontvangen.", ""),
        ("Automatisch antwoord: Offerte", "Ik ben niet meer werkzaam bij Voorbeeld BV.", ""),
    ],
    "pl": [
        (
            "Automatyczna odpowiedź: Oferta",
            "Jestem na urlopie do 16 marca 2026. W pilnych sprawach proszę o kontakt z Anną.",
            "2026-03-16",
        ),
        ("Nieobecność: Oferta", "Przebywam na urlopie, wracam 9 marca.", "2026-03-09"),
        (
            "",
            "Dziękuję za wiadomość. Do dnia 13 marca jestem nieobecny w biurze. W pilnych sprawach proszę o "
            "kontakt z sekretariatem.",
            "2026-03-13",
        ),
        (
            "",
            "Jestem na zwolnieniu lekarskim. Podczas mojej nieobecności proszę kontaktować się z biurem, "
            "odpowiem po powrocie.",
            "",
        ),
        ("Poza biurem", "Dzisiaj jestem poza biurem.", ""),
        ("", "To jest automatyczna odpowiedź. Otrzymaliśmy Państwa wiadomość.", ""),
        ("Odpowiedź automatyczna: Oferta", "Nie pracuję już w firmie Przykład.", ""),
    ],
    "cs": [
        (
            "Automatická odpověď: Nabídka",
            "Jsem mimo kancelář do 16. března 2026. V naléhavých případech kontaktujte Annu.",
            "2026-03-16",
        ),
        (
            "",
            "Děkuji za zprávu. Momentálně jsem na dovolené do 13. března. V naléhavých případech se obraťte na kolegu.",
            "2026-03-13",
        ),
        ("Nepřítomnost: Nabídka", "Jsem na služební cestě.", ""),
    ],
    "sv": [
        (
            "Autosvar: Offert",
            "Jag är på semester till den 16 mars 2026. Kontakta Anna vid brådskande ärenden.",
            "2026-03-16",
        ),
        ("Automatisk svar: Tilbud", "Jeg er på ferie og er tilbake den 9. mars.", "2026-03-09"),
        (
            "",
            "Tack för ditt mejl. Jag är föräldraledig och åter den 13 mars. Kontakta receptionen om det är brådskande.",
            "2026-03-13",
        ),
    ],
    "fi": [
        (
            "Automaattinen vastaus: Tarjous",
            "Olen lomalla 16.3.2026 asti. Kiireellisissä asioissa ota yhteyttä Annaan.",
            "2026-03-16",
        ),
        (
            "",
            "Kiitos viestistäsi. Olen poissa toimistolta 13.3.2026 saakka. Kiireellisissä asioissa ottakaa "
            "yhteyttä Mattiin.",
            "2026-03-13",
        ),
    ],
    "hu": [
        ("Automatikus válasz: Ajánlat", "Szabadságon vagyok.", ""),
        (
            "",
            "Köszönöm levelét. Jelenleg szabadságon vagyok, visszatérésem után válaszolok. Sürgős esetben "
            "forduljon Annához.",
            "",
        ),
    ],
    "ro": [
        (
            "Răspuns automat: Ofertă",
            "Sunt în concediu până la 16 martie 2026. Pentru urgențe contactați-o pe Ana.",
            "2026-03-16",
        ),
        (
            "",
            "Mulțumesc pentru mesaj. Sunt în delegație și revin pe 9 martie. Pentru situații urgente contactați "
            "biroul.",
            "2026-03-09",
        ),
    ],
    "el": [
        ("Αυτόματη απάντηση: Προσφορά", "Είμαι εκτός γραφείου μέχρι τις 16 Μαρτίου 2026.", "2026-03-16"),
        (
            "",
            "Ευχαριστώ για το μήνυμα. Βρίσκομαι σε άδεια έως τις 13 Μαρτίου. Για επείγοντα επικοινωνήστε με την Άννα.",
            "2026-03-13",
        ),
    ],
}
ABSENCES = OF_EUROPE | OF_ASIA
