"""Nobody learns from the portal whether a phone or an e-mail address is registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.recording import Actor
from notifications.answering_proofs import answer_proof
from notifications.models import Delivery
from registry.models import ContactPoint, ContactProof, Registrant
from registry.services.erasing import erase_person
from registry.throttling import ASKING_PER_CONTACT
from tests import people
from tests.registry.portal_visits import WRONG_CODE, without_token

pytestmark = pytest.mark.django_db

KNOWN, UNKNOWN, ERASED, UNCONFIRMED, REMOVED, BLOCKED = (
    "+96170555001",
    "+96170555002",
    "+96170555003",
    "+96170555004",
    "+96170555005",
    "+96170555007",
)
CONTACTS = [KNOWN, UNKNOWN, ERASED, UNCONFIRMED, REMOVED, BLOCKED]


@pytest.fixture(autouse=True)
def registered() -> None:
    """Somebody known, erased, unconfirmed, blocked, and a phone that was given up."""
    people.register(phones=[KNOWN])
    people.register(phones=[UNCONFIRMED], is_confirmed=False)
    erased = people.register(phones=[ERASED])
    erase_person(actor=Actor.person(erased.pk), person=erased)
    blocked = people.register(phones=[BLOCKED])
    Registrant.objects.filter(pk=blocked.pk).update(restricted_at="2026-01-01T00:00Z")
    gave_up = people.register(phones=[REMOVED, "+96170555006"])
    ContactPoint.objects.filter(registrant=gave_up).update(removed_at="2026-01-01T00:00Z")


def seen(client: Client, send: Callable[[], Any]) -> tuple[Any, ...]:
    """Return everything an onlooker can tell of one answer, and how many queries it took."""
    with CaptureQueriesContext(connections["default"]) as data:
        with CaptureQueriesContext(connections["keys"]) as keys:
            page = send()
    headers = {name: value for name, value in page.headers.items() if name != "Set-Cookie"}
    # The form's token and the session differ at every visit; their names and flags must not.
    cookies = sorted(
        (name, {key: value for key, value in morsel.items() if key != "expires"})
        for name, morsel in page.cookies.items()
    )
    csp = headers.pop("Content-Security-Policy", "")
    return (
        page.status_code,
        without_token(page),
        headers,
        str(cookies),
        len(csp),
        len(data),
        len(keys),
    )


def visit(contact: str, *, decided: bool) -> list[tuple[Any, ...]]:
    """Go through signing in with a contact; `decided`: the workers have looked at it already."""
    client = Client()
    asked = [
        seen(client, lambda: client.get("/my/sign-in/")),
        seen(client, lambda: client.post("/my/sign-in/", {"contact": contact})),
    ]
    if decided:
        answer_proof(ContactProof.objects.latest("pk").pk)
    return [
        *asked,
        seen(client, lambda: client.get("/my/sign-in/code/")),
        seen(client, lambda: client.post("/my/sign-in/code/", {"code": WRONG_CODE})),
        seen(client, lambda: client.post("/my/sign-in/code/", {"go": "resend"})),
        seen(client, lambda: client.get("/my/sign-in/code/")),
        seen(client, lambda: client.post("/my/sign-in/code/", {"code": WRONG_CODE})),
    ]


@pytest.mark.parametrize("decided", [False, True], ids=["at once", "after the workers"])
def test_signing_in_looks_the_same_for_everybody(*, decided: bool) -> None:
    visits = {contact: visit(contact, decided=decided) for contact in CONTACTS}
    for contact, steps in visits.items():
        for number, (mine, reference) in enumerate(zip(steps, visits[UNKNOWN], strict=True)):
            assert mine == reference, (contact, number)
    assert Delivery.objects.exists() == decided


def test_running_into_the_limit_looks_the_same_for_everybody() -> None:
    answers: dict[str, list[tuple[Any, ...]]] = {}
    for contact in (KNOWN, UNKNOWN, ERASED):
        answers[contact] = []
        for _ in range(ASKING_PER_CONTACT.most + 2):
            client = Client()
            answer = seen(
                client,
                lambda: client.post("/my/sign-in/", {"contact": contact}),  # noqa: B023
            )
            body = answer[1].replace(contact, "")
            answers[contact].append((answer[0], body, *answer[2:]))
    statuses = [answer[0] for answer in answers[UNKNOWN]]
    assert statuses == [302] * ASKING_PER_CONTACT.most + [429] * 2
    assert answers[KNOWN] == answers[UNKNOWN] == answers[ERASED]


def test_registering_looks_the_same_for_everybody() -> None:
    answers = {}
    for contact in (KNOWN, UNKNOWN, ERASED):
        client = Client()
        where = {"country": "LB", "kind": "work", "phone": contact}
        answers[contact] = [
            seen(client, lambda: client.post("/register/", where)),  # noqa: B023
            seen(client, lambda: client.post("/register/who/", {"alias": "Cedar"})),  # noqa: B023
        ]
    assert answers[KNOWN] == answers[UNKNOWN] == answers[ERASED]


def test_a_twin_in_another_alphabet_never_gets_the_code() -> None:
    people.register(emails=["amal@xn--80ak6aa92e.example"], phones=[])
    for twin in ("\u0430mal@xn--80ak6aa92e.example", "amal@apple.example"):
        client = Client()
        page = client.post("/my/sign-in/", {"contact": twin})
        if page.status_code == 302:
            answer_proof(ContactProof.objects.latest("pk").pk)
    assert not Delivery.objects.exists()
