"""Officers at work, for the tests of the console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import reverse

from accounts.models import Role
from registry.models import Registrant
from tests.accounts.signing_in import sign_in
from tests.people import staff


def officer(post: str = "beirut") -> Client:
    """Return the browser of a signed-in officer."""
    return sign_in(staff(Role.OFFICER, post))


def look_for(client: Client, text: str) -> Any:
    """Type into the search box and return the page of results."""
    return client.post(reverse("console:people-find"), {"query": text}, follow=True)


def open_record_of(client: Client, person: Registrant | UUID, reason: str = "asked") -> Any:
    """Open a record for a reason and return the page that follows."""
    person_id = person.pk if isinstance(person, Registrant) else person
    return client.post(
        reverse("console:record-open", args=[person_id]), {"reason": reason}, follow=True
    )


def words_of(response: Any) -> str:
    """Return a page's HTML."""
    return str(response.content.decode())
