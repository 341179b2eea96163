"""`make bench-sending`: the engine beside its peers and beside the physical limit.

Every contender sends the same alert by e-mail to the same sink, from release to a durable
outcome, with two worker processes. Rounds are interleaved, so that what else the machine
does meets all alike; compare the ratios, not the figures. A round in which somebody was
lost or sent two copies is void. The engine's addresses are sealed, consent is asked again,
synchronous_commit is on; the peers' addresses lie in clear, their rows are written before
the clock starts. Exits 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.sending import large
from benchmarks.sending.ground import Ground, load_people, open_crisis, release, wait_for_workers
from benchmarks.sending.peers.process import PROCESSES, Peers
from benchmarks.sending.sink import Sink

# The least ratio of the engine's rate to each contender's.
BARS = {"naive Celery": 60.0, "tuned Celery": 30.0, "django-post_office": 8.0, "raw pipelined": 0.5}


class Void(Exception):
    """Somebody was lost or doubled without any fault having been made."""


@dataclass
class Rates:
    """Messages per second of one contender, round by round."""

    name: str
    messages: int
    found: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The rate that is compared."""
        return statistics.median(self.found)


def engine_round(sink: Sink, crisis_id: int) -> tuple[int, float]:
    """One dispatch from release to the last durable outcome: (messages, seconds)."""
    from notifications.models import Dispatch, DispatchState

    sink.forget()
    dispatch_id, released = release(crisis_id)
    while True:
        state, count, finished = Dispatch.objects.values_list(
            "state", "delivery_count", "finished_at"
        ).get(pk=dispatch_id)
        if state == DispatchState.FINISHED:
            break
        if time.time() - released > 900:
            raise Void(f"not finished: {sink.counts()}")
        time.sleep(0.05)
    check(sink, count)
    return count, finished.timestamp() - released  # type: ignore[union-attr]


def task_round(sink: Sink, peers: Peers, task: str, count: int) -> tuple[int, float]:
    """One task per message: (messages, seconds)."""
    peers.ask("fill", count)
    sink.forget()
    began = peers.ask("enqueue", task)["began"]
    while sink.counts()["messages"] < count:
        if time.time() - began > 600:
            raise Void(f"{task}: {sink.counts()}")
        time.sleep(0.1)
    while (answer := peers.ask("sent"))["sent"] < count:
        time.sleep(0.05)
    check(sink, count)
    return count, answer["last"] - began


def office_round(sink: Sink, peers: Peers, count: int) -> tuple[int, float]:
    """django-post_office: (messages, seconds)."""
    peers.ask("fill", count)
    sink.forget()
    began = peers.ask("office_queue")["began"]
    ended = peers.ask("office_send")["ended"]
    check(sink, count)
    return count, ended - began


def raw_files(folder: Path, count: int) -> list[Path]:
    """Write the engine's own bytes for so many people, one file for each process."""
    from encryption.references import seal_references
    from notifications.links import link_of
    from notifications.loading import MessageBook
    from notifications.models import Dispatch
    from notifications.rendering import bounce_address

    dispatch = Dispatch.objects.latest("pk")
    skeleton = MessageBook().get(dispatch.message_id).compile("en")
    references = seal_references("delivery", range(count))
    mails = []
    for number, reference in enumerate(references):
        recipient = f"person{number}@people.example"
        domain = "bounces.abroad.example"
        payload = skeleton.render(
            recipient=recipient,
            message_id=f"<{reference}@{domain}>",
            values={"link": link_of(reference)},
        )
        mails.append((bounce_address(reference, domain), recipient, payload))
    files = []
    for number in range(PROCESSES):
        files.append(folder / f"raw{number}.pickle")
        files[-1].write_bytes(pickle.dumps(mails[number::PROCESSES]))
    return files


def raw_round(sink: Sink, files: list[Path], connections: int) -> float:
    """Ready-made bytes over as many connections as the engine has: seconds."""
    sink.forget()
    senders = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.sending.raw"),
                *(str(sink.port), str(connections), str(file)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for file in files
    ]
    for sender in senders:
        assert sender.stdout is not None
        sender.stdout.readline()
    for sender in senders:
        assert sender.stdin is not None
        sender.stdin.write(b"go\n")
        sender.stdin.flush()
    results = []
    for sender in senders:
        assert sender.stdout is not None
        results.append(json.loads(sender.stdout.readline()))
        sender.wait()
    return float(max(r["ended"] for r in results) - min(r["began"] for r in results))


def check(sink: Sink, expected: int) -> None:
    """Raise Void unless everybody got exactly one copy."""
    counts = sink.counts()
    if counts["unique"] != expected or counts["duplicates"] or counts["most_recipients"] > 1:
        raise Void(f"expected {expected}: {counts}")


