"""Celery's entry points of the rights desk."""

from __future__ import annotations

from celery import shared_task

from rights import carrying_out


@shared_task
def carry_out() -> None:
    """Do what was decided about requests."""
    carrying_out.carry_out()
