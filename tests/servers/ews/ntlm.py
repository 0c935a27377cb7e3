"""The server's side of NTLM over HTTP: a challenge, and whether the answer knows the password. ([MS-NLMP])

NTLMv2 answers are computed and compared; channel binding, sealing and the message's integrity code are not looked at.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from collections.abc import Callable

_SIGNATURE = b"NTLMSSP\0"
#: Unicode, NTLM, extended session security, target info, version, 128 and 56 bits, always sign.
_FLAGS = 0xA2898205
_CHALLENGE = bytes.fromhex("0123456789abcdef")
_MASK = 0xFFFFFFFF


def challenge(domain: str = "EXAMPLE") -> str:
    """The CHALLENGE_MESSAGE, for the header WWW-Authenticate."""
    name = domain.encode("utf-16-le")
    pairs = b"".join(struct.pack("<HH", kind, len(name)) + name for kind in (2, 1)) + bytes(4)
    at = 56
    message = _SIGNATURE + struct.pack("<I", 2) + struct.pack("<HHI", len(name), len(name), at)
    message += struct.pack("<I", _FLAGS) + _CHALLENGE + bytes(8)
    message += struct.pack("<HHI", len(pairs), len(pairs), at + len(name)) + bytes.fromhex("0a0063450000000f")
    return base64.b64encode(message + name + pairs).decode()


def kind_of(token: str) -> int:
    """1 NEGOTIATE, 3 AUTHENTICATE; 0 for what is no message of NTLM. SPNEGO wrapped around one is looked through."""
    raw = _message(token)
    return struct.unpack_from("<I", raw, 8)[0] if len(raw) >= 12 else 0


def user_of(token: str, password_of: Callable[[str], str | None]) -> str | None:
    """Who an AUTHENTICATE_MESSAGE is of; None where the password is wrong or the user unknown."""
    raw = _message(token)
    try:
        response, domain, user = (_field(raw, at) for at in (20, 28, 36))
        names = user.decode("utf-16-le"), domain.decode("utf-16-le")
    except (struct.error, UnicodeDecodeError):
        return None
    for login in (names[0], f"{names[1]}\\{names[0]}", f"{names[0]}@{names[1]}"):
        password = password_of(login)
        if password is not None and _is_right(response, *names, password):
            return login
    return None


def _is_right(response: bytes, user: str, domain: str, password: str) -> bool:
    if len(response) < 24:
        return False
    key = hmac.digest(md4(password.encode("utf-16-le")), (user.upper() + domain).encode("utf-16-le"), "md5")
    return hmac.compare_digest(hmac.digest(key, _CHALLENGE + response[16:], "md5"), response[:16])


def _message(token: str) -> bytes:
    try:
        raw = base64.b64decode(token)
    except binascii.Error:
        return b""
    at = raw.find(_SIGNATURE)
    return raw[at:] if at >= 0 else b""


def _field(raw: bytes, at: int) -> bytes:
    length, _, offset = struct.unpack_from("<HHI", raw, at)
    return raw[offset : offset + length]


def md4(data: bytes) -> bytes:
    """RFC 1320; OpenSSL 3 has it no more."""
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", len(data) * 8)
    for at in range(0, len(padded), 64):
        words = struct.unpack_from("<16I", padded, at)
        a, b, c, d = state
        for step in range(48):
            turn, place = divmod(step, 16)
            if turn == 0:
                mixed, word, shift = (b & c) | (~b & d), place, (3, 7, 11, 19)[step % 4]
            elif turn == 1:
                mixed, word, shift = (b & c) | (b & d) | (c & d), place % 4 * 4 + place // 4, (3, 5, 9, 13)[step % 4]
            else:
                mixed, word, shift = b ^ c ^ d, int(f"{place:04b}"[::-1], 2), (3, 9, 11, 15)[step % 4]
            total = (a + mixed + words[word] + (0, 0x5A827999, 0x6ED9EBA1)[turn]) & _MASK
            a, b, c, d = d, ((total << shift) | (total >> (32 - shift))) & _MASK, b, c
        state = [(old + new) & _MASK for old, new in zip(state, (a, b, c, d), strict=True)]
    return struct.pack("<4I", *state)
