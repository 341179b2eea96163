"""Celery's entry points of the register."""

from __future__ import annotations

from celery import shared_task

from registry import expiring


@shared_task
def expire() -> None:
    """Remove what has outlived its purpose."""
    expiring.expire()
