"""A registration that is not finished yet."""

from __future__ import annotations

from django.db import models

from encryption.fields import SealedJSONField
from encryption.identifiers import new_id
from encryption.sealed_models import SealedModel


class RegistrationDraft(SealedModel):
    """The answers given so far, sealed. Its id becomes the person's id when they finish.

    So a form sent twice finds the person already there, and the key made for the
    draft is the person's key from the first answer on.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    answers = SealedJSONField(pad_to=512)
    language = models.CharField(max_length=10)
    started_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
