"""Where SMS providers call back: stored first, acknowledged after, applied later.

POST /api/v1/callbacks/sms/<provider>/receipt and …/inbound with a bearer secret.
202 stored · 200 stored before · 400 malformed · 401 no or wrong secret · 413 too large ·
415 not JSON · 429 too many in this second
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare
from redis.exceptions import RedisError
from rest_framework import status
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed, ParseError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from notifications.provider_names import provider_named
from notifications.serializers import InboundSerializer, ReceiptSerializer
from notifications.services.storing import store_inbound, store_receipt

MAX_BODY = 64 * 1024
# Far above what a phone network delivers, far below what would hold up the site.
CALLBACKS_PER_SECOND = 1000


class Provider:
    """Whoever knows the secret: an SMS provider."""

    is_authenticated = True
    # Throttling and logging of DRF ask for one; a provider has none.
    pk = None


def secret_of(provider: str) -> str:
    """Return what a provider proves itself with: its own secret, else the common one."""
    named = provider_named(provider)
    return named.secret if named and named.secret else settings.SMS_CALLBACK_SECRET


class BearerSecret(BaseAuthentication):
    """`Authorization: Bearer <secret>`, compared in constant time."""

    def authenticate(self, request: Request) -> tuple[Provider, None] | None:
        word, _, secret = get_authorization_header(request).partition(b" ")
        if word.lower() != b"bearer":
            return None
        context = request.parser_context or {}
        known = secret_of(str(context.get("kwargs", {}).get("provider", "")))
        if not known or not constant_time_compare(secret.strip(), known.encode()):
            raise AuthenticationFailed("The secret is wrong.")
        return Provider(), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class PerSecondThrottle(BaseThrottle):
    """So many calls a second and provider. A counter that is away holds nobody up."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = f"callbacks:{view.kwargs.get('provider', 'mail')}:{int(time.time())}"
        try:
            cache.add(key, 0, timeout=5)
            return int(cache.incr(key)) <= CALLBACKS_PER_SECOND
        except (RedisError, OSError, ValueError):
            return True

    def wait(self) -> float:
        return 1.0


class ShallowJSONParser(JSONParser):
    """JSON that is not nested a thousand deep."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deep.") from error


class TooLarge(APIException):
    """The body is larger than any callback."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."
    default_code = "too-large"


class CallbackView(APIView):
    """What both callbacks share."""

    authentication_classes = (BearerSecret,)
    permission_classes = (IsAuthenticated,)
    throttle_classes = (PerSecondThrottle,)
    parser_classes: tuple[type[BaseParser], ...] = (ShallowJSONParser,)
    renderer_classes = (JSONRenderer,)
    most_octets = MAX_BODY

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Judged by its stated length: without one Django reads no body at all.
        if int(request.META.get("CONTENT_LENGTH") or 0) > self.most_octets:
            raise TooLarge

    @staticmethod
    def stored(*, is_new: bool) -> Response:
        """Return the answer for something that is safely in the database."""
        return Response(
            {"stored": True},
            status=status.HTTP_202_ACCEPTED if is_new else status.HTTP_200_OK,
        )


class SmsReceiptView(CallbackView):
    """A provider's word on one message of ours."""

    def post(self, request: Request, provider: str) -> Response:
        """Store a receipt; see ReceiptSerializer."""
        receipt = ReceiptSerializer(data=request.data)
        receipt.is_valid(raise_exception=True)
        said = receipt.validated_data
        return self.stored(
            is_new=store_receipt(
                provider=provider,
                event_id=said["event_id"],
                reference=said["id"],
                status=said["status"],
            )
        )


class SmsInboundView(CallbackView):
    """A text message somebody sent us."""

    def post(self, request: Request, provider: str) -> Response:
        """Store a message; see InboundSerializer."""
        message = InboundSerializer(data=request.data)
        message.is_valid(raise_exception=True)
        said = message.validated_data
        return self.stored(
            is_new=store_inbound(
                provider=provider,
                event_id=said["event_id"],
                sender_e164=said["sender"],
                text=said["text"],
            )
        )
