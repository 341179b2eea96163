"""A deployment's posts, written by hand as TOML or JSON, read and checked before anything changes.

The shape is shown by data/example_posts.toml.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from geography.models import USER_ASSIGNED_CODE, Area, Country, PostKind

_KINDS_OF_VALUE: Final[dict[str, type[Any]]] = {
    "code": str,
    "kind": str,
    "country": str,
    "names": dict,
    "time_zone": str,
    "phone": str,
    "email": str,
    "district": list,
    "is_open": bool,
    "is_fallback": bool,
    "dialling_code": str,
}
_IN_WORDS: Final[dict[type[Any], str]] = {
    str: "text in quotes",
    dict: "a table with one name per language",
    list: "a list of codes",
    bool: "true or false",
}


class PostsFileError(Exception):
    """The file cannot be loaded. `problems` holds one sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class CountryDraft:
    """A country of the deployment's own, under a code ISO leaves free."""

    code: str
    names: dict[str, str]
    dialling_code: str = ""


@dataclass(frozen=True, slots=True)
class PostDraft:
    """One post. `district` holds country codes ("LB") and area codes ("FR-PAC")."""

    code: str
    kind: str
    country: str
    names: dict[str, str]
    time_zone: str
    phone: str = ""
    email: str = ""
    district: tuple[str, ...] = ()
    is_open: bool = True
    is_fallback: bool = False


@dataclass(frozen=True, slots=True)
class PostsDraft:
    """Everything a posts file says."""

    countries: tuple[CountryDraft, ...]
    posts: tuple[PostDraft, ...]


def read_posts(path: Path) -> PostsDraft:
    """Read and check a posts file. Raises PostsFileError with every problem found."""
    data = _parsed(path)
    problems = [
        f"The file has an unknown part: {part}." for part in set(data) - {"countries", "posts"}
    ]
    countries = [_country(entry) for entry in _entries(data, "countries", problems)]
    known = _Known.today({entry.text("code") for entry in countries})
    posts = [_post(entry, known) for entry in _entries(data, "posts", problems)]
    problems += [problem for entry in (*countries, *posts) for problem in entry.problems]
    problems += _problems_between(posts) + _same_codes(countries)
    if problems:
        raise PostsFileError(sorted(set(problems)))
    return PostsDraft(
        tuple(CountryDraft(**entry.data) for entry in countries),
        tuple(PostDraft(**{**entry.data, "district": tuple(entry.codes())}) for entry in posts),
    )


@dataclass(slots=True)
class _Entry:
    """One table of the file, with what is wrong in it."""

    data: dict[str, Any]
    title: str
    problems: list[str] = field(default_factory=list)

    def text(self, key: str) -> str:
        """Return the text under the key; nothing when it is no text."""
        value = self.data.get(key)
        return value if isinstance(value, str) else ""

    def codes(self) -> list[Any]:
        """Return what stands in the district; nothing when it is no list."""
        value = self.data.get("district")
        return value if isinstance(value, list) else []

    @property
    def is_open(self) -> bool:
        return self.data.get("is_open") is not False

    @property
    def is_fallback(self) -> bool:
        return self.data.get("is_fallback") is True

    def check(self, is_right: object, problem: str) -> None:
        """Note the problem unless `is_right`."""
        if not is_right:
            self.problems.append(f"{self.title}: {problem}")


@dataclass(frozen=True, slots=True)
class _Known:
    """The codes a post may name."""

    countries: frozenset[str]
    areas: frozenset[str]

    @classmethod
    def today(cls, own_countries: set[str]) -> _Known:
        countries = Country.objects.current().values_list("code", flat=True)
        areas = Area.objects.current().values_list("code", flat=True)
        return cls(frozenset(countries) | own_countries, frozenset(areas))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise PostsFileError([f"The file cannot be read: {error.strerror}."]) from error
    except ValueError as error:
        raise PostsFileError([f"The file is not well formed: {error}."]) from error
    if not isinstance(data, dict):
        raise PostsFileError(["The file must hold tables called posts and countries."])
    return data


