"""Celery's entry points of the register."""

from __future__ import annotations

from celery import shared_task

from registry import expiring
from registry.services.erasing import finish_erasures


@shared_task
def expire() -> None:
    """Remove what has outlived its purpose, and what erasures that were cut short left."""
    expiring.expire()
    finish_erasures()
