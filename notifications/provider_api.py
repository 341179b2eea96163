"""Callbacks in the providers' own shapes, and bounces: stored first, acknowledged after.

GET  /api/v1/callbacks/kannel/<provider>/receipt    Kannel's dlr-url (it knows no POST for it)
POST /api/v1/callbacks/kannel/<provider>/inbound    Kannel's post-url
POST /api/v1/callbacks/form/<provider>/receipt      StatusCallback of an API in Twilio's manner
POST /api/v1/callbacks/form/<provider>/inbound      its messaging webhook
POST /api/v1/callbacks/mail/bounce                  a returned mail, whole, as message/rfc822

The secret comes as Basic authentication (which all of them can be given in a URL), as a bearer,
or as a signature over address and form. No address we hand out names a person.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from rest_framework import status
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, ParseError
from rest_framework.parsers import FormParser
from rest_framework.request import Request

from encryption.digests import form_signature
from notifications.api import BearerSecret, CallbackView, Provider, secret_of
from notifications.bounces import MOST_OCTETS, take_bounce
from notifications.channels.smpp_deliveries import PersonWord
from notifications.channels.sms_octets import split_header
from notifications.listening import keep_words
from notifications.serializers import IdField
from notifications.services.storing import store_receipt

# May begin with any of its signs, which ids of providers may not.
_OWN_REFERENCE = re.compile(r"[A-Za-z0-9_-]{22}")
_KANNEL_STATUS = {"1": "delivered", "2": "undeliverable", "16": "rejected"}
_FORM_STATUS = {"delivered": "delivered", "undelivered": "undeliverable", "failed": "rejected"}


class ProviderSecret(BearerSecret):
    """The secret as Basic authentication or as a signature; else as a bearer."""

    def authenticate(self, request: Request) -> tuple[Provider, None] | None:
        known = secret_of(_provider_in(request))
        word, _, rest = get_authorization_header(request).partition(b" ")
        if word.lower() == b"basic":
            try:
                _name, _, given = base64.b64decode(rest).partition(b":")
            except (binascii.Error, ValueError):
                given = b""
        elif signature := request.headers.get("X-Twilio-Signature"):
            expected = form_signature(known, request.build_absolute_uri(), request.POST.dict())
            given = known.encode() if constant_time_compare(signature, expected) else b""
        else:
            return super().authenticate(request)
        if not known or not constant_time_compare(given, known.encode()):
            raise AuthenticationFailed("The secret is wrong.")
        return Provider(), None


class _ForeignView(CallbackView):
    authentication_classes = (ProviderSecret,)
    # Bodies that are no form are taken as they came.
    parser_classes = (FormParser,)


class KannelReceiptView(_ForeignView):
    """Kannel's word on one message of ours."""

    def get(self, request: Request, provider: str) -> HttpResponse:
        """Store a receipt: ?id=<our reference>&status=<dlr bit>."""
        reference = request.query_params.get("id", "")
        if not _OWN_REFERENCE.fullmatch(reference):
            raise ParseError("This is not a reference of ours.")
        _store(provider, reference, _KANNEL_STATUS.get(request.query_params.get("status", ""), ""))
        return _nothing_to_say()


class KannelInboundView(_ForeignView):
    """A text message Kannel got; the number is in a header, the words are the body."""

    def post(self, request: Request, provider: str) -> HttpResponse:
        """Store a message or one part of it."""
        header = request.headers.get("X-Kannel-UDH", "")
        try:
            place, _rest = split_header(bytes.fromhex(header)) if header else (None, b"")
        except ValueError:
            raise ParseError("The header is malformed.") from None
        words = _decoded(request._request.body, request.content_type)
        _keep(provider, request.headers.get("X-Kannel-From", ""), words, place)
        return _nothing_to_say()


class FormReceiptView(_ForeignView):
    """A StatusCallback."""

    def post(self, request: Request, provider: str) -> HttpResponse:
        """Store a receipt: MessageSid, MessageStatus."""
        reference = IdField().run_validation(request.POST.get("MessageSid"))
        _store(provider, reference, _FORM_STATUS.get(str(request.POST.get("MessageStatus")), ""))
        return _nothing_to_say()


class FormInboundView(_ForeignView):
    """A messaging webhook."""

    def post(self, request: Request, provider: str) -> HttpResponse:
        """Store a message: From, Body."""
        _keep(provider, str(request.POST.get("From", "")), str(request.POST.get("Body", "")), None)
        return _nothing_to_say()


class BounceView(_ForeignView):
    """A returned mail, from a mail server that would rather post than pipe."""

    most_octets = MOST_OCTETS

    def post(self, request: Request) -> HttpResponse:
        """Store a bounce; the return path it came to may stand in X-Original-To."""
        take_bounce(request._request.body, request.headers.get("X-Original-To", ""))
        return _nothing_to_say()


def _provider_in(request: Request) -> str:
    context = request.parser_context or {}
    return str(context.get("kwargs", {}).get("provider", ""))


def _store(provider: str, reference: str, word: str) -> None:
    # "Queued", "sent" and the like are no final word.
    if word:
        store_receipt(
            provider=provider,
            event_id=f"{reference}-{word}"[:80],
            reference=reference,
            status=word,
        )


def _keep(provider: str, sender: str, words: str, place: Any) -> None:
    if not sender:
        raise ParseError("The sender is missing.")
    digits = sender.strip()
    if digits.isdecimal() and not digits.startswith("0"):
        digits = f"+{digits}"
    keep_words(provider, PersonWord(digits, words.replace("\0", ""), place))


def _decoded(body: bytes, content_type: str) -> str:
    _kind, _, parameter = content_type.partition("charset=")
    charset = parameter.split(";")[0].strip().strip('"') or "utf-8"
    try:
        return body.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return body.decode("utf-8", "replace")


def _nothing_to_say() -> HttpResponse:
    # Gateways send whatever they are answered back to the phone.
    return HttpResponse(status=status.HTTP_200_OK, content_type="text/plain")
