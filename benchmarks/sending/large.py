"""A million people: the first message, the memory, the board, and a crisis over routine mail.

The processes are those of a deployment: a pool that takes crises only, a general one, beat.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.sending.ground import (
    Ground,
    load_people,
    open_crisis,
    release,
    vacuum,
    wait_for_workers,
)
from benchmarks.sending.sink import Sink
from benchmarks.sending.tormenting import children_of
from benchmarks.sending.words import SUBJECT

FEW = 10_000
ROUTINE_COUNTRIES = ("LB",)
CRISIS_COUNTRIES = ("JO",)
FIRST_SECONDS, CRISIS_SECONDS, FLAT_MEGABYTES = 2.0, 1.0, 30.0


@dataclass
class Verdict:
    """What was found, and what was missed."""

    lines: list[str] = field(default_factory=list)
    missed: int = 0

    def say(self, text: str, holds: bool) -> None:
        """Print one finding with its bar."""
        self.missed += not holds
        self.lines.append(text + ("" if holds else "  MISSED"))
        print(self.lines[-1], flush=True)


class Memory:
    """The most memory of its own (RssAnon) that each process of the engine ever held."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._peaks: dict[str, int] = {}
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def take(self) -> float:
        """Return the peak in MB since the last time, of the process that held most."""
        peaks, self._peaks = self._peaks, {}
        return max(peaks.values(), default=0) / 1024

    def close(self) -> None:
        """Stop watching."""
        self._over.set()
        self._watcher.join(5)

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            for process in list(self._ground.workers):
                if process.is_running:
                    for pid in (process.pid, *children_of(process.pid)):
                        key = f"{process.name} {pid}"
                        self._peaks[key] = max(self._peaks.get(key, 0), _own_kilobytes(pid))


def _own_kilobytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def measure(sink: Sink, ground: Ground, people: int, only: str) -> int:
    """Run the parts asked for ("first", "memory", "priority" or ""); return how many bars fell."""
    verdict = Verdict()
    load_people(FEW)
    small = open_crisis()
    ground.start_worker("alerts", queues="crisis")
    ground.start_worker("general")
    ground.start_beat()
    wait_for_workers(2)
    memory = Memory(ground)
    try:
        # Once unmeasured: a fresh process grows for reasons of its own.
        for _ in range(2):
            _whole(sink, small, verdict, "", 900)
        memory.take()
        _whole(sink, small, verdict, "", 900)
        before = memory.take()
        _crowd(people - FEW)
        memory.take()
        if only in ("", "first", "memory"):
            _whole(sink, small, verdict, only or "all", 3600)
            peak = memory.take()
            if only != "first":
                verdict.say(
                    f"memory of the largest process: {before:.0f} MB for {FEW:,} recipients, "
                    f"{peak:.0f} MB for {people:,} (bar: within {FLAT_MEGABYTES:.0f} MB)",
                    abs(peak - before) <= FLAT_MEGABYTES,
                )
        if only in ("", "priority"):
            _priority(sink, verdict)
    finally:
        memory.close()
    return verdict.missed


def _crowd(count: int) -> None:
    from benchmarks.sending.crowd import add_crowd
    from encryption.keyring import keyring

    began = time.monotonic()
    add_crowd(count, first_number=FEW, index_version=keyring().index_version)
    vacuum()
    print(f"{count:,} people sealed and written in {time.monotonic() - began:.0f} s", flush=True)


def _whole(sink: Sink, crisis_id: int, verdict: Verdict, told: str, patience: float) -> None:
    """Send one alert to everybody; with `told`, hold it to its bars."""
    from notifications.board import board_of
    from notifications.models import Dispatch

    sink.forget()
    pressed = time.time()
    dispatch_id, approved = release(crisis_id)
    _wait_until_finished(dispatch_id, patience)
    dispatch = Dispatch.objects.get(pk=dispatch_id)
    counts = sink.counts()
    if not told:
        return
    if told in ("all", "first"):
        first = counts["first_at"] - approved
        verdict.say(
            f"first message {first:.2f} s after approval (bar {FIRST_SECONDS:.0f} s); writing, "
            f"counting and approving took {approved - pressed:.1f} s before",
            first <= FIRST_SECONDS,
        )
    board = board_of(dispatch)
    assert dispatch.finished_at is not None
    seconds = dispatch.finished_at.timestamp() - approved
    verdict.say(
        f"{counts['unique']:,} recipients of {dispatch.delivery_count:,}, {counts['duplicates']} "
        f"twice, in {seconds:.0f} s ({counts['unique'] / seconds:,.0f}/s); the board holds "
        f"{board.all.audience:,}, waiting {board.all.waiting}",
        counts["unique"] == dispatch.delivery_count
        and counts["duplicates"] == 0
        and board.all.audience == dispatch.member_count
        and board.all.waiting == 0,
    )


