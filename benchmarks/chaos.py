"""`make chaos`: alerts while workers are killed, the broker is wiped and PostgreSQL stopped.

Everything is real: PostgreSQL (durable), Valkey, Celery workers, and a mail server that holds
answers back, hangs up after the final dot, puts recipients off and refuses connections. Each
run has its own seed. A process that ends by itself is started again, as Docker or systemd would.
Exits 1 when somebody was lost, more copies left than the bound allows,
one address got more copies than promised, the board does not add up, or an address was found
in the broker or in a log. The same unkindness is then done to one task per message and to
django-post_office, for comparison.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.sending.ground import Ground, load_people, open_crisis, release, wait_for_workers
from benchmarks.sending.peers.process import Peers
from benchmarks.sending.sink import Faults, Sink
from benchmarks.sending.sweeping import PLANTED, Sweep
from benchmarks.sending.tormenting import LEASE_SECONDS, Deeds, Tormentor, children_of
from demo.processes import Process

ROW = "{:>5} {:<23} {:>6} {:>5} {:>5} {:>6} {:>7} {:>5} {:>8} {:>6}"
HEAD = ("seed", "done to it", "people", "lost", "again", "bound", "dropped", "most", "board", "s")


def sink_faults(seed: int) -> Faults:
    """Return the mail server's faults of one run."""
    return Faults(
        drop_after_dot=0.001,
        tarpit=0.02,
        tarpit_seconds=0.4,
        later=0.005,
        unavailable=0.05,
        seed=seed,
    )


@dataclass
class Run:
    """What one run came to."""

    seed: int
    deeds: Deeds
    people: int
    counts: dict[str, Any]
    bound: int
    most_allowed: int
    board_adds_up: bool
    is_finished: bool
    seconds: float

    @property
    def lost(self) -> int:
        """People of the audience to whom nothing came."""
        return self.people - int(self.counts["unique"])

    @property
    def is_kept(self) -> bool:
        """Whether every promise was kept."""
        return (
            self.is_finished
            and self.lost == 0
            and self.counts["duplicates"] <= self.bound
            and self.counts["most_copies"] <= self.most_allowed
            and self.counts["most_recipients"] <= 1
            and self.board_adds_up
        )

    def __str__(self) -> str:
        return ROW.format(
            self.seed,
            str(self.deeds),
            self.people,
            self.lost,
            self.counts["duplicates"],
            self.bound,
            self.counts["answers_dropped"],
            self.counts["most_copies"],
            "adds up" if self.board_adds_up else "WRONG",
            f"{self.seconds:.0f}",
        ) + ("" if self.is_kept else "  A PROMISE WAS BROKEN")


def run_engine(
    ground: Ground,
    sink: Sink,
    workers: list[Process],
    beat: Process,
    sweep: Sweep,
    crisis_id: int,
    seed: int,
    events: int,
) -> Run:
    """Send one alert while `events` unkind things are done."""
    from django.db import OperationalError, connections

    from notifications.board import board_of
    from notifications.models import Dispatch, DispatchState
    from notifications.sending import FLUSH_EVERY

    chance = random.Random(seed)
    tormentor = Tormentor(ground, chance)
    sink.forget()
    sink.make(sink_faults(seed))
    dispatch_id, released = release(crisis_id)
    done = 0
    is_finished = False
    while time.time() - released < 120 and not is_finished:
        time.sleep(chance.uniform(0.1, 0.6))
        if done < events:
            # The first of each kind is certain, so that every run mixes all of them.
            tormentor.act(
                workers, kind=("child", "broker", "worker", "database", "frozen", "")[min(done, 5)]
            )
            done += 1
        tormentor.revive([*workers, beat])
        sweep.broker()
        try:
            is_finished = (
                Dispatch.objects.values_list("state", flat=True).get(pk=dispatch_id)
                == DispatchState.FINISHED
            )
        except OperationalError:
            connections.close_all()
    seconds = time.time() - released
    sink.make(Faults())
    dispatch = Dispatch.objects.get(pk=dispatch_id)
    board = board_of(dispatch)
    counts = sink.counts()
    # An answer lost after the final dot is the abnormal end of one connection.
    ends = tormentor.deeds.leases_cut
    # F + W - 1 with W = 1, a mail connection's window.
    bound = FLUSH_EVERY * ends + counts["answers_dropped"]
    return Run(
        seed,
        tormentor.deeds,
        dispatch.delivery_count,
        counts,
        bound,
        dispatch.max_copies,
        board.all.audience == dispatch.member_count and board.all.waiting == 0,
        is_finished,
        seconds,
    )


