"""Address forms: spellings of one mailbox meet, different mailboxes stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.addresses import (
    AddressRules,
    OwnAddresses,
    is_no_reply,
    is_role,
    normalize,
    normalize_domain,
)

NOBODY_READS = """
    noreply no-reply no_reply no.reply noreply123 support-noreply google-noreply donotreply do_not_reply
    nicht-antworten keine-antwort ne-pas-repondre no-responder naoresponda non-rispondere svar-ej ne-otvechat
    notifications notification-x account-notifications mailer-daemon mailerdaemon bounce bounces bounces+abc=de
    bounce-md_1234.abc listname-bounces list-bounces+u=host announce-request dev-owner owner-ilug unsubscribe
    srs0=abc=x=host=user
"""
PEOPLE = """
    john.doe ali.rezaei request.ali anna.alert x.noreen sara.owner bob.daemon robin bounty
"""
FUNCTIONS = """
    info sales sales-eu support2 support+de eu-sales customer.service press-office acme-office it-support abuse
    postmaster webmaster contact office admin billing jobs hr newsletter help service hello team kontakt
    vertrieb buchhaltung accueil rh ventas zakaz prodaji forosh poshtibani borluulalt biuro tehran-info
    поддержка فروش
"""
PEOPLE_AFTER_ALL = """
    john.doe information.smith steve.jobs anna.post mark.press joe.root ali.mali karin.office sale.marco infante
    supporta roman.kantor bat.erdene contact.ali 4711 +
