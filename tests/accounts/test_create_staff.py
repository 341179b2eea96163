"""Staff accounts are made on the server, never on a page."""

from __future__ import annotations

import io

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.access import post_ids_of, roles_of
from accounts.models import Mandate, Role, StaffUser
from accounts.services import end_mandates
from audit.models import AuditEvent
from audit.recording import Actor
from tests.accounts.signing_in import give_app
from tests.people import load_posts, staff

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> str:
    """Run the command and return the password it printed."""
    printed = io.StringIO()
    call_command("create_staff", *arguments, stdout=printed)
    return printed.getvalue().strip().rpartition(" ")[2]


def test_an_officer_is_made_with_a_post_and_a_password_shown_once() -> None:
    load_posts()
    password = create(
        "Rita@Meridia.example", "--name", "Rita", "--role", "officer", "--post", "beirut"
    )
    user = StaffUser.objects.get(email="rita@meridia.example")
    assert roles_of(user) == {Role.OFFICER}
    assert len(post_ids_of(user)) == 1
    assert password not in str(StaffUser.objects.values().get(pk=user.pk))
    response = Client().post(
        reverse("account_login"), {"login": "rita@meridia.example", "password": password}
    )
    assert response.status_code == 302
    acts = set(AuditEvent.objects.values_list("act", flat=True))
    assert {"accounts.staff-created", "accounts.mandate-granted"} <= acts


def test_a_new_start_takes_password_and_second_factor_away() -> None:
    user = staff(Role.AUDITOR)
    give_app(user)
    password = create(user.email, "--start-again")
    user.refresh_from_db()
    assert user.check_password(password)
    assert not Authenticator.objects.filter(user=user).exists()


def test_the_same_role_twice_is_one_mandate() -> None:
    user = staff(Role.AUDITOR)
    create(user.email, "--role", "auditor")
    assert Mandate.objects.filter(user=user).count() == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new@meridia.example"], "needs --name"),
        (["no address", "--name", "X"], "not an e-mail"),
        (["new@meridia.example", "--name", "X", "--role", "officer"], "needs --post"),
        (
            ["new@meridia.example", "--name", "X", "--role", "officer", "--post", "moon"],
            "needs --post",
        ),
        (
            ["new@meridia.example", "--name", "X", "--role", "auditor", "--granted-by", "who@x.y"],
            "No colleague",
        ),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    arguments: list[str], sentence: str
) -> None:
    load_posts()
    with pytest.raises(CommandError, match=sentence):
        create(*arguments)
    assert not StaffUser.objects.filter(email="new@meridia.example").exists()


def test_one_colleague_cannot_give_a_role_and_agree_to_it() -> None:
    boss, user = staff(Role.AUDITOR), staff(Role.AUTHOR)
    with pytest.raises(CommandError, match="another"):
        create(
            *(user.email, "--role", "approver"),
            *("--granted-by", boss.email, "--approved-by", boss.email),
        )
    assert roles_of(user) == {Role.AUTHOR}


def test_ended_mandates_are_gone_at_once() -> None:
    user = staff(Role.OFFICER)
    assert end_mandates(actor=Actor.machine(), user=user) == 1
    assert not roles_of(user)
    assert not post_ids_of(user)
