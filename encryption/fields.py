"""Sealed model fields: plain attributes in Python, ciphertext in the database.

The field plumbing (a binary column on which every lookup but isnull is refused)
is django-cryptography's EncryptedMixin; its cipher layer is replaced, for the
reasons SECURITY.md gives. A value is sealed with its person's own key and bound
to the table, the column and the row it stands in.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.utils.functional import cached_property
from django_cryptography.fields import EncryptedMixin

from encryption.keysets import SealError
from encryption.models import KeySpace
from encryption.person_keys import DataKey
from encryption.sealed_models import SealedModel
from encryption.signals import Refusal, refuse

_mark: ContextVar[Unreadable | None] = ContextVar("mark", default=None)


class Unreadable(str):
    """The words that stand on a page where a value was that cannot be trusted."""

    __slots__ = ()


@contextmanager
def marking_unreadable(words: str) -> Iterator[None]:
    """Read Unreadable(words) where a value is refused, instead of raising SealError.

    Only for making a page. The refused ciphertext stays on the row, so that saving it
    neither loses nor repairs what may be evidence.
    """
    token = _mark.set(Unreadable(words))
    try:
        yield
    finally:
        _mark.reset(token)


class Sealed(bytes):
    """Ciphertext as it stands in the database; shows its size and nothing else.

    Bytes, since a page of rows holds thousands: the garbage collector need not follow them.
    """

    __slots__ = ()

    @property
    def data(self) -> bytes:
        """The ciphertext as plain bytes."""
        return bytes(self)

    def __repr__(self) -> str:
        return f"<sealed {len(self)} bytes>"

    __str__ = __repr__


def pad(data: bytes, block: int) -> bytes:
    """Pad to a multiple of `block` bytes (ISO/IEC 7816-4), so that lengths tell little."""
    padded = data + b"\x80"
    return padded + b"\x00" * (-len(padded) % block)


def unpad(data: bytes) -> bytes:
    """Undo `pad`."""
    return data.rstrip(b"\x00")[:-1]


def _memory(field: models.Field[Any, Any]) -> tuple[str, str]:
    """Name where a row keeps the ciphertext of a field, and what it was opened to."""
    return f"_{field.attname}_as_stored", f"_{field.attname}_as_opened"


class SealedAttribute:
    """Opens a sealed value the first time somebody reads the attribute."""

    def __init__(self, field: SealedField) -> None:
        self.field = field
        self.name = field.attname
        self.stored, self.opened = _memory(field)

    def __get__(self, instance: SealedModel | None, owner: type[SealedModel]) -> Any:
        if instance is None:
            return self
        held, name = instance.__dict__, self.name
        if name not in held:
            instance.refresh_from_db(fields=[name])
        value = held[name]
        if value.__class__ is not Sealed:
            return value
        try:
            opened = self.field.open(instance, value)
        except SealError:
            if (mark := _mark.get()) is None:
                raise
            return mark
        held[name] = opened
        # Kept so that saving an unchanged value keeps its ciphertext.
        held[self.stored], held[self.opened] = value, opened
        return opened

    def __set__(self, instance: SealedModel, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(EncryptedMixin):
    """Base of the sealed fields.

    space: the key space whose key seals it. pad_to: plaintext is padded to a
    multiple of so many bytes before sealing.
    """

    is_sealed = True

    def __init__(
        self, *args: Any, space: int = KeySpace.IDENTITY, pad_to: int = 32, **kwargs: Any
    ) -> None:
        self.space = int(space)
        self.pad_to = pad_to
        super().__init__(*args, **kwargs)

    # --- text <-> bytes, by subclass

    def encode(self, value: Any) -> bytes:
        """Return the plaintext bytes of a value."""
        raise TypeError("use one of the typed sealed fields")

    def decode(self, data: bytes) -> Any:
        """Return the value of plaintext bytes."""
        raise TypeError("use one of the typed sealed fields")

    # --- sealing

    def place(self, instance: models.Model) -> bytes:
        """Name the spot a value belongs to: table, column and row."""
        assert isinstance(instance, SealedModel)
        return self.spot + instance.row_name()

    @cached_property
    def spot(self) -> bytes:
        """The table and the column, as values are bound to them."""
        return f"{self.model._meta.db_table}|{self.column}|".encode()

    def seal(self, instance: SealedModel, value: Any) -> Sealed:
        """Seal a value for the row of `instance`."""
        key = instance.data_key(self.space)
        return Sealed(key.seal(pad(self.encode(value), self.pad_to), self.place(instance)))

    def open(self, instance: SealedModel, value: Sealed) -> Any:
        """Open a sealed value of `instance`; raises SealError or Erased.

        A refusal is told to whoever listens (encryption.signals).
        """
        place = self.spot + instance.row_name()
        try:
            return self.decode(unpad(instance.data_key(self.space).open(value, place)))
        except SealError:
            # The row may have been sealed anew after this page of keys was opened.
            instance.forget_keys()
        try:
            return self.decode(unpad(instance.data_key(self.space).open(value, place)))
        except SealError:
            refuse(
                Refusal(
                    instance._meta.db_table,
                    str(self.column),
                    str(instance.pk),
                    instance.sealed_for_id,
                )
            )
            raise

    def reseal(self, instance: SealedModel, both: DataKey, new: DataKey) -> bool:
        """Replace a value that the new key alone does not open, as `both` opens it.

        Tells whether it did. The row is saved by the caller. Raises SealError.
        """
        held = instance.__dict__.get(self.attname)
        if not isinstance(held, Sealed):
            return False
        place = self.place(instance)
        try:
            new.open(held, place)
        except SealError:
            instance.__dict__[self.attname] = Sealed(new.seal(both.open(held, place), place))
            return True
        return False

    # --- Django's field protocol

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, SealedAttribute(self))

    def deconstruct(self) -> Any:
        name, _, args, kwargs = models.Field.deconstruct(self)
        if self.space != KeySpace.IDENTITY:
            kwargs["space"] = self.space
        if self.pad_to != 32:
            kwargs["pad_to"] = self.pad_to
        return name, f"{type(self).__module__}.{type(self).__qualname__}", args, kwargs

    def clone(self) -> SealedField:
        _, _, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        errors: list[checks.CheckMessage] = super().check(**kwargs)
        if self.unique or getattr(self, "db_index", False):
            errors.append(
                checks.Error(
                    "A sealed field cannot be unique or indexed: equal values seal differently.",
                    hint="Add a blind index column (encryption.indexes) beside it.",
                    obj=self,
                    id="encryption.E001",
                )
            )
        if not issubclass(self.model, SealedModel):
            errors.append(
                checks.Error("A sealed field needs a SealedModel.", obj=self, id="encryption.E002")
            )
        return errors

    def get_lookup(self, lookup_name: str) -> Any:
        found = super().get_lookup(lookup_name)
        if found is None:
            raise FieldError(
                f"'{self.name}' is sealed and cannot be compared in SQL; "
                "search its blind index or the finder instead."
            )
        return found

    def get_transform(self, lookup_name: str) -> Any:
        return None

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        assert isinstance(model_instance, SealedModel)
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        held, (stored, opened) = model_instance.__dict__, _memory(self)
        if stored in held and held[opened] == value:
            return held[stored]
        sealed = self.seal(model_instance, value)
        held[stored], held[opened] = sealed, value
        return sealed

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if isinstance(value, Sealed):
            return bytes(value)
        raise TypeError(
            f"'{self.name}' is sealed: save the object instead of update() or a plain comparison."
        )

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        """Offer no form field: a form says itself what it shows and takes."""
        return None

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        raise TypeError(f"'{self.name}' is sealed: forms hand it to a service, not to the row.")

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return self.get_db_prep_value(value, connection)

    def from_db_value(self, value: Any, *args: Any, **kwargs: Any) -> Sealed | None:
        if value is None:
            return None
        return Sealed(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_from_object(self, obj: models.Model) -> Any:
        # What generic code (dumpdata, model_to_dict, admin) sees: never the value.
        return None if obj.__dict__.get(self.attname) is None else Sealed(b"")

    def value_to_string(self, obj: models.Model) -> str:
        return "sealed"


class SealedTextField(SealedField):
    """Sealed text; never None in Python when blank=True without null."""

    description = "Sealed text"

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeError(f"'{self.name}' takes text")
        return value.encode("utf-8")

    def decode(self, data: bytes) -> str:
        return data.decode("utf-8")


class SealedDateField(SealedField):
    """A sealed calendar day."""

    description = "Sealed date"

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, datetime.date):
            raise TypeError(f"'{self.name}' takes a date")
        return value.isoformat().encode("ascii")

    def decode(self, data: bytes) -> datetime.date:
        return datetime.date.fromisoformat(data.decode("ascii"))


class SealedJSONField(SealedField):
    """Sealed JSON; give a large pad_to where the size would tell something."""

    description = "Sealed JSON"

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    def decode(self, data: bytes) -> Any:
        return json.loads(data)