def _entries(data: dict[str, Any], part: str, problems: list[str]) -> Iterator[_Entry]:
    tables = data.get(part, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append(f"{part} must be a list of tables.")
        return
    for number, table in enumerate(tables, start=1):
        yield _Entry(table, f"{part}, {table.get('code') or f'number {number}'}")


def _country(entry: _Entry) -> _Entry:
    _check_keys(entry, needed={"code", "names"}, optional={"dialling_code"})
    _check_names(entry)
    entry.check(
        re.fullmatch(USER_ASSIGNED_CODE, entry.text("code")),
        "the code must be one ISO 3166-1 leaves free, such as XA to XZ.",
    )
    entry.check(
        re.fullmatch(r"(\+[0-9]{1,3})?", entry.text("dialling_code")),
        "the dialling code must look like +961.",
    )
    return entry


def _post(entry: _Entry, known: _Known) -> _Entry:
    _check_keys(
        entry,
        needed={"code", "kind", "country", "names", "time_zone"},
        optional={"phone", "email", "district", "is_open", "is_fallback"},
    )
    _check_names(entry)
    entry.check(
        re.fullmatch(r"[a-z0-9-]{1,40}", entry.text("code")),
        "the code must be small letters, digits and hyphens.",
    )
    kinds = ", ".join(PostKind.values)
    entry.check(entry.text("kind") in PostKind.values, f"the kind must be one of {kinds}.")
    stands_in = entry.text("country")
    entry.check(stands_in in known.countries, f"there is no country {stands_in}.")
    entry.check(_is_time_zone(entry.text("time_zone")), "the time zone is not known.")
    entry.check(
        re.fullmatch(r"(\+?[0-9][0-9 ()-]{2,30})?", entry.text("phone")),
        "the phone number may hold only digits, spaces, brackets, hyphens and a plus in front.",
    )
    entry.check(_is_email(entry.text("email")), "the e-mail address is not valid.")
    codes = entry.codes()
    entry.check(codes or entry.is_fallback, "the district names no place.")
    entry.check(entry.is_open or not entry.is_fallback, "the fallback must be open.")
    for code in codes:
        is_known = isinstance(code, str) and (code in known.countries or code in known.areas)
        entry.check(is_known, f"there is no country or area {code}.")
    return entry


def _check_keys(entry: _Entry, *, needed: set[str], optional: set[str]) -> None:
    for key in sorted(needed - set(entry.data)):
        entry.problems.append(f"{entry.title}: {key} is missing.")
    for key in sorted(set(entry.data) - needed - optional):
        entry.problems.append(f"{entry.title}: {key} is not a known setting.")
    for key, kind in _KINDS_OF_VALUE.items():
        value = entry.data.get(key, kind())
        entry.check(type(value) is kind, f"{key} must be {_IN_WORDS[kind]}.")


def _check_names(entry: _Entry) -> None:
    names = entry.data.get("names")
    if not isinstance(names, dict):
        return
    for language, _ in settings.LANGUAGES:
        name = names.get(language)
        entry.check(_is_name(name), f"the name in {language} is missing or wrong.")


def _is_name(name: object) -> bool:
    if not isinstance(name, str) or not name.isprintable():
        return False
    return name == name.strip() and 0 < len(name) <= 120


def _problems_between(posts: list[_Entry]) -> list[str]:
    fallbacks = sum(entry.is_fallback for entry in posts)
    problems = _same_codes(posts)
    if fallbacks != 1:
        problems.append(f"Exactly one post must have is_fallback = true; {fallbacks} have it.")
    claims = Counter(str(code) for entry in posts for code in entry.codes())
    problems += [f"{code} is in more than one district." for code in claims if claims[code] > 1]
    return problems


def _same_codes(entries: list[_Entry]) -> list[str]:
    uses = Counter(entry.text("code") for entry in entries)
    return [f"The code {code} is used more than once." for code in uses if uses[code] > 1]


def _is_time_zone(name: str) -> bool:
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _is_email(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return not address
    return True
