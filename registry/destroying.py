"""Destroying everything a post holds, when the post may fall into wrong hands.

First the keys of all its people, which is quick and leaves nothing readable anywhere; then
their rows. The post's people are those with a stay that has not ended and belongs to it, who
were registered when the act began.
"""

from __future__ import annotations

import uuid

from django.db.models import Q
from django.utils import timezone

from accounts.key_acts import KeyAct, KeyActKind
from accounts.key_runners import KeyActRefused, Parameters, Runner, Step, run_with
from encryption import erasures
from encryption.sealed_models import SealedQuerySet
from geography.models import Post
from registry.models import Registrant, Stay
from registry.services.erasing import repeat_erasures

_KEYS_AT_ONCE, _ROWS_AT_ONCE = 2000, 200


def connect() -> None:
    """Name the runner; called once, at start."""
    run_with(KeyActKind.DESTROY_POST, Runner(_check, _count, _step))


def _post_of(parameters: Parameters) -> Post:
    post = Post.objects.filter(code=str(parameters.get("post", ""))).first()
    if post is None:
        raise KeyActRefused("There is no post with this code.")
    return post


def _check(parameters: Parameters) -> None:
    _post_of(parameters)


def _people_of(post: Post) -> SealedQuerySet[Registrant]:
    here = Stay.objects.filter(post=post, ended_at__isnull=True)
    return Registrant.objects.filter(pk__in=here.values("registrant_id")).order_by("pk")


def _count(parameters: Parameters) -> dict[str, int]:
    post = _post_of(parameters)
    people = _people_of(post)
    elsewhere = Stay.objects.filter(~Q(post=post), ended_at__isnull=True)
    return {
        "people of the post, all to be erased": people.count(),
        "of these also staying with another post": people.filter(
            pk__in=elsewhere.values("registrant_id")
        ).count(),
    }


def _step(act: KeyAct) -> Step:
    people = _people_of(_post_of(act.parameters)).filter(
        registered_at__lte=act.begun_at or timezone.now()
    )
    if act.cursor.get("phase") != "rows":
        if after := act.cursor.get("after"):
            people = people.filter(pk__gt=uuid.UUID(after))
        ids = list(people.values_list("pk", flat=True)[:_KEYS_AT_ONCE])
        erasures.erase_keys(ids)
        if len(ids) == _KEYS_AT_ONCE:
            return Step(0, {"phase": "keys", "after": str(ids[-1])})
        return Step(0, {"phase": "rows"})
    # What has been removed is no longer there to be found: no cursor is needed.
    ids = list(people.values_list("pk", flat=True)[:_ROWS_AT_ONCE])
    erasures.erase_keys(ids)
    repeat_erasures(ids, act="registry.person-erased")
    return Step(len(ids), {"phase": "rows"}, is_finished=len(ids) < _ROWS_AT_ONCE)
