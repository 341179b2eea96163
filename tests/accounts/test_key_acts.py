"""Acts on the keys: two people who prove who they are, each step written down, resumable."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.identifying import MOST_FAILURES, NotIdentified, identify
from accounts.key_acting import approve_key_act, begin_key_act, request_key_act, take_step
from accounts.key_acts import KeyAct, KeyActKind, KeyActState
from accounts.key_runners import KeyActRefused
from accounts.management.key_command import KeyCommand
from accounts.models import Mandate, Role, StaffUser
from audit.models import AuditEvent
from encryption.models import PersonKey
from encryption.resealing import GRACE
from encryption.rotating import remaining, rewrap_page
from registry.models import ErasedPerson, Registrant
from tests.accounts.signing_in import PASSWORD, code_of, give_app
from tests.encryption.turning import Keys, own_keys
from tests.people import register, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealing_keys():
    with own_keys() as (sealing, _index):
        yield sealing


class Scripted:
    """Somebody at the terminal whose answers are known beforehand."""

    def __init__(self, user: StaffUser, secret: str, *, post: str = "", steps: int = 0) -> None:
        self.user, self.secret_of_app, self.post, self.steps = user, secret, post, steps

    def line(self, question: str) -> str:
        return self.post if "post" in question else self.user.email

    def secret(self, question: str) -> str:
        if "code" in question:
            return code_of(self.secret_of_app, steps=self.steps)
        return PASSWORD


@pytest.fixture
def holders() -> tuple[StaffUser, StaffUser]:
    return staff(Role.KEY_HOLDER), staff(Role.KEY_HOLDER)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command as somebody; every use takes the next code of their app."""
    apps: dict[Any, str] = {}

    def _run(user: StaffUser, command: str, *args: str, post: str = "") -> str:
        from allauth.mfa.models import Authenticator

        # A code works once: the app is set up anew for each command.
        Authenticator.objects.filter(user=user).delete()
        apps[user.pk] = give_app(user)
        monkeypatch.setattr(KeyCommand, "asking", Scripted(user, apps[user.pk], post=post))
        out = io.StringIO()
        call_command(command, *args, stdout=out)
        return out.getvalue()

    return _run


def acts_of(act: KeyAct) -> list[str]:
    events = AuditEvent.objects.filter(object_kind="key-act", object_id=str(act.pk))
    return [event.act.removeprefix("accounts.key-act-") for event in events.order_by("pk")]


def test_turning_the_sealing_keys_by_command(sealing_keys: Keys, holders, run) -> None:
    one, two = holders
    for number in range(3):
        register(given_names=f"Person {number}")
    sealing_keys.turn()
    said = run(one, "request_key_act", "rotate-sealing", "--dry-run")
    assert "3  person keys to wrap anew" in said
    assert not KeyAct.objects.exists()
    run(one, "request_key_act", "rotate-sealing")
    act = KeyAct.objects.get()
    assert act.parameters == {"to": 2}
    with pytest.raises(CommandError, match="cannot agree"):
        run(one, "approve_key_act", str(act.pk))
    with pytest.raises(CommandError, match="not agreed"):
        run(one, "run_key_act", str(act.pk))
    assert remaining() == 3
    run(two, "approve_key_act", str(act.pk))
    assert "3  person keys to wrap anew" in run(two, "run_key_act", str(act.pk), "--dry-run")
    assert "Finished." in run(one, "run_key_act", str(act.pk))
    act.refresh_from_db()
    assert (act.state, act.done_count, remaining()) == (KeyActState.FINISHED, 3, 0)
    assert acts_of(act) == ["requested", "approved", "begun", "finished"]
    assert {p.given_names for p in Registrant.objects.all()} == {f"Person {n}" for n in range(3)}
    with pytest.raises(CommandError, match="Finished, not agreed"):
        run(one, "run_key_act", str(act.pk))


def test_an_interrupted_act_goes_on_where_it_was(sealing_keys: Keys, holders, monkeypatch) -> None:
    # Small pages, so that there is something to interrupt.
    monkeypatch.setattr(rewrap_page, "__defaults__", (None, 2))
    one, two = holders
    for _ in range(5):
        register()
    sealing_keys.turn()
    act = request_key_act(actor=one, kind=KeyActKind.ROTATE_SEALING, parameters={"to": 2})
    approve_key_act(actor=two, act_id=act.pk)
    act = begin_key_act(actor=one, act_id=act.pk)
    take_step(actor=one, act=act)
    assert (act.done_count, remaining()) == (2, 3)
    # As if the process had died here: somebody begins it again.
    again = begin_key_act(actor=two, act_id=act.pk)
    while not take_step(actor=two, act=again).is_finished:
        pass
    assert (again.done_count, remaining()) == (5, 0)
    assert acts_of(act) == ["requested", "approved", "begun", "resumed", "finished"]


def test_a_post_is_destroyed_after_its_code_was_typed(holders, run) -> None:
    one, two = holders
    gone = [register(country="LB", area="LB-BA").pk for _ in range(3)]
    stays = register(country="FR", area=None).pk
    asked = ("request_key_act", "destroy-post", "--post", "beirut")
    with pytest.raises(CommandError, match="not the code"):
        run(one, *asked, post="paris")
    said = run(one, *asked, post="beirut")
    assert "3  people of the post" in said
    act = KeyAct.objects.get()
    run(two, "approve_key_act", str(act.pk), post="beirut")
    late = register(country="LB", area="LB-BA").pk
    KeyAct.objects.filter(pk=act.pk).update(begun_at=timezone.now())
    Registrant.objects.filter(pk=late).update(
        registered_at=timezone.now() + datetime.timedelta(minutes=1)
    )
    with pytest.raises(CommandError, match="not the code"):
        run(two, "run_key_act", str(act.pk), post="")
    assert PersonKey.objects.filter(person_id__in=gone).count() == 3
    run(two, "run_key_act", str(act.pk), post="beirut")
    assert not PersonKey.objects.filter(person_id__in=gone).exists()
    assert set(Registrant.objects.values_list("pk", flat=True)) == {stays, late}
    assert set(ErasedPerson.objects.values_list("person_id", flat=True)) == set(gone)
    assert PersonKey.objects.filter(person_id__in=[stays, late]).count() == 2
    erased = AuditEvent.objects.filter(act="registry.person-erased", subject_id__in=gone)
    assert erased.count() == 3


