"""TLS contexts are shared, because each holds all authorities of the system."""

from __future__ import annotations

import os
from pathlib import Path

from connectors.imap.network import tls_context
from connectors.imap.settings import ImapSettings
from tests.servers.certificates import CertificateAuthority


def test_accounts_that_trust_the_same_share_a_context_until_the_file_changes(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    ca_file = CertificateAuthority(tmp_path / "one").file
    alice = ImapSettings(host="mail.acme.example", username="alice", ca_file=ca_file)
    bob = ImapSettings(host="mail.acme.example", username="bob", ca_file=ca_file)
    context = tls_context(alice)
    assert tls_context(bob) is context
    ca_file.write_bytes(CertificateAuthority(tmp_path / "other").file.read_bytes())
    os.utime(ca_file, (0, 0))
    assert tls_context(alice) is not context
    assert tls_context(alice).get_ca_certs() != context.get_ca_certs()
    assert tls_context(ImapSettings(host="mail.acme.example", username="alice")) is not context
