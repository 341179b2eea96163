"""From a staff-written text to the bytes for one person.

A text is compiled once per language: Django builds the MIME message, it is cut where the
slots are, and per person only the slots are encoded. Slots are `{name}`, in bodies only; a
subject is never personal, because it shows on locked screens and in server logs.

Bodies are quoted-printable: 7 bits for any server, and unlike base64 it can be cut anywhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from email.utils import formatdate
from functools import lru_cache
from html import escape

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext_lazy as _

from notifications.channels.addresses import check_mail_address
from notifications.channels.mime import (
    QUOTED_PRINTABLE,
    broken_off,
    mailbox,
    quoted_line,
    quoted_value,
    wire_bytes,
)

_SLOT = re.compile(r"\{([a-z][a-z_]*)\}")
# What may end a line or a header for one reader and not for another, and lone surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Would turn the words that follow a name around.
_DIRECTION_OVERRIDES = re.compile("[\u202a-\u202e]")
_WHOLE_DOCUMENT = re.compile(r"<\s*(?:!doctype|html|head|body|script)\b", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[!#$%&'*+/=?^_`{|}~.0-9A-Za-z-]+@[0-9A-Za-z.-]+>")
_URL = re.compile(r"https?://[!#-;=?-~]{1,900}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,58}")
_RIGHT_TO_LEFT = frozenset(
    {"ar", "arz", "ckb", "dv", "fa", "he", "ks", "nqo", "pnb", "prs", "ps", "sd", "ug", "ur", "yi"}
)
_TEXT_MARK = "the-text-part-goes-here"
_HTML_MARK = "the-html-part-goes-here"
_OWN_HEADERS = re.compile(rb"^(?:Date|Message-ID):[^\r\n]*\r\n", re.MULTILINE)


# --- checking what staff typed ----------------------------------------------------


def validate_subject(text: str) -> None:
    """Raise ValidationError unless `text` can be a subject: one line, no slots."""
    if _CONTROL.search(text):
        raise ValidationError(
            _("The subject must be one line, without control characters."), code="control"
        )
    if "{" in text or "}" in text:
        raise ValidationError(
            _("The subject is the same for everybody: it cannot hold { or }."), code="slot"
        )


def placeholders_in(template: str) -> set[str]:
    """Return the names of the slots. Raises ValidationError for any other brace."""
    return set(_cut(template)[1::2])


def check_placeholders(template: str, allowed: Collection[str]) -> None:
    """Raise ValidationError if the template has a slot that is not allowed, or a stray brace."""
    if unknown := sorted(placeholders_in(template) - set(allowed)):
        raise ValidationError(
            _("We cannot fill in %(unknown)s. You can use: %(allowed)s."),
            code="unknown-slot",
            params={
                "unknown": ", ".join(f"{{{name}}}" for name in unknown),
                "allowed": ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "–",
            },
        )


def _cut(template: str) -> list[str]:
    """Return text, slot name, text, slot name, …, text. Raises ValidationError."""
    pieces = _SLOT.split(template)
    if any("{" in text or "}" in text for text in pieces[::2]):
        raise ValidationError(
            _("Use { and } only around the name of a value, such as {link}."), code="brace"
        )
    return pieces


def _value(values: Mapping[str, str], name: str) -> str:
    """Return a value as one line: it is put into a line, it never adds one."""
    try:
        return _one_line(values[name])
    except KeyError:
        raise ValueError(f"no value for the slot {name}") from None


def _one_line(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    return _CONTROL.sub(" ", _DIRECTION_OVERRIDES.sub("", value))


# --- SMS --------------------------------------------------------------------------


def render_sms(template: str, values: Mapping[str, str]) -> str:
    """Return the template with its slots filled. Raises ValidationError, ValueError."""
    pieces = _cut(template)
    pieces[1::2] = [_value(values, name) for name in pieces[1::2]]
    return "".join(pieces)


# --- HTML -------------------------------------------------------------------------


def text_direction(language: str) -> str:
    """Return "rtl" or "ltr" for a BCP 47 language tag."""
    subtags = language.lower().split("-")
    if "latn" in subtags or "cyrl" in subtags:
        return "ltr"
    return "rtl" if subtags[0] in _RIGHT_TO_LEFT or "arab" in subtags else "ltr"


def html_from(text: str) -> str:
    """Return an HTML fragment template that says what the text template says.

    Blank lines part paragraphs; `{link}` and `{…_link}` become links; other values are kept
    from disturbing the direction of the text around them.
    """
    pieces = _cut(text.strip().replace("\r\n", "\n"))
    for position, piece in enumerate(pieces):
        if position % 2 == 0:
            pieces[position] = escape(piece)
        elif piece == "link" or piece.endswith("_link"):
            pieces[position] = f'<a href="{{{piece}}}"><bdi>{{{piece}}}</bdi></a>'
        else:
            pieces[position] = f"<bdi>{{{piece}}}</bdi>"
    paragraphs = re.split(r"\n\s*\n", "".join(pieces))
    return "\n".join(f"<p>{'<br>'.join(one.split(chr(10)))}</p>" for one in paragraphs)


def _document(fragment: str, *, title: str, language: str) -> str:
    if _WHOLE_DOCUMENT.search(fragment):
        raise ValueError("the HTML part is a fragment, not a document, and runs no script")
    return (
        "<!doctype html>\n"
        f'<html lang="{escape(language)}" dir="{text_direction(language)}">\n'
        f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body>\n{fragment.strip()}\n</body>\n</html>\n"
    )


# --- e-mail -----------------------------------------------------------------------


@lru_cache(maxsize=8)
def _date(second: int) -> str:
    """Return a Date header's value; many messages leave within one second."""
    return formatdate(second)


