"""Dovecot 2.3 in a temporary folder: IMAP, IMAPS and LMTP on loopback.

    with Dovecot({"alice": "secret"}) as server:
        IMAPClient(server.host, server.imap_port, ssl=False).login("alice", "secret")

Debian packages: dovecot-imapd dovecot-lmtpd openssl.
"""

from __future__ import annotations

import grp
import shutil
import signal
import smtplib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.process import HOST, MissingServer, Server, find, free_ports

_TEMPLATE = Path(__file__).with_name("dovecot.conf")
_LOCATIONS = {
    "maildir": "maildir:~/Maildir",
    "maildir-fs": "maildir:~/Maildir:LAYOUT=fs",
    "sdbox": "sdbox:~/sdbox",
    "mdbox": "mdbox:~/mdbox",
}
_OAUTH = """passdb {
 driver = oauth2
 mechanisms = $mechanisms
 args = $dir/oauth2.conf.ext
}"""
_INTROSPECTION = """introspection_mode = post
introspection_url = $url/introspect
active_attribute = active
active_value = true
username_attribute = username
openid_configuration_url = $url/.well-known/openid-configuration
timeout_msecs = 5000
"""
_IMAPS = "ssl = yes\nssl_cert = <$dir/tls/server.pem\nssl_key = <$dir/tls/server.key\nssl_min_protocol = TLSv1.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the server differs from a plain one."""

    format: Literal["maildir", "maildir-fs", "sdbox", "mdbox"] = "maildir"
    separator: str = "/"
    tls: bool = True
    #: Certificate of IMAPS and STARTTLS; None: one for localhost by the server's own authority.
    certificate: Certificate | None = None
    #: Connections of one user from one address; one more is refused with NO [LIMIT].
    max_connections: int = 50
    #: Storage per user, e.g. "20K"; past it APPEND is refused with NO [OVERQUOTA].
    quota: str | None = None
    #: Replaces the advertised capabilities, e.g. "IMAP4rev1 UIDPLUS": a poor server.
    capability: str | None = None
    idle_notify: str = "2 mins"
    #: Is alice@example.org somebody else than alice?
    domains: bool = False
    #: Keep Dovecot's growing delay (0.5, 4, 8, 15 s) after failed logins from one address.
    auth_penalty: bool = False
    #: The provider of OAuth whose tokens are taken, by XOAUTH2 and OAUTHBEARER; None: no tokens.
    oauth_url: str | None = None
    oauth_mechanisms: str = "xoauth2 oauthbearer"
    #: Lines added to the end of the configuration.
    extra: str = ""


class Dovecot(Server):
    """`users` maps names to passwords; a home is made at the first login."""

    name = "dovecot"
    # an orderly end takes a second, and its files are thrown away
    stop_signal = signal.SIGKILL

    def __init__(self, users: Mapping[str, str], options: Options | None = None) -> None:
        self.users = dict(users)
        self.options = options or Options()
        #: What a client must trust for TLS.
        self.ca_file: Path | None = None

    def maildir(self, user: str) -> Path:
        """The user's Maildir, if the format is one."""
        return self.dir / "mail" / user / "Maildir"

    def add_user(self, user: str, password: str) -> None:
        """A new login, valid at once; a changed password is valid after a second."""
        self.users[user] = password
        self._write_user(user, password)

    def deliver(self, user: str, messages: Iterable[bytes], sender: str = "sender@example.org") -> None:
        """Deliver messages (CRLF lines) by LMTP, as a mail server does; IDLE sees them at once."""
        with smtplib.LMTP(self.host, self.lmtp_port) as connection:
            for message in messages:
                connection.sendmail(sender, [user], message)

    def doveadm(self, *words: str | Path, stdin: bytes = b"") -> bytes:
        """Output of a doveadm command; raises ServerError where it fails."""
        return self.run([find("doveadm"), "-c", self.dir / "dovecot.conf", *words], stdin)

    def adopt(self, user: str) -> None:
        """After files were put into the user's home by hand: give them to the server's user."""
        self.give(self.dir / "mail" / user)

    def kick(self, user: str) -> None:
        """End the user's connections on the server's side (`* BYE`)."""
        self.doveadm("kick", user)

    def restart(self) -> None:
        """A crash: every connection is lost, the mail stays."""
        self.crash(self._serve)

    def _launch(self) -> None:
        find("dovecot")
        for part in ("imap", "lmtp"):
            if not Path("/usr/lib/dovecot", part).exists():
                raise MissingServer(f"dovecot-{part}d is not installed")
        self.imap_port, self.imaps_port, self.lmtp_port = free_ports(3)
        for folder in ("run", "state", "mail", "tls", "users"):
            (self.dir / folder).mkdir()
        if self.options.tls:
            self._write_certificates()
        for user, password in self.users.items():
            self._write_user(user, password)
        if self.options.oauth_url:
            text = Template(_INTROSPECTION).substitute(url=self.options.oauth_url)
            (self.dir / "oauth2.conf.ext").write_text(text)
        (self.dir / "dovecot.conf").write_text(self._configuration())
        self.give(self.dir)
        self._serve()

    def _serve(self) -> None:
        self.process = self.spawn([find("dovecot"), "-F", "-c", self.dir / "dovecot.conf"])
        self.wait_greeting(self.imap_port, b"* OK")

    def _write_certificates(self) -> None:
        authority = CertificateAuthority(self.dir / "authority")
        self.ca_file = authority.file
        certificate = self.options.certificate or authority.issue()
        shutil.copyfile(certificate.chain, self.dir / "tls" / "server.pem")
        shutil.copyfile(certificate.key, self.dir / "tls" / "server.key")

    def _write_user(self, user: str, password: str) -> None:
        # a file each: Dovecot looks at most once a second whether a file it knows has changed
        file = self.dir / "users" / user
        file.write_text(f"{user}:{{PLAIN}}{password}::::::\n")
        self.give(file)

    def _configuration(self) -> str:
        options = self.options
        quota = f"quota = count:User quota\n quota_rule = *:storage={options.quota}\n quota_vsizes = yes"
        tls = Template(_IMAPS).substitute(dir=self.dir) if options.tls else "ssl = no"
        return Template(_TEMPLATE.read_text()).substitute(
            dir=self.dir,
            host=HOST,
            user=self.owner.pw_name,
            group=grp.getgrgid(self.owner.pw_gid).gr_name,
            imap_port=self.imap_port,
            # port 0 is no listener
            imaps_port=self.imaps_port if options.tls else 0,
            lmtp_port=self.lmtp_port,
            tls=tls,
            location=_LOCATIONS[options.format],
            separator=options.separator,
            username="%Lu" if options.domains else "%Ln",
            max_connections=options.max_connections,
            quota_plugin="quota" if options.quota else "",
            imap_quota_plugin="imap_quota" if options.quota else "",
            quota=quota if options.quota else "",
            capability=f"imap_capability = {options.capability}" if options.capability else "",
            idle_notify=options.idle_notify,
            penalty="" if options.auth_penalty else "unix_listener anvil-auth-penalty {\n  mode = 0\n }",
            oauth=Template(_OAUTH).substitute(dir=self.dir, mechanisms=options.oauth_mechanisms)
            if options.oauth_url
            else "",
            mechanisms=f" {options.oauth_mechanisms}" if options.oauth_url else "",
            extra=options.extra,
        )
