"""The JSON providers send us, checked and typed. No error repeats a value that was sent."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError as FormValidationError
from rest_framework import serializers

from entry.fields import PhoneField

# As long as the columns; signs that ids are made of, so that nothing else gets into logs.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{5,14}")
# Far more than a phone sends at once; the body as a whole is limited as well.
_LONGEST_TEXT = 10_000


class IdField(serializers.Field[str, str, str, Any]):
    """An id of a provider's: up to 80 letters, digits and . _ : -"""

    default_error_messages = {"invalid": "This is not an id."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not _ID.fullmatch(data):
            self.fail("invalid")
        return str(data)

    def to_representation(self, value: str) -> str:
        return value


class SenderField(serializers.Field[str, str, str, Any]):
    """A phone number in international form; becomes E.164 as `PhoneField` writes it."""

    default_error_messages = {"invalid": "This is not a phone number."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        digits = re.sub(r"[ ().-]", "", data).removeprefix("+").removeprefix("00")
        number = f"+{digits}"
        if not _INTERNATIONAL.fullmatch(number):
            self.fail("invalid")
        try:
            # The same spelling as at registration, or the blind index would not match.
            return str(PhoneField().clean(number))
        except FormValidationError:
            return number

    def to_representation(self, value: str) -> str:
        return value


class WordsField(serializers.Field[str, str, str, Any]):
    """What somebody wrote, whatever signs are in it: a cry for help is not refused for its form."""

    default_error_messages = {"invalid": "This is not a text."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or len(data) > _LONGEST_TEXT:
            self.fail("invalid")
        # JSON can hold halves of letters, which nothing can store.
        return str(data).encode("utf-8", "replace").decode()

    def to_representation(self, value: str) -> str:
        return value


class ReceiptSerializer(serializers.Serializer[Any]):
    """{"id": our message's id at the provider, "event_id", "status", "at"}."""

    id = IdField()
    event_id = IdField()
    status = serializers.ChoiceField(
        ["delivered", "undeliverable", "expired", "rejected"],
        error_messages={"invalid_choice": "This status is not known."},
    )
    at = serializers.DateTimeField()


class InboundSerializer(serializers.Serializer[Any]):
    """{"event_id", "from", "to", "text", "at"}; `from` becomes `sender`."""

    event_id = IdField()
    sender = SenderField()
    to = serializers.CharField(max_length=40)
    text = WordsField()
    at = serializers.DateTimeField()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            data = {("sender" if name == "from" else name): value for name, value in data.items()}
        return super().to_internal_value(data)
