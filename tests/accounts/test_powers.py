"""Power over people is given by two, taken by one, and gone at the next request."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access import has_role, post_ids_of
from accounts.granting import GrantRefused, ask_for_role, decide_role, end_mandate
from accounts.inviting import close_account
from accounts.models import (
    Mandate,
    PostShutting,
    Role,
    RoleRequest,
    RoleRequestState,
    ShuttingReason,
    StaffUser,
)
from accounts.shutting import ask_to_open_post, open_post_again, shut_post
from audit.models import AuditEvent
from geography.models import Post
from tests.accounts.signing_in import PASSWORD, sign_in
from tests.people import register, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrators() -> tuple[StaffUser, StaffUser, StaffUser]:
    return staff(Role.ADMINISTRATOR), staff(Role.ADMINISTRATOR), staff(Role.ADMINISTRATOR)


def newcomer() -> StaffUser:
    return StaffUser.objects.create_user("new@meridia.example", PASSWORD, name="Nadia New")


def refused(code: str) -> Any:
    return pytest.raises(GrantRefused, match=code)


def test_a_role_takes_two_administrators_and_neither_is_its_holder(administrators) -> None:
    one, two, three = administrators
    user, post = newcomer(), Post.objects.get(code="beirut")
    asked = ask_for_role(actor=one, user=user, role=Role.OFFICER, post=post)
    assert not has_role(user, Role.OFFICER)
    with refused("waiting"):
        ask_for_role(actor=two, user=user, role=Role.OFFICER, post=post)
    with refused("second-person"):
        decide_role(actor=one, request_id=asked.pk, is_granted=True)
    decide_role(actor=two, request_id=asked.pk, is_granted=True)
    mandate = Mandate.objects.get(user=user)
    assert (mandate.granted_by, mandate.approved_by) == (one, two)
    assert post_ids_of(user) == [post.pk]
    with refused("decided"):
        decide_role(actor=three, request_id=asked.pk, is_granted=True)
    with refused("standing"):
        ask_for_role(actor=one, user=user, role=Role.OFFICER, post=post)
    acts = AuditEvent.objects.filter(object_id=str(user.pk)).order_by("pk")
    assert [event.act for event in acts] == ["accounts.role-asked-for", "accounts.mandate-granted"]


def test_nobody_asks_for_themselves_nor_decides_about_themselves(administrators) -> None:
    one, two, three = administrators
    with refused("self"):
        ask_for_role(actor=one, user=one, role=Role.AUTHOR)
    asked = ask_for_role(actor=one, user=two, role=Role.AUTHOR)
    with refused("second-person"):
        decide_role(actor=two, request_id=asked.pk, is_granted=True)
    decide_role(actor=three, request_id=asked.pk, is_granted=False)
    assert not has_role(two, Role.AUTHOR)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_other_roles_give_no_power_over_powers(role: Role, administrators) -> None:
    outsider, user = staff(role), newcomer()
    asked = ask_for_role(actor=administrators[0], user=user, role=Role.AUTHOR)
    mandate = Mandate.objects.get(user=outsider)
    with pytest.raises(Http404):
        ask_for_role(actor=outsider, user=user, role=Role.AUDITOR)
    with pytest.raises(Http404):
        decide_role(actor=outsider, request_id=asked.pk, is_granted=True)
    with pytest.raises(Http404):
        end_mandate(actor=outsider, mandate_id=mandate.pk)
    with pytest.raises(Http404):
        close_account(actor=outsider, user=user)
    with pytest.raises(Http404):
        open_post_again(actor=outsider, post=Post.objects.get(code="beirut"))


def test_the_database_itself_refuses_a_single_person(administrators) -> None:
    one, two, _three = administrators
    asked = ask_for_role(actor=one, user=newcomer(), role=Role.AUTHOR)
    for column, value in (("decided_by", one), ("decided_by", asked.user)):
        with pytest.raises(IntegrityError, match="third_person"), transaction.atomic():
            RoleRequest.objects.filter(pk=asked.pk).update(
                state=RoleRequestState.GRANTED, decided_at=asked.requested_at, **{column: value}
            )
    post = Post.objects.get(code="beirut")
    shutting = shut_post(actor=one, post=post, reason=ShuttingReason.DRILL)
    ask_to_open_post(actor=two, post=post)
    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        PostShutting.objects.filter(pk=shutting.pk).update(
            opened_by=two, opened_at=asked.requested_at
        )


def test_two_administrators_always_stay(administrators) -> None:
    one, two, three = administrators
    end_mandate(actor=one, mandate_id=Mandate.objects.get(user=three).pk)
    with refused("last"):
        end_mandate(actor=one, mandate_id=Mandate.objects.get(user=two).pk)
    with refused("last"):
        close_account(actor=one, user=two)
    assert StaffUser.objects.get(pk=two.pk).is_active


def test_a_shut_post_is_closed_to_its_officers_at_their_next_request(administrators) -> None:
    one, two, _three = administrators
    person = register()
    officer = staff(Role.OFFICER, "beirut")
    elsewhere = sign_in(staff(Role.OFFICER, "paris"))
    desk = sign_in(officer)
    page = reverse("console:record-show", args=[person.pk])
    assert desk.get(page).status_code == 200
    post = Post.objects.get(code="beirut")
    shut_post(actor=staff(Role.DATA_PROTECTION), post=post, reason=ShuttingReason.PREMISES)
    assert desk.get(page).status_code == 404
    assert desk.get(reverse("console:people-list")).status_code == 404
    assert elsewhere.get(reverse("console:people-list")).status_code == 200
    with refused("standing"):
        shut_post(actor=one, post=post, reason=ShuttingReason.DRILL)
    with refused("second-person"):
        open_post_again(actor=two, post=post)
    ask_to_open_post(actor=one, post=post)
    with refused("second-person"):
        open_post_again(actor=one, post=post)
    assert desk.get(page).status_code == 404
    open_post_again(actor=two, post=post)
    assert desk.get(page).status_code == 200


def test_an_invited_colleague_chooses_a_password_once_and_can_do_nothing_yet(
    administrators, mailbox, settings
) -> None:
    # Django's test runner puts its own in place of ours.
    settings.EMAIL_BACKEND = "notifications.channels.django_backend.OneRecipientBackend"
    desk = sign_in(administrators[0])
    page = desk.post(
        reverse("accounts:colleague-invite"),
        {"name": "Nadia New", "email": "nadia@meridia.example"},
    )
    user = StaffUser.objects.get(email="nadia@meridia.example")
    assert page.url == reverse("accounts:colleague-show", args=[user.pk])  # type: ignore[attr-defined]
    mail = mailbox.wait_for("nadia@meridia.example")
    found = re.search(r"/staff/welcome/\S+", mail.text)
    assert found
    guest = Client()
    form = guest.get(found[0], follow=True)
    assert form.context["validlink"]
    own = form.redirect_chain[-1][0]
    assert (
        "password"
        in guest.post(own, {"new_password1": "short", "new_password2": "x"}).content.decode()
    )
    words = "heron basket thunder nine"
    kept = guest.post(own, {"new_password1": words, "new_password2": words})
    assert kept.url == reverse("account_login")  # type: ignore[attr-defined]
    assert not Client().get(found[0], follow=True).context["validlink"]
    user.refresh_from_db()
    assert user.check_password(words)
    assert not Mandate.objects.filter(user=user).exists()


def test_a_known_address_is_refused_and_nothing_typed_is_lost(administrators) -> None:
    known = newcomer()
    page = sign_in(administrators[0]).post(
        reverse("accounts:colleague-invite"), {"name": "Somebody", "email": known.email}
    )
    body = page.content.decode()
    assert "here already" in body
    assert 'value="Somebody"' in body


def test_the_pages_lead_from_asking_to_granting_to_ending(administrators) -> None:
    one, two, _three = administrators
    user = newcomer()
    first, second = sign_in(one), sign_in(two)
    show = reverse("accounts:colleague-show", args=[user.pk])
    assert "Choose the officer’s post." in first.post(show, {"role": "officer"}).content.decode()
    first.post(show, {"role": "officer", "post": "beirut", "months": "6"})
    asked = RoleRequest.objects.get(user=user)
    decide = reverse("accounts:role-decide", args=[asked.pk])
    assert "A second person must decide this" in first.get(decide).content.decode()
    first.post(decide, {"decision": "grant"})
    assert not has_role(user, Role.OFFICER)
    assert decide in second.get(reverse("accounts:colleague-list")).content.decode()
    second.post(decide, {"decision": "grant"})
    mandate = Mandate.objects.get(user=user)
    assert mandate.ends_at is not None
    first.post(reverse("accounts:mandate-end", args=[mandate.pk]))
    assert not has_role(user, Role.OFFICER)
    first.post(reverse("accounts:colleague-close", args=[user.pk]))
    user.refresh_from_db()
    assert not user.is_active


def test_the_switch_is_worked_from_the_page(administrators) -> None:
    one, two, _three = administrators
    first, second = sign_in(one), sign_in(two)
    shut, again = (reverse(f"accounts:post-{what}", args=["beirut"]) for what in ("shut", "open"))
    assert "Choose what happened." in first.post(shut, {}).content.decode()
    first.post(shut, {"reason": "premises"})
    assert "Shut" in first.get(reverse("accounts:post-list")).content.decode()
    first.post(again, {"step": "ask"})
    first.post(again, {"step": "open"})
    assert PostShutting.objects.filter(opened_at__isnull=True).count() == 1
    second.post(again, {"step": "open"})
    assert not PostShutting.objects.filter(opened_at__isnull=True).exists()


def test_a_long_list_of_colleagues_costs_no_query_each(administrators) -> None:
    desk = sign_in(administrators[0])
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.get(reverse("accounts:colleague-list")).status_code == 200
        counts.append(len(queries))
        for _each in range(20):
            staff(Role.OFFICER)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "name", ["accounts:colleague-list", "accounts:colleague-invite", "accounts:post-list"]
)
@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUTHOR, Role.AUDITOR, Role.KEY_HOLDER])
def test_others_do_not_learn_that_the_pages_are_there(name: str, role: Role) -> None:
    assert sign_in(staff(role)).get(reverse(name)).status_code == 404
    assert Client().get(reverse(name)).status_code == 302
