"""Sealed fields: what stands in the database, and what is refused."""

from __future__ import annotations

import datetime
import random
from typing import Any
from uuid import UUID

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.forms.models import model_to_dict
from hypothesis import given
from hypothesis import strategies as st

from encryption.fields import Sealed, SealedDateField, SealedTextField, pad, unpad
from encryption.keyring import Erased, SealError
from encryption.person_keys import destroy_keys
from encryption.sealed_models import SealedModel
from registry.models import Companion, ContactPoint, Registrant, Stay
from tests.people import register

# Untyped on purpose: the type checker would refuse these queries before the field can.
PEOPLE: Any = Registrant.objects

pytestmark = pytest.mark.django_db


def raw(table: str, column: str, row_id: UUID) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [row_id])
        return bytes(cursor.fetchone()[0])


def write_raw(table: str, column: str, row_id: UUID, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, row_id])


@given(st.binary(max_size=200), st.sampled_from([16, 32, 64, 512]))
def test_padding_comes_off_again_and_hides_the_length(data: bytes, block: int) -> None:
    padded = pad(data, block)
    assert len(padded) % block == 0
    assert unpad(padded) == data


def test_a_value_goes_in_and_comes_out() -> None:
    person = register(given_names="أمل", family_names="حداد", birth={"year": 1990, "month": 4})
    found = Registrant.objects.get(pk=person.pk)
    assert (found.given_names, found.family_names) == ("أمل", "حداد")
    assert found.birth == {"year": 1990, "month": 4}
    assert found.display_name == "أمل حداد"


def test_the_database_holds_no_readable_value() -> None:
    person = register(given_names="Wilhelmina", family_names="Zzyzx")
    stored = raw("registry_registrant", "given_names", person.pk)
    assert b"Wilhelmina" not in stored
    # format, nonce, one padded block, tag
    assert len(stored) == 1 + 12 + 32 + 16
    assert len(raw("registry_registrant", "family_names", person.pk)) == len(stored)


def test_a_value_moved_to_another_row_is_refused() -> None:
    one, two = register(given_names="One"), register(given_names="Two")
    write_raw(
        "registry_registrant",
        "given_names",
        one.pk,
        raw("registry_registrant", "given_names", two.pk),
    )
    with pytest.raises(SealError):
        assert Registrant.objects.get(pk=one.pk).given_names


def test_a_value_moved_to_another_column_is_refused() -> None:
    person = register(given_names="One", family_names="Two")
    write_raw(
        "registry_registrant",
        "family_names",
        person.pk,
        raw("registry_registrant", "given_names", person.pk),
    )
    with pytest.raises(SealError):
        assert Registrant.objects.get(pk=person.pk).family_names


def test_a_value_moved_between_rows_of_one_person_is_refused() -> None:
    person = register(phones=["+96170555001", "+96170555002"])
    first, second = ContactPoint.objects.filter(registrant=person)
    write_raw(
        "registry_contactpoint", "value", first.pk, raw("registry_contactpoint", "value", second.pk)
    )
    with pytest.raises(SealError):
        assert ContactPoint.objects.get(pk=first.pk).value


def test_no_random_damage_gives_another_value() -> None:
    person = register(given_names="Undamaged")
    good = raw("registry_registrant", "given_names", person.pk)
    chance = random.Random(7)
    for _ in range(300):
        bad = bytearray(good)
        if chance.random() < 0.3:
            bad = bad[: chance.randrange(len(bad))]
        else:
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        write_raw("registry_registrant", "given_names", person.pk, bytes(bad))
        with pytest.raises(SealError):
            assert Registrant.objects.get(pk=person.pk).given_names


def test_an_unchanged_value_keeps_its_ciphertext() -> None:
    person = register(given_names="Same", family_names="Old")
    before = raw("registry_registrant", "given_names", person.pk)
    found = Registrant.objects.get(pk=person.pk)
    assert found.given_names == "Same"
    found.family_names = "New"
    found.given_names = "Same"
    found.save()
    assert raw("registry_registrant", "given_names", person.pk) == before
    assert Registrant.objects.get(pk=person.pk).family_names == "New"