class MailSkeleton:
    """One message text in one language, ready to be filled for one person after another."""

    def __init__(self, head: bytes, body: tuple[bytes, ...]) -> None:
        self._head = head
        # Fixed bytes at even places; at odd ones the slot: b"t" or b"h", then its name.
        self._body = body
        self._slots = tuple(
            (position, slot[1:].decode("ascii"), slot[:1] == b"h")
            for position, slot in enumerate(body)
            if position % 2
        )

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the values `render` needs."""
        return frozenset(name for _position, name, _is_html in self._slots)

    def render(
        self,
        *,
        recipient: str,
        message_id: str,
        values: Mapping[str, str],
        recipient_name: str = "",
        reply_to: str = "",
        unsubscribe_url: str = "",
        at: datetime | None = None,
    ) -> bytes:
        """Return the whole message with CRLF line ends.

        `message_id` comes with its angle brackets; `unsubscribe_url` must take the one-click
        POST of RFC 8058; `at` is the Date, now by default. Raises UnusableAddress, and
        ValueError for a missing value or an unusable header.
        """
        if not _MESSAGE_ID.fullmatch(message_id):
            raise ValueError("not a message id")
        head = (
            f"To: {mailbox(recipient, _one_line(recipient_name))}\r\n"
            f"Message-ID: {message_id}\r\n"
            f"Date: {_date(int(at.timestamp() if at else time.time()))}\r\n"
        )
        if reply_to:
            head += f"Reply-To: {check_mail_address(reply_to)}\r\n"
        if unsubscribe_url:
            if not _URL.fullmatch(unsubscribe_url):
                raise ValueError("not a URL for a header")
            head += (
                f"List-Unsubscribe: <{unsubscribe_url}>\r\n"
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
            )
        body = list(self._body)
        for position, name, is_html in self._slots:
            value = _value(values, name)
            body[position] = quoted_value(escape(value) if is_html else value)
        return b"".join((head.encode(), self._head, *body))


def compile_mail(
    *,
    subject: str,
    text: str,
    language: str,
    sender: str,
    html: str | None = None,
    is_crisis: bool = False,
) -> MailSkeleton:
    """Return the skeleton of a message.

    `text` and `html` (a fragment, see html_from) are templates, `language` a BCP 47 tag,
    `sender` the From header. Raises ValidationError for what staff can correct.
    """
    validate_subject(subject)
    if _CONTROL.search(sender) or _CONTROL.search(language):
        raise ValueError("control character in a header")
    headers = {
        "Message-ID": "<replaced@replaced.invalid>",
        "Date": formatdate(0),
        "Auto-Submitted": "auto-generated",
        # Asks for no holiday notes; bounces stay welcome.
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": language,
    }
    if is_crisis:
        headers["Importance"] = "high"
    message = EmailMultiAlternatives(subject, _TEXT_MARK, sender, headers=headers)
    message.encoding = QUOTED_PRINTABLE
    if html is not None:
        message.attach_alternative(_HTML_MARK, "text/html")
    head, _blank, body = wire_bytes(message.message()).partition(b"\r\n\r\n")
    before, _mark, after = body.partition(_TEXT_MARK.encode())
    pieces = _joined([before], _slotted(text.rstrip() + "\n", b"t"))
    if html is None:
        # Nothing but a final line end follows, which the text has already.
        return _skeleton(head, pieces)
    before, _mark, after = after.partition(_HTML_MARK.encode())
    pieces = _joined(
        _joined(pieces, [before]), _slotted(_document(html, title=subject, language=language), b"h")
    )
    return _skeleton(head, _joined(pieces, [after]))


def bounce_address(token: str, domain: str) -> str:
    """Return the envelope sender whose bounces come back with `token` (VERP)."""
    if not _TOKEN.fullmatch(token):
        raise ValueError("not a bounce token")
    return check_mail_address(f"b+{token}@{domain}")


def _skeleton(head: bytes, pieces: list[bytes]) -> MailSkeleton:
    own_head = _OWN_HEADERS.sub(b"", head + b"\r\n")
    return MailSkeleton(own_head, (b"\r\n" + pieces[0], *pieces[1:]))


def _joined(pieces: list[bytes], more: list[bytes]) -> list[bytes]:
    """Append fixed-slot-…-fixed to fixed-slot-…-fixed; the two fixed pieces that meet melt."""
    return [*pieces[:-1], pieces[-1] + more[0], *more[1:]]


def _slotted(template: str, kind: bytes) -> list[bytes]:
    """Return the template quoted-printable: fixed, kind + slot name, fixed, …, fixed."""
    cut = _cut(template.replace("\r\n", "\n").replace("\r", "\n"))
    pieces: list[bytes] = []
    for position, piece in enumerate(cut):
        if position % 2:
            pieces.append(kind + piece.encode("ascii"))
            continue
        quoted = b"\r\n".join(quoted_line(line) for line in piece.split("\n"))
        # A slot begins on a line of its own, so that its length does not matter.
        if position + 1 < len(cut) and quoted and not quoted.endswith(b"\r\n"):
            quoted = broken_off(quoted)
        pieces.append(quoted)
    return pieces