"""


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("John.Doe@Example.COM ", "john.doe@example.com"),
        ("<a@b.example>", "a@b.example"),
        ("mailto:a@b.example?subject=hi", "a@b.example"),
        ("mailto:%C3%A9ric@b.example", "éric@b.example"),
        ('"john.doe"@b.example', "john.doe@b.example"),
        ('"john doe"@b.example', '"john doe"@b.example'),
        (r'"a\b"@c.example', "ab@c.example"),
        ('"a@b"@c.example', '"a@b"@c.example'),
        ("'a@b.example'", "a@b.example"),
        ("o'neil@b.example", "o'neil@b.example"),
        ("@relay.example,@other.example:a@b.example", "a@b.example"),
        ("user@localhost", "user@localhost"),
        ("a@b.example.", "a@b.example"),
        ("a@[127.0.0.1]", "a@[127.0.0.1]"),
        ("a@[IPv6:::1]", "a@[ipv6:::1]"),
        ("x@foo_bar.example", "x@foo_bar.example"),
        ("..dots..@b.example", "..dots..@b.example"),
        ("/g=jo/s=doe/@gateway.example", "/g=jo/s=doe/@gateway.example"),
    ],
)
def test_spellings_of_one_mailbox_have_one_normal_form(written: str, normal: str) -> None:
    assert normalize(written) == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("\u200fali@example.ir\u200e", "ali@example.ir"),
        ("\ufeffali\u200c@example.ir", "ali@example.ir"),
        ("ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "john@example.com"),
        ("info@münchen.example", "info@xn--mnchen-3ya.example"),
        ("info@XN--MNCHEN-3YA.example", "info@xn--mnchen-3ya.example"),
        ("Info@ПРИМЕР.рф", "info@xn--e1afmkfd.xn--p1ai"),
        ("info@faß.example", "info@xn--fa-hia.example"),
        ("مریم@شرکت.ایران", "مریم@xn--pgbni38b.xn--mgba3a4f16a"),
        ("БАТ@шууд.мон", "бат@xn--d1a3aas.xn--l1acc"),
        ("e\u0301ric@b.example", "éric@b.example"),
        ("a@☃.example", "a@☃.example"),
        ("a@b\u3002example", "a@b.example"),
    ],
)
def test_text_of_any_script_is_compared_as_people_see_it(written: str, normal: str) -> None:
    assert normalize(written) == normal


def test_a_joiner_that_persian_spelling_needs_stays_part_of_the_domain() -> None:
    with_joiner, without = normalize("a@نامه\u200cای.ایران"), normalize("a@نامهای.ایران")

    assert with_joiner is not None
    assert with_joiner.isascii()
    assert with_joiner != without


@pytest.mark.parametrize(
    ("left", "right"),
    [("straße@b.example", "strasse@b.example"), ("x²@b.example", "x2@b.example"), ("a.b@c.example", "ab@c.example")],
)
def test_mailboxes_that_may_differ_stay_apart(left: str, right: str) -> None:
    assert normalize(left) != normalize(right)


@pytest.mark.parametrize(
    "written",
    [
        *("", "  ", "a", "@", "a@", "@b.example", "a@b@c.example", "a b@c.example", "a@b c.example", "a@b..example"),
        *("a\n@b.example", "a@b,c.example", "a@.", "a@b/c.example", "John <a@b.example>", "a\x00@b.example"),
        *("/O=ORG/OU=SITE/CN=RECIPIENTS/CN=JOHN", "/o=org/cn=john@b.example"),
        *("IMCEAEX-_O=ORG_OU=SITE_CN=JOHN@b.example", "undisclosed-recipients:;", "\ud800@b.example"),
        "a" * 600 + "@b.example",
    ],
)
def test_what_is_no_address_has_no_normal_form(written: str) -> None:
    assert normalize(written) is None


@pytest.mark.slow
@given(st.text(max_size=40) | st.from_regex(r"[\"'<\w.+]{1,8}@[\w.\u200c-]{1,12}[>']?", fullmatch=True))
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    normal = normalize(text)

    if normal is not None:
        assert normalize(normal) == normal
        assert normalize_domain(normal.rpartition("@")[2]) is not None


@given(
    st.from_regex(r"[a-z.+\"]{1,10}@(gmail\.com|googlemail\.com|b\.example)", fullmatch=True),
    st.booleans(),
    st.booleans(),
)
def test_the_base_of_a_base_form_is_itself(address: str, plus_tags: bool, gmail_dots: bool) -> None:
    rules = AddressRules(plus_tags, gmail_dots)
    normal = normalize(address)

    if normal is not None:
        base = rules.base(normal)
        assert rules.base(base) == base
        assert normalize(base) == base


@pytest.mark.parametrize(
    ("normal", "base"),
    [
        ("a+b@x.example", "a@x.example"),
        ("a+b+c@x.example", "a@x.example"),
        ("+a@x.example", "+a@x.example"),
        ("a.b.c+x@googlemail.com", "abc@gmail.com"),
        ("a.b@x.example", "a.b@x.example"),
        ("..@gmail.com", "..@gmail.com"),
        ('"a+b"@x.example', '"a+b"@x.example'),
    ],
)
def test_the_base_form_is_without_tag_and_gmail_dots(normal: str, base: str) -> None:
    assert AddressRules().base(normal) == base


def test_rules_that_are_off_leave_tag_and_dots() -> None:
    assert AddressRules(plus_tags=False).base("a.b+c@googlemail.com") == "ab+c@gmail.com"
    assert AddressRules(gmail_dots=False).base("a.b+c@googlemail.com") == "a.b@googlemail.com"


def test_an_own_domain_covers_its_subdomains_and_no_other() -> None:
    own = OwnAddresses.of(["ACME.example", "شرکت.ایران", "@brand.example", "not a domain"], [])

    assert own.owns("a@acme.example")
    assert own.owns("a@eu.mail.acme.example")
    assert own.owns("a@brand.example")
    assert own.owns("a@xn--pgbni38b.xn--mgba3a4f16a")
    assert not own.owns("a@notacme.example")
    assert not own.owns("a@example")


def test_an_own_address_owns_its_tagged_and_dotted_spellings() -> None:
    own = OwnAddresses.of([], ["Alice.Rep@gmail.com", "sales+eu@partner.example", "nonsense"])

    assert own.owns("alicerep+crm@googlemail.com".replace("googlemail", "gmail"))
    assert own.owns("alice.rep@googlemail.com")
    assert own.owns("sales+eu@partner.example")
    assert not own.owns("sales@partner.example")
    assert not own.owns("sales+us@partner.example")


@pytest.mark.parametrize(
    "local",
    NOBODY_READS.split(),
)
def test_addresses_that_nobody_reads_are_known(local: str) -> None:
    assert is_no_reply(f"{local}@b.example")


@pytest.mark.parametrize("local", PEOPLE.split())
def test_people_are_not_taken_for_robots(local: str) -> None:
    assert not is_no_reply(f"{local}@b.example")


@pytest.mark.parametrize(
    "local",
    FUNCTIONS.split(),
)
def test_addresses_of_functions_are_known(local: str) -> None:
    assert is_role(f"{local}@acme.example")


@pytest.mark.parametrize(
    "local",
    PEOPLE_AFTER_ALL.split(),
)
def test_people_are_not_taken_for_functions(local: str) -> None:
    assert not is_role(f"{local}@acme.example")
