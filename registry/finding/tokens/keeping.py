"""Building a side in the background, and keeping the one that answers equal to the register.

`keep` is called every few seconds by whoever runs tasks. Only one works at a time, each batch
is a transaction that ends with a note of how far it came, and whatever breaks off is gone on
with. A side made by other rules or under another index key goes on answering until one that
is as it should be is whole.
"""

from __future__ import annotations

import datetime
import logging
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from encryption.keyring import keyring
from registry.finding.following import Horizon, horizon, origin
from registry.finding.normalising import NORM_VERSION
from registry.finding.snapshot import Unusable
from registry.finding.tokens.counts import Counts
from registry.finding.tokens.knowing import (
    Known,
    counts_purpose,
    known_counts,
    note_purpose,
    noted,
    side_of,
    tokens_of,
)
from registry.finding.tokens.reading import Opened, changed_people, open_people, page_after
from registry.finding.tokens.sides import Row
from registry.finding.tokens.tokenising import Tokeniser
from registry.models import Registrant, TokenBuild

logger = logging.getLogger(__name__)

# How pairs become tokens, besides the rules of normalising: count up when it changes.
TOKEN_VERSION = 1
RULES = 100 * NORM_VERSION + TOKEN_VERSION
_PAGE, _PAGES_A_CHECKPOINT = 1000, 20
_FOLLOWING = 100
_LOCK = 0x746F6B65


def answering() -> TokenBuild | None:
    """Return the side that answers, if there is one in this database."""
    return (
        TokenBuild.objects.filter(completed_at__isnull=False, origin=_origin())
        .defer("counts")
        .order_by("-completed_at")
        .first()
    )


def building() -> TokenBuild | None:
    """Return the side that is being built."""
    return TokenBuild.objects.filter(completed_at__isnull=True, origin=_origin()).first()


def keep(seconds: float) -> None:
    """Follow every change, and build for so long if there is something to build.

    Returns at once when somebody else is at it.
    """
    with _alone() as is_alone:
        if not is_alone:
            return
        current = answering()
        if current is not None:
            follow(current)
        build = building()
        if build is None and (current is None or not _is_as_it_should_be(current)):
            build = begin()
        if build is not None:
            go_on(build, seconds)


def _is_as_it_should_be(build: TokenBuild) -> bool:
    return build.norm_version == RULES and build.key_version == keyring().index_version


def begin() -> TokenBuild:
    """Begin a new build on the side that does not answer."""
    current = answering()
    side = 0 if current is None else 1 - current.side
    since = horizon()
    with transaction.atomic():
        TokenBuild.objects.filter(side=side).delete()
        TokenBuild.objects.exclude(origin=_origin()).delete()
        expected = Registrant.objects.unrestricted().count()
        build = TokenBuild(
            side=side,
            norm_version=RULES,
            key_version=keyring().index_version,
            origin=_origin(),
            oldest_open=since.oldest_open,
            next_transaction=since.next,
            day=timezone.localdate(),
            people_expected=expected,
        )
        build.counts = _sealed_counts(build, Counts.for_people(expected))
        build.save(force_insert=True)
        side_of(build).empty()
    logger.info("token build begun", extra={"build_id": build.pk, "people_count": expected})
    return build


def go_on(build: TokenBuild, seconds: float) -> None:
    """Go on with a build for about so long; where it ends it answers in place of the other."""
    if not _is_as_it_should_be(build):
        build.delete()
        return
    until = time.monotonic() + seconds
    counts = Counts.opened(keyring().open_for_system(counts_purpose(build), bytes(build.counts)))
    tokeniser = Tokeniser(tokens_of(build), counts)
    while time.monotonic() < until:
        with transaction.atomic():
            is_whole = _add_pages(build, tokeniser)
            build.counts = _sealed_counts(build, counts)
            build.save(update_fields=["counts", "last_person_id", "next_number"])
        if is_whole:
            _complete(build)
            return


def _add_pages(build: TokenBuild, tokeniser: Tokeniser) -> bool:
    """Add people up to the next checkpoint; returns whether these were the last."""
    side = side_of(build)
    for _ in range(_PAGES_A_CHECKPOINT):
        people = page_after(build.last_person_id, _PAGE)
        if not people:
            return True
        rows, _ = _rows(build, tokeniser, open_people(people, build.day))
        side.add(rows)
        build.last_person_id = people[-1].pk
    return False


def _complete(build: TokenBuild) -> None:
    side_of(build).settle()
    if not connection.in_atomic_block:
        side_of(build).tidy()
    follow(build)
    build.completed_at = timezone.now()
    with transaction.atomic():
        build.save(update_fields=["completed_at"])
        TokenBuild.objects.exclude(pk=build.pk).delete()
        side_of(TokenBuild(side=1 - build.side)).empty()
    logger.info(
        "token build complete",
        extra={"build_id": build.pk, "people_count": build.next_number - 1},
    )


def follow(build: TokenBuild) -> None:
    """Take in what has changed since the last look."""
    now, today = horizon(), timezone.localdate()
    since = Horizon(build.oldest_open, build.next_transaction)
    waiting = iter(sorted(changed_people(since, now, build.day, today)))
    read = 0
    while batch := list(islice(waiting, _FOLLOWING)):
        read += len(batch)
        with known_counts.of(build) as known, transaction.atomic():
            _take_in(build, known, batch, today)
    build.oldest_open, build.next_transaction, build.day = now.oldest_open, now.next, today
    build.save(update_fields=["oldest_open", "next_transaction", "day"])
    if read:
        logger.info("tokens followed", extra={"read_count": read})


def _take_in(
    build: TokenBuild, known: Known, person_ids: Sequence[UUID], today: datetime.date
) -> None:
    """Write these people as they are now."""
    side = side_of(build)
    # Locked, so that nobody is erased between being read and being written.
    found = Registrant.objects.unrestricted().filter(pk__in=person_ids).select_for_update()
    people = open_people(list(found), today)
    side.remove(person_ids)
    rows, places = _rows(build, Tokeniser(tokens_of(build), known.counts), people)
    side.add(rows)
    known.noted = side.note(keyring().seal_for_system(note_purpose(build), noted(places)))
    build.save(update_fields=["next_number"])


def forget_person(person_id: UUID) -> None:
    """Take an erased person out of both sides at once."""
    forget_people([person_id])


def forget_people(person_ids: Sequence[UUID]) -> None:
    """Take erased people out of both sides at once."""
    for build in TokenBuild.objects.defer("counts"):
        side_of(build).remove(person_ids)


def _rows(
    build: TokenBuild, tokeniser: Tokeniser, people: Iterable[Opened]
) -> tuple[list[Row], array[int]]:
    rows: list[Row] = []
    counted = array("I")
    people = list(people)
    made = tokeniser.tokens_of([(person.text, person.post_ids) for person in people])
    for person, (tokens, places) in zip(people, made, strict=True):
        rows.append((build.next_number, person.person_id, person.post_ids, tokens))
        build.next_number += 1
        counted.extend(places)
    return rows, counted


def _sealed_counts(build: TokenBuild, counts: Counts) -> bytes:
    return keyring().seal_for_system(counts_purpose(build), counts.packed())


def _origin() -> str:
    try:
        return origin()
    except Unusable:
        return ""


@contextmanager
def _alone() -> Iterator[bool]:
    """Hold the lock of whoever writes tokens; False when somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
