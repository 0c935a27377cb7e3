"""What people and lists write: conversations, forwarded mail, newsletters, notifications, and my own mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from tests.servers.mailbox.correspondence import Correspondence, Letter, Mail, Person, joined, part
from tests.servers.mailbox.encoding import encoded_words, phrase

#: (media type, suffix) of attachments.
ATTACHMENTS = (
    (b"application/pdf", "pdf"),
    (b"image/jpeg", "jpg"),
    (b"application/zip", "zip"),
    (b"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    (b"text/csv", "csv"),
    (b"application/octet-stream", "bin"),
)
NAMES = ("Report", "Größenübersicht", "گزارش نهایی", "Отчёт", "Тайлан өнөөдөр", "报告")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What kind of mail is written, by whom to whom, and in answer to what."""

    kind: str
    sender: Person
    to: Person
    parent: Letter | None
    size: int
    incoming: bool = True


class Body(NamedTuple):
    """A mail without its header."""

    data: bytes
    #: What there is to read in it.
    text: str
    #: The names of its attachments.
    attachments: tuple[str, ...]


def received(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """A mail from a person: a conversation that begins or goes on."""
    rng, memory = corpus.rng, corpus.memory
    sender, parent = corpus.anyone(1.7), None
    if rng.random() < 0.4:
        pool = memory.mine if memory.mine and rng.random() < 0.6 else memory.recent
        parent = corpus.recent_of(pool) if pool else None
    if parent and parent.sender is not corpus.me and rng.random() < 0.25:
        sender = parent.sender
    plan = Plan(kind=kind, sender=sender, to=corpus.me, parent=parent, size=corpus.size())
    return write(corpus, number, when, plan)


def sent(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """My own mail, in Sent; three of four are answers to what is marked as answered."""
    rng, memory = corpus.rng, corpus.memory
    parent = None
    if memory.unanswered and rng.random() < 0.75:
        parent = memory.unanswered.pop(int(rng.random() * len(memory.unanswered)))
    to = parent.sender if parent else corpus.anyone(1.7)
    shape = "attach" if rng.random() < 0.1 else "alt" if rng.random() < 0.5 else "plain"
    size = int(corpus.size() * 0.6)
    plan = Plan(kind=shape, sender=corpus.me, to=to, parent=parent, size=size, incoming=False)
    mail = write(corpus, number, when, plan)
    return replace(mail, meta=mail.meta | {"kind": kind, "to": to.address})


def write(corpus: Correspondence, number: int, when: int, plan: Plan) -> Mail:
    """A mail by plan."""
    rng, parent = corpus.rng, plan.parent
    language = parent.language if parent and rng.random() < 0.8 else plan.sender.language
    if parent:
        subject, prefix = parent.subject, "AW: " if language == "de" and rng.random() < 0.7 else "Re: "
    else:
        subject, prefix = rng.choice(corpus.material.subjects[language]), ""
    head = corpus.head(
        number,
        when,
        plan.sender,
        plan.to,
        subject=subject,
        prefix=prefix,
        parent=parent,
        language=language,
        extra=b"X-Mailer: Testbed 1.0\nAccept-Language: %s\n" % language.encode(),
        cc=corpus.anyone().header if rng.random() < 0.25 else b"",
    )
    # nobody writes that much text
    kind = "attach" if plan.size > 90_000 and plan.kind != "related" else plan.kind
    body = _body(corpus, number, language, kind, plan)
    if not plan.incoming:
        corpus.memory.mine.append(head.letter)
        del corpus.memory.mine[:-3000]
    return corpus.finish(
        b"".join(head.lines) + body.data,
        head.letter,
        kind,
        number=number,
        parent=parent,
        incoming=plan.incoming,
        text=body.text,
        attachments=body.attachments,
    )


def _body(corpus: Correspondence, number: int, language: str, kind: str, plan: Plan) -> Body:
    rng, size = corpus.rng, plan.size
    paragraphs = 1 + int(rng.random() * 4)
    charset, cte, text = corpus.text(number, language, paragraphs, plan.parent)
    if kind == "plain" and (size < 5000 or rng.random() < 0.5):
        # a long plain text is quoted history
        more = corpus.material.paragraphs[language, charset, cte]
        count = min(90, size // 700) if size >= 5000 else 0
        long = joined([text, *rng.choices(more, k=count)])
        return Body(part(b"text/plain", charset, cte, long.data), long.text, ())
    rules = min(220, max(0, size - 4000) // 170)
    rest = size - len(text.data) - rules * 85 - 1500
    rows = min(590, max(0, rest) // 150) if kind in ("plain", "alt") else 0
    page = corpus.html(language, charset, cte, paragraphs + 1, rules, rows)
    both = [part(b"text/plain", charset, cte, text.data), part(b"text/html", charset, cte, page)]
    alternative = corpus.multipart(number, b"alternative", both)
    if kind == "attach":
        names, attached = zip(*_attachments(corpus, max(2000, size - len(alternative))), strict=True)
        return Body(corpus.multipart(number + 1, b"mixed", [alternative, *attached]), text.text, names)
    if kind == "related":
        image = (
            b'Content-Type: image/png; name="image001.png"\nContent-Transfer-Encoding: base64\n'
            b"Content-ID: <image001@%x>\n"
            b'Content-Disposition: inline; filename="image001.png"\n\n'
        ) % number + corpus.material.filler(max(3000, size - len(alternative)), rng)
        data = corpus.multipart(number + 1, b"related", [alternative, image], b'; type="multipart/alternative"')
        return Body(data, text.text, ("image001.png",))
    return Body(alternative, text.text, ())


def _attachments(corpus: Correspondence, size: int) -> list[tuple[str, bytes]]:
    """(name, part) of one or two."""
    rng = corpus.rng
    found = []
    for _ in range(1 if rng.random() < 0.7 else 2):
        if rng.random() < 0.1:
            name, kind, data = "logo.png", b"image/png; name=logo.png", corpus.material.logo
            disposition = b"; filename=logo.png"
        else:
            kind, suffix = rng.choice(ATTACHMENTS)
            name = f"{rng.choice(NAMES)} {rng.randrange(999)}.{suffix}"
            disposition = _filename(name, rng.random() < 0.6)
            data = corpus.material.filler(size, rng)
        headers = b"Content-Type: %s\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment%s\n\n"
        found.append((name, headers % (kind, disposition) + data))
    return found


def _filename(name: str, is_standard: bool) -> bytes:
    if name.isascii():
        return b'; filename="%s"' % name.encode()
    if is_standard:
        escaped = (b"%%%02X" % c if c > 126 or c < 48 else bytes([c]) for c in name.encode())
        return b"; filename*=UTF-8''" + b"".join(escaped)
    # against RFC 2047 section 5, and common
    return b'; filename="' + encoded_words(name) + b'"'


def news(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """A newsletter with the headers of a list (RFC 2369, 2919, 8058)."""
    rng = corpus.rng
    sender = rng.choice(corpus.lists)
    address = sender.address.encode()
    head = corpus.head(
        number,
        when,
        sender,
        corpus.me,
        subject=rng.choice(corpus.material.subjects["en"]),
        extra=b"List-Id: %s <%s>\nList-Unsubscribe: <https://lists.example/u/%d>, <mailto:%s?subject=unsubscribe>\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\nPrecedence: bulk\n"
        % (phrase(sender.name, rng), address.replace(b"@", b"."), number, address),
    )
    size = max(8000, corpus.size())
    cte = "quoted-printable" if rng.random() < 0.5 else "7bit"
    page = corpus.html("en", "utf-8", cte, 3, min(220, size // 255), min(590, size // 160))
    data = b"".join(head.lines) + part(b"text/html", "utf-8", cte, page)
    sorted_away = corpus.has_folders and rng.random() < 0.5
    folder = "Lists/" + sender.name.split()[0] if sorted_away else "INBOX"
    return corpus.finish(data, head.letter, kind, number=number, answerable=False, folder=folder)


def notify(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """A machine's notice (RFC 3834)."""
    head = corpus.head(
        number,
        when,
        corpus.rng.choice(corpus.robots),
        corpus.me,
        subject=corpus.rng.choice(corpus.material.subjects["en"]),
        extra=b"Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n",
    )
    text = b"Build %d finished.\n\nhttps://build.example/%d\n" % (number, number)
    data = b"".join(head.lines) + part(b"text/plain", "utf-8", "7bit", text)
    return corpus.finish(data, head.letter, kind, number=number, answerable=False)


def forward(corpus: Correspondence, number: int, when: int, kind: str) -> Mail:
    """Somebody's mail, forwarded whole as an attachment."""
    sender, author = corpus.anyone(), corpus.anyone()
    subject = corpus.rng.choice(corpus.material.subjects[author.language])
    inner = corpus.head(number, when - 86400, author, sender, subject=subject, language=author.language)
    inner_charset, inner_cte, inner_text = corpus.text(number, author.language, 3)
    outer = corpus.head(number, when, sender, corpus.me, subject=subject, prefix="Fwd: ", language=sender.language)
    attached = b"Content-Type: message/rfc822\nContent-Disposition: attachment; filename=forwarded.eml\n\n"
    charset, cte, text = corpus.text(number, sender.language, 1)
    parts = [
        part(b"text/plain", charset, cte, text.data),
        attached + b"".join(inner.lines) + part(b"text/plain", inner_charset, inner_cte, inner_text.data),
    ]
    data = b"".join(outer.lines) + corpus.multipart(number, b"mixed", parts)
    return corpus.finish(data, outer.letter, kind, number=number, text=text.text, attachments=("forwarded.eml",))
