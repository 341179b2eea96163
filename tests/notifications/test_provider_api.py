"""Callbacks in the providers' own shapes: proven, stored once, quiet."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from encryption.digests import form_signature
from encryption.references import seal_reference
from notifications.models import InboundMessage, Receipt
from registry.indexing import contact_token
from registry.models import Channel

pytestmark = pytest.mark.django_db

KANNEL = "/api/v1/callbacks/kannel/beirut"
FORM = "/api/v1/callbacks/form/beirut"
SECRET = "kq7Vd2mXw9RtZ4bHs6LpNf3JcYg8Ae5u"
EVERY = [
    ("get", f"{KANNEL}/receipt?id={'a' * 22}&status=1"),
    ("post", f"{KANNEL}/inbound"),
    ("post", f"{FORM}/receipt"),
    ("post", f"{FORM}/inbound"),
    ("post", "/api/v1/callbacks/mail/bounce"),
]


@pytest.fixture(autouse=True)
def _beirut(settings: Any) -> None:
    settings.SMS_ROUTES = json.dumps(
        [{"name": "beirut", "url": "smpp://127.0.0.1", "secret": SECRET}]
    )


def basic(secret: str = SECRET) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'anybody:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize(("method", "path"), EVERY)
@pytest.mark.parametrize("headers", [{}, basic("wrong"), basic(""), {"authorization": "Basic !"}])
def test_nobody_without_the_secret_is_heard(
    method: str, path: str, headers: dict[str, str]
) -> None:
    response = getattr(Client(), method)(path, headers=headers)
    assert response.status_code == 401
    assert not Receipt.objects.exists()
    assert not InboundMessage.objects.exists()


def test_the_common_secret_does_not_open_a_providers_own_door(settings: Any) -> None:
    path = EVERY[0][1]
    assert Client().get(path, headers=basic(settings.SMS_CALLBACK_SECRET)).status_code == 401
    assert Client().get(path, headers=basic()).status_code == 200


def test_every_reference_of_ours_comes_back_through_kannel() -> None:
    for number in range(200):
        reference = seal_reference("delivery", number)
        path = f"{KANNEL}/receipt?id={reference}&status=1"
        assert Client().get(path, headers=basic()).status_code == 200
        assert Client().get(path, headers=basic()).status_code == 200
    assert Receipt.objects.count() == 200
    assert Receipt.objects.filter(provider_reference=f"beirut:{reference}").exists()


@pytest.mark.parametrize(
    ("status", "kept"),
    [("1", "delivered"), ("2", "undeliverable"), ("16", "rejected"), ("8", None), ("", None)],
)
def test_only_final_words_of_kannel_are_kept(status: str, kept: str | None) -> None:
    path = f"{KANNEL}/receipt?id={'_' * 22}&status={status}"
    response = Client().get(path, headers=basic())
    assert (response.status_code, response.content) == (200, b"")
    assert list(Receipt.objects.values_list("status", flat=True)) == ([kept] if kept else [])


def test_kannels_messages_keep_their_letters_and_their_parts() -> None:
    for number, words in ((1, "نحتاج "), (2, "مساعدة")):
        response = Client().post(
            f"{KANNEL}/inbound",
            words.encode("utf-16-be"),
            content_type="text/plain; charset=UTF-16BE",
            headers={
                **basic(),
                "x-kannel-from": "96170123456",
                "x-kannel-udh": f"0500030702{number:02x}",
            },
        )
        assert (response.status_code, response.content) == (200, b"")
    stored = InboundMessage.objects.order_by("part_number")
    assert [(one.part_group, one.part_number, one.part_count) for one in stored] == [
        (7, 1, 2),
        (7, 2, 2),
    ]
    assert {one.sender_token for one in stored} == {contact_token(Channel.SMS, "+96170123456")}


def test_a_message_without_a_sender_is_refused() -> None:
    response = Client().post(
        f"{KANNEL}/inbound", b"HELP", content_type="text/plain", headers=basic()
    )
    assert response.status_code == 400


def test_forms_are_proven_by_signature_or_secret() -> None:
    form = {"MessageSid": "SM123", "MessageStatus": "undelivered"}
    good = form_signature(SECRET, f"http://testserver{FORM}/receipt", form)
    bad = form_signature("another", f"http://testserver{FORM}/receipt", form)
    assert Client().post(
        f"{FORM}/receipt", form, headers={"x-twilio-signature": bad}
    ).status_code in (401, 415)
    for headers in ({"x-twilio-signature": good}, basic()):
        response = Client().post(
            f"{FORM}/receipt",
            "MessageSid=SM123&MessageStatus=undelivered",
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        )
        assert response.status_code == 200
    (stored,) = Receipt.objects.all()
    assert (stored.provider_reference, stored.status) == ("beirut:SM123", "undeliverable")


def test_the_messages_of_a_form_are_stored() -> None:
    response = Client().post(
        f"{FORM}/inbound",
        "From=%2B96170123456&Body=HELP%20%E2%9D%97",
        content_type="application/x-www-form-urlencoded",
        headers=basic(),
    )
    assert response.status_code == 200
    assert InboundMessage.objects.count() == 1
