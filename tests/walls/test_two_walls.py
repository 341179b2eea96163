"""Two walls stand before other districts' people, and each holds when the other is gone."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.access import post_ids_of
from accounts.models import Role, StaffUser
from audit.models import AuditEvent
from audit.recording import record
from consent.models import ConsentEvent, LiveConsent
from geography.models import Post
from registry import selectors
from registry.access import registrants_visible_to
from registry.models import ContactPoint, Registrant, Stay, StayKind
from registry.registration import StayEntry
from registry.services.registering import open_stay
from tests.people import register, staff
from tests.registry.consoles import officer, words_of
from tests.walls.acting import acting_as
from walls.policies import SEEN
from walls.roles import DatabaseRole
from walls.scopes import Kind, Scope, across_register, admit, within

pytestmark = pytest.mark.django_db

APP = DatabaseRole.APP
MODELS = [Registrant, Stay, ContactPoint, ConsentEvent]


def everybody_s_rows() -> dict[str, int]:
    """Count what an application sees that forgot to ask for mandates altogether."""
    return {model.__name__: model._default_manager.count() for model in MODELS}


def posts(user: StaffUser) -> Scope:
    return Scope(Kind.POSTS, post_ids=tuple(post_ids_of(user)), staff_id=user.pk)


def grow_old() -> None:
    """Take what was written so far for an earlier transaction's: a test has only one."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("audit_auditevent", "consent_consentevent"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET transaction_id = transaction_id - 1000000")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def remove_policies() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in SEEN:
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def test_without_the_policies_the_mandates_hold() -> None:
    here, there = register(), register(country="FR", area=None)
    user = staff(Role.OFFICER)
    remove_policies()
    with acting_as(APP):
        assert set(Registrant.objects.all()) == {here, there}
        assert list(registrants_visible_to(user)) == [here]


def test_without_the_mandates_the_policies_hold() -> None:
    here = register()
    register(country="FR", area=None)
    grow_old()
    with acting_as(APP), within(posts(staff(Role.OFFICER))):
        assert everybody_s_rows() == dict.fromkeys(everybody_s_rows(), 1)
        assert list(Registrant.objects.all()) == [here]
        assert set(ContactPoint.objects.values_list("registrant_id", flat=True)) == {here.pk}
        assert set(LiveConsent.objects.values_list("subject_id", flat=True)) == {here.pk}


def test_a_page_that_forgets_the_mandates_shows_nobody_from_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = register(given_names="Amal")
    there = register(given_names="Zora", country="FR", area=None)
    client = officer()
    everywhere = list(Post.objects.values_list("pk", flat=True))
    monkeypatch.setattr("registry.access.post_ids_of", lambda _user: everywhere)
    monkeypatch.setattr("registry.looking.post_ids_of", lambda _user: everywhere)
    for person, status in ((here, 200), (there, 404)):
        address = reverse("console:record-show", args=[person.pk])
        assert client.get(address).status_code == status
    page = words_of(client.get(reverse("console:people-list")))
    assert ("Amal" in page, "Zora" in page) == (True, False)
    remove_policies()
    assert "Zora" in words_of(client.get(reverse("console:people-list")))


def test_without_a_scope_a_web_process_sees_and_writes_nothing() -> None:
    person = register()
    grow_old()
    with acting_as(APP):
        assert set(everybody_s_rows().values()) == {0}
        assert not AuditEvent.objects.exists()
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            ContactPoint.objects.create(registrant=person, channel=1, token=1, value="a@b.example")


def test_an_officer_without_a_mandate_sees_nobody() -> None:
    register()
    grow_old()
    with acting_as(APP), within(Scope(Kind.POSTS)):
        assert set(everybody_s_rows().values()) == {0}


def test_a_person_sees_themselves_alone() -> None:
    one, other = register(), register()
    grow_old()
    with acting_as(APP), within(Scope(Kind.PEOPLE, people=(one.pk,))):
        assert selectors.person(one.pk) == one
        assert selectors.person(other.pk) is None
        assert list(Stay.objects.values_list("registrant_id", flat=True)) == [one.pk]
        assert {event.subject_id for event in ConsentEvent.objects.all()} == {one.pk}
        assert set(AuditEvent.objects.values_list("subject_id", flat=True)) == {one.pk}
        admit(other.pk)
        assert selectors.person(other.pk) == other


