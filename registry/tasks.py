"""Celery's entry points of the register."""

from __future__ import annotations

from celery import shared_task

from registry import expiring, retaining
from registry.services.erasing import finish_erasures


@shared_task
def expire() -> None:
    """Remove what has outlived its purpose, and what erasures that were cut short left."""
    expiring.expire()
    finish_erasures()


@shared_task
def retain() -> None:
    """Remove a batch of what has outlived its purpose."""
    retaining.apply_rules()
