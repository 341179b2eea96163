"""`make chaos`: one alert to many people while workers are killed and the broker is wiped.

Everything is real: PostgreSQL, Valkey, Celery workers, a mail server and an SMS
gateway on this machine. Prints what was done, what arrived, and whether every
audience row ended in exactly one final state. Exits 1 when somebody was lost, was
sent more copies than the bound allows, or the board does not add up.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from demo.mailbox import Mailbox
from demo.processes import Process, stop_all
from demo.services import TemporaryServices
from demo.smsgateway import SmsGateway

ROOT = Path(__file__).resolve().parent.parent
LEASE_SECONDS = 3


@dataclass
class Faults:
    """What was done to the engine while it worked."""

    children_killed: int = 0
    workers_killed: int = 0
    brokers_wiped: int = 0
    workers_frozen: int = 0

    @property
    def abnormal_ends(self) -> int:
        """How often somebody may have died, or been overtaken, holding a lease."""
        return self.children_killed + self.workers_killed + self.workers_frozen


@dataclass
class Field:
    """The servers, workers and receivers of one run."""

    folder: Path
    services: TemporaryServices
    mailbox: Mailbox
    gateway: SmsGateway
    workers: list[Process] = field(default_factory=list)

    def start_worker(self, name: str, queues: str, children: int) -> Process:
        """Start a Celery worker with its own log."""
        process = Process(
            name=name,
            command=[
                *(sys.executable, "-m", "celery", "--app", "config", "worker"),
                *("--queues", queues, "--concurrency", str(children)),
                *("--hostname", f"{name}@localhost", "--without-gossip", "--without-mingle"),
            ],
            log=self.folder / f"{name}.log",
            environment=dict(os.environ),
            folder=ROOT,
        )
        process.start()
        self.workers.append(process)
        return process

    def start_beat(self) -> Process:
        """Start the clock that wakes the sweeper."""
        process = Process(
            name="beat",
            command=[
                *(sys.executable, "-m", "celery", "--app", "config", "beat"),
                *("--schedule", str(self.folder / "beat"), "--pidfile", ""),
            ],
            log=self.folder / "beat.log",
            environment=dict(os.environ),
            folder=ROOT,
        )
        process.start()
        return process


def children_of(pid: int) -> list[int]:
    """Return the process ids of a process's children."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def worker_pid(worker: Process) -> int | None:
    """Return the pid of the Celery main process, or None when it is gone."""
    return worker.pid if worker.is_running else None


def prepare(people: int) -> None:
    """Migrate, load invented people and staff."""
    from django.core.management import call_command

    for alias in ("default", "keys"):
        call_command("migrate", database=alias, verbosity=0)
    call_command("load_demo", people=0, verbosity=0)
    from demo.people import load_people

    load_people(people)


def release_alert() -> int:
    """Open a crisis where everybody is, have it written by one and approved by another."""
    import datetime

    from django.utils import timezone

    from accounts.models import StaffUser
    from crises.models import AffectedArea, Crisis, Level
    from demo.people import PLACES
    from notifications.models import BroadcastKind
    from notifications.services.broadcasting import (
        BroadcastEntry,
        TextEntry,
        approve_broadcast,
        submit_broadcast,
        write_broadcast,
    )

    author = StaffUser.objects.get(email="author@meridia.example")
    approver = StaffUser.objects.get(email="approver@meridia.example")
    crisis = Crisis.objects.create(title="Chaos", level=Level.ACT, opened_by=author)
    for country in sorted({place.country for place in PLACES}):
        AffectedArea.objects.create(crisis=crisis, country_id=country)
    broadcast = write_broadcast(
        actor=author,
        crisis=crisis,
        entry=BroadcastEntry(
            kind=BroadcastKind.ALERT,
            severity="Severe",
            urgency="Immediate",
            certainty="Observed",
            expires_at=timezone.now() + datetime.timedelta(hours=6),
            fallback_language="en",
            expected_count=10**6,
            texts={
                "en": TextEntry("Storm", "A storm is coming. Stay inside.", "Storm. Stay inside."),
                "ar": TextEntry(
                    "عاصفة", "عاصفة قادمة. ابقوا في الداخل.", "عاصفة. ابقوا في الداخل."
                ),
            },
        ),
    )
    submit_broadcast(actor=author, broadcast=broadcast)
    assert broadcast.submitted_count is not None
    return approve_broadcast(
        actor=approver, broadcast=broadcast, typed_count=broadcast.submitted_count
    ).pk


