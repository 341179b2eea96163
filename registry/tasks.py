"""Celery's entry points of the register."""

from __future__ import annotations

from celery import shared_task

from registry import expiring, retaining, watching
from registry.finding.duplicates.searching import search_for_duplicates
from registry.finding.tokens import keeping
from registry.services.erasing import finish_erasures


@shared_task
def expire() -> None:
    """Remove what has outlived its purpose, and what erasures that were cut short left."""
    expiring.expire()
    finish_erasures()


@shared_task
def watch_readings() -> None:
    """Find readings of records that somebody should explain."""
    watching.watch_readings()


@shared_task
def retain() -> None:
    """Remove a batch of what has outlived its purpose."""
    retaining.apply_rules()


@shared_task
def search_duplicates() -> None:
    """Compare whoever registered or changed since the last time with the register."""
    search_for_duplicates()


@shared_task
def keep_tokens() -> None:
    """Follow the register with the search tokens, and build them where they are missing."""
    keeping.keep(seconds=8)
