"""Words of auto-replies in other languages of Europe: data (see `language`)."""

from __future__ import annotations

from matching.signals.away.language import Language

LANGUAGES = (
    Language(
        code="el",
        stems=("γραφει", "αδεια", "αυτοματ", "απουσ"),
        subject=r"(?:αυτοματη απαντηση|εκτος γραφειου|σε αδεια|αδεια\s*(?::|-|$)|απουσια)",
        away=(
            r"(?:(?:ειμαι|θα ειμαι|βρισκομαι|θα βρισκομαι|απουσιαζω|θα απουσιαζω)[^.!?\n]{0,40}(?:εκτος γραφειου"
            r"|σε αδεια|με αδεια|εκτος|μεχρι|απο)|λειπω σε|δεν ειμαι στο γραφειο)"
        ),
        then=r"(?:μεχρι|εως|επιστρ\w+|επειγ\w+|επικοινων\w+|ευχαριστω|απαντησω|απουσια μου)",
        automatic=r"(?:αυτη ειναι μια? αυτοματη απαντηση|αυτοματο μηνυμα)",
        until=r"(?:μεχρι(?: και)?(?: (?:την|τις|τη))?|εως(?: και)?(?: (?:την|τις))?|επιστρ\w+(?: (?:την|στις))?)",
    ),
    Language(
        code="fi",
        stems=("toimisto", "loma", "automaatti", "poissa", "tavoitettavissa"),
        subject=r"(?:automaattinen vastaus|poissaolo\w*|lomalla|poissa toimistosta|automaattivastaus)",
        away=(
            r"\b(?:olen|olemme)\b[^.!?\n]{0,50}\b(?:lomalla|poissa\w*|matkoilla|vapaalla|virkamatkalla"
            r"|vanhempainvapaalla)|\ben ole (?:tavoitettavissa|toimistolla|paikalla)"
        ),
        then=r"\b(?:asti|saakka|palaan|takaisin|kiireelli\w+|ota yhteytta|ottakaa|vastaan|kiitos)\b",
        automatic=r"\btama on automaattinen (?:vastaus|viesti)",
        behind=r"\b(?:asti|saakka)\b",
    ),
    Language(
        code="hu",
        stems=("iroda", "szabadsag", "automatikus", "hazon kivul", "tavol"),
        subject=r"(?:automatikus valasz|hazon kivul|szabadsag(?:on)?\b|tavolleti?)",
        away=(
            r"\b(?:(?:jelenleg|most)?[^.!?\n]{0,40}(?:szabadsagon (?:vagyok|leszek)|hazon kivul (?:vagyok|leszek)"
            r"|nem vagyok (?:az irodaban|elerheto)|irodan kivul))"
        ),
        then=r"\b(?:-ig|ig\b|visszat\w+|surgos|fordulj\w*|keress\w*|valaszol\w*|koszonom|utan)\b",
        automatic=r"\bez egy automatikus (?:valasz|uzenet)",
    ),
    Language(
        code="lv",
        stems=("biroj", "atvalinajum", "automatisk", "prombutn"),
        subject=r"(?:automatiska atbilde|ar(?:pus|pus) biroja|atvalinajum\w*|prombutne|arpus biroja)",
        away=(
            r"\b(?:esmu|busu|atrodos|sobrid|atradisos)\b[^.!?\n]{0,50}\b(?:atvalinajuma|arpus biroja|komandejuma"
            r"|prombutne|slimibas)|\bneesmu (?:biroja|pieejam\w*)"
        ),
        then=r"\b(?:lidz|atgriez\w+|steidzam\w*|sazin\w*|atbild\w*|paldies|prombutnes laika)\b",
        automatic=r"\bs[ie]? ir automatiska (?:atbilde|zina)",
        until=r"\b(?:lidz)\b",
    ),
)
