"""`make bench-consoles`: the officers' and the ministry's pages over a full register.

Everything is real: PostgreSQL, sealed people, the name finder in a process of its own, a Celery
worker with beat. Each page is asked for through the whole product (middleware, access rules,
unsealing, template) and compared with what one SQL statement over the same people in clear takes
for its data alone. Then ten thousand people answer "I need help" as fast as they can be stored,
and every one of them must have a case.

Exits 1 when somebody who called for help has no case, or when cases lag behind by more than a
minute.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.sending.ground import Ground, load_people, open_crisis, release, wait_for_workers
from walls.roles import DatabaseRole

_ROUNDS = 40
_HELP_LAG_SECONDS = 60.0
_PLAIN = """
    CREATE TABLE plain_people (id uuid PRIMARY KEY, post_id bigint, country text, area text,
        given text, family text, phone text, place text);
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
"""


def percentile(seconds: list[float], share: float) -> float:
    """Return a percentile of durations in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(act: Callable[[int], object], rounds: int = _ROUNDS) -> list[float]:
    """Return how long each round took, in seconds; the first one warms up and does not count."""
    act(0)
    taken = []
    for turn in range(1, rounds + 1):
        begin = time.perf_counter()
        act(turn)
        taken.append(time.perf_counter() - begin)
    return taken


def signed_in(email: str) -> Any:
    """Return a browser signed in the way staff do it: password, then a code of their app."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        generate_totp_secret,
        hotp_value,
    )
    from django.test import Client
    from django.urls import reverse

    from accounts.models import StaffUser
    from demo.staff import PASSWORD

    user = StaffUser.objects.get(email=email)
    Authenticator.objects.filter(user=user).delete()
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client = Client(SERVER_NAME="127.0.0.1")
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    answer = client.post(reverse("mfa_authenticate"), {"code": code})
    assert answer.status_code == 302, "the sign-in did not go through"
    return client


def make_plain() -> None:
    """Write everybody once more in clear, with the index plain text would have."""
    from django.db import connections

    from registry.models import Registrant

    # A connection of its own: nothing can be read on one that copies.
    with connections.create_connection("default").cursor() as clear:
        clear.execute(_PLAIN)
        people = Registrant.objects.order_by("pk").prefetch_related("stays", "contacts")
        with clear.copy("COPY plain_people FROM STDIN") as copy:
            for person in people.iterator(chunk_size=2000):
                stay = next(iter(person.stays.all()), None)
                contact = next(iter(person.contacts.all()), None)
                copy.write_row(
                    (
                        person.pk,
                        stay.post_id if stay else None,
                        stay.country_id if stay else "",
                        stay.area_id if stay else "",
                        person.given_names,
                        person.family_names,
                        contact.value if contact else "",
                        stay.place if stay else "",
                    )
                )
        clear.execute(
            "CREATE INDEX ON plain_people USING gin ((given || ' ' || family) gin_trgm_ops)"
        )
        clear.execute("CREATE INDEX ON plain_people (post_id)")
        clear.execute("CREATE INDEX ON plain_people (country, area)")
        clear.execute("VACUUM ANALYZE plain_people")
        clear.execute("GRANT SELECT ON plain_people TO registry_app")


def plain(statement: str, *values: int | str) -> Callable[[int], object]:
    """Return something that runs one statement over the people in clear and reads its rows."""
    from django.db import connection

    def run(turn: int) -> object:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    return run


def queries_of(act: Callable[[int], object]) -> int:
    """Return how many statements one round runs."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        act(1)
    return len(queries)


def somebody(dispatch_id: int) -> dict[str, Any]:
    """Return people of one post to look for, and what else the pages are asked with."""
    from geography.models import Post
    from notifications.models import Dispatch
    from registry.models import Registrant, Stay

    post = Post.objects.get(code="beirut")
    here = Stay.objects.filter(post=post).values("registrant")[: 4 * _ROUNDS]
    people = list(Registrant.objects.filter(pk__in=here))
    broadcast = Dispatch.objects.get(pk=dispatch_id).broadcast
    assert broadcast is not None
    return {
        "ids": [str(person.pk) for person in people],
        "names": [f"{person.given_names} {person.family_names}" for person in people],
        "post": post.pk,
        "dispatch": dispatch_id,
        "broadcast": str(broadcast.public_id),
    }