def test_without_its_key_a_person_cannot_be_read() -> None:
    person = register()
    destroy_keys([person.pk])
    with pytest.raises(Erased):
        assert Registrant.objects.get(pk=person.pk).given_names


@pytest.mark.parametrize(
    "query",
    [
        lambda: PEOPLE.filter(given_names="Amal"),
        lambda: PEOPLE.filter(given_names__icontains="Ama"),
        lambda: PEOPLE.exclude(family_names="x"),
        lambda: PEOPLE.order_by("family_names"),
        lambda: PEOPLE.order_by("-registered_at", "-family_names"),
    ],
)
def test_comparing_and_sorting_in_sql_is_refused(query) -> None:
    with pytest.raises(FieldError, match="sealed"):
        list(query())


def test_a_plain_value_never_reaches_the_database_by_update() -> None:
    person = register(given_names="Kept")
    with pytest.raises(FieldError, match="sealed"), transaction.atomic():
        PEOPLE.filter(pk=person.pk).update(given_names="Plain")
    assert Registrant.objects.get(pk=person.pk).given_names == "Kept"


def test_generic_code_sees_that_something_is_there_and_not_what() -> None:
    person = register(given_names="Wilhelmina")
    person = Registrant.objects.get(pk=person.pk)
    assert person.given_names == "Wilhelmina"
    (row,) = Registrant.objects.filter(pk=person.pk).values("given_names")
    assert repr(row["given_names"]).startswith("<sealed ")
    shown = [
        serializers.serialize("json", [person]),
        serializers.serialize("python", [person]),
        repr(person),
        str(person),
        repr(model_to_dict(person)),
    ]
    assert not any("Wilhelmina" in str(text) for text in shown)


def test_a_row_cannot_travel_into_a_cache_or_a_task() -> None:
    import pickle

    with pytest.raises(TypeError):
        pickle.dumps(register())


def test_a_page_of_people_costs_one_key_query(django_assert_num_queries) -> None:
    for number in range(12):
        register(given_names=f"Person {number}", place=f"Street {number}")
    with django_assert_num_queries(1):
        rows = list(Registrant.objects.all())
    with django_assert_num_queries(1, using="keys"):
        assert {row.given_names for row in rows} == {f"Person {n}" for n in range(12)}
        assert all(row.family_names == "Haddad" for row in rows)
    with django_assert_num_queries(1, using="keys"):
        assert {stay.place for stay in Stay.objects.all()} == {f"Street {n}" for n in range(12)}


def test_iterating_costs_one_key_query_per_chunk(django_assert_num_queries) -> None:
    for _ in range(10):
        register()
    with django_assert_num_queries(3, using="keys"):
        assert sum(bool(row.given_names) for row in Registrant.objects.iterator(4)) == 10


def test_the_keys_database_holds_the_keys_and_nothing_else() -> None:
    from django.db import connections

    tables = set(connections["keys"].introspection.table_names())
    assert {table for table in tables if not table.startswith("encryption_")} == {
        "django_migrations"
    }
    assert "encryption_personkey" not in connection.introspection.table_names()


def test_a_sealed_field_is_neither_unique_nor_indexed() -> None:
    class Wrong(models.Model):
        name = SealedTextField(unique=True)

        class Meta:
            app_label = "registry"
            managed = False

    codes = {error.id for error in Wrong.check()}
    assert {"encryption.E001", "encryption.E002"} <= codes


def test_types_are_kept_apart() -> None:
    field = SealedDateField()
    day = datetime.date(1990, 4, 2)
    assert field.decode(field.encode(day)) == day
    with pytest.raises(TypeError):
        field.encode("1990-04-02")
    with pytest.raises(TypeError):
        SealedTextField().encode(day)


def test_ciphertext_never_shows_itself() -> None:
    assert str(Sealed(b"secret")) == repr(Sealed(b"secret")) == "<sealed 6 bytes>"


