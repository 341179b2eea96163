"""Tokens follow the register, are built beside those that answer, and vanish with people."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from audit.recording import Actor
from encryption.keyring import keyring
from geography.models import Post
from registry.finding.engine import FinderUnavailable
from registry.finding.tokens import keeping
from registry.finding.tokens.finder import TokenFinder
from registry.models import Registrant, Stay, TokenBuild
from registry.services.erasing import erase_person
from tests.people import register

pytestmark = pytest.mark.django_db(transaction=True)


def found(query: str, posts: list[int] | None = None) -> list[object]:
    return [match.person_id for match in TokenFinder().search_names(query, posts, 20)]


def reasons(query: str) -> list[str]:
    return [match.reason for match in TokenFinder().search_names(query, None, 20)]


def beirut() -> int:
    return Post.objects.get(code="beirut").pk


def rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM registry_{table}")
        return int(cursor.fetchone()[0])


def test_nothing_is_found_before_there_are_tokens() -> None:
    register()
    with pytest.raises(FinderUnavailable):
        TokenFinder().search_names("Amal Haddad", None, 20)
    assert not TokenFinder().is_ready()


def test_names_are_found_in_other_order_script_and_spelling() -> None:
    person = register(given_names="Amal Nour", family_names="Haddad", place="Hamra")
    register(given_names="Omar", family_names="Khalil")
    keeping.keep(30)
    for query, reason in {
        "Amal Nour Haddad": "exact",
        "Haddad Nour Amal": "order",
        "Amal Haddad": "partial",
        "Amal Hadad Nour": "spelling",
        "امل نور حداد": "transliteration",
        "AmalNour Haddad": "joined",
        "Amsl Hadrad": "spelling",
        "Haddad Hamra": "partial",
    }.items():
        assert found(query)[0] == person.pk, query
        assert reasons(query)[0] == reason, query
    assert found("Pedro Fuentes") == []


def test_one_name_is_found_within_a_post_and_with_a_birth_year() -> None:
    person = register(given_names="Amal", family_names="Haddad", birth={"year": 1990})
    keeping.keep(30)
    assert found("Haddad") == []
    assert found("Haddad", [beirut()]) == [person.pk]
    assert found("Hadad", [beirut()]) == [person.pk]
    assert found("Haddad 1990") == [person.pk]
    assert found("Haddad 1991") == []


def test_nobody_of_another_post_takes_part() -> None:
    here = register(given_names="Amal", family_names="Haddad")
    elsewhere = register(given_names="Amal", family_names="Haddad", country="JO", area=None)
    keeping.keep(30)
    other = Stay.objects.get(registrant=elsewhere).post_id
    assert set(found("Amal Haddad")) == {here.pk, elsewhere.pk}
    assert found("Amal Haddad", [beirut()]) == [here.pk]
    assert found("Amal Haddad", [other]) == [elsewhere.pk]
    assert found("Amal Haddad", []) == []


def test_every_change_is_followed() -> None:
    register(given_names="Amal", family_names="Haddad")
    keeping.keep(30)
    late = register(given_names="Rana", family_names="Khoury")
    assert found("Rana Khoury") == []
    keeping.keep(30)
    assert found("Rana Khoury") == [late.pk]
    late.family_names = "Sabbagh"
    late.save()
    keeping.keep(30)
    assert found("Rana Khoury") == []
    assert found("Rana Sabbagh") == [late.pk]
    late.restricted_at = timezone.now()
    late.save(update_fields=["restricted_at"])
    assert found("Rana Sabbagh") == []
    keeping.keep(30)
    assert rows("tokenholder_0") == 1


def test_an_erased_person_leaves_no_row_behind() -> None:
    person = register(given_names="Amal", family_names="Haddad")
    other = register(given_names="Rana", family_names="Khoury")
    keeping.keep(30)
    before = rows("nametoken_0")
    erase_person(actor=Actor.machine(), person=person)
    assert 0 < rows("nametoken_0") < before
    assert rows("tokenholder_0") == 1
    assert found("Amal Haddad") == []
    assert found("Rana Khoury") == [other.pk]


def test_people_of_one_name_have_no_token_in_common() -> None:
    namesakes = {register(given_names="Amal", family_names="Haddad").pk for _ in range(5)}
    keeping.keep(30)
    namesakes.add(register(given_names="Amal", family_names="Haddad").pk)
    keeping.keep(30)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT token), count(DISTINCT holder) "
            "FROM registry_nametoken_0"
        )
        total, different, holders = cursor.fetchone()
    assert total == different
    assert holders == 6
    assert total % 12 == 0
    assert set(found("Amal Haddad")) == namesakes


def test_the_old_side_answers_until_the_new_one_is_whole() -> None:
    person = register(given_names="Amal", family_names="Haddad")
    keeping.keep(30)
    TokenBuild.objects.update(norm_version=keeping.RULES - 1)
    old = keeping.answering()
    keeping.keep(0)
    build = keeping.building()
    assert old and build
    assert {old.side, build.side} == {0, 1}
    assert found("Amal Haddad") == [person.pk]
    late = register(given_names="Rana", family_names="Khoury")
    keeping.keep(0)
    assert found("Rana Khoury") == [late.pk]
    keeping.keep(30)
    now = keeping.answering()
    assert now is not None
    assert now.pk == build.pk
    assert TokenBuild.objects.count() == 1
    assert rows(f"nametoken_{old.side}") == 0
    assert found("Rana Khoury") == [late.pk]
    assert found("Amal Haddad") == [person.pk]


def test_a_build_that_was_broken_off_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    people = {register(given_names="Amal", family_names="Haddad").pk for _ in range(5)}
    monkeypatch.setattr(keeping, "_PAGE", 1)
    monkeypatch.setattr(keeping, "_PAGES_A_CHECKPOINT", 2)
    build = keeping.begin()

    class Interrupted(Exception):
        pass

    real = keeping._add_pages
    calls = []

    def broken(*args: object) -> bool:
        calls.append(args)
        if len(calls) == 2:
            raise Interrupted
        return real(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "_add_pages", broken)
        with pytest.raises(Interrupted):
            keeping.keep(30)
    assert rows("tokenholder_0") == 2
    keeping.keep(30)
    now = keeping.answering()
    assert now is not None
    assert now.pk == build.pk
    assert set(found("Amal Haddad")) == people


def test_tokens_under_a_former_index_key_are_made_anew() -> None:
    register(given_names="Amal", family_names="Haddad")
    keeping.keep(30)
    TokenBuild.objects.update(key_version=0)
    keeping.keep(30)
    now = keeping.answering()
    assert now is not None
    assert now.key_version == keyring().index_version
    assert TokenBuild.objects.count() == 1


def test_tables_are_in_no_log_of_changes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r' "
            "AND (relname ~ '^registry_(tokenholder|nametoken|tokennote)_[01]$' "
            "OR relname = 'registry_tokenbuild')"
        )
        assert cursor.fetchone()[0] == 7


def test_a_person_who_cannot_be_opened_is_left_out() -> None:
    person = register(given_names="Amal", family_names="Haddad")
    other = register(given_names="Amal", family_names="Haddad")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_registrant SET family_names = "
            "set_byte(family_names, 20, get_byte(family_names, 20) # 1) WHERE id = %s",
            [person.pk],
        )
    keeping.keep(30)
    assert found("Amal Haddad") == [other.pk]
    assert Registrant.objects.count() == 2
