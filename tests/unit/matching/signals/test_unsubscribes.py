"""Who wants no more mail."""

from __future__ import annotations

import pytest

from matching.signals import Kind
from tests.unit.matching.signals.mails import signals


def kinds(subject: str, text: str, header: str = "X-Mailer: x") -> list[Kind]:
    raw = f"From: jo@shop.example\nSubject: {subject}\n{header}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    return [each.kind for each in signals(raw)]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("unsubscribe", ""),
        ("Unsubscribe", "This message was sent by your mail program."),
        ("unsubscribe jo@shop.example", ""),
        ("Re: Offer", "Please remove me from your list."),
        ("Re: Offer", "Unsubscribe"),
        ("Re: Offer", "unsubscribe me please\n\nOn Monday Ann wrote:\n> Dear Jo, our offer..."),
        ("Abmeldung", ""),
        ("AW: Angebot", "Bitte nehmen Sie mich aus dem Verteiler."),
        ("Désinscription", ""),
        ("RE: Offre", "Merci de me désinscrire."),
        ("Re: Oferta", "Por favor, denme de baja."),
        ("Re: Offerta", "Per favore cancellatemi dalla lista."),
        ("Afmelden", ""),
        ("Re: Oferta", "Proszę o wypisanie mnie z listy."),
        ("Re: Предложение", "Прошу удалить мой адрес."),
        ("退订", ""),
        ("配信停止", ""),
        ("Re: پیشنهاد", "لطفا مرا از لیست حذف کنید."),
        ("إلغاء الاشتراك", ""),
    ],
)
def test_a_mail_that_asks_for_nothing_else(subject: str, text: str) -> None:
    assert kinds(subject, text) == [Kind.UNSUBSCRIBE]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Offer", "How can our customers unsubscribe from your newsletter?"),
        (
            "Unsubscribe links in the newsletter",
            "The links are broken, see the attached picture." + " Please repair them." * 10,
        ),
        ("Re: Offer", "The offer looks good.\n\n> Click here to unsubscribe"),
        ("Re: Offer", "Please stop by on Monday."),
        (
            "Abmeldung des Fahrzeugs",
            "Das Auto ist abgemeldet. Anbei die Unterlagen." + " Mit der Bitte um Prüfung." * 10,
        ),
        ("", ""),
    ],
)
def test_a_mail_about_something_is_none(subject: str, text: str) -> None:
    assert kinds(subject, text) == []


def test_what_came_over_a_list_is_about_the_list() -> None:
    assert kinds("unsubscribe", "", "List-Id: <trains.lists.example>") == [Kind.LIST]