def test_a_contact_is_found_by_a_code_that_was_asked_for_and_not_when_it_has_run_out() -> None:
    person = register(is_confirmed=False)
    with acting_as(APP), within(Scope(Kind.PEOPLE)):
        assert list(ContactPoint.objects.values_list("registrant_id", flat=True)) == [person.pk]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_contactproof SET expires_at = now()")
    with acting_as(APP), within(Scope(Kind.PEOPLE)):
        assert not ContactPoint.objects.exists()


def test_who_stays_here_may_be_seen_to_go_elsewhere_too() -> None:
    person = register()
    register(country="FR", area=None)
    open_stay(
        person,
        StayEntry(StayKind.TRAVEL, "FR", None, "", timezone.localdate(), None),
    )
    with acting_as(APP), within(posts(staff(Role.OFFICER))):
        stays = Stay.objects.order_by("country_id")
        assert [(stay.country_id, stay.registrant_id) for stay in stays] == [
            ("FR", person.pk),
            ("LB", person.pk),
        ]


def test_who_has_left_is_seen_no_more() -> None:
    person = register()
    Stay.objects.filter(registrant=person).update(ended_at=timezone.now())
    with acting_as(APP), within(posts(staff(Role.OFFICER))):
        assert not Registrant.objects.exists()


def test_an_officer_reads_their_own_acts_and_those_of_their_post() -> None:
    user, colleague = staff(Role.OFFICER), staff(Role.OFFICER, "paris")
    (mine,) = post_ids_of(user)
    with transaction.atomic():
        record(user.actor, "test.mine")
        record(colleague.actor, "test.here", post_id=mine)
        record(colleague.actor, "test.elsewhere")
    grow_old()
    acts = AuditEvent.objects.filter(act__startswith="test.").values_list("act", flat=True)
    with acting_as(APP):
        with within(posts(user)):
            assert set(acts.all()) == {"test.mine", "test.here"}
        with within(Scope(Kind.POSTS, oversees=True)):
            assert set(acts.all()) == {"test.mine", "test.here", "test.elsewhere"}
        with within(Scope(Kind.PEOPLE)):
            assert not acts.all()


def test_a_question_about_everybody_lifts_the_scope_and_puts_it_back() -> None:
    register()
    with acting_as(APP), within(Scope(Kind.POSTS)):
        with across_register():
            assert Registrant.objects.count() == 1
        assert not Registrant.objects.exists()


def test_nothing_of_a_scope_is_left_on_a_connection() -> None:
    register()
    with acting_as(APP):
        with within(Scope(Kind.REGISTER)):
            assert Registrant.objects.count() == 1
        assert not Registrant.objects.exists()


def test_a_scope_survives_what_is_rolled_back() -> None:
    here, there = register(), register()
    with acting_as(APP):
        for person in (here, there):
            with within(Scope(Kind.PEOPLE, people=(person.pk,))):
                with pytest.raises(ZeroDivisionError), transaction.atomic():
                    assert list(Registrant.objects.all()) == [person]
                    raise ZeroDivisionError
                assert list(Registrant.objects.all()) == [person]


def test_a_failed_statement_leaves_the_scope_as_it_was() -> None:
    person = register()
    scope = Scope(Kind.PEOPLE, people=(person.pk,))
    with acting_as(APP), within(scope):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert list(Registrant.objects.all()) == [person]


def test_a_worker_sees_everybody_and_its_queries_carry_no_condition() -> None:
    register()
    register(country="FR", area=None)
    with acting_as(DatabaseRole.WORKER), connection.cursor() as cursor:
        assert Registrant.objects.count() == 2
        for table in SEEN:
            cursor.execute(f"EXPLAIN SELECT * FROM {table}")
            assert "current_setting" not in str(cursor.fetchall())


def test_the_owner_sees_nobody_unless_it_says_that_it_is_for_everybody() -> None:
    register()
    with connection.cursor() as cursor:
        assert Registrant.objects.count() == 1
        cursor.execute("SET registry.scope = ''")
        assert Registrant.objects.count() == 0
        cursor.execute("ALTER TABLE registry_registrant NO FORCE ROW LEVEL SECURITY")
        assert Registrant.objects.count() == 1
        cursor.execute("RESET registry.scope")


def test_a_policy_is_asked_row_by_row_and_taken_for_half_of_the_rows() -> None:
    """A page of fifty people must not read, or sort, a whole district."""
    with acting_as(APP), within(Scope(Kind.POSTS, post_ids=(1,))), connection.cursor() as cursor:
        for table in SEEN:
            cursor.execute(f"EXPLAIN SELECT * FROM {table}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "hashed" not in plan
            assert "CASE" in plan
