"""Several finders as one: copies that stand in for each other, and shares of the posts."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from registry.finding.client import FinderClient, FinderUnavailable, search_message, searched
from registry.finding.engine import Match
from registry.finding.sharing import Group, shares

# A finder that did not answer is asked last for so long.
_REST_SECONDS = 5.0


class Replicas:
    """Finders that hold the same people. Each question goes to the next one in turn."""

    def __init__(self, sockets: Sequence[str]) -> None:
        self._clients = [FinderClient(path) for path in sockets]
        # Processes begin at different ones, so that the first is not everybody's first.
        self._turns = count(random.randrange(len(sockets)))
        self._rests_until: dict[FinderClient, float] = {}

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of the first that gives one. Raises FinderUnavailable."""
        for client in self._in_turn():
            try:
                answer = client.ask(message)
            except FinderUnavailable:
                self._rests_until[client] = time.monotonic() + _REST_SECONDS
            else:
                self._rests_until.pop(client, None)
                return answer
        raise FinderUnavailable("no finder answers")

    def states(self) -> Iterator[dict[str, Any] | None]:
        """Yield what each says of itself; None for one that does not answer."""
        for client in self._clients:
            try:
                yield client.ask({"do": "state"})
            except FinderUnavailable:
                yield None

    def close(self) -> None:
        """Close this thread's connections."""
        for client in self._clients:
            client.close()

    def _in_turn(self) -> list[FinderClient]:
        first = next(self._turns) % len(self._clients)
        order = self._clients[first:] + self._clients[:first]
        now = time.monotonic()
        return sorted(order, key=lambda client: self._rests_until.get(client, 0.0) > now)


class Finders:
    """All finders of an installation: a question goes to each group its posts concern."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups = {group: Replicas(group.sockets) for group in groups}

    def search_names(self, query: str, post_ids: Sequence[int] | None, limit: int) -> list[Match]:
        """Return who may be meant, the likest first, among the people of these posts.

        Somebody with stays at posts of two groups comes once. Raises FinderUnavailable when
        one of the groups has no finder that answers: half a list would look like a whole one.
        """
        best: dict[Any, Match] = {}
        message = search_message(query, post_ids, limit)
        for answer in self.answers(message, post_ids):
            for match in searched(answer):
                known = best.get(match.person_id)
                if known is None or known.score < match.score:
                    best[match.person_id] = match
        # Sorting keeps the order in which equals came.
        return sorted(best.values(), key=lambda match: -match.score)[:limit]

    def answers(
        self, message: dict[str, Any], post_ids: Sequence[int] | None
    ) -> list[dict[str, Any]]:
        """Return one answer from each group that holds people of these posts (None: all).

        Raises FinderUnavailable.
        """
        return [replicas.ask(message) for replicas in self._concerned(post_ids)]

    def followed_until(self) -> int:
        """Return before which transaction every finder that answers knows everything.

        Raises FinderUnavailable when a group has none that answers.
        """
        oldest = []
        for replicas in self._groups.values():
            known = [state["since"] for state in replicas.states() if state]
            if not known:
                raise FinderUnavailable("no finder answers")
            oldest += known
        return int(min(oldest))

    def down(self) -> int:
        """Return how many finders do not answer."""
        return sum(
            state is None for replicas in self._groups.values() for state in replicas.states()
        )

    def close(self) -> None:
        """Close this thread's connections."""
        for replicas in self._groups.values():
            replicas.close()

    def _concerned(self, post_ids: Sequence[int] | None) -> list[Replicas]:
        if post_ids is None or len(self._groups) == 1:
            return list(self._groups.values())
        try:
            held = shares(self._groups.keys())
        except ImproperlyConfigured:
            raise FinderUnavailable("posts unknown") from None
        return [
            replicas
            for group, replicas in self._groups.items()
            if any(held[group].holds([post_id]) for post_id in post_ids)
        ]