def test_a_person_is_sealed_anew_in_two_goes(holders, run) -> None:
    one, two = holders
    person = register(given_names="Amal")
    before = bytes(PersonKey.objects.get(person_id=person.pk).wrapped)
    run(one, "request_key_act", "reseal-person", "--person", str(person.pk))
    act = KeyAct.objects.get()
    run(two, "approve_key_act", str(act.pk))
    assert "run the same command again" in run(one, "run_key_act", str(act.pk))
    assert Registrant.objects.get(pk=person.pk).given_names == "Amal"
    PersonKey.objects.filter(person_id=person.pk).update(replaced_at=timezone.now() - 2 * GRACE)
    assert "Finished." in run(one, "run_key_act", str(act.pk))
    key = PersonKey.objects.get(person_id=person.pk)
    assert (key.former_wrapped, bytes(key.wrapped) != before) == (None, True)
    assert Registrant.objects.get(pk=person.pk).given_names == "Amal"


def test_only_key_holders_act(holders) -> None:
    stranger = staff(Role.DATA_PROTECTION)
    with pytest.raises(KeyActRefused, match="key holders"):
        request_key_act(actor=stranger, kind=KeyActKind.DESTROY_POST, parameters={"post": "beirut"})
    act = request_key_act(
        actor=holders[0], kind=KeyActKind.DESTROY_POST, parameters={"post": "beirut"}
    )
    with pytest.raises(KeyActRefused, match="key holders"):
        approve_key_act(actor=stranger, act_id=act.pk)
    Mandate.objects.filter(user=holders[1]).update(ends_at=timezone.now())
    with pytest.raises(KeyActRefused, match="key holders"):
        approve_key_act(actor=holders[1], act_id=act.pk)


def test_an_agreement_does_not_last(holders) -> None:
    one, two = holders
    act = request_key_act(actor=one, kind=KeyActKind.DESTROY_POST, parameters={"post": "beirut"})
    approve_key_act(actor=two, act_id=act.pk)
    KeyAct.objects.update(approved_at=timezone.now() - datetime.timedelta(hours=25))
    with pytest.raises(KeyActRefused, match="more than a day"):
        begin_key_act(actor=one, act_id=act.pk)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"state": "running", "begun_at": timezone.now()}, "no_key_act_runs_unapproved"),
        ({"state": "approved"}, "no_key_act_runs_unapproved"),
        ({"approved_at": timezone.now()}, "approved_by_somebody"),
        ({"approved_by": "same", "approved_at": timezone.now()}, "needs_two_people"),
        ({"approved_by": "other", "approved_at": timezone.now(), "state": "running"}, "has_begun"),
    ],
)
def test_the_database_itself_wants_two_people(holders, changes: dict[str, Any], rule: str) -> None:
    one, two = holders
    act = request_key_act(actor=one, kind=KeyActKind.DESTROY_POST, parameters={"post": "beirut"})
    people = {"same": one, "other": two, None: None}
    changes = {**changes, "approved_by": people[changes.get("approved_by")]}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        KeyAct.objects.filter(pk=act.pk).update(**changes)


def test_who_sits_at_the_terminal_is_proved(holders) -> None:
    one, _two = holders
    secret = give_app(one)
    asking = Scripted(one, secret)
    assert identify(asking) == one
    # The same code a second time, and a code of somebody else's app.
    with pytest.raises(NotIdentified, match="do not belong together"):
        identify(asking)
    with pytest.raises(NotIdentified, match="do not belong together"):
        identify(Scripted(one, give_app(staff(Role.KEY_HOLDER))))
    StaffUser.objects.filter(pk=one.pk).update(is_active=False)
    with pytest.raises(NotIdentified, match="do not belong together"):
        identify(Scripted(one, secret, steps=1))
    acts = AuditEvent.objects.filter(actor_id=one.pk).values_list("act", flat=True)
    assert "accounts.terminal-signed-in" in acts
    assert "accounts.terminal-sign-in-failed" in acts


def test_guessing_at_the_terminal_is_stopped(holders) -> None:
    one, two = holders
    wrong = Scripted(one, give_app(two))
    give_app(one)
    for _ in range(MOST_FAILURES):
        with pytest.raises(NotIdentified, match="do not belong"):
            identify(wrong)
    with pytest.raises(NotIdentified, match="too many"):
        identify(wrong)


def test_without_a_terminal_nobody_is_asked(holders, monkeypatch) -> None:
    register()
    monkeypatch.setattr("sys.stdin", io.StringIO("holder@example\npassword\n123456\n"))
    with pytest.raises(CommandError, match="needs a terminal"):
        call_command("request_key_act", "destroy-post", "--post", "beirut", stdout=io.StringIO())


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("destroy-post",), "needs --post"),
        (("destroy-post", "--post", "nowhere"), "no post with this code"),
        (("reseal-person", "--person", "x"), "by the id"),
        (("reseal-person", "--person", "019aabcd-0000-7000-8000-000000000000"), "has no key"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(args: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("request_key_act", *args, stdout=io.StringIO())
