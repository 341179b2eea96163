"""Asking for a list, deciding about it, and fetching it sealed."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.access import post_ids_of
from accounts.models import StaffUser
from audit.recording import record
from crises.models import Crisis
from disclosure.access import bodies_of, body_of_post, list_visible_to
from disclosure.choosing import people_for
from disclosure.dropping import drop
from disclosure.models import MOST_PEOPLE, ListPurpose, ListState, PeopleList, Recipient
from geography.models import Post
from registry.models import Registrant
from walls.scopes import across_register


class ListRefused(Exception):
    """`code`: "no-crisis", "too-many", "nobody", "same-body", "count", "state", "gone"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def ask_for_list(
    *,
    actor: StaffUser,
    crisis: Crisis,
    post: Post,
    recipient: Recipient,
    purpose: ListPurpose,
    hours: int,
) -> PeopleList:
    """Ask for a list of a post's people in a crisis. Raises Http404, ListRefused."""
    if post.pk not in post_ids_of(actor):
        raise Http404
    _must_be_open(crisis)
    count = people_for(post, crisis)[: MOST_PEOPLE + 1].count()
    if count > MOST_PEOPLE:
        raise ListRefused("too-many")
    if count == 0:
        raise ListRefused("nobody")
    asked = PeopleList.objects.create(
        crisis=crisis,
        post=post,
        recipient=recipient,
        purpose=purpose,
        hours=hours,
        expected_count=count,
        asked_by=actor,
        asked_body=body_of_post(post.pk),
    )
    _note(actor, "disclosure.list-asked-for", asked, count)
    return asked


@transaction.atomic
def decide_list(
    *, actor: StaffUser, list_id: UUID, is_granted: bool, typed_count: int | None = None
) -> PeopleList:
    """Grant or refuse a list that an officer of another body asked for.

    typed_count: the number of people, typed again. Raises Http404, ListRefused.
    """
    list_visible_to(actor, list_id)
    asked = (
        PeopleList.objects.select_for_update(of=("self",)).select_related("crisis").get(pk=list_id)
    )
    if asked.state != ListState.ASKED:
        raise ListRefused("state")
    others = sorted(bodies_of(actor) - {asked.asked_body})
    if actor.pk == asked.asked_by_id or not others:
        raise ListRefused("same-body")
    if is_granted:
        _must_be_open(asked.crisis)
        if typed_count != asked.expected_count:
            raise ListRefused("count")
    now = timezone.now()
    asked.decided_by, asked.decided_body, asked.decided_at = actor, others[0], now
    asked.state = ListState.APPROVED if is_granted else ListState.REFUSED
    asked.expires_at = now + datetime.timedelta(hours=asked.hours)
    asked.save()
    _note(actor, f"disclosure.list-{asked.state}", asked, asked.expected_count)
    return asked


@transaction.atomic
def fetch_list(*, actor: StaffUser, list_id: UUID) -> bytes:
    """Return the sealed list to who asked for it. Raises Http404, ListRefused.

    Somebody in it may have been erased or locked meanwhile: then it is dropped instead.
    """
    list_visible_to(actor, list_id)
    found = (
        PeopleList.objects.select_for_update(of=("self",)).select_related("crisis").get(pk=list_id)
    )
    if found.asked_by_id != actor.pk:
        raise Http404
    is_over = found.expires_at is None or found.expires_at <= timezone.now()
    if found.state != ListState.READY or is_over:
        raise ListRefused("state")
    _must_be_open(found.crisis)
    with across_register():
        there = Registrant.objects.unrestricted().filter(pk__in=found.people).count()
    if there != len(found.people):
        raise ListRefused("gone")
    PeopleList.objects.filter(pk=found.pk).update(downloads=found.downloads + 1)
    _note(actor, "disclosure.list-fetched", found, len(found.people))
    return bytes(found.content)


def drop_incomplete(*, actor: StaffUser, list_id: UUID) -> None:
    """Drop a list in which somebody was erased or locked."""
    with transaction.atomic():
        found = PeopleList.objects.select_for_update().get(pk=list_id)
        drop(found, ListState.DROPPED)
        _note(actor, "disclosure.list-dropped", found, 0)


def _must_be_open(crisis: Crisis) -> None:
    if crisis.is_exercise or crisis.closed_at is not None:
        raise ListRefused("no-crisis")


def _note(actor: StaffUser, act: str, found: PeopleList, count: int) -> None:
    record(
        actor.actor,
        act,
        object_kind="people-list",
        object_id=found.pk,
        reason=found.purpose,
        post_id=found.post_id,
        detail={"people": count, "recipient": found.recipient_id, "crisis": found.crisis_id},
    )