def torment(ground: Field, faults: Faults, chance: random.Random) -> None:
    """Do one unkind thing."""
    kind = chance.choices(("child", "worker", "broker", "freeze"), (5, 2, 2, 1))[0]
    worker = chance.choice(ground.workers)
    pid = worker_pid(worker)
    if kind == "broker":
        valkey = ground.services.valkey
        assert valkey is not None
        os.kill(valkey.process.pid, signal.SIGKILL)
        valkey.start()
        faults.brokers_wiped += 1
        return
    if pid is None:
        return
    children = children_of(pid)
    if kind == "worker":
        for child in (pid, *children):
            os.kill(child, signal.SIGKILL)
        faults.workers_killed += len(children)
        ground.workers.remove(worker)
        queues = "crisis" if "alerts" in worker.name else "crisis,urgent,routine"
        ground.start_worker(f"{worker.name}x", queues, 2)
    elif children and kind == "child":
        os.kill(chance.choice(children), signal.SIGKILL)
        faults.children_killed += 1
    elif children:
        child = chance.choice(children)
        os.kill(child, signal.SIGSTOP)
        time.sleep(LEASE_SECONDS + 1)
        os.kill(child, signal.SIGCONT)
        faults.workers_frozen += 1


def run(people: int, events: int, seed: int) -> bool:
    """Do one run and print its table; True when every promise was kept."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        services = stack.enter_context(TemporaryServices())
        mailbox = Mailbox().start()
        stack.callback(mailbox.stop)
        secret = services.keys.sms_callback_secret.read_text(encoding="utf-8")
        gateway = SmsGateway(secret=secret).start()
        stack.callback(gateway.stop)
        os.environ.update(
            {
                **services.environment(),
                "DJANGO_SETTINGS_MODULE": "config.settings.dev",
                "MAIL_URL": mailbox.url,
                "SMS_URL": gateway.url,
                "SENDING_LEASE_SECONDS": str(LEASE_SECONDS),
            }
        )
        import django

        django.setup()
        started = time.monotonic()
        prepare(people)
        print(f"{people} invented people loaded in {time.monotonic() - started:.1f} s", flush=True)
        ground = Field(folder, services, mailbox, gateway)
        ground.start_worker("alerts", "crisis", 2)
        ground.start_worker("general", "crisis,urgent,routine", 2)
        beat = ground.start_beat()
        stack.callback(lambda: stop_all([*ground.workers, beat], 20))
        time.sleep(5)
        for process in (*ground.workers, beat):
            if not process.is_running:
                print(f"{process.name} did not start:\n{process.last_lines()}")
                return False
        faults = Faults()
        return _watch(ground, faults, chance, events)


def _watch(ground: Field, faults: Faults, chance: random.Random, events: int) -> bool:
    from notifications.models import Delivery, Dispatch, DispatchState

    released = time.monotonic()
    dispatch_id = release_alert()
    done = 0
    deadline = released + 600
    while time.monotonic() < deadline:
        state = Dispatch.objects.get(pk=dispatch_id).state
        if state == DispatchState.FINISHED:
            break
        if done < events and time.monotonic() - released > 1:
            torment(ground, faults, chance)
            done += 1
        time.sleep(chance.uniform(0.2, 0.8))
    seconds = time.monotonic() - released
    dispatch = Dispatch.objects.get(pk=dispatch_id)
    arrived: Counter[str] = Counter(message.recipient for message in ground.gateway.messages)
    arrived.update(mail.recipient for mail in ground.mailbox.messages)
    expected = Delivery.objects.filter(dispatch=dispatch, shared_with_seq__isnull=True).count()
    return report(dispatch, arrived, expected, faults, seconds)


def report(
    dispatch: object, arrived: Counter[str], expected: int, faults: Faults, seconds: float
) -> bool:
    """Print the figures; True when every promise was kept."""
    from notifications.board import board_of
    from notifications.models import Dispatch
    from notifications.sending import FLUSH_EVERY

    assert isinstance(dispatch, Dispatch)
    board = board_of(dispatch)
    lost = expected - len(arrived)
    copies = sum(arrived.values()) - len(arrived)
    most = max(arrived.values(), default=0)
    # Two e-mails or SMS may be written ahead of their answers.
    bound = (FLUSH_EVERY + 1) * faults.abnormal_ends
    adds_up = board.all.audience == dispatch.member_count and board.all.waiting == 0
    rows = [
        ("people in the audience", dispatch.member_count),
        ("addresses to reach", expected),
        ("addresses reached", len(arrived)),
        ("lost", lost),
        ("copies too many", copies),
        ("copies allowed: (F + 1) × abnormal ends", bound),
        ("most copies of one message", most),
        ("most copies allowed", dispatch.max_copies),
        ("child processes killed (kill -9)", faults.children_killed),
        ("children of whole workers killed", faults.workers_killed),
        ("children frozen past their lease", faults.workers_frozen),
        ("broker killed with all its data", faults.brokers_wiped),
        ("state of the dispatch", dispatch.state),
        ("every person in exactly one final place", "yes" if adds_up else "NO"),
        ("seconds from approval to the end", f"{seconds:.1f}"),
        ("messages per second", f"{len(arrived) / seconds:.0f}"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
    kept = (
        lost == 0
        and copies <= bound
        and most <= dispatch.max_copies
        and adds_up
        and dispatch.state == "finished"
    )
    print("every promise kept" if kept else "A PROMISE WAS BROKEN")
    return kept


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=20, help="unkind acts during the run")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return 0 if run(options.people, options.events, options.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
