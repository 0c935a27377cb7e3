"""German."""

from __future__ import annotations

from daemon.demo.language import Language, Topic, in_turn

GERMAN = Language(
    greeting="Guten Tag {name},",
    closing="Mit freundlichen Grüßen",
    wrote="{name} schrieb:",
    reply="AW: ",
    products=("Tauchpumpen", "Drucksensoren", "Schaltschränke", "Rückschlagventile"),
    places=("Lübeck", "Görlitz", "Wismar", "Bad Tölz"),
    topics=(
        Topic(
            "Anfrage: {count} {product}",
            in_turn("""
                für {place} benötigen wir {count} {product}. Bitte nennen Sie uns Preis, Lieferzeit und
                Zahlungsbedingungen.

                vielen Dank für Ihre Anfrage. Unser Angebot finden Sie im Anhang, die Lieferzeit beträgt vier Wochen.

                der Preis passt, allerdings müssten die ersten Geräte schon in zwei Wochen da sein. Ist das möglich?

                zehn Stück kann ich Ihnen sofort aus dem Lager schicken, den Rest wie angeboten. Einverstanden?

                einverstanden. Die Bestellung {number} geht Ihnen morgen zu.
            """),
            attachment="Angebot {number}.pdf",
        ),
        Topic(
            "Bestellung {number}: Teillieferung",
            in_turn("""
                heute sind nur 8 der {count} {product} angekommen. Wann dürfen wir mit dem Rest rechnen?

                der Rest hat das Werk gestern verlassen und sollte am Donnerstag bei Ihnen sein. Entschuldigen Sie
                bitte, dass die Nachricht an Sie ausblieb.

                inzwischen ist alles vollständig. Danke für die schnelle Klärung!
            """),
        ),
        Topic(
            "Prüfprotokolle für {product}",
            in_turn("""
                unser Prüfer verlangt für die {product} die Protokolle nach EN 60204. Können Sie uns diese schicken?

                die Protokolle finden Sie im Anhang, nach Seriennummern geordnet.

                vielen Dank. Auf Seite 3 fehlt die Unterschrift, sonst ist alles in Ordnung.

                hier die unterschriebene Fassung. Das Original schicke ich heute mit der Post.
            """),
            attachment="Prüfprotokolle {number}.pdf",
        ),
        Topic(
            "Termin in {place}",
            in_turn("""
                in der übernächsten Woche bin ich in Ihrer Nähe und würde mir die {product} gern vor Ort ansehen. Passt
                Ihnen Dienstag um 10 Uhr?

                Dienstag passt gut. Bitte melden Sie sich am Empfang, ich hole Sie dort ab.

                ich freue mich darauf und bringe das neue Modell mit.
            """),
            is_asked=False,
        ),
        Topic(
            "Rechnung {number} doppelt?",
            in_turn("""
                die Rechnung {number} über {count} {product} liegt uns zweimal vor. Welche gilt?

                es gilt die spätere. Die erste haben wir storniert, die Gutschrift folgt.

                danke, dann ist das für uns erledigt.
            """),
        ),
    ),
)
