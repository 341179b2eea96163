"""Filling the index from the database, and following every change from then on.

Each row says in which transaction it last changed. A transaction may end long after others
that began later, so "what is new since the highest number seen" would lose it. Instead the
oldest transaction still open is remembered, and the next look begins there: some rows are read
twice, none is missed. Numbers beyond the newest transaction come from another server's past
(a restored dump) and do not count.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db import ProgrammingError, connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from encryption.keyring import Erased, SealError
from encryption.sealed_models import share_key_page
from registry.finding.index import NameIndex
from registry.finding.points_reading import placed
from registry.finding.sharing import EVERYBODY, Share
from registry.finding.snapshot import Moment, Unusable
from registry.models import ErasedPerson, Registrant, Stay

logger = logging.getLogger(__name__)

# People read in one go: between two batches the finder answers.
_FILLING, _FOLLOWING = 1000, 100


@dataclass(frozen=True)
class Horizon:
    """Where the transactions stand: the oldest still open, and the next to begin."""

    oldest_open: int
    next: int


def horizon() -> Horizon:
    """Return the horizon of this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint "
            "FROM pg_current_snapshot() AS now"
        )
        oldest_open, following = cursor.fetchone()
    return Horizon(oldest_open, following)


def origin() -> str:
    """Name the history that transaction numbers belong to: server, timeline, database.

    A server restored from a backup counts on from another number and has another timeline.
    Raises Unusable where the host does not let us know.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT concat_ws('-', system_identifier, timeline_id, database.oid) "
                "FROM pg_control_system(), pg_control_checkpoint(), pg_database AS database "
                "WHERE datname = current_database()"
            )
            return str(cursor.fetchone()[0])
    except ProgrammingError:
        raise Unusable("origin unknown") from None


class Follower:
    """Keeps an index equal to the register, or to a share of it.

    Its generators stop after every batch of people.
    """

    def __init__(self, index: NameIndex, share: Share = EVERYBODY) -> None:
        self._index = index
        self._share = share
        self._since: Horizon | None = None
        self._day: datetime.date | None = None
        # Whether somebody was erased; whoever keeps copies of the index sets it back.
        self.has_forgotten = False

    @classmethod
    def resumed(cls, index: NameIndex, moment: Moment, share: Share = EVERYBODY) -> Follower:
        """Go on from what a snapshot knew.

        Raises Unusable if the database has another past, or the snapshot other posts' people.
        """
        if moment.share != share.label:
            raise Unusable("other posts")
        if moment.origin != origin() or moment.next > horizon().next:
            raise Unusable("other database")
        follower = cls(index, share)
        follower._since = Horizon(moment.oldest_open, moment.next)
        follower._day = datetime.date.fromisoformat(moment.day)
        return follower

    @property
    def known_until(self) -> int:
        """Every transaction numbered below this is known whole; 0 before anything is."""
        return self._since.oldest_open if self._since else 0

    def moment(self) -> Moment:
        """Return what the index knows now. Raises Unusable where that cannot be told."""
        assert self._since is not None
        assert self._day is not None
        return Moment(
            origin=origin(),
            oldest_open=self._since.oldest_open,
            next=self._since.next,
            day=self._day.isoformat(),
            made_at=timezone.now().isoformat(),
            share=self._share.label,
        )

    def fill(self) -> Iterator[None]:
        """Read everybody."""
        begin = time.monotonic()
        since, day = horizon(), timezone.localdate()
        self._index.load_later()
        last: UUID | None = None
        while people := self._page_after(last, day):
            self._take(people, day)
            last = people[-1].pk
            yield
        self._index.settle()
        self._since, self._day = since, day
        logger.info(
            "index filled",
            extra={"people_count": len(self._index), "load_seconds": time.monotonic() - begin},
        )

    def follow(self) -> Iterator[None]:
        """Read what has changed since the last look, and what a new day changes."""
        assert self._since is not None
        assert self._day is not None
        now, today = horizon(), timezone.localdate()
        changed = Q(changed_in__gte=self._since.oldest_open, changed_in__lt=now.next)
        erased = ErasedPerson.objects.filter(changed).values_list("person_id", flat=True)
        gone = sum(self._index.remove(person_id) for person_id in erased)
        self.has_forgotten = self.has_forgotten or gone > 0
        ids = set(Registrant.objects.filter(changed).values_list("pk", flat=True))
        ids.update(Stay.objects.filter(changed).values_list("registrant_id", flat=True))
        if today != self._day:
            ids.update(_moving_between(self._day, today))
        waiting = iter(ids)
        while batch := list(islice(waiting, _FOLLOWING)):
            found = list(Registrant.objects.unrestricted().filter(pk__in=batch))
            for missing in set(batch).difference(person.pk for person in found):
                gone += self._index.remove(missing)
            self._take(found, today)
            yield
        self._since, self._day = now, today
        if ids or gone:
            logger.info("index followed", extra={"read_count": len(ids), "gone_count": gone})

    def _take(self, people: Sequence[Registrant], day: datetime.date) -> None:
        stays: dict[UUID, list[Stay]] = defaultdict(list)
        ids = [person.pk for person in people]
        for stay in Stay.objects.current(day).filter(registrant_id__in=ids):
            stays[stay.registrant_id].append(stay)
        share_key_page([*people, *(stay for theirs in stays.values() for stay in theirs)])
        for person in people:
            try:
                self._add(person, stays[person.pk])
            except Erased:
                self._index.remove(person.pk)
            except SealError:
                self._index.remove(person.pk)
                logger.error("sealed value refused", extra={"person_id": person.pk})
            # After the names: forgetting those of a person forgets their places as well.
            if self._share.holds([stay.post_id for stay in stays[person.pk]]):
                self._index.points.put(person.pk, placed(stays[person.pk]))

    def _add(self, person: Registrant, stays: Iterable[Stay]) -> None:
        stays = list(stays)
        post_ids = [stay.post_id for stay in stays]
        if not self._share.holds(post_ids):
            self._index.remove(person.pk)
            return
        year = (person.birth or {}).get("year")
        self._index.add(
            person.pk,
            f"{person.given_names} {person.family_names}",
            person.alias,
            post_ids,
            year if isinstance(year, int) else None,
            " ".join(stay.place for stay in stays),
        )

    def _page_after(self, last: UUID | None, day: datetime.date) -> list[Registrant]:
        people: QuerySet[Registrant] = Registrant.objects.unrestricted().order_by("pk")
        if self._share.only:
            here = Stay.objects.current(day).filter(post_id__in=self._share.only)
            people = people.filter(Exists(here.filter(registrant_id=OuterRef("pk"))))
        if last is not None:
            people = people.filter(pk__gt=last)
        return list(people[:_FILLING])


def _moving_between(day: datetime.date, today: datetime.date) -> Iterable[UUID]:
    """People whose stay begins or ends to count by the passing of days alone."""
    begun = Q(from_on__gt=day, from_on__lte=today)
    over = Q(until_on__gte=day, until_on__lt=today)
    return Stay.objects.filter(begun | over, ended_at__isnull=True).values_list(
        "registrant_id", flat=True
    )
