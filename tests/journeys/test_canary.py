"""One invented person with a value of her own in every field is planted and looked for.

She registers, confirms, is found, written to, alerted and answers; forms fail, pages
are refused, constraints break, providers refuse; backups of every kind are made. Then
nothing of hers may stand anywhere it does not belong, and once she is erased nothing
finds her. A value planted in each place on purpose must be found, or the sweep itself
is broken.
"""

from __future__ import annotations

import io
import logging
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from audit.recording import Actor
from backups import manifests
from config.logs import LineFormatter, SilentFilter
from demo.smsgateway import Fate
from encryption import copies
from notifications.models import Answer, Delivery, DeliveryStatus, InboundMessage
from registry.finding import choosing
from registry.finding.client import FinderClient, FinderUnavailable
from registry.finding.process import Finder
from registry.models import Channel, ContactPoint, Registrant, Relation
from registry.registration import ContactEntry
from registry.services.erasing import erase_person
from registry.services.keeping import add_companion, add_emergency_contact
from tests import sweeping
from tests.accounts.signing_in import sign_in
from tests.people import crisis, load_posts, released, staff

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

CANARY = {
    "given names": "Zyxquorvandel",
    "family names": "قنطرغوصليم",
    "alias": "Plimsharkowitz",
    "passport": "QZX8812907",
    "place": "Krullwendijkstraat",
    "phone": "+96171937462",
    "e-mail": "vexilbratta@quondamo.example",
    "companion": "Trundlewickson",
    "emergency contact": "Ghaltimorbek",
    "emergency phone": "+96171264803",
    "words": "Brambolquizzing",
    "place of the answer": "Fjordelumpasse",
    "reply": "help Skalligwomp",
}
SWEPT = {**CANARY, "reply": "Skalligwomp"}


@pytest.fixture
def web_log():
    """What the web process logs at the finest level, through our own filter and formatter."""
    tape = io.StringIO()
    handler = logging.StreamHandler(tape)
    handler.setFormatter(LineFormatter())
    handler.addFilter(SilentFilter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield tape
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def temporary(monkeypatch, tmp_path_factory):
    """Where this process and the workers put temporary files."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def finder(settings, tmp_path_factory):
    """Starts a finder: `finder.start()`; it keeps a sealed snapshot."""
    running = RunningFinder(tmp_path_factory.mktemp("finder"))
    settings.FINDER_SOCKET = running.socket
    yield running
    choosing.finder().close()
    running.stop()


class RunningFinder:
    """The finder in a thread, on a socket of its own."""

    def __init__(self, folder: Path) -> None:
        self.socket, self.snapshot = str(folder / "socket"), folder / "snapshot"
        self._finder: Finder | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._finder = Finder(self.socket, every=0.05, snapshot=str(self.snapshot))
        self._thread = threading.Thread(target=self._finder.run)
        self._thread.start()

    def stop(self) -> None:
        if self._finder is not None and self._thread is not None:
            self._finder.stop()
            self._thread.join(30)
        self._finder = None

    def finds(self, query: str) -> set[UUID]:
        client = FinderClient(self.socket)
        try:
            return {match.person_id for match in client.search_names(query, None, 9)}
        except FinderUnavailable:
            return set()
        finally:
            client.close()


@pytest.fixture
def server(_ground):
    """The suite's own PostgreSQL server; its files and log are swept too."""
    assert _ground.services.postgres is not None, "unset DATABASE_URL: the sweep reads its files"
    return _ground.services.postgres


def register_her(client: Client) -> UUID:
    """Go through both screens, with mistakes on the way."""
    where = {
        "country": "LB",
        "area": "LB-BA",
        "place": CANARY["place"],
        "kind": "residence",
        "phone": "71 937 462",
        "email": CANARY["e-mail"],
        "go": "on",
    }
    start = reverse("registry:registration-start")
    assert client.post(start, {**where, "kind": ""}).status_code == 200
    assert client.post(start, {**where, "email": CANARY["e-mail"] + "@x"}).status_code == 200
    assert client.post(start, where).status_code == 302
    who = {
        "given_names": CANARY["given names"],
        "family_names": CANARY["family names"],
        "alias": CANARY["alias"],
        "birth_year": "1990",
        "nationality": "XM",
        "passport_number": CANARY["passport"],
        "languages": ["en"],
        "consent_crisis_alert_sms": "on",
        "consent_crisis_alert_email": "on",
        "go": "on",
    }
    finish = reverse("registry:registration-finish")
    assert client.post(finish, {**who, "birth_year": "2999"}).status_code == 200
    assert client.post(finish, who).status_code == 302
    assert client.post(finish, who).status_code == 302
    (person,) = Registrant.objects.all()
    return person.pk


def be_refused(client: Client, person_id: UUID) -> None:
    """Do what must fail, with her values in hand."""
    for path in (
        f"/no/{CANARY['place']}/",
        "/a/AAAAAAAAAAAAAAAAAAAAAA",
        f"/console/people/{person_id}/",
    ):
        assert client.get(path).status_code in (302, 404)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("registry:sign-in"), {"contact": CANARY["phone"]}).status_code == 403
    too_much = {"place": CANARY["place"] + "x" * 2_000_000}
    assert client.post(reverse("registry:registration-start"), too_much).status_code in (400, 413)
    point = ContactPoint.objects.filter(registrant_id=person_id).first()
    assert point is not None
    again = """
        INSERT INTO registry_contactpoint
        SELECT gen_random_uuid(), channel, value, token, last_digits_token, created_at,
               confirmed_at, bounced_at, removed_at, registrant_id
          FROM registry_contactpoint WHERE id = %s"""
    for change in (again, "UPDATE registry_contactpoint SET token = NULL WHERE id = %s"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change, [point.pk])


