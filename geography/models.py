"""Countries, their areas, and the posts abroad that look after them.

Nothing here is about a person. Names are kept per language as {"en": "Lebanon", "ar": "لبنان"}.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGE_OF_LAST_RESORT = "en"
# ISO 3166-1 leaves these codes to whoever needs one: Kosovo is XK, an invented State XM.
USER_ASSIGNED_CODE = r"^(AA|Q[M-Z]|X[A-Z]|ZZ)$"


def named_in(names: dict[str, str], language: str | None, otherwise: str) -> str:
    """Return the name in the language (default: the active one), in English, or `otherwise`."""
    wanted = language or get_language() or LANGUAGE_OF_LAST_RESORT
    return (
        names.get(wanted)
        or names.get(wanted.split("-")[0])
        or names.get(LANGUAGE_OF_LAST_RESORT)
        or otherwise
    )


class CountryQuerySet(models.QuerySet["Country"]):
    """Questions about countries."""

    def current(self) -> CountryQuerySet:
        """Countries that may be chosen; the others stay only where rows point to them."""
        return self.filter(is_current=True)

    def user_assigned(self) -> CountryQuerySet:
        """Countries whose code is not ISO's: a deployment may add and rename them at any time."""
        return self.filter(code__regex=USER_ASSIGNED_CODE)


class Country(models.Model):
    """A country, territory or invented State by its two-letter code."""

    code = models.CharField(max_length=2, primary_key=True)
    dialling_code = models.CharField(max_length=4, blank=True)  # "+961"; nothing where nobody calls
    names = models.JSONField()
    is_current = models.BooleanField(default=True)

    objects = CountryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z]{2}$"), name="country_code_is_two_letters"
            ),
            models.CheckConstraint(
                condition=Q(names__has_key="en"), name="country_has_an_english_name"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str | None = None) -> str:
        """Return the name in the language, or in the active one."""
        return named_in(self.names, language, self.code)


class AreaQuerySet(models.QuerySet["Area"]):
    """Questions about areas."""

    def current(self) -> AreaQuerySet:
        """Areas that may be chosen; the others stay only where rows point to them."""
        return self.filter(is_current=True)

    def of_country(self, country_code: str) -> AreaQuerySet:
        """Areas of one country, all levels."""
        return self.filter(country_id=country_code)


class Area(models.Model):
    """A province, state, region or the like by its ISO 3166-2 code, at any level."""

    code = models.CharField(max_length=6, primary_key=True)
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="areas")
    # Choosing an area covers the areas inside it.
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    # What ISO calls it in English, lower case: "governorate".
    category = models.CharField(max_length=60)
    names = models.JSONField()
    is_current = models.BooleanField(default=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z]{2}-[A-Z0-9]{1,3}$"),
                name="area_code_is_iso_3166_2",
            ),
            models.CheckConstraint(
                condition=Q(Exact(Left(F("code"), 2), F("country_id"))),
                name="area_code_begins_with_its_country",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True)
                | Q(Exact(Left(F("parent_id"), 2), F("country_id"))),
                name="area_lies_in_an_area_of_its_country",
            ),
            models.CheckConstraint(
                condition=Q(names__has_key="en"), name="area_has_an_english_name"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str | None = None) -> str:
        """Return the name in the language, or in the active one."""
        return named_in(self.names, language, self.code)


class PostKind(models.TextChoices):
    """What a post is."""

    EMBASSY = "embassy", _("Embassy")
    CONSULATE = "consulate", _("Consulate")
    MINISTRY = "ministry", _("Ministry")


class PostQuerySet(models.QuerySet["Post"]):
    """Questions about posts."""

    def open(self) -> PostQuerySet:
        """Posts that look after their district now."""
        return self.filter(is_open=True)


class Post(models.Model):
    """An embassy or consulate, or the ministry's own desk for where there is none."""

    code = models.SlugField(max_length=40, unique=True)
    # Where it stands, which need not be in its district.
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    names = models.JSONField()
    kind = models.CharField(max_length=10, choices=PostKind.choices)
    # A closed post keeps its rows; its district falls to the next post that covers it.
    is_open = models.BooleanField(default=True)
    # The one that looks after every place no other post does.
    is_fallback = models.BooleanField(default=False)
    # Lines anybody may call or write to; never those of a person.
    phone = models.CharField(max_length=32, blank=True)
    email = models.EmailField(blank=True)
    time_zone = models.CharField(max_length=40)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_fallback"],
                condition=Q(is_fallback=True),
                name="only_one_post_is_the_fallback",
            ),
            models.CheckConstraint(
                condition=Q(is_fallback=False) | Q(is_open=True), name="the_fallback_is_open"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PostKind.values), name="post_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(names__has_key="en"), name="post_has_an_english_name"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str | None = None) -> str:
        """Return the name in the language, or in the active one."""
        return named_in(self.names, language, self.code)


class DistrictQuerySet(models.QuerySet["District"]):
    """Questions about districts."""

    def in_force(self) -> DistrictQuerySet:
        """Districts of posts that are open."""
        return self.filter(post__is_open=True)

    def covering(self, country_code: str, area_codes: Iterable[str | None]) -> DistrictQuerySet:
        """Districts that are exactly one of these areas, or the whole country for None."""
        codes = set(area_codes)
        whole = Q(area__isnull=True) if None in codes else Q(pk__in=[])
        named = Q(area_id__in=[code for code in codes if code is not None])
        return self.filter(whole | named, country_id=country_code)


class District(models.Model):
    """A country, or one area of it, that a post looks after. A narrower one goes first."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="districts")
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = DistrictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "area"],
                nulls_distinct=False,
                name="a_place_is_in_one_district",
            ),
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(Exact(Left(F("area_id"), 2), F("country_id"))),
                name="district_area_lies_in_its_country",
            ),
        ]

    def __str__(self) -> str:
        return str(self.area_id or self.country_id)