def cpu_seconds(ground: Ground) -> dict[str, float]:
    """Return the CPU time so far of the engine's workers and of PostgreSQL."""
    found = {}
    for name, pids in (
        ("workers", [one.pid for one in ground.workers if one.name == "engine"]),
        ("PostgreSQL", [one.pid for one in ground.services.processes if "Postgre" in one.name]),
    ):
        found[name] = sum(_family_cpu(pid) for pid in pids)
    return found


def _family_cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        # It ended meanwhile; its parent has its time.
        return 0.0
    own = sum(int(fields[place]) for place in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
    return own + sum(_family_cpu(int(child)) for child in children)


def main() -> int:
    """Run the rounds, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=40_000, help="recipients of the engine")
    parser.add_argument("--peer-messages", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=1, help="per process")
    parser.add_argument("--only-engine", action="store_true", help="leave the slow peers out")
    parser.add_argument(
        "--only",
        choices=["first", "priority", "memory", "large"],
        help="one part with a million people instead; large: all of them",
    )
    parser.add_argument("--crowd", type=int, default=1_000_000, help="people of those parts")
    options = parser.parse_args()
    if options.only:
        part = "" if options.only == "large" else options.only
        with Sink() as sink, Ground(sink.url, "http://:none@127.0.0.1:9/send") as ground:
            return 1 if large.measure(sink, ground, options.crowd, part) else 0
    kept = f"?connections={options.connections}"
    with Sink() as sink, Ground(sink.url + kept, "http://:none@127.0.0.1:9/send") as ground:
        load_people(options.people)
        crisis_id = open_crisis()
        peers = None if options.only_engine else Peers(ground)
        ground.start_worker("engine", children=PROCESSES)
        wait_for_workers(1)
        if peers:
            for queue in ("naive", "tuned"):
                peers.start_worker(queue)
            time.sleep(5)
        # Everything once, unmeasured: caches, prepared statements, compiled texts.
        engine_round(sink, crisis_id)
        files = raw_files(ground.folder, options.people)
        engine = Rates("engine", options.people)
        contenders: dict[str, tuple[Rates, Callable[[], tuple[int, float]]]] = {
            "raw pipelined": (
                Rates("raw pipelined", options.people),
                lambda: (options.people, raw_round(sink, files, options.connections)),
            )
        }
        if peers:
            few = options.peer_messages
            for name, measure in (
                ("naive Celery", lambda: task_round(sink, peers, "send_naive", few // 2)),
                ("tuned Celery", lambda: task_round(sink, peers, "send_tuned", few)),
                ("django-post_office", lambda: office_round(sink, peers, few)),
            ):
                contenders[name] = (Rates(name, few), measure)
        spent = {"workers": 0.0, "PostgreSQL": 0.0}
        for number in range(options.rounds):
            before = cpu_seconds(ground)
            count, seconds = engine_round(sink, crisis_id)
            after = cpu_seconds(ground)
            for part in spent:
                spent[part] += after[part] - before[part]
            engine.found.append(count / seconds)
            for rates, measure in contenders.values():
                sent, seconds = measure()  # type: ignore[no-untyped-call]
                rates.found.append(sent / seconds)
            print(f"round {number + 1}", *_last(engine, contenders), flush=True)
        if peers:
            peers.close()
        return report(engine, [rates for rates, _ in contenders.values()], spent)


def _last(engine: Rates, contenders: dict[str, tuple[Rates, Any]]) -> list[str]:
    every = [engine, *(rates for rates, _ in contenders.values())]
    return [f"{rates.name} {rates.found[-1]:.0f}/s" for rates in every]


def report(engine: Rates, others: list[Rates], spent: dict[str, float]) -> int:
    """Print the table; 1 when a bar is missed."""
    missed = 0
    lines = [f"{'':<20} {'median/s':>9} {'least':>8} {'most':>8} {'engine is':>10} {'bar':>6}"]
    for rates in (engine, *others):
        line = (
            f"{rates.name:<20} {rates.median:>9.0f} {min(rates.found):>8.0f}"
            f" {max(rates.found):>8.0f}"
        )
        if rates is not engine:
            ratio = statistics.median(
                ours / theirs for ours, theirs in zip(engine.found, rates.found, strict=True)
            )
            bar = BARS[rates.name]
            missed += ratio < bar
            line += f" {ratio:>9.2f}x {bar:>5}x" + ("" if ratio >= bar else "  MISSED")
        lines.append(line)
    total = engine.messages * len(engine.found)
    for part, seconds in spent.items():
        lines.append(
            f"CPU of the engine's {part}: {seconds / total * 1e6:.0f} microseconds a message"
        )
    lines.append("load average " + " ".join(f"{load:.1f}" for load in os.getloadavg()))
    print("\n".join(lines))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
