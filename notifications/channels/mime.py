"""MIME on the wire: seven bits, CRLF, short lines.

Quoted-printable, because any server takes it and, unlike base64, it can be cut anywhere.
"""

from __future__ import annotations

import binascii
from email.charset import QP, Charset
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.utils import formataddr
from io import BytesIO

from notifications.channels.addresses import check_mail_address

QUOTED_PRINTABLE = Charset("utf-8")
QUOTED_PRINTABLE.body_encoding = QP

_SOFT_BREAK = b"=\r\n"


def wire_bytes(message: Message) -> bytes:
    """Return a message with CRLF line ends, as SMTP wants it."""
    written = BytesIO()
    BytesGenerator(written, mangle_from_=False).flatten(message, linesep="\r\n")
    return written.getvalue()


def quoted_value(value: str) -> bytes:
    """Return a one-line value quoted-printable, to be put at the beginning of a line."""
    return broken_off(quoted_line(value)) if value else b""


def broken_off(quoted: bytes) -> bytes:
    """Append a soft break, after a further one where the last line has no room for it."""
    if len(quoted) - quoted.rfind(b"\n") - 1 == 76:
        last = -3 if quoted[-3:-2] == b"=" else -1
        quoted = quoted[:last] + _SOFT_BREAK + quoted[last:]
    return quoted + _SOFT_BREAK


def quoted_line(line: str) -> bytes:
    """Return one line quoted-printable, soft breaks keeping it within 76 columns."""
    if len(line) < 70 and line.isascii() and "=" not in line and not line.endswith((" ", "\t")):
        return line.encode("ascii")
    return binascii.b2a_qp(line.encode(), istext=False).replace(b"=\n", _SOFT_BREAK)


def mailbox(address: str, name: str) -> str:
    """Return a To header's value: RFC 2047 for the one-line name, the domain in ASCII."""
    wire = check_mail_address(address)
    if not name:
        return wire
    if name.isascii() and len(name) <= 60 and "=?" not in name:
        return formataddr((name, wire))
    encoded = Header(name, "utf-8", header_name="To").encode(linesep="\r\n")
    return f"{encoded} <{wire}>"
