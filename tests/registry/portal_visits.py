"""Going through the portal as a visitor does: over HTTP, page by page."""

from __future__ import annotations

import gzip
import html
import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from notifications.answering_proofs import answer_proof
from registry.models import ContactPoint, ContactProof, ProofPurpose, Registrant
from registry.services.proving import code_of, link_reference
from tests import people

WHERE = {
    "country": "LB",
    "area": "LB-BA",
    "place": "Hamra, second street",
    "kind": "residence",
    "until_day": "27",
    "until_month": "3",
    "until_year": "2031",
    "phone": "03 123 456",
    "email": "amal@mail.example",
    "go": "on",
}
WHO = {
    "given_names": "Amal Noor",
    "family_names": "Haddad",
    "alias": "Moon",
    "birth_day": "2",
    "birth_month": "4",
    "birth_year": "1990",
    "nationality": "XM",
    "passport_number": "ab 123 4567",
    "languages": ["en", "fr"],
    "go": "on",
}
WRONG_CODE = "0000000000"


def page_markup(page: Any) -> str:
    """Return the markup of a page."""
    content: bytes = page.content
    if page.headers.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    return content.decode()


def text_of(page: Any) -> str:
    """Return what a page says, markup included, entities read."""
    return html.unescape(page_markup(page))


def without_token(page: Any) -> str:
    """Return a page's markup with the form tokens, which differ each time, masked."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]+"', r"\1", text_of(page))


def errors_in(page: Any) -> list[str]:
    """Return the messages that stand beside fields."""
    shown = re.findall(r'<p class="govuk-error-message">.*?</span> (.*?)</p>', text_of(page))
    return [message.strip() for message in shown]


def send_where(client: Client, **changes: Any) -> Any:
    """Send the first screen. A value of None leaves a field out."""
    people.load_posts()
    return _post(client, "/register/", {**WHERE, **changes})


def send_who(client: Client, **changes: Any) -> Any:
    """Send the second screen."""
    return _post(client, "/register/who/", {**WHO, **changes})


def register(client: Client, where: Any = None, who: Any = None) -> Registrant:
    """Register through both screens; return the person."""
    assert send_where(client, **(where or {})).status_code == 302
    sent = send_who(client, **(who or {}))
    assert sent.status_code == 302, errors_in(sent)
    return Registrant.objects.latest("registered_at")


def contact_on(person: Registrant, channel: int) -> ContactPoint:
    """Return a person's contact of one channel."""
    return ContactPoint.objects.get(registrant=person, channel=channel, removed_at=None)


def sent_code(contact: ContactPoint) -> str:
    """Return the newest code that was sent to confirm a contact."""
    proofs = ContactProof.objects.filter(contact_point=contact, purpose=ProofPurpose.CONFIRM)
    return code_of(proofs.latest("pk"))


def sent_link(contact: ContactPoint) -> str:
    """Return the path of the newest link that was sent to a contact."""
    return (
        f"/c/{link_reference(ContactProof.objects.filter(contact_point=contact).latest('pk').pk)}"
    )


def ask_to_sign_in(client: Client, contact: str) -> ContactProof:
    """Ask for a sign-in code; return the proof once it was decided whether anything is sent."""
    page = client.post("/my/sign-in/", {"contact": contact})
    assert page.status_code == 302, errors_in(page)
    proof = ContactProof.objects.latest("pk")
    answer_proof(proof.pk)
    proof.refresh_from_db()
    return proof


def sign_in(client: Client, person: Registrant) -> None:
    """Sign a registered person in with their first contact."""
    contact = ContactPoint.objects.filter(registrant=person, removed_at=None).earliest("created_at")
    proof = ask_to_sign_in(client, contact.value)
    page = client.post("/my/sign-in/code/", {"code": code_of(proof)})
    assert (page.status_code, page.headers["Location"]) == (302, "/my/")


def _post(client: Client, path: str, fields: dict[str, Any]) -> Any:
    return client.post(path, {name: value for name, value in fields.items() if value is not None})


class _Controls(HTMLParser):
    """Collects what the controls of a page hold: typed, ticked or chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, list[str]] = {}
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag in {"select", "textarea"}:
            self._inside = name
        elif tag == "option" and "selected" in given:
            self._hold(self._inside, given.get("value"))
        elif tag == "input":
            is_box = given.get("type") in {"radio", "checkbox"}
            if not is_box or "checked" in given:
                self._hold(name, given.get("value", "on") if is_box else given.get("value"))

    def _hold(self, name: str, value: str | None) -> None:
        self.held.setdefault(name, []).append(value or "")


def held_in(page: Any) -> dict[str, list[str]]:
    """Return what every control of a page would send if the person pressed a button now."""
    controls = _Controls()
    controls.feed(page_markup(page))
    return controls.held