def test_canary_nothing_of_her_is_where_it_does_not_belong(
    live_server,
    celery,
    mailbox,
    sms_gateway,
    web_log,
    tmp_path,
    tmp_path_factory,
    server,
    settings,
    temporary,
    finder,
) -> None:
    load_posts()
    client = Client()
    with sweeping.BrokerTape() as tape:
        celery.start()
        celery.start_beat()
        person_id = register_her(client)
        actor = Actor.person(person_id)
        person = Registrant.objects.get(pk=person_id)
        add_companion(
            actor=actor,
            person=person,
            name=CANARY["companion"],
            birth=None,
            relation=Relation.CHILD,
        )
        add_emergency_contact(
            actor=actor,
            person=person,
            name=CANARY["emergency contact"],
            relation=Relation.FRIEND,
            entry=ContactEntry(Channel.SMS, CANARY["emergency phone"]),
        )
        sms_gateway.wait_for(CANARY["phone"])
        mailbox.wait_for(CANARY["e-mail"])
        be_refused(client, person_id)
        finder.start()
        officer = sign_in(staff(Role.OFFICER))
        _wait_until(lambda: finder.finds(CANARY["given names"]) == {person_id})
        for query in ("phone", "given names"):
            page = officer.post(reverse("console:people-find"), {"query": CANARY[query]})
            assert str(person_id) in officer.get(page["Location"]).content.decode()
        dispatch = released(crisis())
        sms_gateway.wait_for(CANARY["phone"], count=2)
        mail = mailbox.wait_for(CANARY["e-mail"], count=2)
        link = next(word for word in mail.text.split() if "/a/" in word)
        answered = client.post(
            link.replace(live_server.url, ""),
            {"state": "help", "words": CANARY["words"], "place": CANARY["place of the answer"]},
        )
        assert answered.status_code == 302
        sms_gateway.reply(CANARY["phone"], CANARY["reply"])
        sms_gateway.set_fate(CANARY["phone"], Fate.LOST)
        released(crisis())
        _wait_until(lambda: Answer.objects.count() == 2)
        _wait_until(
            lambda: (
                not Delivery.objects.filter(
                    dispatch__gt=dispatch, status=DeliveryStatus.QUEUED
                ).exists()
            )
        )
    made, secret = back_up_both(tmp_path_factory.mktemp("backups"), settings)
    with sweeping.spilled("registry_contactpoint"):
        files = list(sweeping.database_files(server))
        assert any((server.data / "base" / "pgsql_tmp").iterdir())
    _wait_until(finder.snapshot.exists)
    stores = {
        "database files, temporary ones and write-ahead log": files,
        "base backup": list(
            sweeping.base_backup(server, tmp_path_factory.mktemp("base") / "backup")
        ),
        "backup sets, opened too": list(sweeping.backup_sets(made, secret)),
        "dumps": list(sweeping.dumps()),
        "finder snapshot": [finder.snapshot.read_bytes()],
        "temporary files": [b"", *sweeping.files_below(temporary)],
        "statistics views": list(sweeping.statistics_views()),
        "database log": [server.log.read_bytes()],
        "sessions": list(sweeping.sessions()),
        "broker keys": list(sweeping.broker_keys()),
        "broker commands, task messages among them": tape.lines,
        "worker logs": list(sweeping.files_below(tmp_path)),
        "web log": [web_log.getvalue().encode()],
    }
    assert tape.lines
    assert web_log.getvalue()
    assert sweeping.sweep(stores, SWEPT) == []
    # Each store is really looked into: a value planted there is found.
    for store, pieces in stores.items():
        planted = {store: [*pieces[:3], b"... " + SWEPT["family names"].encode() + b" ..."]}
        assert sweeping.sweep(planted, SWEPT) == [f"{store}: family names"]
    # Erased, she is nowhere to be found, and looking for her leaves nothing either.
    with sweeping.BrokerTape() as tape:
        erase_person(actor=actor, person=Registrant.objects.get(pk=person_id))
        _wait_until(lambda: not Answer.objects.exists() and not InboundMessage.objects.exists())
        _wait_until(lambda: finder.finds(CANARY["given names"]) == set())
        for query in ("phone", "passport", "given names", "family names"):
            page = officer.post(reverse("console:people-find"), {"query": CANARY[query]})
            assert str(person_id) not in officer.get(page["Location"]).content.decode()
    stores = {
        "dumps": list(sweeping.dumps()),
        "sessions": list(sweeping.sessions()),
        "broker keys": list(sweeping.broker_keys()),
        "broker commands, task messages among them": tape.lines,
        "worker logs": list(sweeping.files_below(tmp_path)),
        "web log": [web_log.getvalue().encode()],
    }
    assert sweeping.sweep(stores, SWEPT) == []


