"""Every address × method × visitor, compared with the table somebody has read line by line.

`table.tsv` is the rule: a route that is not in it fails, so does an answer that differs from it.
A cell is a status code; "in" is a way to a sign-in page. The rows behind the addresses belong to
`person`, who stays in the district of `officer`.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from encryption.identifiers import new_id
from encryption.routing import KEY_STORE
from tests.authorisation.world import VISITORS, Route, World, routes

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("table.tsv")
METHODS = ("get", "post")
ROUTES = routes()


@pytest.fixture
def world() -> World:
    return World()


def table() -> dict[tuple[str, str], dict[str, str]]:
    """Return what the table says: (route, method) → visitor → cell."""
    head, *lines = TABLE.read_text("utf-8").splitlines()
    columns = head.split("\t")[2:]
    return {
        (cells[0], cells[1]): dict(zip(columns, cells[2:], strict=True))
        for cells in (line.split("\t") for line in lines if line)
    }


def ask(world: World, visitor: str, method: str, address: str) -> str:
    """Knock once and leave no trace; return the cell."""
    cache.clear()
    with transaction.atomic(), transaction.atomic(using=KEY_STORE):
        response = getattr(world.browser(visitor), method)(
            address, {} if method == "post" else None
        )
        transaction.set_rollback(True)
        transaction.set_rollback(True, using=KEY_STORE)
    if response.status_code in {301, 302, 303}:
        path = urlsplit(response.headers["Location"]).path
        if path in {reverse("account_login"), reverse("registry:sign-in")}:
            return "in"
    return str(response.status_code)


def answers(world: World, route: Route) -> dict[tuple[str, str], dict[str, str]]:
    """Return the rows of the table for a route, as they are."""
    address = world.address(route)
    return {
        (route.name, method): {
            visitor: ask(world, visitor, method, address) for visitor in VISITORS
        }
        for method in METHODS
    }


def test_authz_every_answer_is_the_one_in_the_table(world: World) -> None:
    ruled = table()
    wrong = []
    for route in ROUTES:
        for (name, method), row in answers(world, route).items():
            if ruled.get((name, method)) != row:
                wrong.append("\t".join([name, method, *row.values()]))
    if wrong:
        # Not an assertion: pytest shortens what those show.
        pytest.fail("these differ from the table:\n" + "\n".join(wrong), pytrace=False)


def test_authz_the_table_names_no_address_that_is_gone() -> None:
    known = {(route.name, method) for route in ROUTES for method in METHODS}
    assert set(table()) <= known


def test_authz_no_cell_is_a_crash() -> None:
    cells = {cell for row in table().values() for cell in row.values()}
    assert not {cell for cell in cells if cell.startswith("5")}


def test_authz_no_other_method_does_anything(world: World) -> None:
    wrong = []
    for route in ROUTES:
        # allauth takes PUT for POST; its pages are without a namespace.
        if ":" not in route.name:
            continue
        address = world.address(route)
        for method in ("put", "patch", "delete"):
            for visitor in ("stranger", "person", "officer", "author", "administrator"):
                cell = ask(world, visitor, method, address)
                if cell not in {"in", "302", "400", "401", "403", "404", "405"}:
                    wrong.append((route.name, method, visitor, cell))
    assert not wrong


IDS = {"person_id", "contact_id", "companion_id", "proposal_id", "crisis_id", "broadcast_id"}
IDS |= {"user_id", "request_id", "case_id"}


def test_authz_ids_of_nobody_answer_404_to_everybody(world: World) -> None:
    """Whoever guesses learns nothing: what is not there and what is not theirs look alike."""
    wrong = []
    for route in ROUTES:
        if not IDS & set(route.parameters):
            continue
        arguments = dict(zip(route.parameters, world.arguments(route), strict=True))
        swapped = {key: new_id() if key in IDS else value for key, value in arguments.items()}
        address = reverse(route.name, kwargs=swapped)
        for visitor in VISITORS:
            for method in METHODS:
                cell = ask(world, visitor, method, address)
                if cell not in {"404", "405", "in"}:
                    wrong.append((route.name, method, visitor, cell))
    assert not wrong
