"""A finder that is away, slow or strange makes search by name unavailable and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from registry.finding.choosing import finder
from registry.finding.client import FinderClient, FinderUnavailable
from registry.finding.engine import Match
from registry.finding.wire import Inbox, packed

PERSON = uuid4()
FOUND = {"state": "ready", "matches": [[str(PERSON), 0.97, "exact"]]}


class Twin:
    """Takes connections at a socket file and answers each question as it is told."""

    def __init__(self, path: str, answer: Callable[[socket.socket], None]) -> None:
        self.path = path
        self.questions: list[dict[str, object]] = []
        self._answer = answer
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        inbox = Inbox()
        try:
            while arrived := connection.recv(4096):
                for question in inbox.messages(arrived):
                    self.questions.append(question)
                    self._answer(connection)
        except OSError:
            return

    def close(self) -> None:
        self._listener.close()
        for connection in self._open:
            connection.close()
        Path(self.path).unlink()


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Callable[[Callable[[socket.socket], None]], Twin]]:
    started: list[Twin] = []

    def start(answer: Callable[[socket.socket], None]) -> Twin:
        started.append(Twin(str(tmp_path / "socket"), answer))
        return started[-1]

    yield start
    for twin in started:
        if Path(twin.path).exists():
            twin.close()


def well(connection: socket.socket) -> None:
    connection.sendall(packed(FOUND))


def test_matches_come_back_as_they_were_sent(twins: Callable[..., Twin]) -> None:
    twin = twins(well)
    asking = FinderClient(twin.path)
    assert asking.search_names("Amal", [3, 4], 20) == [Match(PERSON, 0.97, "exact")]
    assert asking.search_names("أمل", None, 5) == [Match(PERSON, 0.97, "exact")]
    assert twin.questions == [
        {"do": "search", "query": "Amal", "posts": [3, 4], "limit": 20},
        {"do": "search", "query": "أمل", "posts": None, "limit": 5},
    ]
    asking.close()


def in_pieces(connection: socket.socket) -> None:
    for piece in packed(FOUND):
        connection.sendall(bytes([piece]))


def test_an_answer_may_come_in_pieces(twins: Callable[..., Twin]) -> None:
    asking = FinderClient(twins(in_pieces).path)
    assert len(asking.search_names("Amal", None, 20)) == 1
    asking.close()


@pytest.mark.parametrize(
    "answer",
    [
        lambda _connection: None,
        lambda connection: connection.close(),
        lambda connection: connection.sendall(b"\xff" * 64),
        lambda connection: connection.sendall(b"\0\0\0\4null"),
        lambda connection: connection.sendall(packed({"state": "filling", "people": 3})),
        lambda connection: connection.sendall(packed({"state": "refused"})),
        lambda connection: connection.sendall(packed({"state": "ready"})),
        lambda connection: connection.sendall(packed({"state": "ready", "matches": [["x", 1]]})),
        lambda connection: connection.sendall(packed(FOUND)[:-1]),
    ],
    ids=[
        "silent",
        "closing",
        "garbled",
        "nothing",
        "filling",
        "refused",
        "empty",
        "strange",
        "unfinished",
    ],
)
def test_a_finder_that_does_not_answer_well_is_unavailable(
    twins: Callable[..., Twin], answer: Callable[[socket.socket], None]
) -> None:
    asking = FinderClient(twins(answer).path, seconds=0.2)
    with pytest.raises(FinderUnavailable):
        asking.search_names("Amal", None, 20)
    asking.close()


def test_a_finder_that_was_started_anew_is_asked_again(twins: Callable[..., Twin]) -> None:
    first = twins(well)
    asking = FinderClient(first.path)
    asking.search_names("Amal", None, 20)
    first.close()
    with pytest.raises(FinderUnavailable):
        asking.search_names("Amal", None, 20)
    twins(well)
    assert len(asking.search_names("Amal", None, 20)) == 1
    asking.close()


def test_a_late_answer_is_not_taken_for_the_next(twins: Callable[..., Twin]) -> None:
    late = threading.Event()

    def answer(connection: socket.socket) -> None:
        if late.wait(20):
            connection.sendall(packed(FOUND))

    twin = twins(answer)
    asking = FinderClient(twin.path, seconds=0.2)
    with pytest.raises(FinderUnavailable):
        asking.search_names("Amal", None, 20)
    late.set()
    assert len(asking.search_names("Haddad", None, 20)) == 1
    assert [question["query"] for question in twin.questions] == ["Amal", "Haddad"]
    asking.close()


def test_an_error_says_nothing_of_who_was_sought(tmp_path: Path) -> None:
    asking = FinderClient(str(tmp_path / "nobody"))
    with pytest.raises(FinderUnavailable) as caught:
        asking.search_names("Zyxquorvandel", None, 20)
    assert "Zyxquorvandel" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_without_a_socket_there_is_no_finder(settings: Settings) -> None:
    settings.FINDER_SOCKET = ""
    with pytest.raises(FinderUnavailable):
        finder()
