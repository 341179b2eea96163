"""Who sees which request: officers those of their posts, the data-protection officer all."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from accounts.access import has_role, post_ids_of
from accounts.models import Role, StaffUser
from registry.access import findable_by
from registry.models import Registrant
from rights.models import RightsRequest, RightsRequestQuerySet


def requests_visible_to(user: StaffUser) -> RightsRequestQuerySet:
    """Return the requests of the user's posts, or all for who oversees."""
    if has_role(user, Role.DATA_PROTECTION):
        return RightsRequest.objects.all()
    return RightsRequest.objects.filter(post_id__in=post_ids_of(user))


def request_visible_to(user: StaffUser, request_id: UUID) -> RightsRequest:
    """Return one request. Raises Http404 for one that is not there for this user."""
    found = requests_visible_to(user).select_related("post").filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


def person_at_counter(user: StaffUser, person_id: UUID) -> Registrant:
    """Return somebody of the user's districts, locked or not. Raises Http404."""
    person = findable_by(user).filter(pk=person_id).first()
    if person is None:
        raise Http404
    return person