def test_a_companion_is_sealed_for_the_person_it_belongs_to() -> None:
    person = register()
    companion = Companion(registrant=person, relation="child")
    companion.name = "Little One"
    companion.save(force_insert=True)
    assert Companion.objects.get(pk=companion.pk).name == "Little One"
    destroy_keys([person.pk])
    with pytest.raises(Erased):
        assert Companion.objects.get(pk=companion.pk).name


def test_many_rows_are_written_with_one_statement_for_a_page(django_assert_num_queries) -> None:
    from encryption.bulk import save_page

    for number in range(6):
        register(given_names=f"Person {number}", family_names="Same")
    rows = list(Registrant.objects.order_by("pk"))
    before = raw("registry_registrant", "family_names", rows[0].pk)
    with (
        django_assert_num_queries(1, using="keys"),
        django_assert_num_queries(1, using="default"),
    ):
        for row in rows:
            row.given_names += " anew"
        assert save_page(rows, ["given_names", "family_names"]) == 6
    found = {row.given_names for row in Registrant.objects.all()}
    assert found == {f"Person {number} anew" for number in range(6)}
    assert raw("registry_registrant", "family_names", rows[0].pk) == before
    with pytest.raises(TypeError, match="not sealed"):
        save_page(rows, ["language"])


@pytest.mark.parametrize(
    "query",
    [
        lambda: PEOPLE.bulk_update(list(PEOPLE.all()), ["given_names"]),
        lambda: PEOPLE.distinct("given_names"),
        lambda: PEOPLE.annotate(shown=models.functions.Lower("given_names")),
        lambda: PEOPLE.annotate(shown=models.F("given_names")),
        lambda: PEOPLE.aggregate(n=models.Count("given_names")),
        lambda: PEOPLE.order_by(models.F("given_names").desc()),
        lambda: PEOPLE.filter(given_names__in=["Amal"]),
    ],
)
def test_whatever_else_reads_or_writes_ciphertext_in_sql_is_refused(query) -> None:
    register()
    with pytest.raises(FieldError, match="sealed"):
        list(query())


def test_order_indexes_and_constraints_are_found_before_the_first_query() -> None:
    class Sorted(SealedModel):
        name = SealedTextField()
        code = SealedTextField()

        class Meta:
            app_label = "registry"
            managed = False
            ordering = ["-name"]
            get_latest_by = "name"
            indexes = [models.Index(fields=["code"], name="wrong_index")]
            constraints = [models.UniqueConstraint(fields=["name"], name="wrong_constraint")]
            unique_together = [("name", "code")]

    codes = [error.id for error in Sorted.check()]
    assert codes.count("encryption.E003") == 2
    assert codes.count("encryption.E004") == 1
    assert codes.count("encryption.E005") == 3
    assert not [error for error in Registrant.check() if "encryption." in (error.id or "")]


def test_a_form_made_from_the_model_neither_shows_nor_takes_a_value() -> None:
    from django.forms import modelform_factory

    person = register(given_names="Wilhelmina")
    person = Registrant.objects.get(pk=person.pk)
    form = modelform_factory(Registrant, fields="__all__")(instance=person)
    assert not set(form.fields) & Registrant.sealed_field_names()
    assert "Wilhelmina" not in str(form)
    assert "Wilhelmina" not in str(form.initial)
    assert not modelform_factory(Registrant, fields=["given_names"])().fields


def test_a_serializer_made_from_the_model_does_not_show_a_value() -> None:
    from rest_framework import serializers as rest

    class Careless(rest.ModelSerializer[Registrant]):
        class Meta:
            model = Registrant
            fields = "__all__"

    person = register(given_names="Wilhelmina")
    person = Registrant.objects.get(pk=person.pk)
    assert person.given_names == "Wilhelmina"
    shown = Careless(person).data
    assert shown["given_names"] == "sealed"
    assert "Wilhelmina" not in str(shown)


def test_dumpdata_does_not_show_a_value(tmp_path) -> None:
    from django.core.management import call_command

    register(given_names="Wilhelmina")
    call_command("dumpdata", "registry.registrant", output=str(tmp_path / "dump"), verbosity=0)
    dump = (tmp_path / "dump").read_text()
    assert '"given_names": "sealed"' in dump
    assert "Wilhelmina" not in dump
