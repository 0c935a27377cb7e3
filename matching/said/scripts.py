"""Which of two languages of one script a text is in: words and letters that the other one does not have."""

from __future__ import annotations

_PERSIAN = r"(?:[پچژگ]|\b(?:است|را|که|از|با|برای|شما|نیست|هستیم|کردن|شده)\b)"
_ARABIC = r"(?:\b(?:ال\w{3,}|في|على|إلى|هذا|هذه|لم|لن|التي|الذي|لكم)\b)"
_LETTER = "[\u0621-\u064a]"
PERSIAN = rf"(?s){_PERSIAN}|^(?!.*{_ARABIC}).*{_LETTER}"
ARABIC = rf"(?s)^(?!.*{_PERSIAN}).*{_LETTER}"

_RUSSIAN = r"(?:\b(?:и|в|на|не|что|мы|вы|вам|вас|я|с|по|для|это|до|от|нам|нас|к|вашим?|ваша?)\b)"
_MONGOLIAN = r"(?:[аоуэ]{2}|өө|үү|\b(?:нь|байна|гэж|бид|танай|манай|юм|энэ|та|болно)\b)"
RUSSIAN = rf"(?s){_RUSSIAN}|^(?!.*{_MONGOLIAN}).*[а-я]"
MONGOLIAN = rf"(?s)^(?!.*{_RUSSIAN}).*[а-я]"
