"""One Celery task per message: as it is usually written, and as well as it can be."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone

from benchmarks.sending.peers.models import PeerMail
from benchmarks.sending.words import HTML, SUBJECT, TEXT

_kept: list[Any] = []


def message_for(address: str, link: str, connection: Any = None) -> EmailMultiAlternatives:
    """Return the same message the engine sends, built by Django."""
    message = EmailMultiAlternatives(
        SUBJECT, TEXT.replace("{link}", link), to=[address], connection=connection
    )
    message.attach_alternative(HTML.replace("{link}", link), "text/html")
    return message


@shared_task
def send_naive(mail_id: int) -> None:
    """Read the row, send over a new connection, save the row."""
    mail = PeerMail.objects.get(pk=mail_id)  # type: ignore[attr-defined]
    message_for(mail.address, mail.link).send()
    mail.status = "sent"
    mail.sent_at = timezone.now()
    mail.save()


@shared_task(acks_late=True)
def send_tuned(mail_id: int) -> None:
    """The same over a kept connection, with one UPDATE, acknowledged when done."""
    if not _kept:
        _kept.append(get_connection())
        _kept[0].open()
    address, link = PeerMail.objects.values_list("address", "link").get(pk=mail_id)  # type: ignore[attr-defined]
    message_for(address, link, _kept[0]).send()
    PeerMail.objects.filter(pk=mail_id).update(status="sent", sent_at=timezone.now())  # type: ignore[attr-defined]
