"""Who sees which cases: officers those of their posts, and nobody else any."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from accounts.access import post_ids_of
from accounts.models import Mandate, Role, StaffUser
from response.models import Case, CaseQuerySet


def cases_visible_to(user: StaffUser) -> CaseQuerySet:
    """Return the cases of posts this user has a mandate for."""
    return Case.objects.filter(post_id__in=post_ids_of(user))


def case_visible_to(user: StaffUser, case_id: UUID) -> Case:
    """Return one case. Raises Http404 for one of other posts, exactly as for none."""
    case = (
        cases_visible_to(user).select_related("owner", "crisis", "post").filter(pk=case_id).first()
    )
    if case is None:
        raise Http404
    return case


def colleagues_of(case: Case) -> list[StaffUser]:
    """Return the officers of a case's post, by name."""
    mandates = Mandate.objects.live().filter(role=Role.OFFICER, post_id=case.post_id)
    return list(
        StaffUser.objects.filter(pk__in=mandates.values("user"), is_active=True).order_by("name")
    )
