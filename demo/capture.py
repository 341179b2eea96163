"""What arrived at the world outside: kept in order, waited for, laid down in files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar


class Message(Protocol):
    """Something that arrived for one recipient."""

    @property
    def recipient(self) -> str:
        """An e-mail address or an E.164 number."""

    def save(self, stem: Path) -> None:
        """Write the message to files whose names begin with `stem`."""

    @classmethod
    def load(cls, stem: Path) -> Self:
        """Read a message that was saved under `stem`."""


M = TypeVar("M", bound=Message)


class Captures(Generic[M]):
    """Messages in the order of their arrival; safe to use from several threads.

    With a folder, each is also written there and what lies there already is read first.
    `most` bounds how many are kept; the oldest go.
    """

    def __init__(self, kind: type[M], folder: Path | None = None, most: int = 100_000) -> None:
        self._folder = folder
        self._most = most
        self._items: dict[int, M] = {}
        self._arrival = threading.Condition()
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for stem in sorted({path.with_suffix("") for path in folder.glob("*.json")}):
                self._items[int(stem.name)] = kind.load(stem)
        self._next = max(self._items, default=0) + 1

    def add(self, item: M) -> None:
        """Keep one more and tell those who wait."""
        with self._arrival:
            number, self._next = self._next, self._next + 1
            self._items[number] = item
            if self._folder is not None:
                item.save(self._stem(number))
            while len(self._items) > self._most:
                self._forget(next(iter(self._items)))
            self._arrival.notify_all()

    def clear(self) -> None:
        """Forget all of them."""
        with self._arrival:
            for number in list(self._items):
                self._forget(number)

    def oldest_first(self) -> list[M]:
        """Return all."""
        with self._arrival:
            return list(self._items.values())

    def newest_first(self) -> list[tuple[int, M]]:
        """Return all with their numbers."""
        with self._arrival:
            return list(self._items.items())[::-1]

    def get(self, number: int) -> M | None:
        """Return the message with this number."""
        with self._arrival:
            return self._items.get(number)

    def wait(self, matches: Callable[[M], bool], *, count: int = 1, seconds: float = 30) -> list[M]:
        """Return the messages that match as soon as there are `count`, oldest first.

        Raises TimeoutError that says how many there are; never what is in them.
        """
        deadline = time.monotonic() + seconds
        with self._arrival:
            while True:
                found = [item for item in self._items.values() if matches(item)]
                if len(found) >= count:
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(
                        f"{len(found)} of {count} expected messages came within {seconds:g} "
                        f"seconds; {len(self._items)} came in all"
                    )
                self._arrival.wait(left)

    def __iter__(self) -> Iterator[M]:
        return iter(self.oldest_first())

    def __len__(self) -> int:
        return len(self._items)

    def _forget(self, number: int) -> None:
        del self._items[number]
        if self._folder is not None:
            for path in self._folder.glob(f"{self._stem(number).name}.*"):
                path.unlink(missing_ok=True)

    def _stem(self, number: int) -> Path:
        assert self._folder is not None
        return self._folder / f"{number:08d}"
