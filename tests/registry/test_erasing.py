"""Once somebody is erased, no table of either database holds a value or a token of theirs.

The tables are not named here: every column that exists is looked into, and every model that
can hold something of a person must have held something of hers before.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connections, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit.recording import Actor
from encryption import erasures
from encryption.fields import SealedField
from encryption.identifiers import new_id
from encryption.models import Erasure, PersonKey
from encryption.person_keys import create_keys
from notifications import addressing, tasks
from notifications.models import (
    AnswerState,
    AnswerVia,
    AudienceMember,
    Chunk,
    Delivery,
    InboundMessage,
    OverrideRecipient,
    Suppression,
)
from notifications.models.escalation import PhoneTask, Step
from notifications.services.answering import record_answer
from notifications.services.storing import store_inbound
from notifications.services.writing import write_to_person
from registry.finding.tokens import keeping
from registry.looking import search
from registry.models import (
    CallOutcome,
    Channel,
    ContactPoint,
    ContactProof,
    ErasedPerson,
    ProofPurpose,
    Registrant,
    RegistrationDraft,
    Relation,
    StayCell,
)
from registry.registration import ContactEntry
from registry.services.contacting import log_call
from registry.services.erasing import erase_person, finish_erasures
from registry.services.keeping import add_companion, add_emergency_contact
from registry.services.proving import ask_for_proof
from response.models import NextStep, Origin, Urgency
from response.services import open_case
from rights.models import Right, Way
from rights.services import ask_for_right
from tests.architecture.test_data_catalogue import our_models
from tests.crises.test_overriding import running
from tests.people import crisis, register, released, staff

pytestmark = pytest.mark.django_db(transaction=True)

PHONE, EMERGENCY = "+96170700001", "+96170700002"
# What stays: proofs and counts, under an id that leads nowhere.
STAYS = {
    ("audit_auditevent", "actor_id"),
    ("audit_auditevent", "revealed_ids"),
    ("audit_auditevent", "subject_id"),
    ("consent_consentevent", "actor_id"),
    ("consent_consentevent", "subject_id"),
    ("encryption_erasure", "person_id"),
    ("notifications_audiencemember", "registrant_id"),
    ("notifications_delivery", "contact_point_id"),
    ("notifications_delivery", "registrant_id"),
    ("registry_erasedperson", "person_id"),
    # That her request was answered, and when.
    ("rights_rightsrequest", "person_id"),
    # How far a job over everybody has come.
    ("registry_duplicatesearch", "person_id"),
    ("registry_tokenbuild", "last_person_id"),
}


@pytest.fixture
def her() -> Registrant:
    """Somebody of whom every part of the product holds something."""
    person = register(
        given_names="Zyxquorvandel", phones=[PHONE], emails=["her@people.example"],
        passport="QX1234567", place="Krullwendijkstraat",
    )  # fmt: skip
    actor = Actor.person(person.pk)
    add_companion(
        actor=actor, person=person, name="Trundlewickson", birth=None, relation=Relation.CHILD
    )
    add_emergency_contact(
        actor=actor,
        person=person,
        name="Ghaltimorbek",
        relation=Relation.FRIEND,
        entry=ContactEntry(Channel.SMS, EMERGENCY),
    )
    officer = staff(Role.OFFICER)
    log_call(
        actor=officer,
        person=person,
        entry_id=new_id(),
        outcome=CallOutcome.REACHED,
        note="Brambolquizzing",
    )
    point = ContactPoint.objects.get(registrant=person, channel=Channel.SMS)
    write_to_person(
        actor=officer, person=person, point=point, text="Fjordelumpasse", message_id=new_id()
    )
    danger = crisis()
    dispatch = released(danger)
    addressing.freeze(dispatch.pk)
    Delivery.objects.filter(dispatch=dispatch).update(provider_reference="provider-7")
    PhoneTask.objects.create(
        dispatch=dispatch,
        crisis=danger,
        registrant_id=person.pk,
        step=Step.EMERGENCY_CONTACT,
        due_at=timezone.now(),
    )
    OverrideRecipient.objects.create(override=running(danger), registrant_id=person.pk)
    record_answer(
        actor=actor,
        crisis_id=danger.pk,
        person_ids=[person.pk],
        state=AnswerState.HELP,
        via=AnswerVia.LINK,
        words="Skalligwomp",
    )
    open_case(
        actor=officer,
        person=person,
        entry_id=new_id(),
        origin=Origin.CALL,
        urgency=Urgency.SOON,
        next_step=NextStep.CALL,
        note="Wimbledorfing",
    )
    search(officer, PHONE)
    ask_for_right(actor=actor, person=person, right=Right.CORRECTION, way=Way.WEB)
    store_inbound(provider="gateway", event_id="1", sender_e164=PHONE, text="hello")
    ask_for_proof(
        purpose=ProofPurpose.SIGN_IN, channel=Channel.SMS, token=point.token, language="en"
    )
    Suppression.objects.create(
        channel=Channel.SMS, address_token=point.token, reason="unknown", until=timezone.now()
    )
    # A form she sent once more after she was registered.
    draft = RegistrationDraft(id=person.pk, language="en", expires_at=timezone.now())
    draft.answers = {"who": {"given_names": "Zyxquorvandel"}}
    draft.save(force_insert=True)
    StayCell.objects.create(
        stay=person.stays.get(),
        key_version=1,
        reach=0,
        large_token=7_000_001,
        small_token=-7_000_002,
    )
    keeping.keep(20)
    session = Client().session
    session["person_id"] = str(person.pk)
    session.save()
    return person


def erase(person: Registrant) -> None:
    person_id = person.pk
    erase_person(actor=Actor.person(person_id), person=person)
    # What the task does that was rung for.
    tasks.forget_person(str(person_id))


def columns(*types: str) -> Iterator[tuple[Any, str, str]]:
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT c.table_name, c.column_name FROM information_schema.columns c "
                "JOIN information_schema.tables t USING (table_schema, table_name) "
                "WHERE t.table_type = 'BASE TABLE' AND c.table_schema = 'public' "
                "AND c.udt_name = ANY(%s)",
                [list(types)],
            )
            for table, column in cursor.fetchall():
                yield cursor, table, column


def holding(numbers: set[int], ids: set[UUID]) -> set[tuple[str, str]]:
    """Return every (table, column) of both databases that holds one of these."""
    found = set()
    for cursor, table, column in columns("int8"):
        cursor.execute(
            f'SELECT EXISTS (SELECT FROM "{table}" WHERE "{column}" = ANY(%s))', [list(numbers)]
        )
        if cursor.fetchone()[0]:
            found.add((table, column))
    words = [f"%{form}%" for each in ids for form in (str(each), each.hex)]
    for cursor, table, column in columns("uuid", "_uuid", "text", "varchar", "jsonb", "_varchar"):
        cursor.execute(
            f'SELECT EXISTS (SELECT FROM "{table}" WHERE "{column}"::text LIKE ANY(%s))', [words]
        )
        if cursor.fetchone()[0]:
            found.add((table, column))
    return found


def tokens_of(person: Registrant) -> set[int]:
    found = set()
    for points in (person.contacts.all(), person.emergency_contacts.all()):
        for point in points:
            found |= {point.token, getattr(point, "last_digits_token", None)}
    found.add(person.passport_token)
    for cells in StayCell.objects.filter(stay__registrant=person):
        found |= {cells.large_token, cells.small_token}
    return {token for token in found if token is not None}


def ids_of(person: Registrant) -> set[UUID]:
    return {person.pk, *person.contacts.values_list("pk", flat=True)}


def can_hold_something(model: type[models.Model]) -> bool:
    return any(
        isinstance(field, SealedField)
        or (str(field.column).endswith("token") and model is not Chunk)
        or str(field.column) in ("registrant_id", "person_id", "subject_id", "contact_point_id")
        for field in model._meta.concrete_fields
    )


def test_nothing_readable_or_linkable_is_left_in_any_table(her: Registrant) -> None:
    tokens, ids = tokens_of(her), ids_of(her)
    assert len(tokens) == 7
    held = holding(tokens, ids)
    tables = {table for table, _ in held}
    wanted = {
        model._meta.db_table
        for model in our_models()
        if can_hold_something(model) and model._meta.managed
    }
    # Of these three one is a job's note, and the others say that she was erased.
    assert wanted - tables <= {
        "registry_erasedperson",
        "encryption_erasure",
        "registry_duplicatesearch",
    }
    # The tables of name tokens have no model.
    assert any(table.startswith("registry_tokenholder") for table in tables)
    assert Session.objects.count() == 1
    erase(her)
    assert holding(tokens, set()) == set()
    assert holding(set(), ids) <= STAYS
    assert not PersonKey.objects.exists()
    assert not Session.objects.exists()
    # What stays is a number, of nobody, without an address, an answer or words.
    delivery = Delivery.objects.exclude(dispatch__crisis=None).first()
    assert delivery is not None
    assert delivery.provider_reference == ""
    assert set(AudienceMember.objects.values_list("answer", "answered_at")) == {("", None)}
    # All that is sealed for a person was hers, so nothing sealed may be left.
    for model in our_models():
        sealed = [field for field in model._meta.concrete_fields if isinstance(field, SealedField)]
        assert not sealed or not model._default_manager.exists(), model
    assert not InboundMessage.objects.exists()


def test_whoever_shares_her_phone_loses_nothing(her: Registrant) -> None:
    other = register(phones=[PHONE])
    point = ContactPoint.objects.get(registrant=other)
    store_inbound(provider="gateway", event_id="2", sender_e164=PHONE, text="mine, perhaps")
    erase(her)
    assert ContactProof.objects.filter(token=point.token).exists()
    assert InboundMessage.objects.filter(sender_token=point.token).exists()
    assert Suppression.objects.filter(address_token=point.token).exists()
    assert Registrant.objects.get(pk=other.pk).given_names == "Amal"


def test_no_key_is_ever_made_for_her_again(her: Registrant) -> None:
    erase(her)
    with pytest.raises(IntegrityError, match="this person was erased"):
        create_keys([new_id(), her.pk, new_id()])
    assert not PersonKey.objects.exists()


def test_an_erasure_cut_short_after_the_key_is_finished(her: Registrant) -> None:
    """The database of the data was away for a moment."""
    erasures.erase_keys([her.pk])
    assert finish_erasures() == 0
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=3)):
        assert finish_erasures() == 1
    assert not Registrant.objects.exists()
    assert ErasedPerson.objects.filter(person_id=her.pk).exists()


def test_a_lost_wake_up_is_made_good_and_then_there_is_an_end(her: Registrant) -> None:
    erase_person(actor=Actor.person(her.pk), person=her)
    assert InboundMessage.objects.exists()
    now = timezone.now()
    with time_machine.travel(now + datetime.timedelta(minutes=3)):
        assert finish_erasures() == 1
        tasks.forget_person(str(her.pk))
        assert not InboundMessage.objects.exists()
        assert finish_erasures() == 0
    assert Erasure.objects.filter(person_id=her.pk, finished_at__isnull=False).exists()


def test_what_a_message_under_way_wrote_after_the_first_time_goes_too(her: Registrant) -> None:
    erase(her)
    Delivery.objects.filter(registrant_id=her.pk).update(provider_reference="provider-8")
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=3)):
        assert finish_erasures() == 1
        tasks.forget_person(str(her.pk))
    assert not Delivery.objects.exclude(provider_reference="").exists()


def test_her_sessions_on_other_devices_end(her: Registrant, client: Client) -> None:
    session = client.session
    session["person_id"], session["seen_at"] = str(her.pk), timezone.now().timestamp()
    session.save()
    stranger = Client().session
    stranger["person_id"] = str(new_id())
    stranger.save()
    erase(her)
    assert [row.session_key for row in Session.objects.all()] == [stranger.session_key]
    assert client.get(reverse("registry:registration-show")).status_code == 302
