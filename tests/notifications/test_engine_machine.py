"""The engine's rules under any order of claiming, sending, dying, pausing and cancelling.

Hypothesis plays several workers against real PostgreSQL through the engine's own SQL. A copy
that leaves is written into `copies` before anything is recorded, as at a real provider. Two
mutations then show that the machine would notice a missing fence and a careless cursor.
"""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from notifications import leasing, recording
from notifications.channels.protocol import Outcome
from notifications.connecting import open_connection
from notifications.leasing import Lease, Result
from notifications.models import (
    Chunk,
    ChunkState,
    Delivery,
    DeliveryStatus,
    Dispatch,
    DispatchState,
    Lane,
    MessageKind,
    MessageVersion,
)
from registry.models import Channel
from tests.people import register

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 12
F = 3


class Worker:
    """One holder of a lease: what it has sent and not yet recorded."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.position = lease.cursor
        self.unrecorded: list[int] = []
        self.lost_its_lease = False


class Engine(RuleBasedStateMachine):
    """Workers come, send, record, freeze and die in any order."""

    workers = Bundle("workers")

    @initialize()
    def release(self) -> None:
        self.connection = open_connection()
        self.copies: Counter[int] = Counter()
        # How often a holder came to an abnormal end with copies unrecorded.
        self.abnormal_ends = 0
        # The token each chunk was claimed with last.
        self.newest: dict[int, int] = {}
        message = MessageVersion.objects.create(
            kind=MessageKind.PERSONAL, texts={}, fallback_language="en", sha256="0" * 64
        )
        self.dispatch = Dispatch.objects.create(
            message=message, lane=Lane.CRISIS, state=DispatchState.RUNNING, delivery_count=PEOPLE
        )
        person = register()
        Delivery.objects.bulk_create(
            Delivery(
                dispatch=self.dispatch,
                seq=seq,
                member_number=0,
                registrant_id=person.pk,
                contact_point_id=person.pk,
                channel=Channel.SMS,
                language="en",
                address_token=seq,
                basis="duty",
                purpose_code="service",
            )
            for seq in range(PEOPLE)
        )
        for lo in range(0, PEOPLE, 6):
            Chunk.objects.create(
                dispatch=self.dispatch,
                channel=Channel.SMS,
                lane=Lane.CRISIS,
                lo=lo,
                hi=lo + 6,
                cursor=lo,
                due_at=timezone.now(),
            )

    @rule(target=workers)
    def claim(self) -> Any:
        lease = leasing.claim(self.connection, lane=Lane.CRISIS)
        if lease is None:
            return None
        self.newest[lease.chunk_id] = lease.token
        return Worker(lease)

    @rule(worker=workers, count=st.integers(1, F))
    def send(self, worker: Worker | None, count: int) -> None:
        """A copy leaves for each; never more than F are unrecorded."""
        if worker is None or worker.lost_its_lease:
            return
        for _ in range(count):
            if len(worker.unrecorded) >= F or worker.position >= worker.lease.hi:
                return
            self.copies[worker.position] += 1
            worker.unrecorded.append(worker.position)
            worker.position += 1

    @rule(worker=workers)
    def record(self, worker: Worker | None) -> None:
        if worker is None or worker.lost_its_lease:
            return
        results = [
            Result(
                seq, DeliveryStatus.HANDED_OVER, outcome=Outcome.ACCEPTED, route="r", was_taken=True
            )
            for seq in worker.unrecorded
        ]
        state = leasing.flush(
            self.connection, worker.lease, cursor=worker.position, results=results
        )
        is_newest = self.newest[worker.lease.chunk_id] == worker.lease.token
        assert (state is not None) == is_newest, "only the newest token may write"
        if state is None:
            # Overtaken: what it has sent since it was frozen is nobody's record.
            worker.lost_its_lease = True
            return
        worker.unrecorded = []
        if worker.position >= worker.lease.hi:
            leasing.finish(self.connection, worker.lease)
            worker.lost_its_lease = True
        elif state not in ("running", "freezing"):
            leasing.release(self.connection, worker.lease)
            worker.lost_its_lease = True

    @rule(worker=consumes(workers))
    def kill(self, worker: Worker | None) -> None:
        """The holder dies; its lease ends by itself."""
        if worker is not None and not worker.lost_its_lease:
            self.abnormal_ends += 1
            self._expire(worker)

    @rule(target=workers, worker=workers)
    def freeze_past_the_lease(self, worker: Worker | None) -> Any:
        """The holder stops for too long, another takes over, and the first goes on later."""
        if worker is None or worker.lost_its_lease:
            return None
        self.abnormal_ends += 1
        self._expire(worker)
        return self.claim()

    @staticmethod
    def _expire(worker: Worker) -> None:
        Chunk.objects.filter(pk=worker.lease.chunk_id, token=worker.lease.token).update(
            lease_until=timezone.now() - datetime.timedelta(seconds=1)
        )

    @rule()
    def pause(self) -> None:
        Dispatch.objects.filter(pk=self.dispatch.pk, state=DispatchState.RUNNING).update(
            state=DispatchState.PAUSED
        )

    @rule()
    def resume(self) -> None:
        Dispatch.objects.filter(pk=self.dispatch.pk, state=DispatchState.PAUSED).update(
            state=DispatchState.RUNNING
        )

    @invariant()
    def whatever_lies_before_a_cursor_has_left(self) -> None:
        """I1, and with it that nobody is lost."""
        if not hasattr(self, "dispatch"):
            return
        for lo, cursor in Chunk.objects.filter(dispatch=self.dispatch).values_list("lo", "cursor"):
            rows = Delivery.objects.filter(dispatch=self.dispatch, seq__gte=lo, seq__lt=cursor)
            for seq, status in rows.values_list("seq", "status"):
                assert status == DeliveryStatus.HANDED_OVER, "a cursor passed an open message"
                assert self.copies[seq] >= 1, "a message is called handed over and never left"

    @invariant()
    def a_chunk_is_done_only_at_its_end(self) -> None:
        """I2."""
        if not hasattr(self, "dispatch"):
            return
        for chunk in Chunk.objects.filter(dispatch=self.dispatch, state=ChunkState.DONE):
            assert chunk.cursor == chunk.hi

    @invariant()
    def copies_stay_within_the_bound(self) -> None:
        if not hasattr(self, "dispatch"):
            return
        again = sum(count - 1 for count in self.copies.values() if count > 1)
        assert again <= F * self.abnormal_ends, "more copies than the bound allows"

    def teardown(self) -> None:
        """Whatever happened, somebody can still finish it and everybody is reached."""
        if not hasattr(self, "dispatch"):
            return
        Dispatch.objects.filter(pk=self.dispatch.pk, state=DispatchState.PAUSED).update(
            state=DispatchState.RUNNING
        )
        Chunk.objects.filter(dispatch=self.dispatch, lease_until__isnull=False).update(
            lease_until=timezone.now() - datetime.timedelta(seconds=1)
        )
        while (lease := leasing.claim(self.connection, lane=Lane.CRISIS)) is not None:
            self.newest[lease.chunk_id] = lease.token
            worker = Worker(lease)
            while not worker.lost_its_lease:
                self.send(worker, F)
                self.record(worker)
        self.connection.close()
        assert set(self.copies) == set(range(PEOPLE)), "somebody was lost"
        self.dispatch.refresh_from_db()
        assert self.dispatch.state == DispatchState.FINISHED
        self.dispatch.delete()


FEW = settings(
    max_examples=25,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    database=None,
)
MANY = settings(FEW, max_examples=1000, phases=[Phase.generate])


def test_no_order_of_events_loses_anybody_or_breaks_the_bound() -> None:
    run_state_machine_as_test(Engine, settings=FEW)


def test_the_machine_notices_a_missing_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, statement in recording._STATEMENTS.items():
        monkeypatch.setitem(
            recording._STATEMENTS,
            name,
            statement.replace("AND token = $4::bigint", "AND $4::bigint IS NOT NULL"),
        )
    with pytest.raises((AssertionError, FlakyFailure, ExceptionGroup)):
        run_state_machine_as_test(Engine, settings=MANY)


def test_the_machine_notices_a_cursor_that_runs_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    real = leasing.flush

    def careless(connection: Any, lease: Lease, *, cursor: int, results: list[Result]) -> Any:
        return real(connection, lease, cursor=min(cursor + 1, lease.hi), results=results)

    monkeypatch.setattr(leasing, "flush", careless)
    with pytest.raises((AssertionError, FlakyFailure, ExceptionGroup)):
        run_state_machine_as_test(Engine, settings=MANY)
