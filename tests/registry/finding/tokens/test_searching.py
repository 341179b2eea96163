"""However common a name is, a question to the tokens opens 300 people at most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from psycopg import Connection

from encryption.keyring import keyring
from encryption.pair_tokens import PairTokens
from registry.finding.tokens.counts import Counts
from registry.finding.tokens.pairs import PersonText
from registry.finding.tokens.searching import MOST_OPENED, TokenSearch
from registry.finding.tokens.sides import Side
from registry.finding.tokens.tokenising import Tokeniser

pytestmark = pytest.mark.django_db

GIVEN = ["Mohammed", "Mohamed", "Muhammad", "محمد", "Ahmad", "Ahmed"]
FAMILY = ["Haddad", "Hadad", "حداد", "Khoury", "Khouri"]
POST = 7


class Crowd:
    """Hundreds of namesakes under tokens, and the count of those that were opened."""

    def __init__(self, side: Side) -> None:
        tokens = PairTokens(keyring(), "names|test", keyring().index_version)
        counts = Counts.for_people(1000)
        names = list(product(GIVEN, FAMILY)) * 30
        self.people = {
            uuid4(): PersonText(*each, place="Beirut", birth_year=1990) for each in names
        }
        made = Tokeniser(tokens, counts).tokens_of(
            [(text, [POST]) for text in self.people.values()]
        )
        side.create()
        side.add(
            (number, person_id, [POST], theirs)
            for number, (person_id, (theirs, _)) in enumerate(
                zip(self.people, made, strict=True), 1
            )
        )
        side.settle()
        self.opened: list[UUID] = []
        self.search = TokenSearch(side, tokens, counts, len(self.people), self._open)

    def _open(self, person_ids: Sequence[UUID]) -> dict[UUID, PersonText]:
        self.opened += person_ids
        return {person_id: self.people[person_id] for person_id in person_ids}


@pytest.fixture
def crowd() -> Crowd:
    connection.ensure_connection()
    driver: Connection[Any] = connection.connection
    return Crowd(Side(driver, 0, "test_crowd"))


@pytest.mark.parametrize(
    "query",
    [
        "Mohammed Haddad",
        "Muhamed Hadat",
        "Haddad Mohamad",
        "Mohammed Haddad Beirut 1990",
        "حداد محمد",
        "Haddad",
        "Xohxmmed Hxddxd",
        "Ahmad Mohammed Khoury Haddad",
    ],
)
@pytest.mark.parametrize("posts", [None, [POST]])
def test_no_question_opens_more_than_300(crowd: Crowd, query: str, posts: list[int] | None) -> None:
    found = crowd.search.search(query, posts, limit=100)
    assert len(crowd.opened) <= MOST_OPENED == 300
    assert len(set(crowd.opened)) == len(crowd.opened)
    assert {match.person_id for match in found} <= set(crowd.opened)


def test_the_limit_is_met_by_a_name_of_hundreds(crowd: Crowd) -> None:
    assert len(crowd.people) == 900
    assert crowd.search.search("Muhamed Hadat", None, limit=100)
    assert len(crowd.opened) > 100
