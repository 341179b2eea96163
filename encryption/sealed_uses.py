"""What must not be asked of a sealed column, found before the first query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.db import models
from django.db.models import F
from django.db.models.expressions import OrderBy

_HINT = "Add a blind index column (encryption.indexes) beside it, or work on opened rows."


def sealed_uses(model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    """Yield an error for each order, index or constraint of a model over a sealed field."""
    sealed = {f.name for f in model._meta.get_fields() if getattr(f, "is_sealed", False)}
    meta = model._meta
    found = [
        ("encryption.E003", "ordering", set(map(_name, meta.ordering or ()))),
        ("encryption.E003", "get_latest_by", _words(meta.get_latest_by)),
        *(("encryption.E004", "an index", set(index.fields)) for index in meta.indexes),
        *(("encryption.E005", "unique_together", set(names)) for names in meta.unique_together),
        *(
            ("encryption.E005", "a unique constraint", set(constraint.fields))
            for constraint in meta.constraints
            if isinstance(constraint, models.UniqueConstraint)
        ),
    ]
    for code, where, names in found:
        for name in sorted(names & sealed):
            yield checks.Error(
                f"'{name}' is sealed and stands in {where}: ciphertext has neither order nor "
                "equality.",
                hint=_HINT,
                obj=model,
                id=code,
            )


def _name(order: Any) -> str:
    expression = order.expression if isinstance(order, OrderBy) else order
    # An F shows its name nowhere else.
    text = str(vars(expression)["name"]) if isinstance(expression, F) else str(expression)
    return text.lstrip("-+")


def _words(given: Any) -> set[str]:
    names = [given] if isinstance(given, str) else given or []
    return {_name(name) for name in names}
