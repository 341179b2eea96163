"""What the machine does: a case for everybody who asked for help, and an owner for each case.

Everything here is set-based and safe to run twice; whoever is killed is followed by the next.
"""

from __future__ import annotations

import datetime
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Mandate, Role
from audit.recording import Actor, Subject, record_for_each
from geography.models import Post
from notifications.models import Answer, AnswerState
from registry.models import Registrant, Stay
from response.models import AnswerMark, Case, CaseEntry, EntryKind, Origin, Urgency

logger = logging.getLogger(__name__)

# An answer is stamped before it is committed: look back as far as a transaction may last.
_OVERLAP = datetime.timedelta(minutes=10)
_PAGE = 1000
# Nothing urgent is without an owner for fifteen minutes; the job itself takes its time.
GIVE_AFTER = datetime.timedelta(minutes=10)
_ON_DUTY = datetime.timedelta(hours=12)


def open_cases_for_answers() -> int:
    """Open a case for each new "I need help", note each later "I am safe"; return how many opened.

    Reads answers since the last time, a thousand at a time, whatever came in between.
    """
    now = timezone.now()
    mark = AnswerMark.objects.filter(pk=1).first()
    since = mark.seen_until - _OVERLAP if mark else now - datetime.timedelta(days=30)
    opened = 0
    for page in _pages_of_answers(since):
        with transaction.atomic():
            opened += _take_in(page)
    AnswerMark.objects.update_or_create(pk=1, defaults={"seen_until": now})
    if opened:
        logger.info("cases opened", extra={"case_count": opened})
    return opened


def _pages_of_answers(since: datetime.datetime) -> Iterator[list[Answer]]:
    answers = Answer.objects.filter(
        at__gte=since, crisis__closed_at__isnull=True, crisis__is_exercise=False
    ).order_by("at", "pk")
    last: tuple[datetime.datetime, UUID] | None = None
    while True:
        rest = answers
        if last is not None:
            rest = answers.filter(Q(at__gt=last[0]) | Q(at=last[0], pk__gt=last[1]))
        # The person's words stay sealed: nobody reads them here.
        page = list(rest.only("crisis_id", "registrant_id", "state", "at")[:_PAGE])
        if not page:
            return
        yield page
        last = page[-1].at, page[-1].pk


def _take_in(page: Sequence[Answer]) -> int:
    # The latest answer of each person in each crisis is the one that counts.
    latest = {(answer.registrant_id, answer.crisis_id): answer for answer in page}
    people = {person_id for person_id, _crisis_id in latest}
    known = {
        (case.registrant_id, case.crisis_id): case
        for case in Case.objects.filter(registrant_id__in=people, crisis__isnull=False)
        .order_by("opened_at")
        .select_for_update(of=("self",))
    }
    new: list[Answer] = []
    entries: list[CaseEntry] = []
    for key, answer in latest.items():
        case = known.get(key)
        if answer.state == AnswerState.HELP:
            if case is None or (case.closed_at is not None and case.closed_at < answer.at):
                new.append(answer)
            elif case.closed_at is None and case.asked_at < answer.at:
                entries.append(_noted(case, EntryKind.ASKED_AGAIN))
                Case.objects.filter(pk=case.pk).update(asked_at=answer.at, said_safe_at=None)
        elif case is not None and case.closed_at is None and _is_later(answer, case):
            entries.append(_noted(case, EntryKind.SAID_SAFE))
            Case.objects.filter(pk=case.pk).update(said_safe_at=answer.at)
    opened = _open(new)
    entries += [_noted(case, EntryKind.OPENED) for case in opened]
    CaseEntry.objects.bulk_create(entries)
    return len(opened)


def _is_later(answer: Answer, case: Case) -> bool:
    return answer.at > max(case.asked_at, case.said_safe_at or case.asked_at)


def _noted(case: Case, kind: EntryKind) -> CaseEntry:
    return CaseEntry(case=case, registrant_id=case.registrant_id, kind=kind)


