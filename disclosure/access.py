"""Who asks for lists, who decides about them, and for which body they do."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.access import post_ids_of
from accounts.models import Mandate, Role, StaffUser
from disclosure.models import PeopleList

MINISTRY = "ministry"


def bodies_of(user: StaffUser) -> frozenset[str]:
    """Return the bodies a user decides for: posts by their number, and the ministry."""
    mandates = Mandate.objects.live().filter(user=user)
    found = {body_of_post(post_id) for post_id in post_ids_of(user)}
    if mandates.filter(role=Role.APPROVER).exists():
        found.add(MINISTRY)
    return frozenset(found)


def body_of_post(post_id: int) -> str:
    """Return what a post is called as a body."""
    return f"post-{post_id}"


def lists_visible_to(user: StaffUser) -> QuerySet[PeopleList]:
    """Return lists of the user's posts, and those that wait for somebody like them."""
    if not bodies_of(user):
        return PeopleList.objects.none()
    own = Q(post_id__in=post_ids_of(user)) | Q(decided_by=user)
    waiting = Q(state="asked") & ~Q(asked_by=user)
    return PeopleList.objects.filter(own | waiting).select_related(
        "crisis", "post", "recipient", "asked_by", "decided_by"
    )


def list_visible_to(user: StaffUser, list_id: UUID) -> PeopleList:
    """Return one list. Raises Http404."""
    found = lists_visible_to(user).filter(pk=list_id).first()
    if found is None:
        raise Http404
    return found
