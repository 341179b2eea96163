"""Which append-only tables are sealed. An app names its own when it is ready."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Model


@dataclass(frozen=True)
class Stream:
    """A table with `id` and `transaction_id`, and the columns a seal covers."""

    name: str
    table: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, model: type[Model]) -> Stream:
        """Describe a model's table with every column it has."""
        columns = tuple(field.column or field.name for field in model._meta.concrete_fields)
        if not {"id", "transaction_id"} <= set(columns):
            raise ValueError(f"{model.__name__} cannot be sealed")
        return cls(model._meta.label_lower, model._meta.db_table, columns)


_streams: dict[str, Stream] = {}


def seal_rows_of(model: type[Model]) -> None:
    """Name a model whose rows are to be sealed."""
    stream = Stream.of(model)
    _streams[stream.name] = stream


def streams() -> Iterator[Stream]:
    """Yield every stream, by name."""
    yield from (_streams[name] for name in sorted(_streams))