def _open(answers: Sequence[Answer]) -> list[Case]:
    people = [answer.registrant_id for answer in answers]
    registered = set(Registrant.objects.filter(pk__in=people).values_list("pk", flat=True))
    posts = posts_of(people)
    cases = [
        Case(
            registrant_id=answer.registrant_id,
            crisis_id=answer.crisis_id,
            post_id=posts[answer.registrant_id],
            origin=Origin.ANSWER,
            urgency=Urgency.URGENT,
            asked_at=answer.at,
            opened_at=timezone.now(),
            unowned_since=timezone.now(),
        )
        for answer in answers
        # Erased meanwhile, or nobody looks after the place: then there is no register either.
        if answer.registrant_id in registered and answer.registrant_id in posts
    ]
    Case.objects.bulk_create(cases)
    record_for_each(
        Actor.machine(),
        "response.case-opened",
        [Subject(case.registrant_id, case.pk, case.post_id) for case in cases],
        object_kind="case",
        detail={"origin": Origin.ANSWER.value},
    )
    return cases


def posts_of(person_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the post that looks after each person: of the stay they are in, else of the last."""
    stays = Stay.objects.filter(registrant_id__in=person_ids)
    fallback = Post.objects.filter(is_fallback=True).values_list("pk", flat=True).first()
    posts = dict.fromkeys(person_ids, fallback) if fallback else {}
    posts |= dict(stays.order_by("from_on", "pk").values_list("registrant_id", "post_id"))
    current = Stay.objects.current().filter(registrant_id__in=person_ids)
    posts |= dict(current.order_by("-from_on", "-pk").values_list("registrant_id", "post_id"))
    return posts


def give_owners() -> int:
    """Give urgent cases nobody took to the officer of the post with the least to do.

    Officers who signed in of late come first. Returns how many were given; cases of a post
    without any officer stay on its list, the longest waiting first.
    """
    waiting = Case.objects.open().filter(
        owner__isnull=True,
        urgency=Urgency.URGENT,
        unowned_since__lt=timezone.now() - GIVE_AFTER,
    )
    given = 0
    for post_id in set(waiting.values_list("post_id", flat=True)):
        given += _share_out(
            post_id, list(waiting.filter(post_id=post_id).values_list("pk", flat=True))
        )
    return given


def _share_out(post_id: int, case_ids: Sequence[UUID]) -> int:
    mandates = Mandate.objects.live().filter(role=Role.OFFICER, post_id=post_id)
    officers = [
        mandate.user for mandate in mandates.select_related("user") if mandate.user.is_active
    ]
    since = timezone.now() - _ON_DUTY
    on_duty = [user for user in officers if user.last_login and user.last_login > since]
    officers = on_duty or officers
    if not officers:
        return 0
    load = Counter(
        Case.objects.open()
        .filter(owner__in=[user.pk for user in officers])
        .values_list("owner_id", flat=True)
    )
    given: list[Case] = []
    with transaction.atomic():
        free = Case.objects.filter(pk__in=case_ids, owner__isnull=True, closed_at__isnull=True)
        for case in free.by_need().select_for_update(skip_locked=True):
            user = min(officers, key=lambda each: (load[each.pk], str(each.pk)))
            load[user.pk] += 1
            case.owner, case.unowned_since = user, None
            given.append(case)
        Case.objects.bulk_update(given, ["owner", "unowned_since"], batch_size=_PAGE)
        CaseEntry.objects.bulk_create([_noted(case, EntryKind.GIVEN) for case in given])
        record_for_each(
            Actor.machine(),
            "response.case-given",
            [Subject(case.registrant_id, case.pk, post_id) for case in given],
            object_kind="case",
        )
    return len(given)


def follow_people() -> int:
    """Move open cases whose person now stays in other districts only; return how many moved."""
    here = Stay.objects.current().filter(registrant_id=OuterRef("registrant_id"))
    moved = 0
    astray = Case.objects.open().filter(
        Exists(here), ~Exists(here.filter(post_id=OuterRef("post_id")))
    )
    for case in astray[:_PAGE]:
        with transaction.atomic():
            held = Case.objects.open().select_for_update().filter(pk=case.pk).first()
            post_id = posts_of([case.registrant_id]).get(case.registrant_id)
            if held is None or post_id is None or post_id == held.post_id:
                continue
            held.post_id, held.owner, held.unowned_since = post_id, None, timezone.now()
            held.save(update_fields=["post", "owner", "unowned_since"])
            CaseEntry.objects.bulk_create([_noted(held, EntryKind.MOVED)])
            moved += 1
    return moved
