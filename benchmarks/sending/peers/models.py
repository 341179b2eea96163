"""One row per message, as most programs keep them."""

from __future__ import annotations

from django.db import models


class PeerMail(models.Model):
    """A message to send, its address in clear."""

    address = models.EmailField()
    link = models.CharField(max_length=100)
    status = models.CharField(max_length=10, default="created", db_index=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "peers"

    def __str__(self) -> str:
        return f"mail {self.pk}"
