"""A certificate authority for tests, by the openssl command: certificates good and bad."""

from __future__ import annotations

import ssl
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from tests.servers.process import ServerError, find

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificate(NamedTuple):
    """Paths of a PEM certificate and its key."""

    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """What a server needs to speak TLS under it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


class CertificateAuthority:
    """`file` is what a client must trust."""

    def __init__(self, folder: Path) -> None:
        self._openssl = find("openssl")
        self._folder = folder
        self._issued = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        usage = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
        extensions = [word for extension in usage for word in ("-addext", extension)]
        self._run("req", "-x509", *_CURVE, "-keyout", self._key, "-out", self.file, "-days", "90",
                  "-subj", "/CN=keeptouch test authority", *extensions)  # fmt: skip

    def issue(
        self,
        names: tuple[str, ...] = ("localhost",),
        ips: tuple[str, ...] = ("127.0.0.1",),
        *,
        expired: bool = False,
    ) -> Certificate:
        """A server's certificate for these names and addresses; `expired` ended yesterday."""
        self._issued += 1
        stem = self._folder / f"server{self._issued}"
        key, request, chain, extensions = (stem.with_suffix(s) for s in (".key", ".csr", ".pem", ".ext"))
        subjects = ",".join([*(f"DNS:{name}" for name in names), *(f"IP:{ip}" for ip in ips)])
        extensions.write_text(
            "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n"
            f"subjectAltName={subjects}\n"
        )
        self._run("req", "-new", *_CURVE, "-keyout", key, "-out", request, "-subj", f"/CN={names[0]}")
        # openssl 3.0 cannot set the start, but a life of -1 days ended yesterday
        self._run("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-sha256",
                  "-set_serial", str(time.time_ns()), "-days", "-1" if expired else "90",
                  "-extfile", extensions, "-out", chain)  # fmt: skip
        return Certificate(chain, key)

    def _run(self, *words: str | Path) -> None:
        done = subprocess.run([self._openssl, *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError("openssl: " + done.stderr[-800:])
