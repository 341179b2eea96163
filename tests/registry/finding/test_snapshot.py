"""A restart goes on from the sealed snapshot, and only from one that is whole and ours."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.recording import Actor
from registry.finding.client import FinderClient, FinderUnavailable
from registry.finding.index import NameIndex
from registry.finding.normalising import NORM_VERSION
from registry.finding.process import Finder
from registry.finding.snapshot import Moment, Unusable, read, write
from registry.models import Registrant
from registry.services.erasing import erase_person
from tests.people import load_posts, register

NOW = datetime.datetime(2030, 5, 4, 12, tzinfo=datetime.UTC)
MOMENT = Moment("1-1-1", 700, 710, "2030-05-04", NOW.isoformat())


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A snapshot of two people."""
    index = NameIndex()
    index.add(uuid4(), "Zyxquorvandel Haddad", "", [1], 1990, "Beirut 1103")
    index.add(uuid4(), "محمد حداد", "", [2, 3], None, "")
    write(tmp_path / "snapshot", index, MOMENT)
    return tmp_path / "snapshot"


def test_what_was_written_is_read(kept: Path) -> None:
    index, moment = read(kept, NOW)
    assert moment == MOMENT
    assert len(index) == 2
    assert len(index.search("hadad", post_ids=[1, 3])) == 2
    assert len(index.search("Zyxquorvandel Beirut", post_ids=[1])) == 1
    index.add(uuid4(), "Amal Haddad", "", [1], None, "")
    assert len(index.search("haddad", post_ids=None)) == 3


def test_the_file_is_private_and_shows_nothing(kept: Path) -> None:
    assert kept.stat().st_mode & 0o777 == 0o600
    assert b"zyxquor" not in kept.read_bytes().lower()
    assert list(kept.parent.iterdir()) == [kept]


@pytest.mark.parametrize("place", [0, 20, 45, 200, 1000, -1])
def test_a_changed_byte_is_noticed(kept: Path, place: int) -> None:
    data = bytearray(kept.read_bytes())
    data[place] ^= 1
    kept.write_bytes(data)
    with pytest.raises(Unusable):
        read(kept, NOW)


@pytest.mark.parametrize("left", [0, 10, 40, 500, -1])
def test_a_cut_file_is_noticed(kept: Path, left: int) -> None:
    kept.write_bytes(kept.read_bytes()[:left])
    with pytest.raises(Unusable):
        read(kept, NOW)


def test_parts_of_two_snapshots_do_not_mix(kept: Path) -> None:
    first = kept.read_bytes()
    write(kept, NameIndex(), MOMENT)
    second = kept.read_bytes()
    kept.write_bytes(first[:32] + second[32:])
    with pytest.raises(Unusable):
        read(kept, NOW)


def test_an_old_snapshot_is_not_used(kept: Path) -> None:
    read(kept, NOW + datetime.timedelta(hours=23))
    for later in (datetime.timedelta(hours=24), datetime.timedelta(seconds=-1)):
        with pytest.raises(Unusable):
            read(kept, NOW + later)


def test_a_snapshot_made_by_other_rules_is_not_used(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.finding.snapshot.NORM_VERSION", NORM_VERSION + 1)
    with pytest.raises(Unusable):
        read(kept, NOW)


def test_without_a_file_there_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(Unusable):
        read(tmp_path / "nothing", NOW)


@contextmanager
def running(folder: Path) -> Iterator[FinderClient]:
    """A finder that has read everybody and has written its snapshot when it is stopped."""
    finder = Finder(str(folder / "socket"), every=0.05, snapshot=str(folder / "snapshot"))
    thread = threading.Thread(target=finder.run)
    thread.start()
    client = FinderClient(str(folder / "socket"))
    deadline = time.monotonic() + 30
    while True:
        try:
            client.ask({"do": "state"})
            break
        except FinderUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    yield client
    deadline = time.monotonic() + 30
    while not (folder / "snapshot").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    client.close()
    finder.stop()
    thread.join(30)
    assert not thread.is_alive()


def names(client: FinderClient) -> set[object]:
    return {match.person_id for match in client.search_names("Haddad", None, 20)}


@pytest.mark.django_db(transaction=True)
def test_a_restart_goes_on_from_the_snapshot_with_all_that_happened_since(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load_posts()
    stays, goes, changes = (register(given_names=each, family_names="Haddad") for each in "abc")
    with running(tmp_path) as client:
        assert names(client) == {stays.pk, goes.pk, changes.pk}
    erase_person(actor=Actor.person(goes.pk), person=Registrant.objects.get(pk=goes.pk))
    changed = Registrant.objects.get(pk=changes.pk)
    changed.family_names = "Khoury"
    changed.save()
    comes = register(given_names="d", family_names="Haddad")
    caplog.clear()
    with caplog.at_level("INFO"), running(tmp_path) as client:
        assert names(client) == {stays.pk, comes.pk}
    assert "snapshot opened" in caplog.text
    assert "index filled" not in caplog.text
    assert "Haddad" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_erased_person_leaves_the_snapshot_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.finding.process._FORGOTTEN_SECONDS", 0.1)
    load_posts()
    stays, goes = (register(given_names=each, family_names="Haddad") for each in "ab")
    kept = tmp_path / "snapshot"
    with running(tmp_path):
        deadline = time.monotonic() + 30
        while not kept.exists() or len(read(kept, timezone.now())[0]) != 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        erase_person(actor=Actor.person(goes.pk), person=Registrant.objects.get(pk=goes.pk))
        while len(read(kept, timezone.now())[0]) != 1:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    index, _ = read(kept, timezone.now())
    assert [match.person_id for match in index.search("Haddad", post_ids=None)] == [stays.pk]


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_of_another_database_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    person = register(given_names="Amal", family_names="Haddad")
    index = NameIndex()
    index.add(uuid4(), "Somebody Haddad", "", [1], None, "")
    moment = Moment("1-1-1", 1, 2, "2030-01-01", timezone.now().isoformat())
    write(tmp_path / "snapshot", index, moment)
    with caplog.at_level("INFO"), running(tmp_path) as client:
        assert names(client) == {person.pk}
    assert "index filled" in caplog.text
