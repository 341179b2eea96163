"""Provider callbacks: stored before they are answered, once, sealed, whoever repeats them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Role
from encryption.keyring import keyring
from notifications import addressing, api, applying_receipts, receiving, sending
from notifications.models import (
    Answer,
    Delivery,
    DeliveryStatus,
    InboundMessage,
    Lane,
    Receipt,
)
from registry.indexing import contact_token
from registry.models import Channel
from tests.accounts.signing_in import sign_in
from tests.people import crisis, phone, register, released, staff

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

RECEIPT = "/api/v1/callbacks/sms/local/receipt"
INBOUND = "/api/v1/callbacks/sms/local/inbound"


def receipt(**changes: Any) -> dict[str, Any]:
    at = timezone.now().isoformat()
    return {"id": "m-1", "event_id": "e-1", "status": "delivered", "at": at, **changes}


def inbound(**changes: Any) -> dict[str, Any]:
    at = timezone.now().isoformat()
    return {"event_id": "e-1", "from": "+96170123456", "to": "ABROAD", "text": "SAFE", "at": at,
            **changes}  # fmt: skip


@pytest.fixture
def post(settings: Any) -> Any:
    """Send a callback with the secret."""

    def send(path: str, body: Any, secret: str | None = settings.SMS_CALLBACK_SECRET) -> Any:
        headers = {} if secret is None else {"authorization": f"Bearer {secret}"}
        content = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return Client().post(path, content, content_type="application/json", headers=headers)

    return send


# --- who may call ---------------------------------------------------------------------


@pytest.mark.parametrize("path", [RECEIPT, INBOUND])
@pytest.mark.parametrize("secret", [None, "", "wrong", "x" * 5000])
def test_without_the_secret_nothing_is_stored(post: Any, path: str, secret: str | None) -> None:
    response = post(path, receipt() if path == RECEIPT else inbound(), secret)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert not Receipt.objects.exists()
    assert not InboundMessage.objects.exists()


def test_a_site_without_a_secret_takes_no_callback(post: Any, settings: Any) -> None:
    settings.SMS_CALLBACK_SECRET = ""
    assert post(RECEIPT, receipt(), "").status_code == 401
    assert post(RECEIPT, receipt(), " ").status_code == 401


def test_a_signed_in_officer_is_no_provider() -> None:
    client = sign_in(staff(Role.AUTHOR))
    assert client.post(RECEIPT, receipt(), content_type="application/json").status_code == 401


def test_only_posts_of_json_are_taken(post: Any, settings: Any) -> None:
    bearer = {"authorization": f"Bearer {settings.SMS_CALLBACK_SECRET}"}
    assert Client().get(RECEIPT, headers=bearer).status_code == 405
    assert Client().post(RECEIPT, receipt(), headers=bearer).status_code == 415


# --- receipts -------------------------------------------------------------------------


def test_a_receipt_is_stored_once(post: Any) -> None:
    assert post(RECEIPT, receipt()).status_code == 202
    stored = Receipt.objects.get()
    assert (stored.provider, stored.provider_reference, stored.status) == (
        "local",
        "m-1",
        "delivered",
    )
    assert post(RECEIPT, receipt(status="expired")).status_code == 200
    assert Receipt.objects.get().status == "delivered"
    # Another provider counts its own events.
    assert post(RECEIPT.replace("local", "other"), receipt()).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '"receipt"',
        "null",
        b"\xff\xfe",
        "[" * 20_000,
        receipt(id=""),
        receipt(id="m" * 81),
        receipt(id=5),
        receipt(id="secret value"),
        receipt(event_id=None),
        receipt(event_id="e\u0000"),
        receipt(status="buffered"),
        receipt(status=["delivered"]),
        receipt(at="yesterday"),
        {"id": "m-1"},
    ],
)
def test_a_malformed_receipt_is_refused_without_an_echo(post: Any, body: Any) -> None:
    response = post(RECEIPT, body)
    assert response.status_code == 400
    words = response.content.decode()
    assert not any(value in words for value in ("secret", "buffered", "yesterday", "mmmm"))
    assert not Receipt.objects.exists()


def test_a_body_that_is_too_large_is_not_read(post: Any) -> None:
    assert post(INBOUND, inbound(text="x" * api.MAX_BODY)).status_code == 413
    assert not InboundMessage.objects.exists()


@pytest.mark.parametrize("provider", ["", "Local", "a/b", "x" * 21, "p%00"])
def test_a_provider_has_a_short_plain_name(post: Any, provider: str) -> None:
    assert post(f"/api/v1/callbacks/sms/{provider}/receipt", receipt()).status_code == 404


# --- messages from people -------------------------------------------------------------


def test_a_message_is_sealed_and_its_sender_is_a_token(post: Any) -> None:
    assert post(INBOUND, inbound(text="SAFE, we are in Hamra")).status_code == 202
    assert post(INBOUND, inbound(text="something else")).status_code == 200
    stored = InboundMessage.objects.get()
    assert stored.sender_token == contact_token(Channel.SMS, "+96170123456")
    assert b"Hamra" not in bytes(stored.body)
    opened = keyring().open_for_system(receiving.SEAL_PURPOSE, bytes(stored.body))
    assert opened.decode() == "SAFE, we are in Hamra"


@pytest.mark.parametrize(
    "written", ["+96170123456", "96170123456", "0096170123456", "+961 70 123 456", "+961-70-123456"]
)
def test_the_senders_number_is_read_in_any_usual_spelling(post: Any, written: str) -> None:
    assert post(INBOUND, inbound(**{"from": written})).status_code == 202
    assert InboundMessage.objects.get().sender_token == contact_token(Channel.SMS, "+96170123456")


@pytest.mark.parametrize(
    "body",
    [
        inbound(**{"from": "INFO"}),
        inbound(**{"from": ""}),
        inbound(**{"from": "+0123456789"}),
        inbound(**{"from": "+12345678901234567"}),
        inbound(**{"from": 96170123456}),
        inbound(text=None),
        inbound(text=["help"]),
        inbound(at=""),
        {"event_id": "e-1", "to": "ABROAD", "text": "SAFE"},
    ],
)
def test_a_malformed_message_is_refused_without_an_echo(post: Any, body: Any) -> None:
    response = post(INBOUND, body)
    assert response.status_code == 400
    assert not any(value in response.content.decode() for value in ("INFO", "1234", "help"))


@settings(max_examples=40)
@given(text=st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_whatever_somebody_writes_is_kept(text: str) -> None:
    from django.conf import settings as site

    InboundMessage.objects.all().delete()
    response = Client().post(
        INBOUND,
        json.dumps(inbound(text=text)),
        content_type="application/json",
        headers={"authorization": f"Bearer {site.SMS_CALLBACK_SECRET}"},
    )
    assert response.status_code == 202
    body = bytes(InboundMessage.objects.get().body)
    kept = keyring().open_for_system(receiving.SEAL_PURPOSE, body).decode()
    # Halves of letters alone are replaced: nothing can store them.
    assert kept == text.encode("utf-8", "replace").decode()


def test_more_than_a_network_delivers_is_put_off(post: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(api, "CALLBACKS_PER_SECOND", 0)
    response = post(RECEIPT, receipt())
    assert response.status_code == 429
    assert response["Retry-After"] == "1"
    assert not Receipt.objects.exists()


# --- applied later --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "final"),
    [
        (["delivered"], DeliveryStatus.DELIVERED),
        (["undeliverable"], DeliveryStatus.FAILED),
        (["expired", "delivered"], DeliveryStatus.DELIVERED),
        (["delivered", "expired"], DeliveryStatus.DELIVERED),
        (["delivered", "delivered", "rejected"], DeliveryStatus.DELIVERED),
        (["rejected", "expired", "rejected"], DeliveryStatus.FAILED),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
@committed
def test_receipts_in_any_order_never_lower_what_is_known(
    post: Any, sms_gateway: Any, order: list[str], final: DeliveryStatus, at_once: bool
) -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    delivery = Delivery.objects.get(dispatch=dispatch)
    for number, status in enumerate(order):
        body = receipt(id=delivery.provider_reference, event_id=f"e-{number}", status=status)
        assert post(RECEIPT, body).status_code == 202
        assert post(RECEIPT, body).status_code == 200
        if not at_once:
            applying_receipts.apply_receipts()
    applying_receipts.apply_receipts()
    delivery = Delivery.objects.get(dispatch=dispatch)
    assert delivery.status == final
    assert applying_receipts.apply_receipts() == 0


@pytest.mark.parametrize(
    ("text", "answer", "is_for_a_person"),
    [
        ("SAFE", "safe", False),
        ("I need help", "help", False),
        ("not safe", "help", False),
        ("أنا بخير", "safe", False),
        ("who is this", None, True),
        ("we are at my sister's in the mountains and all of us are safe and well", None, True),
    ],
)
@committed
def test_an_answer_reaches_the_person_and_the_board(
    post: Any, sms_gateway: Any, text: str, answer: str | None, is_for_a_person: bool
) -> None:
    number = phone()
    person = register(phones=[number])
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    assert post(INBOUND, inbound(**{"from": number, "text": text})).status_code == 202
    receiving.apply_inbound()
    stored = InboundMessage.objects.get()
    assert stored.registrant_id == person.pk
    assert stored.needs_reading is is_for_a_person
    assert list(Answer.objects.values_list("state", flat=True)) == ([answer] if answer else [])
    assert dispatch.members.get().answer == (answer or "")
