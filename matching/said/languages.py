"""All languages."""

from __future__ import annotations

from matching.said.arabic import ARABIC
from matching.said.english import ENGLISH
from matching.said.german import GERMAN
from matching.said.mongolian import MONGOLIAN
from matching.said.persian import PERSIAN
from matching.said.romance import FRENCH, SPANISH
from matching.said.russian import RUSSIAN

LANGUAGES = (ENGLISH, PERSIAN, ARABIC, MONGOLIAN, GERMAN, FRENCH, SPANISH, RUSSIAN)
