"""The personal link of a message: opens its answer page and tells nobody anything else."""

from __future__ import annotations

from django.conf import settings

from encryption.references import open_reference, seal_reference

_SEQ_BITS = 32


def delivery_number(dispatch_id: int, seq: int) -> int:
    """Return dispatch and sequence number as one whole number."""
    return dispatch_id << _SEQ_BITS | seq


def answer_reference(dispatch_id: int, seq: int) -> str:
    """Return the 22 letters that name one delivery in its answer link."""
    return seal_reference("answer", delivery_number(dispatch_id, seq))


def answer_link(dispatch_id: int, seq: int) -> str:
    """Return the full personal link of one delivery."""
    return link_of(answer_reference(dispatch_id, seq))


def link_of(reference: str) -> str:
    """Return the full link of an answer reference."""
    return f"{settings.SITE_ORIGIN}/a/{reference}"


def delivery_of(reference: str) -> tuple[int, int] | None:
    """Return (dispatch id, seq) for an answer reference, or None for a made-up one."""
    number = open_reference("answer", reference)
    return None if number is None else delivery_of_number(number)


def delivery_of_number(number: int) -> tuple[int, int]:
    """Return (dispatch id, seq) of what delivery_number() made."""
    return number >> _SEQ_BITS, number & (1 << _SEQ_BITS) - 1
