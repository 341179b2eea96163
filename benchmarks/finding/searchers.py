"""Twenty people searching at once: the finder as it is served, and PostgreSQL."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.finding.mutating import Question
from benchmarks.finding.plaintext import PlainText
from registry.finding.finders import Replicas
from registry.finding.index import NameIndex
from registry.finding.serving import Server

Ask = Callable[[Question], object]


def _serve(path: str, index: NameIndex) -> None:
    def answer(message: dict[str, Any]) -> dict[str, Any]:
        found = index.search(message["query"], post_ids=message["posts"], limit=message["limit"])
        matches = [(str(each.person_id), round(each.score, 4), each.reason) for each in found]
        return {"state": "ready", "matches": matches}

    server = Server(path, answer)
    while True:
        server.wait(1.0)


@contextmanager
def served(index: NameIndex, copies: int) -> Iterator[Replicas]:
    """Serve an index from so many processes that share its memory."""
    with tempfile.TemporaryDirectory(prefix="finder-") as folder:
        paths = [str(Path(folder) / f"finder-{number}") for number in range(copies)]
        children = []
        for path in paths:
            child = os.fork()
            if not child:
                try:
                    _serve(path, index)
                finally:
                    os._exit(1)
            children.append(child)
        try:
            until = time.monotonic() + 30
            while not all(Path(path).exists() for path in paths) and time.monotonic() < until:
                time.sleep(0.05)
            yield Replicas(paths)
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def at_once(asked: Sequence[Question], connect: Callable[[], Ask], searchers: int) -> list[float]:
    """Return the seconds of each search when so many threads share the questions."""
    waiting, seconds = iter(list(asked)), []
    lock, start = threading.Lock(), threading.Barrier(searchers)

    def search() -> None:
        ask = connect()
        start.wait()
        while True:
            with lock:
                question = next(waiting, None)
            if question is None:
                return
            begin = time.perf_counter()
            ask(question)
            took = time.perf_counter() - begin
            with lock:
                seconds.append(took)

    threads = [threading.Thread(target=search) for _ in range(searchers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def finder_at_once(replicas: Replicas, asked: Sequence[Question], searchers: int) -> list[float]:
    """Let searchers ask a served finder."""

    def connect() -> Ask:
        return lambda question: replicas.ask(
            {"do": "search", "query": question.query, "posts": None, "limit": 20}
        )

    return at_once(asked, connect, searchers)


def plain_at_once(url: str, asked: Sequence[Question], searchers: int) -> list[float]:
    """Let searchers ask raw pg_trgm, each over a connection of its own."""
    opened: list[PlainText] = []

    def connect() -> Ask:
        plain = PlainText(url)
        opened.append(plain)
        return plain.raw

    try:
        return at_once(asked, connect, searchers)
    finally:
        for plain in opened:
            plain.close()
