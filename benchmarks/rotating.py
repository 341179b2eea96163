"""`make bench-rotating`: a million person keys wrapped anew while people register and search.

Everything is real: PostgreSQL, processes that register invented people, look them up and read
others all the while, and a process that turns the keys and is killed (`kill -9`) at 0, 1, 50
and 99 %: inside an open transaction, and between a page and the note of how far it came.
Whoever is started next goes on. Prints the rate; exits 1 when a value could not be read at
any time, when a key was left behind, or when the old key is still needed at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from demo.services import TemporaryServices

ROOT = Path(__file__).resolve().parent.parent
KILLED_AT = (0.0, 0.01, 0.5, 0.99)
_COPIED_AT_ONCE = 20_000
_READ_AT_ONCE = 200
_CHECKED_AT_ONCE = 5_000
_ALONE = 200_000


def place_of(person_id: UUID) -> bytes:
    """Return what a person's value is bound to."""
    return f"bench_person|name|{person_id}".encode()


def name_of(person_id: UUID) -> str:
    """Return the value a person has, so that a wrong one is seen."""
    return f"Person {person_id.hex[-12:]}"


# --- the ground


def turned(folder: Path, text: str) -> Path:
    """Write the key set with one more version, active, into a file; return it."""
    from encryption.keysets import parse_key_set
    from encryption.providers.file import write_private

    keyset = parse_key_set("SEALING_KEYS", text).with_new_key()
    path = folder / "sealing-keys.json"
    write_private(path, keyset.with_active(max(keyset.keys)).as_text())
    return path


