"""In production no process starts in a role that could take the walls down."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from config import gunicorn
from config.celery import refuse_wrong_keys
from tests.walls.acting import acting_as
from walls.guarding import refuse_mighty_roles
from walls.roles import DatabaseRole

pytestmark = pytest.mark.django_db


def refused(role: DatabaseRole) -> bool:
    with acting_as(role), acting_as(role, "keys"):
        try:
            refuse_mighty_roles()
        except ImproperlyConfigured:
            return True
    return False


@pytest.mark.parametrize(
    ("role", "is_refused"),
    [(DatabaseRole.APP, False), (DatabaseRole.WORKER, False), (DatabaseRole.BACKUP, True)],
)
def test_the_roles_of_processes_may_start_and_others_not(
    role: DatabaseRole, is_refused: bool, settings
) -> None:
    settings.IS_PRODUCTION = True
    assert refused(role) == is_refused


def test_every_process_refuses_to_start_as_the_owner(settings, tmp_path) -> None:
    settings.IS_PRODUCTION = True
    settings.FINDER_SOCKET = str(tmp_path / "socket")
    with pytest.raises(ImproperlyConfigured, match="owns its tables"):
        gunicorn.on_starting(None)
    with pytest.raises(SystemExit, match="owns its tables"):
        refuse_wrong_keys()
    with pytest.raises(ImproperlyConfigured, match="owns its tables"):
        call_command("finder")


def test_a_developer_s_machine_may_do_as_it_likes(settings) -> None:
    settings.IS_PRODUCTION = False
    refuse_mighty_roles()