def pages(asked: dict[str, Any]) -> list[tuple[str, list[float], list[float], int]]:
    """Return (page, seconds of the page, seconds of plain SQL, statements of the page).

    Runs in a process that has the web processes' database role.
    """
    from django.conf import settings
    from django.urls import reverse

    settings.RECORDS_PER_HOUR = settings.RECORDS_PER_DAY = 10_000
    desk = signed_in("officer.beirut@meridia.example")
    ministry = signed_in("author@meridia.example")
    ids, names, post, dispatch_id = (asked[key] for key in ("ids", "names", "post", "dispatch"))
    find = reverse("console:people-find")
    preview = reverse("ministry:broadcast-show", args=[asked["broadcast"]])
    board = reverse("ministry:board-numbers", args=[asked["broadcast"]])
    district = reverse("console:people-list")
    cases = reverse("response:case-queue", args=["all"])

    def search(turn: int) -> object:
        page = desk.post(find, {"query": names[turn % len(names)]}, follow=True)
        assert page.status_code == 200
        return page

    def record(turn: int) -> object:
        person = ids[turn % len(ids)]
        desk.post(reverse("console:record-open", args=[person]), {"reason": "asked"})
        page = desk.get(reverse("console:record-show", args=[person]))
        assert page.status_code == 200
        return page

    def opened(client: Any, address: str) -> Callable[[int], object]:
        def ask(turn: int) -> object:
            page = client.get(address)
            assert page.status_code == 200, (address, page.status_code)
            return page

        return ask

    by_name = (
        "SELECT * FROM plain_people WHERE post_id = %s AND (given || ' ' || family) %% %s "
        "ORDER BY similarity(given || ' ' || family, %s) DESC LIMIT 20"
    )
    measured = []
    for name, page, statement in (
        ("search by name", search, plain(by_name, post, names[0], names[0])),
        (
            "open a record",
            record,
            plain("SELECT * FROM plain_people WHERE id = %s", ids[0]),
        ),
        (
            "people of a district",
            opened(desk, district),
            plain("SELECT * FROM plain_people WHERE post_id = %s ORDER BY id LIMIT 21", post),
        ),
        (
            "cases of a post",
            opened(desk, cases),
            plain(
                "SELECT * FROM response_case c JOIN plain_people p ON p.id = c.registrant_id "
                "WHERE c.post_id = %s AND c.closed_at IS NULL ORDER BY urgency, asked_at LIMIT 100",
                post,
            ),
        ),
        (
            "the board's numbers",
            opened(ministry, board),
            plain(
                "SELECT answer, count(*) FROM notifications_audiencemember "
                "WHERE dispatch_id = %s GROUP BY answer",
                dispatch_id,
            ),
        ),
        (
            "a broadcast with its audience",
            opened(ministry, preview),
            plain("SELECT country, count(*) FROM plain_people GROUP BY country"),
        ),
    ):
        measured.append((name, timed(page), timed(statement), queries_of(page)))
    return measured


def cry_for_help(crisis_id: int, many: int) -> tuple[float, float, int]:
    """Have `many` people answer; return (seconds to store, seconds after, how many lost)."""
    from audit.recording import Actor
    from notifications.models import AnswerState, AnswerVia
    from notifications.services.answering import record_answer
    from registry.models import Registrant
    from response.models import Case

    people = list(Registrant.objects.values_list("pk", flat=True)[:many])
    begin = time.monotonic()
    for person_id in people:
        record_answer(
            actor=Actor.person(person_id),
            crisis_id=crisis_id,
            person_ids=[person_id],
            state=AnswerState.HELP,
            via=AnswerVia.LINK,
            words="We are on the roof",
        )
    stored = time.monotonic() - begin
    deadline = time.monotonic() + 2 * _HELP_LAG_SECONDS
    while time.monotonic() < deadline:
        if Case.objects.filter(crisis_id=crisis_id).count() >= len(people):
            break
        time.sleep(0.5)
    lag = time.monotonic() - begin - stored
    with_case = set(
        Case.objects.filter(crisis_id=crisis_id).values_list("registrant_id", flat=True)
    )
    return stored, lag, len(set(people) - with_case)


def report_pages(note: Path) -> int:
    """Measure the pages and print the table."""
    import django

    django.setup()
    print("\npage                             p50 ms   p95 ms  plain p95  ratio  statements")
    for name, page, statement, queries in pages(json.loads(note.read_text(encoding="utf-8"))):
        p50, p95 = statistics.median(page) * 1000, percentile(page, 0.95)
        bare = percentile(statement, 0.95)
        print(f"{name:31} {p50:8.1f} {p95:8.1f} {bare:10.1f} {p95 / bare:6.1f} {queries:11}")
    return 0


def main() -> int:
    """Run everything; 1 when a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--help-calls", type=int, default=10_000)
    parser.add_argument("--pages", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.pages:
        return report_pages(wanted.pages)
    failed = False
    with Ground("smtp://127.0.0.1:1", "http://127.0.0.1:1/send") as ground:
        socket = str(Path(ground.folder) / "finder.sock")
        os.environ["FINDER_SOCKET"] = socket
        from django.conf import settings

        settings.FINDER_SOCKET = socket
        begin = time.monotonic()
        load_people(wanted.people, mail_only=False)
        print(
            f"{wanted.people:,} people registered in {time.monotonic() - begin:.0f} s", flush=True
        )
        make_plain()
        ground.start("finder", "manage.py", "finder", FINDER_SOCKET=socket)
        ground.start_worker("urgent", queues="urgent,routine", children=1)
        ground.start_beat()
        wait_for_workers(1)
        crisis_id = open_crisis()
        dispatch_id, _at = release(crisis_id)
        from notifications import addressing

        begin = time.monotonic()
        addressing.freeze(dispatch_id)
        print(f"audience frozen in {time.monotonic() - begin:.0f} s", flush=True)
        stored, lag, lost = cry_for_help(crisis_id, wanted.help_calls)
        print(
            f"{wanted.help_calls:,} calls for help stored in {stored:.0f} s; the last had its case "
            f"{lag:.1f} s later; without a case: {lost}",
            flush=True,
        )
        failed |= lost > 0 or lag > _HELP_LAG_SECONDS
        _wait_for_finder(socket)
        note = Path(ground.folder) / "asked.json"
        note.write_text(json.dumps(somebody(dispatch_id)), encoding="utf-8")
        role = ground.services.environment(DatabaseRole.APP)
        command = [sys.executable, "-m", "benchmarks.consoles", "--pages", str(note)]
        subprocess.run(command, check=True, env={**os.environ, **role})
    return int(failed)


def _wait_for_finder(socket: str) -> None:
    """Wait until the finder answers."""
    deadline = time.monotonic() + 600
    while not Path(socket).exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the finder did not come up")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
