"""Organizations: what a mail domain says about where somebody works."""

from __future__ import annotations

import pytest

from matching.organizations import display_name, organization_domain

SHARED = """
    gmail.com mail.yahoo.com yahoo.com.sa yandex.kz hotmail.com.tr chmail.ir mail.iran.ir mailfa.com mobinet.mn
    mongol.net emirates.net.ae cyberia.net.lb tuta.io privaterelay.appleid.com x.relay.firefox.com t-online.de
"""


@pytest.mark.parametrize(
    ("domain", "organization"),
    [
        ("acme.example", "acme.example"),
        ("MAIL.eu.Acme.example.", "acme.example"),
        ("b.co.ir", "b.co.ir"),
        ("mail.b.co.ir", "b.co.ir"),
        ("cs.ut.ac.ir", "ut.ac.ir"),
        ("mail.x.gov.mn", "x.gov.mn"),
        ("num.edu.mn", "num.edu.mn"),
        ("a.num.edu.mn", "num.edu.mn"),
        ("mail.acme.mn", "acme.mn"),
        ("x.com.sa", "x.com.sa"),
        ("mail.firm.uk.com", "firm.uk.com"),
        ("shop.github.io", "shop.github.io"),
        ("github.io", "github.io"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("mail.شرکت.ایران", "xn--pgbni38b.xn--mgba3a4f16a"),
        ("yandex-team.ru", "yandex-team.ru"),
    ],
)
def test_the_organization_is_the_domain_that_was_registered(domain: str, organization: str) -> None:
    assert organization_domain(domain) == organization


@pytest.mark.parametrize(
    "domain",
    SHARED.split(),
)
def test_shared_mail_domains_name_no_organization(domain: str) -> None:
    assert organization_domain(domain) is None


@pytest.mark.parametrize("domain", ["localhost", "[127.0.0.1]", "10.0.0.1", "pc.local", "co.ir", "gov.mn", "", "a..b"])
def test_names_that_nobody_registered_name_no_organization(domain: str) -> None:
    assert organization_domain(domain) is None


def test_a_company_beside_a_service_of_its_own_is_an_organization() -> None:
    assert organization_domain("firefox.com") == "firefox.com"


@pytest.mark.parametrize(
    ("domain", "shown"),
    [
        ("acme.example", "acme.example"),
        ("xn--pgbni38b.xn--mgba3a4f16a", "شرکت.ایران"),
        ("xn--mnchen-3ya.de", "münchen.de"),
        ("xn--zzzzz--.com", "xn--zzzzz--.com"),
    ],
)
def test_a_domain_is_shown_in_its_own_letters(domain: str, shown: str) -> None:
    assert display_name(domain) == shown