def back_up_both(folder: Path, settings: Any) -> tuple[list[Path], str]:
    """Make a set of each database; return the sets and what opens them."""
    secret, settings.RECOVERY_KEY = copies.make_recovery_key()
    made = []
    for kind in ("data", "keys"):
        call_command("back_up", f"--{kind}", str(folder / kind))
        made += manifests.sets_in(folder / kind)
    return made, secret


def test_canary_a_real_leak_is_found_in_the_real_stores(
    live_server, web_log, server, tmp_path, settings, temporary
) -> None:
    """Leak on purpose, the way bugs do: into a plain column, the broker, a log, a session."""
    # A value of its own: it stays in the write-ahead log of the cluster the other test sweeps.
    value = "Wobblethrumpet"
    planted = {"leak": value}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE leaky AS SELECT %s::text AS name FROM generate_series(1, 5)", [value]
        )
        cursor.execute("GRANT SELECT ON leaky TO registry_backup")
    try:
        assert sweeping.sweep({"dumps": sweeping.dumps()}, planted) == ["dumps: leak"]
        found = sweeping.sweep({"files": sweeping.database_files(server)}, planted)
        assert found == ["files: leak"]
        found = sweeping.sweep({"base": sweeping.base_backup(server, tmp_path / "base")}, planted)
        assert found == ["base: leak"]
        made, secret = back_up_both(tmp_path / "backups", settings)
        found = sweeping.sweep({"sets": sweeping.backup_sets(made, secret)}, planted)
        assert found == ["sets: leak"]
        # As they lie there, sealed, they tell nothing even of a leak.
        assert sweeping.sweep({"sets": sweeping.files_below(tmp_path / "backups")}, planted) == []
        found = sweeping.sweep({"views": sweeping.statistics_views()}, planted)
        assert found == ["views: leak"]
        with sweeping.spilled("leaky"):
            found = sweeping.sweep(
                {"spilled": sweeping.files_below(server.data / "base" / "pgsql_tmp")}, planted
            )
        assert found == ["spilled: leak"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE leaky")
    with sweeping.BrokerTape() as tape, redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        broker.set("leak", value)
        assert sweeping.sweep({"keys": sweeping.broker_keys()}, planted) == ["keys: leak"]
    assert sweeping.sweep({"tape": tape.lines}, planted) == ["tape: leak"]
    logging.getLogger("leak").warning("the name is %s", value)
    assert sweeping.sweep({"log": [web_log.getvalue().encode()]}, planted) == ["log: leak"]
    with tempfile.NamedTemporaryFile(prefix="upload") as file:
        file.write(value.encode("utf-16-le"))
        file.flush()
        found = sweeping.sweep({"temporary": sweeping.files_below(temporary)}, planted)
        assert found == ["temporary: leak"]
    client = Client()
    session = client.session
    session["name"] = value
    session.save()
    assert sweeping.sweep({"sessions": sweeping.sessions()}, planted) == ["sessions: leak"]


def _wait_until(is_so, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.1)
