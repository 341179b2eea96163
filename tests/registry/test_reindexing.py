"""Turning the index keys: everybody is found before, meanwhile and after."""

from __future__ import annotations

import pytest

from accounts.key_acting import approve_key_act, begin_key_act, request_key_act, take_step
from accounts.key_acts import KeyActKind
from accounts.models import Role
from encryption.references import one_time_code
from encryption.signals import seal_refused
from notifications.models import Delivery, InboundMessage
from notifications.services.storing import store_inbound
from registry import reindexing
from registry.indexing import contact_token
from registry.looking import search
from registry.models import (
    Channel,
    ContactPoint,
    ContactProof,
    EmergencyContact,
    ProofPurpose,
    Registrant,
)
from registry.services.proving import ask_for_proof, code_of, find_owner, use_code
from tests.encryption.turning import Keys, own_keys
from tests.people import register, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def index_keys():
    with own_keys() as (_sealing, index):
        yield index


def people() -> list[Registrant]:
    return [
        register(
            given_names=f"Person {n}",
            phones=[f"+9617055500{n}"],
            emails=[f"p{n}@example.org"],
            passport=f"X123456{n}",
            country="LB",
            area="LB-BA",
        )
        for n in range(5)
    ]


def all_found(officer, rows) -> bool:
    for n, person in enumerate(rows):
        for text in (f"+9617055500{n}", f"p{n}@example.org", f"X123456{n}", f"055500{n}"):
            found = {row.person_id for row in search(officer, text).rows}
            if person.pk not in found:
                return False
    return True


def begun(index_keys: Keys):
    one, two = staff(Role.KEY_HOLDER), staff(Role.KEY_HOLDER)
    to = index_keys.keyset.active
    act = request_key_act(actor=one, kind=KeyActKind.ROTATE_INDEX, parameters={"to": to})
    approve_key_act(actor=two, act_id=act.pk)
    return one, begin_key_act(actor=one, act_id=act.pk)


def test_everybody_is_found_throughout(index_keys: Keys, monkeypatch) -> None:
    monkeypatch.setattr(reindexing, "PAGE", 2)
    rows, officer = people(), staff(Role.OFFICER)
    before = set(ContactPoint.objects.values_list("token", flat=True))
    assert all_found(officer, rows)
    index_keys.turn()
    one, act = begun(index_keys)
    assert all_found(officer, rows)
    steps = 0
    while not take_step(actor=one, act=act).is_finished:
        steps += 1
        assert all_found(officer, rows)
    assert steps > 5
    assert not before & set(ContactPoint.objects.values_list("token", flat=True))
    index_keys.use(index_keys.keyset.without(1))
    assert all_found(officer, rows)
    for n in range(5):
        assert contact_token(Channel.SMS, f"+9617055500{n}") in set(
            ContactPoint.objects.values_list("token", flat=True)
        )


def test_a_code_asked_for_before_is_answered_after(index_keys: Keys) -> None:
    (person,) = [register(phones=["+96170555001"], is_confirmed=True)]
    proof = ask_for_proof(
        purpose=ProofPurpose.SIGN_IN,
        channel=Channel.SMS,
        token=contact_token(Channel.SMS, "+96170555001"),
        language="en",
    )
    sent = code_of(proof)
    index_keys.turn()
    one, act = begun(index_keys)
    while not take_step(actor=one, act=act).is_finished:
        pass
    proof.refresh_from_db()
    owner = find_owner(proof)
    assert owner is not None
    assert owner.registrant_id == person.pk
    ContactProof.objects.filter(pk=proof.pk).update(contact_point=owner)
    assert one_time_code("contact-proof", str(proof.public_id)) != sent
    assert use_code(proof_id=proof.pk, code=sent) == owner


def test_an_answer_by_text_message_meets_its_delivery_whatever_was_turned(
    index_keys: Keys,
) -> None:
    register(phones=["+96170555001"])
    index_keys.turn()
    # Not turned yet: the message is kept under the token that the queue knows.
    store_inbound(provider="x", event_id="1", sender_e164="+96170555001", text="SAFE")
    assert InboundMessage.objects.get().sender_token == ContactPoint.objects.get().token
    one, act = begun(index_keys)
    while not take_step(actor=one, act=act).is_finished:
        pass
    assert InboundMessage.objects.get().sender_token == ContactPoint.objects.get().token
    assert Delivery.objects.count() == 0


def test_somebody_who_registers_meanwhile_is_found(index_keys: Keys, monkeypatch) -> None:
    monkeypatch.setattr(reindexing, "PAGE", 2)
    rows, officer = people(), staff(Role.OFFICER)
    index_keys.turn()
    one, act = begun(index_keys)
    take_step(actor=one, act=act)
    # The number of somebody whose token is still the old one.
    register(given_names="Same phone", phones=["+96170555004"], country="LB", area="LB-BA")
    while not take_step(actor=one, act=act).is_finished:
        pass
    tokens = ContactPoint.objects.filter(
        token=contact_token(Channel.SMS, "+96170555004")
    ).values_list("registrant_id", flat=True)
    assert len(set(tokens)) == 2
    assert all_found(officer, rows)


def test_emergency_contacts_follow(index_keys: Keys) -> None:
    person = register()
    contact = EmergencyContact(
        registrant=person,
        relation="friend",
        channel=Channel.SMS,
        token=contact_token(Channel.SMS, "+96170999999"),
    )
    contact.name, contact.value = "Friend", "+96170999999"
    contact.save(force_insert=True)
    index_keys.turn()
    one, act = begun(index_keys)
    while not take_step(actor=one, act=act).is_finished:
        pass
    contact.refresh_from_db()
    assert contact.token == contact_token(Channel.SMS, "+96170999999")


def test_an_alert_goes_first(index_keys: Keys, monkeypatch) -> None:
    people()
    index_keys.turn()
    one, act = begun(index_keys)
    held = [True]
    monkeypatch.setattr(reindexing, "holds", [lambda: held[0]])
    assert take_step(actor=one, act=act).done == 0
    held[0] = False
    assert take_step(actor=one, act=act).done > 0


def test_nothing_is_refused_on_the_way(index_keys: Keys) -> None:
    seen: list[object] = []

    def listen(sender: object, refusal: object, **kwargs: object) -> None:
        seen.append(refusal)

    people()
    index_keys.turn()
    seal_refused.connect(listen)
    try:
        one, act = begun(index_keys)
        while not take_step(actor=one, act=act).is_finished:
            pass
    finally:
        seal_refused.disconnect(listen)
    assert seen == []
