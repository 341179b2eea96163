"""Who belongs on a list: people who stay now with a post, where a crisis is."""

from __future__ import annotations

from crises.models import Crisis
from geography.models import Post
from geography.selectors import codes_covered_by
from registry.models import Registrant, Stay
from registry.models.people import RegistrantQuerySet


def people_for(post: Post, crisis: Crisis) -> RegistrantQuerySet:
    """Return the unlocked people of a post in the named places of a crisis, in no order."""
    stays = Stay.objects.current().filter(post=post)
    included = Stay.objects.none()
    excluded = Stay.objects.none()
    for place in crisis.areas.filter(country__isnull=False):
        there = stays.filter(country_id=place.country_id)
        if place.area_id:
            there = there.filter(area_id__in=codes_covered_by(place.area_id))
        if place.is_excluded:
            excluded = excluded | there
        else:
            included = included | there
    chosen = included.exclude(pk__in=excluded.values("pk")).values("registrant_id")
    return Registrant.objects.unrestricted().filter(pk__in=chosen)
