"""What other apps ask about places: their names, what lies inside what, and who looks after it.

`language` is always optional: without it the active language is meant.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q
from django.utils.translation import get_language

from geography.atlas import AreaName, atlas
from geography.collation import sort_key
from geography.models import LANGUAGE_OF_LAST_RESORT, Country, District, Post

__all__ = [
    "AreaName",
    "NoFallbackPost",
    "area_name",
    "areas_of",
    "codes_containing",
    "codes_covered_by",
    "countries_in_language",
    "country_name",
    "district_filter",
    "post_for",
]


class NoFallbackPost(ImproperlyConfigured):
    """No posts are loaded, so there is nobody to look after people: see `load_posts`."""


def countries_in_language(language: str | None = None) -> list[tuple[str, str]]:
    """Return (code, name) of every country that may be chosen, in the language's order."""
    language = _language(language)
    # A deployment may add or rename its own codes at any time, so those are asked for each time.
    own = [
        (country.code, country.name_in(language))
        for country in Country.objects.current().user_assigned()
    ]
    return sorted(
        atlas().countries_in(language) + own, key=lambda place: sort_key(place[1], language)
    )


def country_name(country_code: str, language: str | None = None) -> str:
    """Return the country's name, or its code when nobody knows it."""
    if known := atlas().countries.get(country_code):
        return known.name_in(_language(language))
    own = Country.objects.filter(code=country_code).first()
    return own.name_in(_language(language)) if own else country_code


def areas_of(country_code: str, language: str | None = None) -> list[AreaName]:
    """Return the areas of a country that may be chosen, in the language's order.

    Areas of the first level come by name, each followed by the areas inside it (which name it as
    `parent_code`). Empty for a country without areas or an unknown one.
    """
    return list(atlas().areas_in(country_code, _language(language)))


def area_name(area_code: str, language: str | None = None) -> str:
    """Return the area's name, or its code when nobody knows it."""
    known = atlas().areas.get(area_code)
    return known.name_in(_language(language)) if known else area_code


def codes_covered_by(area_code: str) -> set[str]:
    """Return the code itself and those of all areas inside the area.

    Raises LookupError for an unknown code: an alert to nowhere must not look like one to nobody.
    """
    if area_code not in atlas().areas:
        raise LookupError(area_code)
    return atlas().inside(area_code)


def codes_containing(area_code: str) -> set[str]:
    """Return the codes of the areas the area lies in, without itself.

    Somebody who named only one of these may be inside the area. Raises LookupError for an
    unknown code.
    """
    if area_code not in atlas().areas:
        raise LookupError(area_code)
    return set(atlas().upwards(area_code)[1:])


def post_for(country_code: str, area_code: str | None = None) -> Post:
    """Return the post that looks after a place: the narrowest district wins.

    Closed posts are passed over. Where no district fits, the fallback post it is; raises
    NoFallbackPost when there is none.
    """
    chain = [*(atlas().upwards(area_code) if area_code else ()), None]
    covering = District.objects.in_force().covering(country_code, chain).select_related("post")
    narrowest = min(covering, key=lambda district: chain.index(district.area_id), default=None)
    if narrowest is not None:
        return narrowest.post
    fallback = Post.objects.filter(is_fallback=True).first()
    if fallback is None:
        raise NoFallbackPost("No posts are loaded: run manage.py load_posts FILE.")
    return fallback


def district_filter(post: Post, *, country: str = "country_id", area: str = "area_id") -> Q:
    """Return the condition for rows whose place `post` looks after: where `post_for` says so.

    country, area: the row's columns, or paths to them such as "stay__country_id". Each pair of
    country and area (or none) satisfies the condition of exactly one post.
    """
    if not post.is_open:
        return Q(pk__in=[])
    districts = District.objects.in_force().values_list("country_id", "area_id", "post_id")
    holder: dict[tuple[str, str | None], int] = {
        (country_code, area_code): owner for country_code, area_code, owner in districts
    }
    split_up = sorted({country_code for country_code, _ in holder})
    condition = ~Q(**{f"{country}__in": split_up}) if post.is_fallback else Q(pk__in=[])
    for country_code in split_up:
        condition |= Q(**{country: country_code}) & _part_held(post, country_code, holder, area)
    return condition


def _part_held(
    post: Post, country_code: str, holder: dict[tuple[str, str | None], int], column: str
) -> Q:
    """Return the condition on the area column, within one country, for what the post holds."""

    def is_held(area_code: str | None) -> bool:
        for code in (*(atlas().upwards(area_code) if area_code else ()), None):
            if (country_code, code) in holder:
                return holder[country_code, code] == post.pk
        return post.is_fallback

    areas = [area.code for area in atlas().areas_of.get(country_code, ())]
    held = [code for code in areas if is_held(code)]
    if not is_held(None):
        return Q(**{f"{column}__in": held})
    if len(held) == len(areas):
        return Q()
    return Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__in": held})


def _language(language: str | None) -> str:
    return language or get_language() or LANGUAGE_OF_LAST_RESORT
