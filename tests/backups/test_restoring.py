"""Backups made and restored with PostgreSQL's own programs; the erased stay erased."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from audit.models import AuditEvent
from audit.recording import Actor
from backups import manifests
from backups.erasure_files import NAME as JOURNAL
from config import gunicorn
from config.celery import refuse_wrong_keys
from encryption.keyring import Erased
from encryption.models import Erasure, KeyRestoration, PersonKey
from notifications import addressing
from notifications.models import AudienceMember, Delivery
from registry.models import ContactPoint, ErasedPerson, Registrant, Restoration
from registry.services.erasing import erase_person
from tests.accounts.signing_in import sign_in
from tests.backups.elsewhere import empty_database
from tests.people import crisis, register, released, staff

pytestmark = pytest.mark.django_db(transaction=True)

HERS, HIS = "+96170600001", "+96170600002"


@pytest.fixture
def hers() -> Registrant:
    return register(phones=[HERS], passport="QX1234567", given_names="Zyxquorvandel")


@pytest.fixture
def his() -> Registrant:
    return register(
        phones=[HIS], emails=["his@people.example"], passport="QX7654321", given_names="Karim"
    )


def erase(person: Registrant) -> None:
    erase_person(actor=Actor.person(person.pk), person=person)


def back_up(kind: str, folder: Path) -> Path:
    call_command("back_up", f"--{kind}", str(folder))
    return manifests.sets_in(folder)[-1]


def restore(kind: str, folder: Path, recovery_key: Path) -> None:
    call_command("restore", f"--{kind}", str(folder), "--recovery-key", str(recovery_key))
    # A set holds no rights of database roles.
    call_command("put_up_walls", verbosity=0)


def assert_nothing_serves(client: Client, settings, why: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=why):
        gunicorn.on_starting(None)
    with pytest.raises(SystemExit, match=why):
        refuse_wrong_keys()
    settings.FINDER_SOCKET = "/run/nobody"
    with pytest.raises(ImproperlyConfigured, match=why):
        call_command("finder")


def test_data_restored_from_before_an_erasure(
    client: Client, settings, hers: Registrant, his: Registrant, recovery_key, data_folder
) -> None:
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    token = ContactPoint.objects.get(registrant=his, channel=2).token
    taken = back_up("data", data_folder)
    erase(hers)
    assert client.get("/readyz").status_code == 200
    with empty_database("default"):
        restore("data", taken, recovery_key)
        # She is back, unreadable: her key is destroyed in the key store of today.
        back = Registrant.objects.get(pk=hers.pk)
        with pytest.raises(Erased):
            _ = back.given_names
        assert client.get("/readyz").status_code == 503
        assert_nothing_serves(client, settings, "erasures not yet applied")
        call_command("apply_erasures")
        assert not Registrant.objects.filter(pk=hers.pk).exists()
        assert not ContactPoint.objects.filter(registrant_id=hers.pk).exists()
        assert ErasedPerson.objects.filter(person_id=hers.pk).exists()
        assert Delivery.objects.get(registrant_id=hers.pk).reason == "erased"
        assert AuditEvent.objects.filter(
            act="registry.erasure-repeated", subject_id=hers.pk
        ).exists()
        # He is as he was, and found by phone and passport again.
        same = Registrant.objects.get(pk=his.pk)
        assert (same.given_names, same.passport_number) == ("Karim", "QX7654321")
        assert same.passport_token == his.passport_token
        assert ContactPoint.objects.get(registrant=same, channel=2).token == token
        assert Delivery.objects.filter(registrant_id=his.pk, address_token=token).exists()
        assert client.get("/readyz").status_code == 200
        gunicorn.on_starting(None)
        refuse_wrong_keys()
        officer = sign_in(staff(Role.OFFICER))
        page = officer.post(reverse("console:people-find"), {"query": HIS}, follow=True)
        assert str(his.pk) in page.content.decode()
    # The installation that was not restored has no mark.
    assert not Restoration.objects.exists()


def test_keys_restored_from_before_an_erasure(
    client: Client, settings, hers: Registrant, his: Registrant, recovery_key, keys_folder
) -> None:
    taken = back_up("keys", keys_folder)
    erase(hers)
    with empty_database("keys"):
        restore("keys", taken, recovery_key)
        # Her key is back, and nothing of hers may be opened with it.
        assert PersonKey.objects.filter(person_id=hers.pk).exists()
        assert client.get("/readyz").status_code == 503
        assert_nothing_serves(client, settings, "erasures not yet applied")
        call_command("apply_erasures")
        assert not PersonKey.objects.filter(person_id=hers.pk).exists()
        assert Erasure.objects.filter(person_id=hers.pk).exists()
        assert Registrant.objects.get(pk=his.pk).given_names == "Karim"
        assert KeyRestoration.objects.filter(applied_at__isnull=False).count() == 1
        gunicorn.on_starting(None)


def test_both_lost_at_once_needs_the_journal_beside_the_backups(
    hers: Registrant, his: Registrant, recovery_key, data_folder, keys_folder, capsys
) -> None:
    data, keys = back_up("data", data_folder), back_up("keys", keys_folder)
    erase(hers)
    back_up("keys", keys_folder)
    with empty_database("default"), empty_database("keys"):
        restore("keys", keys, recovery_key)
        restore("data", data, recovery_key)
        assert Registrant.objects.get(pk=hers.pk).given_names == "Zyxquorvandel"
        call_command("apply_erasures", "--journal", str(keys_folder / JOURNAL))
        assert not Registrant.objects.filter(pk=hers.pk).exists()
        assert not PersonKey.objects.filter(person_id=hers.pk).exists()
        assert Registrant.objects.get(pk=his.pk).given_names == "Karim"


def test_people_younger_than_the_key_backup_are_told_from_the_erased(
    hers: Registrant, recovery_key, keys_folder, capsys
) -> None:
    taken = back_up("keys", keys_folder)
    register()
    with empty_database("keys"):
        restore("keys", taken, recovery_key)
        call_command("apply_erasures")
        assert "1 people cannot be read" in capsys.readouterr().err
        assert Registrant.objects.count() == 2


def test_a_restoration_by_other_means_is_noticed_at_the_start(hers: Registrant, settings) -> None:
    """Somebody put a copy of the data back without our command: there is no mark."""
    erase(hers)
    Erasure.objects.update(erased_at="2020-01-01T00:00Z")
    gunicorn.on_starting(None)
    ErasedPerson.objects.all().delete()
    with pytest.raises(ImproperlyConfigured, match="the data is older"):
        gunicorn.on_starting(None)
    call_command("apply_erasures")
    gunicorn.on_starting(None)


def test_keys_put_back_by_other_means_are_noticed_at_the_start(hers: Registrant) -> None:
    kept = PersonKey.objects.get(person_id=hers.pk)
    erase(hers)
    Erasure.objects.all().delete()
    kept.save(force_insert=True)
    with pytest.raises(ImproperlyConfigured, match="the key store is older"):
        gunicorn.on_starting(None)
    call_command("apply_erasures")
    assert not PersonKey.objects.exists()
    gunicorn.on_starting(None)


def test_nothing_that_outlives_an_erasure_is_in_a_data_set(
    client: Client, hers: Registrant, recovery_key, data_folder
) -> None:
    """Tokens, codes and sessions stay out: restored, not one of them is there."""
    client.post(reverse("registry:sign-in"), {"contact": HERS})
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    assert Session.objects.exists()
    tokens = {
        hers.passport_token,
        *ContactPoint.objects.values_list("token", flat=True),
        *ContactPoint.objects.values_list("last_digits_token", flat=True),
    }
    assert len(tokens) == 3
    taken = back_up("data", data_folder)
    with empty_database("default"):
        restore("data", taken, recovery_key)
        assert not Session.objects.exists()
        assert tokens.isdisjoint(numbers_of_the_database())
        assert AudienceMember.objects.filter(registrant_id=hers.pk).exists()
        call_command("apply_erasures")
        assert tokens <= numbers_of_the_database()


def numbers_of_the_database() -> set[int]:
    """Return every number in every bigint column."""
    found: set[int] = set()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type = 'bigint'"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT DISTINCT "{column}" FROM "{table}"')
            found |= {number for (number,) in cursor.fetchall() if number is not None}
    return found


def test_a_full_database_is_not_written_into(hers: Registrant, recovery_key, data_folder) -> None:
    taken = back_up("data", data_folder)
    with pytest.raises(CommandError, match="not empty"):
        restore("data", taken, recovery_key)


def test_sets_are_private_and_show_nothing(
    hers: Registrant, recovery_key, data_folder, keys_folder
) -> None:
    for taken in (back_up("data", data_folder), back_up("keys", keys_folder)):
        assert taken.stat().st_mode & 0o777 == 0o700
        for path in taken.glob("*.sealed"):
            assert path.stat().st_mode & 0o777 == 0o600
            # Names of tables and ids of people are inside, not outside.
            assert b"registry_" not in path.read_bytes()
            assert hers.pk.bytes not in path.read_bytes()


def test_the_two_databases_share_no_folder(hers: Registrant, recovery_key, data_folder) -> None:
    back_up("data", data_folder)
    with pytest.raises(CommandError, match="keep them apart"):
        back_up("keys", data_folder)


def test_the_wrong_set_key_or_content_is_refused(
    tmp_path: Path, recovery_key, data_folder, hers: Registrant, settings
) -> None:
    taken = back_up("data", data_folder)
    call_command("make_recovery_key", str(tmp_path / "another"))
    with empty_database("keys"), pytest.raises(CommandError, match="of the other database"):
        restore("keys", taken, recovery_key)
    with empty_database("default"), pytest.raises(CommandError, match="another recovery key"):
        restore("data", taken, tmp_path / "another")
    dump = taken / "dump.sealed"
    data = bytearray(dump.read_bytes())
    data[200] ^= 1
    dump.write_bytes(data)
    with empty_database("default"), pytest.raises(CommandError, match="was altered"):
        restore("data", taken, recovery_key)
    manifest = taken / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"erasures": 0', '"erasures": 1'))
    with empty_database("default"), pytest.raises(CommandError, match="was altered"):
        restore("data", taken, recovery_key)


def test_a_failed_backup_leaves_no_set(
    hers: Registrant, recovery_key, data_folder, settings
) -> None:
    settings.RECOVERY_KEY = "registry-recovery-secret-" + "A" * 44
    with pytest.raises(CommandError, match="RECOVERY_KEY"):
        back_up("data", data_folder)
    assert list(data_folder.iterdir()) == []
    settings.POSTGRES_PROGRAMS = "/nowhere"
    with pytest.raises(CommandError, match="pg_dump was not found"):
        back_up("data", data_folder)
    assert list(data_folder.iterdir()) == []