def _wait_until_finished(dispatch_id: int, seconds: float) -> None:
    from notifications.models import Dispatch, DispatchState

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if Dispatch.objects.get(pk=dispatch_id).state == DispatchState.FINISHED:
            return
        time.sleep(0.2)
    raise TimeoutError(f"dispatch {dispatch_id} did not finish")


def _priority(sink: Sink, verdict: Verdict) -> None:
    """Release a crisis over a long queue of routine messages."""
    from notifications.models import Dispatch

    routine_id = _release_routine(open_crisis(ROUTINE_COUNTRIES))
    _wait_for(lambda: Dispatch.objects.get(pk=routine_id).frozen_at is not None, 600)
    queued = Dispatch.objects.get(pk=routine_id).delivery_count - _handed_over(routine_id)
    sink.forget()
    sink.ask(watch=f"Subject: {SUBJECT}")
    crisis_id, approved = release(open_crisis(CRISIS_COUNTRIES))
    _wait_until_finished(crisis_id, 900)
    counts = sink.counts()
    first = counts["first_watched_at"] - approved
    verdict.say(
        f"crisis over {queued:,} queued routine messages: first after {first:.2f} s "
        f"(bar {CRISIS_SECONDS:.0f} s), all {counts['watched']:,} after "
        f"{counts['last_watched_at'] - approved:.0f} s",
        0 < first < CRISIS_SECONDS,
    )
    then = _handed_over(routine_id)
    time.sleep(15)
    verdict.say(
        f"routine went on by itself: {_handed_over(routine_id) - then:,} in the next 15 s",
        _handed_over(routine_id) > then,
    )


def _release_routine(crisis_id: int) -> int:
    """Queue a message of everyday business, with another subject, in the routine lane."""
    from notifications.models import Dispatch, DispatchState, Lane, MessageKind, MessageVersion
    from notifications.waking import ring

    alert = Dispatch.objects.select_related("message").latest("pk")
    texts = {
        language: {
            **text,
            "subject": "News from your consulate",
            "email": text["email"].replace("{link}", "on our pages"),
        }
        for language, text in alert.message.texts.items()
    }
    message = MessageVersion.objects.create(
        # Only what two people released may go out as a broadcast, and the database sees to it.
        kind=MessageKind.ACK_OTHER,
        texts=texts,
        fallback_language="en",
        sha256="0" * 64,
    )
    dispatch = Dispatch.objects.create(
        message=message,
        lane=Lane.ROUTINE,
        state=DispatchState.FREEZING,
        audience_rule={**alert.audience_rule, **_rule_of(crisis_id)},
        max_copies=alert.max_copies,
        released_at=alert.released_at,
    )
    ring("freeze", dispatch.pk, queue="crisis")
    return dispatch.pk


def _rule_of(crisis_id: int) -> dict[str, Any]:
    from crises.models import Crisis
    from notifications.models import Broadcast
    from notifications.previewing import audience_rule

    broadcast = Broadcast(crisis=Crisis.objects.get(pk=crisis_id), kind="alert")
    return audience_rule(broadcast).as_data()


def _handed_over(dispatch_id: int) -> int:
    from django.db.models import F, Sum

    from notifications.models import Chunk

    moved = Chunk.objects.filter(dispatch_id=dispatch_id).aggregate(n=Sum(F("cursor") - F("lo")))
    return int(moved["n"] or 0)


def _wait_for(happened: Any, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            raise TimeoutError("it did not happen")
        time.sleep(0.1)
