"""Celery's entry points of lists."""

from __future__ import annotations

from celery import shared_task

from disclosure import dropping, packing


@shared_task
def make_lists() -> None:
    """Make what was approved, and empty what is over."""
    packing.pack_approved()
    dropping.expire_lists()
