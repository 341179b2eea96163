"""The desk's own pages with real answers, for everybody who may knock.

That no address of the product is forgotten is shown in tests/authorisation.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from encryption.identifiers import new_id
from registry.models import DuplicateProposal
from tests.accounts.signing_in import sign_in
from tests.people import register, staff
from tests.registry.consoles import open_record_of

pytestmark = pytest.mark.django_db

# 302 for a stranger leads to the sign-in page; 404 says nothing about what is there.
VISITORS = (
    *("stranger", "officer", "officer elsewhere", "author", "approver"),
    *("data protection", "auditor"),
)
TABLE = {
    ("console:start", "get"): (302, 302, 302, 302, 302, 302, 302),
    ("console:people-find", "get"): (302, 200, 200, 404, 404, 404, 404),
    ("console:people-find", "post"): (302, 302, 302, 404, 404, 404, 404),
    ("console:people-found", "get"): (302, 302, 302, 404, 404, 404, 404),
    ("console:people-list", "get"): (302, 200, 200, 404, 404, 404, 404),
    ("console:record-show", "get"): (302, 200, 404, 404, 404, 404, 404),
    ("console:record-open", "post"): (302, 302, 404, 404, 404, 404, 404),
    ("console:call-note", "get"): (302, 200, 404, 404, 404, 404, 404),
    ("console:call-note", "post"): (302, 302, 404, 404, 404, 404, 404),
    ("console:duplicate-list", "get"): (302, 200, 200, 404, 404, 404, 404),
    ("console:duplicate-dismiss", "get"): (302, 200, 404, 404, 404, 404, 404),
    ("console:duplicate-dismiss", "post"): (302, 302, 404, 404, 404, 404, 404),
    ("console:looks-list", "get"): (302, 404, 404, 404, 404, 200, 200),
    ("console:retention-show", "get"): (302, 404, 404, 404, 404, 200, 200),
    ("console-messages:message-write", "get"): (302, 200, 404, 404, 404, 404, 404),
    ("console-messages:message-write", "post"): (302, 200, 404, 404, 404, 404, 404),
    ("console-messages:message-list", "get"): (302, 200, 404, 404, 404, 404, 404),
}


def visitors() -> dict[str, Client]:
    """Return a browser for each visitor, signed in where they can be."""
    return {
        "stranger": Client(),
        "officer": sign_in(staff(Role.OFFICER, "beirut")),
        "officer elsewhere": sign_in(staff(Role.OFFICER, "paris")),
        "author": sign_in(staff(Role.AUTHOR)),
        "approver": sign_in(staff(Role.APPROVER)),
        "data protection": sign_in(staff(Role.DATA_PROTECTION)),
        "auditor": sign_in(staff(Role.AUDITOR)),
    }


def test_the_console_opens_to_whom_the_table_says() -> None:
    person = register()
    clients = visitors()
    open_record_of(clients["officer"], person)
    first, second = sorted((person, register()), key=lambda each: each.pk)
    pair = DuplicateProposal.objects.create(first=first, second=second, reasons=["name"], score=95)
    seen = {}
    for name, method in TABLE:
        arguments = {
            "console:people-found": [new_id()],
            "console:start": [],
            "console:people-find": [],
            "console:people-list": [],
            "console:duplicate-list": [],
            "console:duplicate-dismiss": [pair.public_id],
            "console:looks-list": [],
            "console:retention-show": [],
        }.get(name, [person.pk])
        reason = "checked" if "duplicate" in name else "asked"
        data = {"query": "Amal", "reason": reason, "outcome": "reached", "entry": str(new_id())}
        seen[name, method] = tuple(
            getattr(clients[visitor], method)(
                reverse(name, args=arguments), data if method == "post" else None
            ).status_code
            for visitor in VISITORS
        )
    assert seen == TABLE


def test_a_stranger_is_sent_to_the_sign_in_page() -> None:
    response = Client().get(reverse("console:people-find"))
    assert response.url.startswith(reverse("account_login"))  # type: ignore[attr-defined]
