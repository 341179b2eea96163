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
from django_cryptography.fields import EncryptedMixin

from encryption.keysets import SealError
from encryption.models import KeySpace
from encryption.person_keys import DataKey
from encryption.sealed_models import SealedModel
from encryption.signals import Refusal, refuse

_UNOPENED = object()
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


class Sealed:
    """Ciphertext as it stands in the database; shows its size and nothing else."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"<sealed {len(self.data)} bytes>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)


def pad(data: bytes, block: int) -> bytes:
    """Pad to a multiple of `block` bytes (ISO/IEC 7816-4), so that lengths tell little."""
    padded = data + b"\x80"
    return padded + b"\x00" * (-len(padded) % block)


def unpad(data: bytes) -> bytes:
    """Undo `pad`."""
    return data.rstrip(b"\x00")[:-1]


class SealedAttribute:
    """Opens a sealed value the first time somebody reads the attribute."""

    def __init__(self, field: SealedField) -> None:
        self.field = field

    def __get__(self, instance: SealedModel | None, owner: type[SealedModel]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed):
            try:
                opened = self.field.open(instance, value)
            except SealError:
                if (mark := _mark.get()) is None:
                    raise
                return mark
            instance.__dict__[name] = opened
            # Kept so that saving an unchanged value keeps its ciphertext.
            instance.__dict__[f"_{name}_as_stored"] = (opened, value)
            return opened
        return value

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
        if instance.pk is None:
            raise ValueError("a row needs its primary key before its fields can be sealed")
        return f"{instance._meta.db_table}|{self.column}|{instance.pk}".encode()

    def seal(self, instance: SealedModel, value: Any) -> Sealed:
        """Seal a value for the row of `instance`."""
        key = instance.data_key(self.space)
        return Sealed(key.seal(pad(self.encode(value), self.pad_to), self.place(instance)))

    def open(self, instance: SealedModel, value: Sealed) -> Any:
        """Open a sealed value of `instance`; raises SealError or Erased.

        A refusal is told to whoever listens (encryption.signals).
        """
        place = self.place(instance)
        try:
            return self.decode(unpad(instance.data_key(self.space).open(value.data, place)))
        except SealError:
            # The row may have been sealed anew after this page of keys was opened.
            instance.forget_keys()
        try:
            return self.decode(unpad(instance.data_key(self.space).open(value.data, place)))
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
            new.open(held.data, place)
        except SealError:
            instance.__dict__[self.attname] = Sealed(new.seal(both.open(held.data, place), place))
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
        opened, stored = model_instance.__dict__.get(
            f"_{self.attname}_as_stored", (_UNOPENED, None)
        )
        if stored is not None and opened == value:
            return stored
        sealed = self.seal(model_instance, value)
        model_instance.__dict__[f"_{self.attname}_as_stored"] = (value, sealed)
        return sealed

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if isinstance(value, Sealed):
            return connection.Database.Binary(value.data)
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
        return None if value is None else Sealed(bytes(value))

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