def fill(people: int) -> None:
    """Write people with a wrapped key and a sealed value each, by COPY."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from django.db import connections

    from encryption.fields import pad
    from encryption.identifiers import new_id
    from encryption.keyring import keyring
    from encryption.person_keys import DataKey, key_context

    ring = keyring()
    for connection in connections.all():
        connection.ensure_connection()
    data, keys = connections["default"].connection, connections["keys"].connection
    data.execute("CREATE TABLE bench_person (id uuid PRIMARY KEY, name bytea NOT NULL)")
    for start in range(0, people, _COPIED_AT_ONCE):
        with (
            data.cursor() as values,
            keys.cursor() as wrapped,
            values.copy("COPY bench_person (id, name) FROM STDIN") as rows,
            wrapped.copy(
                "COPY encryption_personkey "
                "(person_id, space, sealing_version, wrapped, created_at) FROM STDIN"
            ) as held,
        ):
            for _ in range(min(_COPIED_AT_ONCE, people - start)):
                person = new_id()
                raw = os.urandom(32)
                version, box = ring.wrap(raw, key_context(person, 1))
                held.write_row((person, 1, version, box, "now"))
                sealed = DataKey(person, AESGCM(raw)).seal(
                    pad(name_of(person).encode(), 32), place_of(person)
                )
                rows.write_row((person, sealed))
    for connection in (data, keys):
        connection.execute("ANALYZE")


def unreadable(rows: Iterable[tuple[UUID, bytes]]) -> int:
    """Open a name of each of these people; return how many were wrong or not readable."""
    from encryption.fields import unpad
    from encryption.keyring import SealError
    from encryption.person_keys import open_keys

    rows = list(rows)
    keys = open_keys([person for person, _ in rows])
    wrong = 0
    for person, data in rows:
        try:
            text = unpad(keys[person].open(data, place_of(person))).decode()
        except (KeyError, SealError):
            text = ""
        wrong += text != name_of(person)
    return wrong


def check_everybody() -> tuple[int, int]:
    """Open every value there is: (how many were opened, how many were not as they should be)."""
    from django.db import connection

    seen = wrong = 0
    last = UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, name FROM bench_person WHERE id > %s ORDER BY id LIMIT %s",
                [last, _CHECKED_AT_ONCE],
            )
            rows = cursor.fetchall()
        if not rows:
            return seen, wrong
        seen, wrong, last = seen + len(rows), wrong + unreadable(rows), rows[-1][0]


# --- who works meanwhile, each a process of its own


class Stopped:
    """Becomes true at SIGTERM."""

    def __init__(self) -> None:
        self._is_stopped = False
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *args: Any) -> None:
        self._is_stopped = True

    def __bool__(self) -> bool:
        return self._is_stopped


def read_people(seed: int) -> dict[str, int]:
    """Read people picked at random until stopped."""
    from django.db import connection

    stopped, chance = Stopped(), random.Random(seed)
    count = wrong = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id::text)::uuid, max(id::text)::uuid FROM bench_person")
        first, last = cursor.fetchone()
    while not stopped:
        begin = UUID(int=chance.randint(first.int, last.int))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, name FROM bench_person WHERE id >= %s ORDER BY id LIMIT %s",
                [begin, _READ_AT_ONCE],
            )
            rows = cursor.fetchall()
        count, wrong = count + len(rows), wrong + unreadable(rows)
        time.sleep(0.01)
    return {"read": count, "unreadable": wrong}


def register_people(seed: int) -> dict[str, int]:
    """Register invented people and find each by phone or e-mail until stopped."""
    from demo.people import load_people
    from encryption.sealed_models import share_key_page
    from registry.indexing import contact_token
    from registry.models import Channel, ContactPoint, Registrant

    stopped = Stopped()
    registered = lost = 0
    while not stopped:
        registered += load_people(10, seed=seed + registered)
        newest = list(ContactPoint.objects.order_by("-pk")[:10])
        share_key_page(newest)
        for point in newest:
            token = contact_token(Channel(point.channel), point.value)
            found = Registrant.objects.filter(contacts__token=token)
            lost += not any(person.display_name for person in found)
        time.sleep(0.02)
    return {"registered": registered, "not found": lost}


def turn(act_id: UUID, die_at: float, people: int, page: int) -> dict[str, int]:
    """Go on with the act; be killed where `die_at` of everybody is done (above 1: nowhere)."""
    from django.db import transaction

    from accounts.key_acting import begin_key_act, take_step
    from accounts.key_acts import KeyAct
    from accounts.key_runners import runner_of
    from encryption.rotating import remaining, rewrap_page

    rewrap_page.__defaults__ = (None, page)
    actor = KeyAct.objects.get(pk=act_id).requested_by
    act = begin_key_act(actor=actor, act_id=act_id)
    done = people - remaining()
    while True:
        if done >= die_at * people:
            if die_at in {0.0, 0.5}:
                with transaction.atomic(using="keys"):
                    runner_of(act.kind).step(act)
                    os.kill(os.getpid(), signal.SIGKILL)
            runner_of(act.kind).step(act)
            os.kill(os.getpid(), signal.SIGKILL)
        step = take_step(actor=actor, act=act)
        done += step.done
        if step.is_finished:
            return {"noted": act.done_count}


# --- the run


def _start(role: str, **options: object) -> subprocess.Popen[str]:
    arguments = [f"--{name}={value}" for name, value in options.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.rotating", f"--role={role}", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _end(process: subprocess.Popen[str]) -> dict[str, int]:
    process.terminate()
    told, _ = process.communicate(timeout=60)
    if process.returncode:
        raise RuntimeError(f"somebody who worked meanwhile ended with {process.returncode}")
    found: dict[str, int] = json.loads(told.splitlines()[-1])
    return found


def agreed_act() -> UUID:
    """Make two key holders who ask for and agree to the turning; return the act."""
    from accounts.key_acting import approve_key_act, request_key_act
    from accounts.key_acts import KeyActKind
    from accounts.models import Mandate, Role, StaffUser
    from encryption.keyring import keyring

    one, two = (
        StaffUser.objects.create_user(f"holder{n}@meridia.example", name="Holder") for n in (1, 2)
    )
    for holder in (one, two):
        Mandate.objects.create(user=holder, role=Role.KEY_HOLDER)
    act = request_key_act(
        actor=one,
        kind=KeyActKind.ROTATE_SEALING,
        parameters={"to": keyring().sealing_version},
    )
    approve_key_act(actor=two, act_id=act.pk)
    act_id: UUID = act.pk
    return act_id


def run(people: int, page: int) -> bool:
    """Do one run and print its table; True when every promise was kept."""
    with (
        tempfile.TemporaryDirectory(prefix="rotating-") as folder,
        TemporaryServices() as services,
    ):
        os.environ.update(
            {**services.environment(), "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
        )
        import django
        from django.conf import settings
        from django.core.management import call_command

        django.setup()
        for alias in ("default", "keys"):
            call_command("migrate", database=alias, verbosity=0)
        call_command("load_demo", people=0, verbosity=0)
        begin = time.monotonic()
        fill(people)
        print(f"{people:,} people made in {time.monotonic() - begin:.0f} s", flush=True)
        path = turned(Path(folder), settings.SEALING_KEYS)
        del os.environ["SEALING_KEYS_FILE"]
        os.environ["SEALING_KEYS"] = settings.SEALING_KEYS = f"file:{path}"
        from encryption.keyring import keyring

        keyring.cache_clear()
        return _turn_and_watch(people, page)


def rate_alone(most: int) -> float:
    """Turn some keys once more with nobody else at work; return keys a second."""
    from django.conf import settings

    from encryption.keyring import keyring
    from encryption.keysets import parse_key_set
    from encryption.rotating import rewrap_page

    fresh = parse_key_set("SEALING_KEYS", settings.SEALING_KEYS).with_new_key()
    settings.SEALING_KEYS = fresh.with_active(max(fresh.keys)).as_text()
    keyring.cache_clear()
    done, last = 0, None
    begin = time.monotonic()
    while done < most:
        page = rewrap_page(last)
        done, last = done + page.done, page.last
        if last is None:
            break
    return done / (time.monotonic() - begin)


def _turn_and_watch(people: int, page: int) -> bool:
    from django.conf import settings

    from encryption.keyring import keyring
    from encryption.keysets import parse_key_set
    from encryption.rotating import count_by_version, remaining

    to_do = remaining()
    act_id = agreed_act()
    meanwhile = [_start("read", seed=1), _start("read", seed=2), _start("register", seed=3)]
    begin = time.monotonic()
    left = []
    for die_at in (*KILLED_AT, 2.0):
        turner = _start("turn", act=act_id, die_at=die_at, people=to_do, page=page)
        turner.communicate(timeout=3600)
        left.append(remaining())
        expected = 0 if die_at > 1 else -signal.SIGKILL
        if turner.returncode != expected:
            print(f"the turning ended with {turner.returncode}, expected {expected}")
            return False
    took = time.monotonic() - begin
    told: dict[str, int] = {}
    for process in meanwhile:
        for name, number in _end(process).items():
            told[name] = told.get(name, 0) + number
    # Nobody needs the old key any more: without it everything opens.
    path = Path(settings.SEALING_KEYS.removeprefix("file:"))
    newest = parse_key_set("SEALING_KEYS", path.read_text(encoding="utf-8")).without(1)
    settings.SEALING_KEYS = newest.as_text()
    keyring.cache_clear()
    seen, wrong = check_everybody()
    versions = count_by_version()
    # After the counting, since it turns keys once more.
    alone = rate_alone(_ALONE)
    kills = ", ".join(f"{at:.0%} ({rest:,})" for at, rest in zip(KILLED_AT, left, strict=False))
    rows: list[tuple[str, object]] = [
        ("person keys to wrap anew", f"{to_do:,}"),
        ("killed at (keys then left)", kills),
        ("keys left at the end", left[-1]),
        ("keys by version at the end", versions),
        ("seconds, five starts and everybody else's work included", f"{took:.1f}"),
        ("keys a second, all this included", f"{to_do / took:,.0f}"),
        ("keys a second with nobody else at work", f"{alone:,.0f}"),
        *((f"meanwhile {name}", f"{number:,}") for name, number in told.items()),
        ("opened afterwards without the old key", f"{seen:,}"),
        ("of these unreadable or wrong", wrong),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
    kept = (
        left[-1] == 0
        and set(versions) == {2}
        and all(0 < rest <= to_do for rest in left[: len(KILLED_AT)])
        and seen == people
        and wrong == told["unreadable"] == told["not found"] == 0
        and min(told["read"], told["registered"]) > 0
    )
    print("every promise kept" if kept else "A PROMISE WAS BROKEN")
    return kept


def main() -> int:
    """Read the command line and run, or do one of the parts of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--page", type=int, default=2000, help="keys in one transaction")
    parser.add_argument("--role", choices=("read", "register", "turn"), help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--act", type=UUID, help=argparse.SUPPRESS)
    parser.add_argument("--die_at", type=float, default=2.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role is None:
        return 0 if run(options.people, options.page) else 1
    import django

    django.setup()
    if options.role == "turn":
        told = turn(options.act, options.die_at, options.people, options.page)
    else:
        work = read_people if options.role == "read" else register_people
        told = work(options.seed)
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
