"""Putting places and posts into the database. Everything here is safe to run twice."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from geography.atlas import forget
from geography.models import USER_ASSIGNED_CODE, Area, Country, District, Post
from geography.posts_file import PostDraft, PostsDraft
from geography.signals import districts_changed

DATA: Final = Path(__file__).resolve().parent / "data"
LANGUAGES: Final = ("en", "fr", "es", "ar")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many places the tables hold, and how many of the database they no longer name."""

    countries: int
    areas: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class LoadedPosts:
    """How many posts and parts of districts there are now, and which posts were closed."""

    posts: int
    districts: int
    closed: tuple[str, ...]


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


def load_posts(draft: PostsDraft) -> LoadedPosts:
    """Make the posts what the draft says and return the counts.

    A post the draft no longer names is closed, never deleted, since people and officers belong to
    it. Sends `districts_changed` after commit.
    """
    with transaction.atomic():
        Country.objects.bulk_create(
            [
                Country(code=own.code, names=own.names, dialling_code=own.dialling_code)
                for own in draft.countries
            ],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["names", "dialling_code"],
        )
        # The database allows one fallback at any moment, so the old one gives way first.
        Post.objects.update(is_fallback=False)
        Post.objects.bulk_create(
            [_post(one) for one in draft.posts],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=[
                *("country", "names", "kind", "is_open", "is_fallback"),
                *("phone", "email", "time_zone"),
            ],
        )
        left_out = Post.objects.open().exclude(code__in=[one.code for one in draft.posts])
        closed = tuple(left_out.values_list("code", flat=True))
        left_out.update(is_open=False)
        ids = dict(Post.objects.values_list("code", "pk"))
        District.objects.all().delete()
        districts = District.objects.bulk_create(
            District(post_id=ids[one.code], country_id=code[:2], area_id=code if code[2:] else None)
            for one in draft.posts
            for code in one.district
        )
        transaction.on_commit(lambda: districts_changed.send(sender=Post))
    return LoadedPosts(len(draft.posts), len(districts), closed)


def _post(draft: PostDraft) -> Post:
    return Post(
        code=draft.code,
        country_id=draft.country,
        names=draft.names,
        kind=draft.kind,
        is_open=draft.is_open,
        is_fallback=draft.is_fallback,
        phone=draft.phone,
        email=draft.email,
        time_zone=draft.time_zone,
    )


def _withdraw(rows: QuerySet[Any], named: Sequence[Country | Area]) -> int:
    gone = rows.filter(is_current=True).exclude(code__in=[place.code for place in named])
    return gone.update(is_current=False)


def _names(row: dict[str, str]) -> dict[str, str]:
    return {language: row[language] for language in LANGUAGES if row[language]}
