"""What a page shows where a sealed value was refused: a calm word instead of no page at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext

from encryption.fields import Unreadable, marking_unreadable

__all__ = ["Unreadable", "marked"]


@contextmanager
def marked() -> Iterator[None]:
    """Let refused values read as words while a page is made. The refusal is written down."""
    with marking_unreadable(gettext("This cannot be read")):
        yield
