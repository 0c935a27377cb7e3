"""Postfix in a temporary folder: takes mail by STARTTLS, and hands it on to another server. Needs root.

with SmtpSink() as sink, Postfix(authority.issue(), sink.port, refused="bob@acme.example") as server:
    server.port, sink.mails
with Postfix(authority.issue(), dovecot.lmtp_port, refused="x@y.example", sasl=port) as server:
    # takes mail of those whom Dovecot lets in, and delivers it there
"""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from tests.servers.certificates import Certificate
from tests.servers.process import HOST, MissingServer, Server, find, free_ports

_MASTER = """{host}:{port} inet n - n - 20 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_MAIN = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = localhost
mydestination =
inet_interfaces = {host}
inet_protocols = ipv4
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
default_transport = {transport}
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_tls_cert_file = {folder}/etc/server.pem
smtpd_tls_key_file = {folder}/etc/server.key
smtpd_tls_security_level = encrypt
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ {refused} = 550 nobody here }} }}
"""
#: Who may send, where somebody else judges logins.
_SASL = """smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:{host}:{sasl}
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_client_connection_count_limit = 0
"""


class Postfix(Server):
    """`relay`: the port on loopback that all mail goes to; `refused`: a recipient that it does not take.

    `sasl`: a port of Dovecot's that judges logins; then `relay` is one of LMTP.
    """

    name = "postfix"
    run_as = "root"

    def __init__(self, certificate: Certificate, relay: int, *, refused: str, sasl: int | None = None) -> None:
        self._certificate, self._relay, self._refused, self._sasl = certificate, relay, refused, sasl

    def _launch(self) -> None:
        find("postfix")
        if os.getuid() != 0:
            raise MissingServer("postfix must be started by root")
        (self.port,) = free_ports(1)
        etc = self.dir / "etc"
        for name in ("etc", "spool", "data"):
            (self.dir / name).mkdir()
        owner = pwd.getpwnam("postfix")
        os.chown(self.dir / "data", owner.pw_uid, owner.pw_gid)
        shutil.copyfile(self._certificate.chain, etc / "server.pem")
        shutil.copyfile(self._certificate.key, etc / "server.key")
        transport = f"smtp:[{HOST}]:{self._relay}" if self._sasl is None else f"lmtp:inet:{HOST}:{self._relay}"
        main = _MAIN.format(host=HOST, folder=self.dir, transport=transport, refused=self._refused)
        main += _SASL.format(host=HOST, sasl=self._sasl) if self._sasl is not None else ""
        (etc / "main.cf").write_text(main)
        (etc / "master.cf").write_text(_MASTER.format(host=HOST, port=self.port))
        self.run(["/usr/sbin/postfix", "-c", etc, "check"])
        self.process = self.spawn([Path("/usr/lib/postfix/sbin/master"), "-c", etc, "-d"])
        self.wait_greeting(self.port, b"220")
