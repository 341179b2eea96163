"""A crisis: what it is called, how bad it is, where it is, and whether it is only an exercise."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from crises.overrides import OverrideField, ReviewFinding, VitalInterestOverride
from encryption.identifiers import new_id
from geography.drawing import shape_from_data
from geography.models import Area, Country
from geography.shapes import Shape

__all__ = [
    "AffectedArea",
    "Crisis",
    "CrisisQuerySet",
    "Level",
    "OverrideField",
    "ReviewFinding",
    "VitalInterestOverride",
]


class Level(models.IntegerChoices):
    """Alert levels, as crisis centres count them."""

    WATCH = 1, _("1 – Watch")
    PREPARE = 2, _("2 – Prepare")
    ACT = 3, _("3 – Act")
    LEAVE = 4, _("4 – Leave")


class CrisisQuerySet(models.QuerySet["Crisis"]):
    """Questions about crises."""

    def is_open(self) -> CrisisQuerySet:
        """Crises that have not been closed."""
        return self.filter(closed_at__isnull=True)


class Crisis(models.Model):
    """Something that endangers people in one or more areas, or an exercise of it."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    title = models.CharField(_("Title"), max_length=120)
    level = models.SmallIntegerField(_("Level"), choices=Level.choices)
    # Decided once, at opening: an exercise can never become real, nor the reverse.
    is_exercise = models.BooleanField(_("Exercise"), default=False)
    # How many of our people others think are there, registered or not: a census, the border,
    # airlines. Nothing where nobody knows.
    people_low = models.PositiveIntegerField(_("At least"), null=True, blank=True)
    people_high = models.PositiveIntegerField(_("At most"), null=True, blank=True)
    people_source = models.CharField(_("Who says so"), max_length=120, blank=True)
    # When people will hear more, as the ministry has promised on the public page.
    next_update_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(StaffUser, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = CrisisQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="level_is_one_of_four"
            ),
            models.CheckConstraint(
                condition=Q(people_low__isnull=True, people_high__isnull=True)
                | Q(
                    people_low__isnull=False,
                    people_high__isnull=False,
                    people_low__lte=models.F("people_high"),
                ),
                name="an_estimate_is_a_range",
            ),
            # Lets a broadcast point at its crisis and its kind together (see notifications).
            models.UniqueConstraint(fields=["id", "is_exercise"], name="crisis_and_its_kind"),
        ]

    def __str__(self) -> str:
        return self.title


class AffectedArea(models.Model):
    """A country, one area of it, or a shape on the map: affected or expressly left out."""

    crisis = models.ForeignKey(Crisis, on_delete=models.CASCADE, related_name="areas")
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # A circle or polygons instead of a country, as geography.shapes writes them.
    shape = models.JSONField(null=True, blank=True)
    is_excluded = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["crisis", "country", "area"],
                nulls_distinct=False,
                condition=Q(shape__isnull=True),
                name="an_area_is_named_once",
            ),
            models.CheckConstraint(
                condition=Q(country__isnull=False, shape__isnull=True)
                | Q(
                    country__isnull=True,
                    area__isnull=True,
                    shape__isnull=False,
                    shape__has_key="type",
                    shape__type__in=["Circle", "MultiPolygon"],
                ),
                name="an_area_is_named_or_drawn",
            ),
        ]

    def __str__(self) -> str:
        return str(self.area_id or self.country_id or f"shape {self.pk}")

    @property
    def place(self) -> tuple[str, str | None] | None:
        """The country and area named; None for a shape."""
        return (self.country_id, self.area_id) if self.country_id else None

    @property
    def drawn(self) -> Shape | None:
        """The shape drawn; None for a country or area."""
        return shape_from_data(self.shape) if self.shape is not None else None
