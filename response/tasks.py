"""Celery's entry points for cases."""

from __future__ import annotations

from celery import shared_task

from response import triaging


@shared_task
def triage() -> None:
    """Open cases for new calls for help, and give those nobody took an owner."""
    triaging.open_cases_for_answers()
    triaging.follow_people()
    triaging.give_owners()