def run_naive(ground: Ground, sink: Sink, peers: Peers, count: int, seed: int) -> str:
    """One Celery task per message under the same unkindness."""
    worker = peers.start_worker("naive")
    time.sleep(6)
    peers.ask("fill", count)
    sink.forget()
    sink.make(sink_faults(seed))
    tormentor = Tormentor(ground, random.Random(seed))
    began = peers.ask("enqueue", "send_naive")["began"]
    for kind in ("child", "child", "worker", "child", "broker", "child"):
        time.sleep(1.0)
        tormentor.act([worker], kind=kind)
    last, since = -1, time.time()
    while time.time() - since < 10 and time.time() - began < 90:
        if (now := sink.counts()["messages"]) != last:
            last, since = now, time.time()
        time.sleep(0.5)
    sink.make(Faults())
    counts = sink.counts()
    ground.stop(worker)
    return _peer_row("naive", str(tormentor.deeds), count, counts, time.time() - began)


def run_office(sink: Sink, peers: Peers, count: int, seed: int) -> str:
    """django-post_office: its sending command killed three times and started again."""
    peers.ask("fill", count)
    sink.forget()
    sink.make(sink_faults(seed))
    began = peers.ask("office_queue")["began"]
    environment = {**os.environ, **peers.environment}
    command = [sys.executable, "-m", "django", "send_queued_mail", "--processes", "2"]
    for number in range(6):
        sender = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            sender.wait(3.0 if number < 3 else 60.0)
        except subprocess.TimeoutExpired:
            for pid in (*children_of(sender.pid), sender.pid):
                os.kill(pid, signal.SIGKILL)
            sender.wait()
    sink.make(Faults())
    return _peer_row("office", "3 kills", count, sink.counts(), time.time() - began)


def _peer_row(name: str, deeds: str, count: int, counts: dict[str, Any], seconds: float) -> str:
    return ROW.format(
        name,
        deeds,
        count,
        count - counts["unique"],
        counts["duplicates"],
        "none",
        counts["answers_dropped"],
        counts["most_copies"],
        "-",
        f"{seconds:.0f}",
    )


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=3_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--events", type=int, default=12, help="unkind acts in each run")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    settings = {
        "SENDING_LEASE_SECONDS": str(LEASE_SECONDS),
        "ROUTE_WAIT_SECONDS": "1",
        "RETRY_MINUTES": "0.03,0.05,0.05,0.05",
    }
    runs = []
    with Sink() as sink, Ground(sink.url, "http://:none@127.0.0.1:9/send", **settings) as ground:
        load_people(options.people)
        crisis_id = open_crisis()
        workers = [
            ground.start_worker("alerts", queues="crisis"),
            ground.start_worker("general"),
        ]
        beat = ground.start_beat()
        wait_for_workers(2)
        sweep = Sweep(ground)
        print(
            "c children killed, w workers killed, b brokers wiped, f frozen, d databases stopped, "
            "r ended by themselves and revived"
        )
        print(ROW.format(*HEAD), flush=True)
        for number in range(options.runs):
            runs.append(
                run_engine(
                    ground,
                    sink,
                    workers,
                    beat,
                    sweep,
                    crisis_id,
                    options.seed + number,
                    options.events,
                )
            )
            print(runs[-1], flush=True)
        sweep.logs()
        sweep.metrics()
        sweep.plant()
        ground.stop(*workers, beat)
        if not options.no_peers:
            peers = Peers(ground)
            print(run_naive(ground, sink, peers, 1_500, options.seed), flush=True)
            print(run_office(sink, peers, 3_000, options.seed), flush=True)
            peers.close()
    found = sweep.found - {PLANTED}
    kept = all(run.is_kept for run in runs) and not found and PLANTED in sweep.found
    print(
        f"addresses found in {sweep.looked_at} broker values, {sweep.tasks} task messages, logs "
        f"and metrics: {', '.join(sorted(found)) or 'none'}; "
        f"the planted one: {'found' if PLANTED in sweep.found else 'OVERLOOKED'}"
    )
    print(f"{sum(run.is_kept for run in runs)} of {len(runs)} runs kept every promise")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
