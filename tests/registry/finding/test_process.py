"""The finder process: finds over its socket, follows changes, keeps scopes apart, stays silent."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audit.recording import Actor
from geography.models import Post
from notifications.connecting import open_connection
from registry.finding.client import FinderClient, FinderUnavailable
from registry.finding.process import Finder
from registry.finding.serving import AlreadyRunning
from registry.models import Registrant
from registry.registration import PersonEntry
from registry.services.erasing import erase_person
from registry.services.keeping import correct_person, person_went_home
from tests.people import load_posts, register

pytestmark = pytest.mark.django_db(transaction=True)


class Asking:
    """A running finder, asked until what it knows is what the register holds."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.client = FinderClient(path)

    def found(self, query: str, posts: list[int] | None = None) -> set[object]:
        """Return who is found now."""
        return {m.person_id for m in self.client.search_names(query, posts, 20)}

    def finds(self, query: str, *people: Registrant, posts: list[int] | None = None) -> None:
        """Wait until exactly these people are found."""
        wanted = {person.pk for person in people}
        until(lambda: self.found(query, posts) == wanted)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            if is_so():
                return
        except FinderUnavailable:
            pass
        assert time.monotonic() < deadline, "this never came true"
        threading.Event().wait(0.05)


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    """A finder in a thread of its own, on a real socket, that looks often."""
    load_posts()
    process = Finder(str(tmp_path / "socket"), every=0.1)
    thread = threading.Thread(target=process.run)
    thread.start()
    running = Asking(str(tmp_path / "socket"))
    until(lambda: running.found("nobody at all") == set())
    yield running
    running.client.close()
    process.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert not Path(running.path).exists()


def test_a_name_is_found_in_another_script_and_with_a_mistake(asking: Asking) -> None:
    person = register(given_names="أمل", family_names="حداد")
    register(given_names="Grace", family_names="Okafor")
    asking.finds("amal hadad", person)
    asking.finds("حداد أمل", person)


def test_nobody_of_another_post_is_ever_found(asking: Asking) -> None:
    here = register(given_names="Amal", family_names="Haddad")
    there = register(
        given_names="Amal",
        family_names="Haddad",
        country="FR",
        area="FR-IDF",
        phones=["+33612345678"],
    )
    beirut, paris = (Post.objects.get(code=code).pk for code in ("beirut", "paris"))
    asking.finds("Amal Haddad", here, there)
    asking.finds("Amal Haddad", here, posts=[beirut])
    asking.finds("Amal Haddad", there, posts=[paris])
    asking.finds("Amal Haddad", posts=[])


def test_a_change_a_journey_home_and_an_erasure_are_followed(asking: Asking) -> None:
    person = register(given_names="Amal", family_names="Haddad")
    actor = Actor.person(person.pk)
    beirut = Post.objects.get(code="beirut").pk
    asking.finds("Amal Haddad", person)
    correct_person(
        actor=actor,
        person=Registrant.objects.get(pk=person.pk),
        entry=PersonEntry(given_names="Layla", family_names="Khoury"),
        language="en",
    )
    asking.finds("Layla Khoury", person, posts=[beirut])
    assert asking.found("Amal Haddad") == set()
    person_went_home(actor=actor, person=person)
    asking.finds("Layla Khoury", posts=[beirut])
    erase_person(actor=actor, person=Registrant.objects.get(pk=person.pk))
    asking.finds("Layla Khoury")


def test_a_transaction_that_commits_late_is_not_missed(asking: Asking) -> None:
    """A later transaction commits and is seen first; the slow one is still taken over."""
    slow_person = register(given_names="Slow", family_names="Writer")
    beirut, paris = (Post.objects.get(code=code).pk for code in ("beirut", "paris"))
    asking.finds("Slow Writer", slow_person, posts=[beirut])
    with open_connection(autocommit=False) as slow:
        slow.execute(
            "UPDATE registry_stay SET post_id = %s WHERE registrant_id = %s",
            [paris, slow_person.pk],
        )
        quick = register(given_names="Quick", family_names="Runner")
        asking.finds("Quick Runner", quick)
        slow.commit()
    asking.finds("Slow Writer", slow_person, posts=[paris])


def test_without_a_finder_the_client_says_so(tmp_path: Path) -> None:
    with pytest.raises(FinderUnavailable):
        FinderClient(str(tmp_path / "nobody")).search_names("Amal", None, 5)


def test_there_is_one_finder_at_a_socket(asking: Asking) -> None:
    with pytest.raises(AlreadyRunning):
        Finder(asking.path)


def test_nonsense_on_the_socket_harms_nobody(asking: Asking) -> None:
    person = register(given_names="Amal", family_names="Haddad")
    asking.finds("Amal", person)
    for nonsense in (b"\xff\xff\xff\xff", b"\0\0\0\5hello", b"\0\0\0\2[]", b"\0", b""):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(asking.path)
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(5)
            assert connection.recv(1) == b""
    for question in ({}, {"do": "search", "query": 7, "posts": None, "limit": 5}):
        with pytest.raises(FinderUnavailable):
            asking.client.ask(question)
    assert asking.found("Amal") == {person.pk}


def test_the_socket_is_for_this_user_alone(asking: Asking) -> None:
    assert os.stat(asking.path).st_mode & 0o777 == 0o600


def test_no_name_reaches_a_log(asking: Asking, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        person = register(given_names="Zyxquorvandel", family_names="Haddad")
        asking.finds("Zyxquorvandel", person)
    assert "searched" in caplog.text
    assert "zyxquor" not in caplog.text.lower()
