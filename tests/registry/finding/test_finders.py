"""Several finders as one: copies stand in for each other, groups of posts are asked and merged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from audit.recording import Actor
from geography.models import Post
from registry.finding.choosing import finder, is_finding
from registry.finding.engine import FinderUnavailable
from registry.finding.finders import Finders
from registry.finding.process import Finder
from registry.finding.sharing import Group, Share, groups, shares
from registry.models import Registrant, Stay
from registry.services.erasing import erase_person
from tests.people import load_posts, register

pytestmark = pytest.mark.django_db(transaction=True)


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


class Running:
    """Finders in threads of their own, one for each socket of a setting."""

    def __init__(self, setting: str) -> None:
        load_posts()
        found = groups(setting)
        self.finders = Finders(found)
        self._held = shares(found)
        self._group_of = {path: group for group in found for path in group.sockets}
        self._threads: dict[str, tuple[Finder, threading.Thread]] = {}
        for path in self._group_of:
            self.start(path)

    def start(self, path: str) -> None:
        finder = Finder(path, every=0.05, share=self._held[self._group_of[path]])
        thread = threading.Thread(target=finder.run)
        thread.start()
        self._threads[path] = finder, thread

    def stop(self, path: str) -> None:
        finder, thread = self._threads.pop(path)
        finder.stop()
        thread.join(20)
        assert not thread.is_alive()

    def stop_all(self) -> None:
        for path in list(self._threads):
            self.stop(path)
        self.finders.close()

    def found(self, query: str, posts: list[int] | None = None) -> list[object]:
        return [match.person_id for match in self.finders.search_names(query, posts, 20)]


Start = Callable[[str], Running]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Running] = []

    def started(setting: str) -> Running:
        running.append(Running(setting))
        return running[-1]

    yield started
    for each in running:
        each.stop_all()


def ids(*codes: str) -> list[int]:
    return [Post.objects.get(code=code).pk for code in codes]


def test_when_one_copy_goes_the_other_answers_and_both_are_used_again(
    tmp_path: Path, start: Start
) -> None:
    first, second = str(tmp_path / "a"), str(tmp_path / "b")
    running = start(f"{first},{second}")
    person = register(given_names="Amal", family_names="Haddad")
    until(lambda: running.finders.down() == 0 and running.found("Amal Haddad") == [person.pk])
    for gone in (first, second):
        running.stop(gone)
        for _ in range(4):
            assert running.found("Amal Haddad") in ([person.pk], [])
        assert running.finders.down() == 1
        running.start(gone)
        until(lambda: running.finders.down() == 0)
    running.stop(first)
    running.stop(second)
    with pytest.raises(FinderUnavailable):
        running.found("Amal Haddad")


def test_a_finder_of_some_posts_holds_their_people_and_no_others(
    tmp_path: Path, start: Start
) -> None:
    east, rest = str(tmp_path / "east"), str(tmp_path / "rest")
    running = start(f"beirut={east};{rest}")
    here = register(given_names="Amal", family_names="Haddad")
    there = register(
        given_names="Amal",
        family_names="Haddat",
        country="FR",
        area="FR-IDF",
        phones=["+33612345678"],
    )
    until(lambda: running.found("Amal Haddad") == [here.pk, there.pk])
    (beirut,), (paris,) = ids("beirut"), ids("paris")
    assert running.found("Amal Haddad", [beirut]) == [here.pk]
    assert running.found("Amal Haddad", [beirut, paris]) == [here.pk, there.pk]
    running.stop(east)
    assert running.found("Amal Haddad", [paris]) == [there.pk]
    # Half a list would look like a whole one.
    for posts in ([beirut], [beirut, paris], None):
        with pytest.raises(FinderUnavailable):
            running.found("Amal Haddad", posts)


def test_who_moves_between_the_shares_is_in_one_and_who_is_erased_in_none(
    tmp_path: Path, start: Start
) -> None:
    running = start(f"beirut={tmp_path / 'east'};{tmp_path / 'rest'}")
    person = register(given_names="Amal", family_names="Haddad")
    (beirut,), (paris,) = ids("beirut"), ids("paris")
    until(lambda: running.found("Amal Haddad", [beirut]) == [person.pk])
    stay = Stay.objects.get(registrant=person)
    stay.post_id = paris
    stay.save()
    until(lambda: running.found("Amal Haddad", [paris]) == [person.pk])
    until(lambda: running.found("Amal Haddad", [beirut]) == [])
    erase_person(actor=Actor.person(person.pk), person=Registrant.objects.get(pk=person.pk))
    until(lambda: running.found("Amal Haddad") == [])


def test_whether_names_can_be_found_is_known(
    tmp_path: Path, start: Start, settings: Settings
) -> None:
    settings.FINDER_SOCKET = f"{tmp_path / 'a'}"
    assert not is_finding()
    start(f"{tmp_path / 'a'}")
    until(is_finding)
    finder().close()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("", ()),
        ("/a", (Group(("/a",)),)),
        (" /a , /b ", (Group(("/a", "/b")),)),
        (
            "x+y=/a,/b; /c",
            (Group(("/a", "/b"), frozenset({"x", "y"})), Group(("/c",))),
        ),
    ],
)
def test_the_setting_says_who_holds_whom(setting: str, expected: tuple[Group, ...]) -> None:
    assert groups(setting) == expected


@pytest.mark.parametrize("setting", ["/a,/a", "/a;/b", "x=/a;x=/b", "x=", "=/a", "x=/a;y=/a", ","])
def test_a_setting_that_is_not_clear_is_refused(setting: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        groups(setting)


def test_a_post_there_is_not_is_refused() -> None:
    load_posts()
    with pytest.raises(ImproperlyConfigured):
        shares(groups("atlantis=/a;/b"))


@pytest.mark.parametrize(
    ("share", "posts", "is_held"),
    [
        (Share(), [], True),
        (Share(), [1], True),
        (Share(only=frozenset({1, 2})), [2, 9], True),
        (Share(only=frozenset({1, 2})), [9], False),
        (Share(only=frozenset({1, 2})), [], False),
        (Share(without=frozenset({1, 2})), [1], False),
        (Share(without=frozenset({1, 2})), [1, 9], True),
        (Share(without=frozenset({1, 2})), [], True),
    ],
)
def test_everybody_is_held_by_some_share(share: Share, posts: list[int], is_held: bool) -> None:
    assert share.holds(posts) is is_held
