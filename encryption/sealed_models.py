"""The model base of everything that holds sealed fields.

Rows fetched together share one *key page*: reading the first sealed value of
any of them opens the keys of all of them in one query, so a list of fifty
people costs one key query and never fifty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.core.exceptions import FieldError
from django.db import models

from encryption.keyring import Erased
from encryption.person_keys import DataKey, open_keys


class KeyPage:
    """The people of one page of rows, and their keys once somebody needed one."""

    def __init__(self, person_ids: Iterable[UUID]) -> None:
        self.person_ids = set(person_ids)
        self._opened: dict[int, dict[UUID, DataKey]] = {}

    def key(self, person_id: UUID, space: int) -> DataKey:
        """Return one key, opening the whole page's at the first call."""
        if space not in self._opened:
            self._opened[space] = open_keys(list(self.person_ids), space)
        try:
            return self._opened[space][person_id]
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
            if isinstance(name, str) and name.lstrip("-+") in self.model.sealed_field_names():
                raise FieldError(f"'{name}' is sealed: sort the opened rows in Python instead.")
        return super().order_by(*names)


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
        page: KeyPage | None = self.__dict__.get("_key_page")
        if page is None or self.sealed_for_id not in page.person_ids:
            page = KeyPage([self.sealed_for_id])
            self.use_key_page(page)
        return page.key(self.sealed_for_id, space)

    def __str__(self) -> str:
        return f"{self._meta.label}({self.pk})"

    def __getstate__(self) -> dict[str, Any]:
        # Opened keys and values must not travel into a cache or a task.
        raise TypeError("rows with sealed fields are not pickled")
