# ruff: noqa: E501 - mails stand as programs write them, on one line
"""Whole mails: answers between quotes, signatures, footers, forwards, and words that only look like them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.quotes import Trimmed, trim, unwrap

SAID = "On Mon, Oct 5, 2026 at 10:20 AM Nora Fell <nora@fell.example> wrote:"


@pytest.mark.parametrize(
    ("text", "new", "own"),
    [
        (f"{SAID}\n> Monday?\nYes.\n> Ten?\nRather eleven.\n> Nora\n", "> Monday?\nYes.\n> Ten?\nRather eleven.", 2),
        (f"Hi,\n\n{SAID}\n> Monday?\n\nyes\n\n> Ten?\n\nno\n", "Hi,\n\n> Monday?\n\nyes\n\n> Ten?\n\nno", 3),
        ("> Which plan?\n\nThe small one.", "> Which plan?\n\nThe small one.", 1),
        ("See below.\n\n> clause 4\n> clause 5\n\nPlease strike both.", None, 2),
        (f"{SAID}\n> > older\n> Monday?\n\nYes.\nBye", "Yes.\nBye", 2),
        (f"Top.\n\n{SAID}\n> Monday?\n\nBottom.", "Top.\n\nBottom.", 2),
        ("> all that was sent", "> all that was sent", 1),
        (f"{SAID}\n\nnobody can tell whose words these are", "nobody can tell whose words these are", 1),
        (f"{SAID}\n> Monday?\n", "", 0),
        # whose words stand below the first attribution nobody can tell: the second one's are answered among them
        (f"{SAID}\n\nOn Monday.\n\n{SAID}\n> Ten?\n\nEleven.", "On Monday.\n\n> Ten?\n\nEleven.", 2),
    ],
)
def test_own_lines_are_kept_wherever_they_stand(text: str, new: str | None, own: int) -> None:
    trimmed = trim(text)
    assert trimmed.new_text == (text if new is None else new)
    lines = [line for line in trimmed.new_text.split("\n") if line]
    assert len([line for line in lines if not line.startswith(">")] or lines) == own


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote:\nthe price is 300.",
        "As Nora wrote on 5.10.2026: we ship on Friday.\nDoes that hold?",
        "From: Monday\nTo: Friday\nI am away.",
        "Von: 10:00\nBis: 12:00\nThema: Vertrag",
        "Date: 5 May 10:30\nTo: all teams\n\nAgenda follows.",
        "Our prices:\n-----\nSmall: 3\nLarge: 5\n\nShall I book?",
        "---- Agenda ----\n1. Prices\n2. Dates",
        "Please write to nora@fell.example:\nshe knows.",
        "Sent from my desk, is much easier than by phone.",
        "It was sent by phone",
        "We met at 10:20\nand it went well: all signed.",
        "Von meinem Handy aus erreichst du mich",
        "لطفا از طریق تلفن همراه تماس بگیرید",
        "我使用手机",
        "The text says\n\n    if a > b:\n\nand it fails.",
        "best",
        "Thanks\nOne more thing: the invoice.\nCan you send it?",
        "-1 from me.\n-- no, wait: +1.",
        "Kind regards from all of us to the team in Oslo.\nThey did well.\nSee you.",
        "Original message: see the ticket.",
        "1:1 on Monday?\n10:20 is fine:",
    ],
)
def test_what_only_looks_quoted_is_kept(text: str) -> None:
    assert trim(text) == Trimmed(new_text=text)


SIGNED = [
    ("usenet", "Fine.", "-- \nNora\nFell Ltd"),
    ("no blank", "Fine.", "--\nNora Fell\n+44 20 5555 0100"),
    ("card", "Fine.", "—\nNora Fell | Fell Ltd\nwww.fell.example"),
    ("en", "Fine.", "Best regards,\n\nNora Fell\nHead of Sales"),
    ("de", "Passt.", "Mit freundlichen Grüßen\nNora Fell\nFell GmbH\nTel. +49 30 5555 0100"),
    ("fr", "Parfait.", "Cordialement,\nNora Fell\n01 55 55 01 00"),
    ("ru", "Хорошо.", "С уважением,\nНора Фелл\nООО «Фелл»"),
    ("fa", "خوب است.", "با احترام\nنورا فل\nمدیر فروش"),
    ("ar", "مناسب.", "مع أطيب التحيات،\nنورا فيل\nمديرة المبيعات"),
    ("he", "מתאים.", "בברכה,\nנורה פל\n03-5550100"),
    ("mn", "Болно.", "Хүндэтгэсэн,\nНора Фелл\nУтас: 7555 0100"),
    ("tr", "Olur.", "Saygılarımla,\nNora Fell\nSatış Müdürü"),
    ("zh", "可以。", "此致\n诺拉\n电话：010-5555 0100"),
    ("iPhone", "Fine.", "Sent from my iPhone"),
    ("Outlook", "Fine.", "Get Outlook for Android<https://aka.ms/x>"),
    ("Yahoo", "Fine.", "Sent from Yahoo Mail on Android"),
    ("iPhone de", "Passt.", "Von meinem iPhone gesendet"),
    ("iPhone fr", "Parfait.", "Envoyé de mon iPhone"),
    ("iPhone es", "Vale.", "Enviado desde mi iPhone"),
    ("iPhone it", "Bene.", "Inviato da iPhone"),
    ("iPhone nl", "Goed.", "Verstuurd vanaf mijn iPhone"),
    ("iPhone ru", "Хорошо.", "Отправлено с iPhone"),
    ("iPhone tr", "Olur.", "iPhone'umdan gönderildi"),
    ("iPhone ja", "了解です。", "iPhoneから送信"),
    ("iPhone ko", "좋습니다.", "나의 iPhone에서 보냄"),
    ("iPhone zh", "可以。", "发自我的iPhone"),
    ("iPhone ar", "مناسب.", "أُرسلت من الـ iPhone"),
    ("iPhone fa", "خوب است.", "ارسال شده از iPhone من"),
    ("iPhone he", "מתאים.", "נשלח מה-iPhone שלי"),
    ("iPhone mn", "Болно.", "Миний iPhone-оос илгээв"),
    ("K-9", "Fine.", "Sent from my Android device with K-9 Mail. Please excuse my brevity."),
    ("Mail.ru", "Хорошо.", "Отправлено из мобильной Почты Mail.ru"),
    (
        "notice",
        "Fine.",
        "This e-mail and any attachments are confidential and intended solely for the use of the addressee "
        "named above. Please delete it otherwise.",
    ),
    (
        "notice de",
        "Passt.",
        "Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen. Wenn Sie nicht der "
        "richtige Adressat sind, löschen Sie sie bitte.",
    ),
    ("scanner", "Fine.", "Virus-free. www.avast.com"),
    ("list", "Fine.", "_______________________________________________\nsales mailing list\nsales@lists.fell.example"),
    (
        "all",
        "Fine.",
        "Kind regards\nNora Fell\nnora@fell.example\n\nSent from my iPad\n\nPlease consider the environment "
        "before printing this e-mail.",
    ),
]


@pytest.mark.parametrize(("kind", "text", "closing"), SIGNED, ids=[kind for kind, _, _ in SIGNED])
def test_closings_stand_apart(kind: str, text: str, closing: str) -> None:
    history = f"{SAID}\n> Monday?"
    told = closing.replace("-- \n", "--\n")
    assert trim(f"{text}\n\n{closing}") == Trimmed(new_text=text, signature=told), kind
    trimmed = trim(f"{text}\n\n{closing}\n\n{history}")
    assert trimmed == Trimmed(new_text=text, signature=told, quoted="> Monday?"), kind
    assert trim(f"{history}\n\n{text}\n\n{closing}").new_text == text, kind


def test_a_name_below_a_closing_is_part_of_the_letter() -> None:
    assert trim("Fine.\n\nBest regards\n\nNora").new_text == "Fine.\n\nBest regards\n\nNora"


def test_a_signature_alone_is_what_was_sent() -> None:
    assert trim("-- \nNora Fell\n").new_text == "--\nNora Fell"
    assert trim(f"-- \nNora Fell\n\n{SAID}\n> Monday?") == Trimmed(signature="--\nNora Fell", quoted="> Monday?")


FORWARDS = [
    (
        "Gmail",
        "---------- Forwarded message ---------\nFrom: Nora <nora@fell.example>\nDate: Mon, Oct 5, 2026\nSubject: A",
    ),
    ("Gmail fa", "---------- پیام هدایت شده ----------\nاز: Nora <nora@fell.example>\nتاریخ: ۵ اکتبر ۲۰۲۶"),
    ("Apple", "Begin forwarded message:\n\nFrom: Nora <nora@fell.example>\nSubject: A\nDate: 5 October 2026 10:20"),
    ("Apple de", "Anfang der weitergeleiteten Nachricht:\n\nVon: Nora <nora@fell.example>\nBetreff: A"),
    ("Thunderbird ru", "-------- Пересылаемое сообщение --------\nТема: А\nДата: Mon, 5 Oct 2026 10:20\nОт: Nora"),
    ("Yahoo", "----- Forwarded Message -----\nFrom: Nora <nora@fell.example>\nSent: Monday, October 5, 2026"),
    ("Lotus Notes", "----- Forwarded by Nora Fell/Fell on 05/10/2026 10:20 -----"),
    ("163", "-------- 转发邮件信息 --------\n发件人：Nora <nora@fell.example>\n发送日期：2026-10-05 10:20"),
    ("Gmail he", "---------- הודעה שהועברה ---------\nמאת: Nora <nora@fell.example>\nנושא: פגישה"),
    ("Gmail mn", "---------- Дамжуулсан захидал ---------\nХэнээс: Nora <nora@fell.example>\nОгноо: 2026.10.05"),
    ("Gmail tr", "---------- Forwarded message ---------\nGönderen: Nora <nora@fell.example>\nDate: 5 Eki 2026"),
]


@pytest.mark.parametrize(("program", "header"), FORWARDS, ids=[program for program, _ in FORWARDS])
def test_what_is_passed_on_is_not_new(program: str, header: str) -> None:
    assert trim(f"FYI\n\n{header}\n\nSee the plan.\n") == Trimmed(new_text="FYI", forwarded="See the plan."), program
    assert trim(f"{header}\n\nSee the plan.\n") == Trimmed(forwarded="See the plan."), program


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("CAUTION: This email originated from outside of the organization.\nDo not click links.\n\nFine.", "Fine."),
        ("ACHTUNG: Diese E-Mail stammt von einem externen Absender!\n\nPasst.", "Passt."),
        ("CAUTION: This email originated from outside.", "CAUTION: This email originated from outside."),
    ],
)
def test_the_warning_above_mail_from_outside_is_not_the_authors(text: str, new: str) -> None:
    assert trim(text).new_text == new


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (
            f"Fine.\n\n{SAID}\n> a very long line that goes on and on until it is wrapped by the program that\nsends it\n> Nora\n",
            "Fine.",
        ),
        (f"Fine.\n\n{SAID}\n> see (https://fell.example/a\nb-c-d)\n> Nora\n", "Fine."),
        (f"Fine. {SAID}\n> Monday?\n", "Fine."),
        (
            "Fine.\n\nOn Mon, Oct 5, 2026 at 10:20 AM Nora Elisabeth Fell-Example\nof Fell Ltd <nora@fell.example>\nwrote:\n\n> Monday?",
            "Fine.",
        ),
        ("Fine.\r\n\r\n> Monday?\r\n> Ten?\r\n", "Fine."),
        ("See you at 10:20\n\nNora Fell <nora@fell.example> wrote:\n>Monday?", "See you at 10:20"),
        ("See you at 10:20\nNora Fell <nora@fell.example> wrote:\n>Monday?", "See you at 10:20"),
        ("Fine.\n\nNF> Monday?\nNF> Ten?", "Fine."),
    ],
)
def test_wrapped_lines(text: str, new: str) -> None:
    assert trim(text).new_text == new


def test_the_quoted_mail_is_unwrapped() -> None:
    reply = unwrap(f"Fine.\n\n{SAID}\n> Monday?\n> Nora\n\nBye")
    assert reply is not None
    assert (reply.kind, reply.from_, reply.sent) == (
        "reply",
        "Nora Fell <nora@fell.example>",
        "Mon, Oct 5, 2026 at 10:20 AM",
    )
    assert (reply.text_top, reply.text, reply.text_bottom) == ("Fine.", "Monday?\nNora", "Bye")
    forward = unwrap(
        "> Begin forwarded message:\n>\n> Від: Нора <nora@fell.example>\n> Кому: Ян\n> Тема: Зустріч\n>\n> Так?"
    )
    assert forward is not None
    assert (forward.kind, forward.from_, forward.to, forward.subject, forward.text) == (
        "forward",
        "Нора <nora@fell.example>",
        "Ян",
        "Зустріч",
        "Так?",
    )
    assert unwrap("Fine.\n\n> one line is cited") is None
    assert unwrap("") is None


HOSTILE = [
    *["a:\n", "> \n", ">", "-", "- ", "_", "=", "\n", "-- \n", "x\n\n", "：\n", "<a@b", "(((((@", "\r\n", "\x00"],
    *["wrote:\n", "a@b 1.1.2020 10:00:\n> x\n", "on 1.1.2020 x <a@b>\n", "on 1.1.2020,\n", "a@b <\n", "نوشت: "],
    *[
        "From: a\nb\n",
        "cc: a\n",
        "from: x\n" + "y\n" * 79,
        "to\n",
        "10.10.2020 10:10\nto\n",
        "_____\na: b@c\nd: 1.1.2020 10:10\n",
    ],
    *[
        "Sent from my iPhone\n",
        "Regards\n",
        "this email and any ",
        "external email ",
        "---- a ----\nx: y\n",
        "> a\nb\n",
    ],
    *["—\n+49 123 45678\n", "-----Original Message-----\n", ">>> >> >", "http://", "> (\nhttp\n", f"{SAID} "],
]


@pytest.mark.slow
@pytest.mark.parametrize("unit", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_takes_bounded_time(unit: str) -> None:
    start = time.process_time()
    trim(unit * (256 * 1024 // len(unit)))
    line = unit.rstrip("\n") * 300 + "\n"
    trim(line * (256 * 1024 // len(line)))
    assert time.process_time() - start < 2


_LINES = st.sampled_from(
    [
        *[
            SAID,
            "> a",
            ">> b",
            "",
            "own words",
            "-- ",
            "Nora",
            "From: n@f.example",
            "Sent: 5.10.2026 10:20",
            "Subject: x",
        ],
        *["____________", "-----Original Message-----", "Sent from my iPhone", "Best regards", "wrote:", "To"],
        "> On 5.10.2026 N <n@f.x> wrote:",
    ]
)


@given(st.lists(_LINES | st.text(max_size=20), max_size=30))
def test_any_lines_are_read(lines: list[str]) -> None:
    text = "\n".join(lines)
    trimmed = trim(text)
    unwrap(text)
    for part in (trimmed.new_text, trimmed.signature, trimmed.quoted, trimmed.forwarded):
        assert set(part.split()) <= set(text.split())


@given(st.lists(st.sampled_from(["> a", "> b", "", "own words", "more words"]), max_size=30))
def test_own_words_among_marked_ones_are_never_lost(lines: list[str]) -> None:
    trimmed = trim("\n".join(lines))
    assert trimmed.new_text.count("words") == "".join(lines).count("words")
    if any(lines):
        assert trimmed.new_text
