"""Celery's entry points of the record."""

from __future__ import annotations

from celery import shared_task

from audit import sealing


@shared_task
def seal() -> None:
    """Seal what can no longer change."""
    sealing.seal_record()
