"""The model base of everything that holds sealed fields.

Rows fetched together share one *key page*: reading the first sealed value of
any of them opens the keys of all of them in one query, so a list of fifty
people costs one key query and never fifty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models import F
from django.db.models.expressions import BaseExpression

from encryption.keyring import Erased
from encryption.person_keys import DataKey, open_keys
from encryption.sealed_uses import sealed_uses


class KeyPage:
    """The people of one page of rows, and their keys once somebody needed one."""

    def __init__(self, person_ids: Iterable[UUID]) -> None:
        self.person_ids = set(person_ids)
        self._opened: dict[int, dict[UUID, DataKey]] = {}

    def key(self, person_id: UUID, space: int) -> DataKey:
        """Return one key, opening the whole page's at the first call."""
        opened = self._opened.get(space)
        if opened is None:
            opened = self._opened[space] = open_keys(list(self.person_ids), space)
        try:
            return opened[person_id]
        except KeyError:
            raise Erased("this person's key does not exist") from None

    def add(self, person_id: UUID, space: int, key: DataKey) -> None:
        """Put a key that was just made on the page."""
        self.person_ids.add(person_id)
        self._opened.setdefault(space, {})[person_id] = key


M = TypeVar("M", bound="SealedModel")


class SealedQuerySet(models.QuerySet[M]):
    """A queryset that puts its rows on one key page and refuses to sort by ciphertext."""

    def _fetch_all(self) -> None:
        fetched = self._result_cache is None
        super()._fetch_all()
        if fetched:
            # values() and values_list() give rows that are no models.
            rows: list[object] = list(self._result_cache or ())
            share_key_page(row for row in rows if isinstance(row, SealedModel))

    def iterator(self, chunk_size: int | None = None) -> Iterator[M]:
        """Iterate in chunks, each chunk with one key page."""
        size = chunk_size or 1000
        page: list[M] = []
        for row in super().iterator(chunk_size=size):
            page.append(row)
            if len(page) == size:
                share_key_page(page)
                yield from page
                page = []
        share_key_page(page)
        yield from page

    def order_by(self, *names: Any) -> SealedQuerySet[M]:
        for name in names:
            self._refuse_sealed(name, "sort the opened rows in Python instead")
        return super().order_by(*names)

    def distinct(self, *names: Any) -> SealedQuerySet[M]:
        for name in names:
            self._refuse_sealed(name, "equal values seal differently")
        return super().distinct(*names)

    def annotate(self, *args: Any, **kwargs: Any) -> Self:
        for expression in (*args, *kwargs.values()):
            for name in _names_in(expression):
                self._refuse_sealed(name, "open the rows and count or compare in Python")
        return super().annotate(*args, **kwargs)

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        for expression in (*args, *kwargs.values()):
            for name in _names_in(expression):
                self._refuse_sealed(name, "open the rows and count or compare in Python")
        return super().aggregate(*args, **kwargs)

    def bulk_update(
        self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        names = list(fields)
        for name in names:
            self._refuse_sealed(name, "encryption.bulk.save_page writes many rows at once")
        return super().bulk_update(objs, names, batch_size)

    def update(self, **values: Any) -> int:
        for name in values:
            if values[name] is not None:
                self._refuse_sealed(name, "save the row, or use encryption.bulk.save_page")
        return super().update(**values)

    def _refuse_sealed(self, given: Any, instead: str) -> None:
        for name in _names_in(given):
            if name in self.model.sealed_field_names():
                raise FieldError(f"'{name}' is sealed: {instead}.")


def _names_in(expression: Any) -> Iterator[str]:
    """Yield the names of this model's fields that an expression reads."""
    if isinstance(expression, str):
        yield expression.lstrip("-+")
    elif isinstance(expression, F):
        yield str(vars(expression)["name"])
    elif isinstance(expression, BaseExpression):
        for inner in expression.get_source_expressions():
            yield from _names_in(inner)


class SealedManager(models.Manager[M]):
    """Gives querysets whose rows share a key page."""

    def get_queryset(self) -> SealedQuerySet[M]:
        """Return a new queryset of this kind."""
        return SealedQuerySet(self.model, using=self._db)


def share_key_page(rows: Iterable[SealedModel]) -> None:
    """Let these rows open their keys together, in one query."""
    rows = list(rows)
    if rows:
        page = KeyPage(row.sealed_for_id for row in rows)
        for row in rows:
            row.use_key_page(page)


class SealedModel(models.Model):
    """A row with sealed fields.

    `sealed_for` names the attribute that holds the id of the person the row is
    about. Fields and key come from that person alone.
    """

    sealed_for: ClassVar[str] = "id"

    objects = SealedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    @property
    def sealed_for_id(self) -> UUID:
        """The person whose key seals this row."""
        value: UUID = getattr(self, self.sealed_for)
        return value

    @classmethod
    def sealed_field_names(cls) -> frozenset[str]:
        """The names of the sealed fields of this model."""
        return frozenset(f.name for f in cls._meta.get_fields() if getattr(f, "is_sealed", False))

    def use_key_page(self, page: KeyPage) -> None:
        """Open keys together with the other rows of a page."""
        self.__dict__["_key_page"] = page

    def data_key(self, space: int) -> DataKey:
        """Return the opened key of this row's person; raises Erased."""
        held = self.__dict__
        person_id = held.get(self.sealed_for)
        if person_id is None:
            person_id = self.sealed_for_id
        page: KeyPage | None = held.get("_key_page")
        # Six fields of a row ask for one key: the same page, person and space as before.
        known: tuple[KeyPage, UUID, int, DataKey] | None = held.get("_data_key")
        if known and known[0] is page and known[1] is person_id and known[2] == space:
            return known[3]
        if page is None or person_id not in page.person_ids:
            page = KeyPage([person_id])
            self.use_key_page(page)
        key = page.key(person_id, space)
        held["_data_key"] = (page, person_id, space, key)
        return key

    def row_name(self) -> bytes:
        """Return the primary key as its fields are bound to it; made once for a row."""
        held = self.__dict__
        key = held.get(self._meta.pk.attname)
        known: tuple[Any, bytes] | None = held.get("_row_name")
        if known is None or known[0] is not key:
            if key is None:
                raise ValueError("a row needs its primary key before its fields can be sealed")
            known = held["_row_name"] = (key, str(key).encode())
        return known[1]

    def forget_keys(self) -> None:
        """Open the key anew at the next value."""
        self.__dict__.pop("_key_page", None)

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        """Refuse order, indexes and constraints over sealed fields."""
        return [*super().check(**kwargs), *sealed_uses(cls)]

    def __str__(self) -> str:
        return f"{self._meta.label}({self.pk})"

    def __getstate__(self) -> dict[str, Any]:
        # Opened keys and values must not travel into a cache or a task.
        raise TypeError("rows with sealed fields are not pickled")
