"""The finder process: finds over its socket, follows changes, keeps scopes apart, stays silent."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from audit.recording import Actor
from geography.models import Post
from registry.finding import wire
from registry.finding.client import FinderUnavailable, SocketFinder
from registry.finding.process import FinderProcess
from registry.models import Registrant
from registry.registration import PersonEntry
from registry.services.erasing import erase_person
from registry.services.keeping import correct_person, person_went_home
from tests.people import load_posts, register

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(tmp_path: Path):
    """A finder in threads of this process, on a real socket; call it to have it follow now."""
    load_posts()
    process = FinderProcess(str(tmp_path / "socket"))
    process.follower.load()
    from registry.finding.process import FinderServer

    with FinderServer(process.path, process.index, process.lock) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield process
        server.shutdown()
        serving.join()


def found(process: FinderProcess, query: str, posts: list[int] | None = None) -> list[object]:
    matches = SocketFinder(process.path).search_names(query, posts, 20)
    return [match.person_id for match in matches]


def test_a_name_is_found_in_another_script_and_with_a_mistake(running) -> None:
    person = register(given_names="أمل", family_names="حداد")
    register(given_names="Grace", family_names="Okafor")
    running.follower.follow()
    assert found(running, "amal hadad") == [person.pk]
    assert found(running, "حداد أمل") == [person.pk]


def test_nobody_of_another_post_is_ever_found(running) -> None:
    here = register(given_names="Amal", family_names="Haddad")
    there = register(
        given_names="Amal",
        family_names="Haddad",
        country="FR",
        area="FR-IDF",
        phones=["+33612345678"],
    )
    running.follower.follow()
    beirut, paris = (Post.objects.get(code=code).pk for code in ("beirut", "paris"))
    assert found(running, "Amal Haddad", [beirut]) == [here.pk]
    assert found(running, "Amal Haddad", [paris]) == [there.pk]
    assert found(running, "Amal Haddad", []) == []
    assert set(found(running, "Amal Haddad")) == {here.pk, there.pk}


def test_a_change_a_journey_home_and_an_erasure_are_followed(running) -> None:
    person = register(given_names="Amal", family_names="Haddad")
    actor = Actor.person(person.pk)
    running.follower.follow()
    beirut = Post.objects.get(code="beirut").pk
    correct_person(
        actor=actor,
        person=Registrant.objects.get(pk=person.pk),
        entry=PersonEntry(given_names="Layla", family_names="Khoury"),
        language="en",
    )
    running.follower.follow()
    assert found(running, "Amal Haddad") == []
    assert found(running, "Layla Khoury", [beirut]) == [person.pk]
    person_went_home(actor=actor, person=person)
    running.follower.follow()
    assert found(running, "Layla Khoury", [beirut]) == []
    erase_person(actor=actor, person=Registrant.objects.get(pk=person.pk))
    running.follower.follow()
    assert found(running, "Layla Khoury") == []
    assert person.pk not in running.index


def test_a_transaction_that_commits_late_is_not_missed(running) -> None:
    """Somebody else's later transaction commits first; the slow one is still taken over."""
    from notifications.connecting import open_connection

    slow_person = register(given_names="Slow", family_names="Writer")
    running.follower.follow()
    with open_connection(autocommit=False) as slow:
        slow.execute(
            "UPDATE registry_stay SET last_confirmed_at = now() WHERE registrant_id = %s",
            [slow_person.pk],
        )
        quick = register(given_names="Quick", family_names="Writer")
        running.follower.follow()
        assert quick.pk in running.index
        with running.lock:
            running.index.remove(slow_person.pk)
        slow.commit()
    running.follower.follow()
    assert slow_person.pk in running.index


def test_without_a_finder_the_client_says_so(tmp_path: Path) -> None:
    for path in ("", str(tmp_path / "nobody")):
        with pytest.raises(FinderUnavailable):
            SocketFinder(path).search_names("Amal", None, 5)


def test_nonsense_on_the_socket_harms_nobody(running) -> None:
    person = register(given_names="Amal", family_names="Haddad")
    running.follower.follow()
    for nonsense in (b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\5hello", b"\0\0\0\2{}", b""):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(running.path)
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(5)
            assert wire.receive(connection) is None
    assert found(running, "Amal") == [person.pk]


def test_the_socket_is_for_this_user_alone(running) -> None:
    assert os.stat(running.path).st_mode & 0o777 == 0o600


def test_no_name_reaches_a_log(running, caplog) -> None:
    register(given_names="Zyxquorvandel", family_names="Haddad")
    with caplog.at_level("DEBUG"):
        running.follower.follow()
        found(running, "Zyxquorvandel")
    assert "finder followed" in caplog.text
    assert "zyxquor" not in caplog.text.lower()


def test_the_process_loads_serves_follows_and_ends(tmp_path: Path) -> None:
    person = register(given_names="Amal", family_names="Haddad")
    process = FinderProcess(str(tmp_path / "socket"))

    def work() -> None:
        from django.db import connections

        process.run()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    _until(lambda: Path(process.path).exists())
    assert found(process, "Haddad") == [person.pk]
    second = register(given_names="Noor", family_names="Haddad")
    _until(lambda: second.pk in process.index)
    process.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert not Path(process.path).exists()


def _until(is_so) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)
