"""Putting the committed tables of countries and areas into the database. Safe to run twice."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from geography.atlas import forget
from geography.models import USER_ASSIGNED_CODE, Area, Country

DATA: Final = Path(__file__).resolve().parent / "data"
LANGUAGES: Final = ("en", "fr", "es", "ar")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many places the tables hold, and how many of the database they no longer name."""

    countries: int
    areas: int
    withdrawn: int


def rows_of(table: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a committed table ("countries" or "areas") by column name."""
    with (DATA / f"{table}.tsv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def load_places(country_model: type[Country], area_model: type[Area], using: str) -> Loaded:
    """Bring both tables up to date and return the counts.

    The models are arguments because a migration has its own versions of them. A place that left
    the standard is kept and marked, since stays and crises may point to it. Countries a deployment
    added under user-assigned codes are left alone.
    """
    countries = [
        country_model(
            code=row["code"], dialling_code=row["dialling_code"], names=_names(row), is_current=True
        )
        for row in rows_of("countries")
    ]
    areas = [
        area_model(
            code=row["code"],
            country_id=row["code"][:2],
            parent_id=row["parent"] or None,
            category=row["category"],
            names=_names(row),
            is_current=True,
        )
        for row in rows_of("areas")
    ]
    with transaction.atomic(using=using):
        country_model._default_manager.using(using).bulk_create(
            countries,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["dialling_code", "names", "is_current"],
        )
        area_model._default_manager.using(using).bulk_create(
            areas,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["country", "parent", "category", "names", "is_current"],
        )
        withdrawn = _withdraw(
            country_model._default_manager.using(using).exclude(code__regex=USER_ASSIGNED_CODE),
            countries,
        )
        withdrawn += _withdraw(area_model._default_manager.using(using).all(), areas)
    forget()
    return Loaded(len(countries), len(areas), withdrawn)


def _withdraw(rows: QuerySet[Any], named: Sequence[Country | Area]) -> int:
    gone = rows.filter(is_current=True).exclude(code__in=[place.code for place in named])
    return gone.update(is_current=False)


def _names(row: dict[str, str]) -> dict[str, str]:
    return {language: row[language] for language in LANGUAGES if row[language]}
