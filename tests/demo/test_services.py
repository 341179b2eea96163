"""Private servers: closed to others, silent, and never in each other's way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis
from django.conf import settings

from demo.errors import DemoError
from demo.processes import Process
from demo.services import Services, TemporaryServices
from walls.roles import LOGINS, DatabaseRole

ROOT = Path(settings.BASE_DIR)
pytestmark = pytest.mark.usefixtures("no_given_servers")


@contextmanager
def started(folder: Path) -> Iterator[Services]:
    """Servers with their data in `folder`, stopped at the end."""
    services = Services(folder, is_durable=False)
    services.start()
    try:
        yield services
    finally:
        services.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[Services]:
    """Servers that several tests only look at."""
    services = TemporaryServices()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL"):
            patch.delenv(name, raising=False)
        services.start()
    yield services
    services.stop()


@pytest.mark.parametrize(
    ("name", "database"), [("DATABASE_URL", "registry"), ("KEYS_DATABASE_URL", "registry_keys")]
)
def test_the_databases_belong_to_a_role_without_special_rights(
    running: Services, name: str, database: str
) -> None:
    with psycopg.connect(running.addresses()[name]) as connection:
        row = connection.execute(
            "SELECT current_database(), current_user, rolsuper FROM pg_roles "
            "WHERE rolname = current_user"
        ).fetchone()
    assert row == (database, "registry", False)


def test_data_is_there_again_after_a_second_start(folder: Path) -> None:
    with (
        started(folder) as services,
        psycopg.connect(services.addresses()["DATABASE_URL"], autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    with (
        started(folder) as services,
        psycopg.connect(services.addresses()["DATABASE_URL"]) as connection,
    ):
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_the_database_listens_on_no_network_address(running: Services) -> None:
    url = running.addresses()["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    sockets = Path(parse_qs(urlsplit(url).query)["host"][0])
    assert sockets.stat().st_mode & 0o777 == 0o700


def test_nobody_gets_into_the_database_without_the_password(running: Services) -> None:
    url = urlsplit(running.addresses()["DATABASE_URL"])._replace(netloc="registry:wrong@")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.geturl())
    assert running.postgres is not None
    rules = (running.postgres.data / "pg_hba.conf").read_text(encoding="utf-8")
    methods = {line.split()[-1] for line in rules.splitlines() if line[:1] in {"l", "h"}}
    assert methods == {"scram-sha-256"}


def test_nobody_gets_to_the_broker_without_the_password(running: Services) -> None:
    port = urlsplit(running.addresses()["REDIS_URL"]).port
    with redis.Redis(port=port or 0) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_the_broker_refuses_rather_than_forgets(running: Services) -> None:
    with redis.Redis.from_url(running.addresses()["REDIS_URL"]) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_failing_statement_leaves_no_words_in_the_server_s_log(running: Services) -> None:
    with psycopg.connect(running.addresses()["DATABASE_URL"]) as connection:
        connection.execute("CREATE TEMP TABLE t (n text PRIMARY KEY)")
        connection.execute("INSERT INTO t VALUES ('canary-amal')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO t VALUES (%s)", ["canary-amal"])
    log = (running.folder / "logs" / "postgres.log").read_text(encoding="utf-8")
    assert "duplicate key" in log
    assert "canary-amal" not in log


def test_secrets_are_readable_by_their_owner_alone(running: Services) -> None:
    running.environment()
    keys = running.folder / "keys"
    files = list(keys.iterdir())
    assert len(files) > 6
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert keys.stat().st_mode & 0o777 == 0o700


def test_secrets_stay_the_same(folder: Path) -> None:
    with started(folder) as services:
        first = services.keys.sealing_keys.read_text(encoding="utf-8")
    with started(folder) as services:
        assert services.keys.sealing_keys.read_text(encoding="utf-8") == first


def test_half_made_data_is_made_anew(folder: Path) -> None:
    with started(folder) as services:
        assert services.postgres is not None
        data = services.postgres.data
    data.rename(data.with_name(f"{data.name}.unfinished"))
    with started(folder) as services, psycopg.connect(services.addresses()["DATABASE_URL"]):
        assert data.is_dir()


def test_servers_left_behind_by_a_killed_start_are_in_nobody_s_way(folder: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from demo.services import Services\n"
        "Services(Path(sys.argv[1]), is_durable=False).start(); print('up', flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "up\n"
        first.send_signal(signal.SIGKILL)
    with started(folder) as services, psycopg.connect(services.addresses()["DATABASE_URL"]):
        pass


def test_a_stale_number_of_somebody_else_s_process_is_left_alone(folder: Path) -> None:
    with started(folder) as services:
        assert services.postgres is not None
        pid_file = services.postgres.data / "postmaster.pid"
        content = pid_file.read_text(encoding="utf-8").splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *content[1:]]), encoding="utf-8")
    services.postgres = None
    with started(folder) as services, psycopg.connect(services.addresses()["DATABASE_URL"]):
        pass


def test_another_password_is_explained(folder: Path) -> None:
    with started(folder) as services:
        services.keys.superuser_password.write_text("another", encoding="utf-8")
    with pytest.raises(DemoError, match=r"Remove .* to start afresh"), started(folder):
        pass


def test_a_path_too_long_for_sockets_and_with_spaces(folder: Path) -> None:
    deep = folder / ("long path, with odd characters " + "x" * 90)
    with started(deep) as services:
        sockets = parse_qs(urlsplit(services.addresses()["DATABASE_URL"]).query)["host"][0]
        assert not sockets.startswith(str(folder))
        with psycopg.connect(services.addresses()["DATABASE_URL"]):
            pass
    assert not Path(sockets).exists()


def test_a_folder_below_a_closed_home(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    services = TemporaryServices()
    services.folder.rename(home / "data")
    services.folder = home / "data"
    with services, psycopg.connect(services.addresses()["DATABASE_URL"]):
        note = services.folder / "elsewhere"
        elsewhere = Path(note.read_text(encoding="utf-8").strip()) if note.exists() else None
        # Only root hands the servers to somebody who cannot pass through.
        assert (elsewhere is not None) == (os.geteuid() == 0)
    assert elsewhere is None or not elsewhere.exists()
    assert not services.folder.exists()


def test_two_copies_side_by_side(folder: Path) -> None:
    with (
        started(folder / "one") as one,
        started(folder / "two") as two,
        psycopg.connect(one.addresses()["DATABASE_URL"], autocommit=True) as connection,
        psycopg.connect(two.addresses()["DATABASE_URL"]) as other,
    ):
        connection.execute("CREATE TABLE mine (n int)")
        assert other.execute("SELECT to_regclass('mine')").fetchone() == (None,)


def test_given_servers_win(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@db.example/people?sslmode=require")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example/3")
    with started(folder) as services:
        assert services.processes == []
        assert services.addresses() == {
            "DATABASE_URL": "postgresql://me:secret@db.example/people?sslmode=require",
            "KEYS_DATABASE_URL": "postgresql://me:secret@db.example/people_keys?sslmode=require",
            "REDIS_URL": "redis://broker.example/3",
        }


def test_stopping_leaves_no_process(folder: Path) -> None:
    with started(folder) as services:
        processes: list[Process] = services.processes
        assert [process.is_running for process in processes] == [True, True]
    assert [process.is_running for process in processes] == [False, False]


def test_where_data_lasts_the_roles_log_in_and_own_nothing(folder: Path) -> None:
    services = Services(folder)
    services.start()
    try:
        assert services.postgres is not None
        for role in LOGINS:
            with psycopg.connect(services.addresses(role)["DATABASE_URL"]) as connection:
                row = connection.execute("SELECT session_user, current_user").fetchone()
            acts_as = DatabaseRole.OWNER if role is DatabaseRole.MIGRATOR else role
            assert row == (role.value, acts_as.value)
        with psycopg.connect(services.postgres.superuser_url()) as connection:
            owners = connection.execute(
                "SELECT DISTINCT pg_get_userbyid(datdba) FROM pg_database WHERE datname LIKE 'reg%'"
            ).fetchall()
    finally:
        services.stop()
    assert owners == [(DatabaseRole.OWNER.value,)]


def test_data_made_before_there_were_roles_changes_hands(folder: Path) -> None:
    with (
        started(folder) as services,
        psycopg.connect(services.addresses()["DATABASE_URL"], autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    lasting = Services(folder)
    lasting.start()
    try:
        url = lasting.addresses(DatabaseRole.MIGRATOR)["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            assert connection.execute(
                "SELECT n, pg_get_userbyid(relowner) FROM kept, pg_class WHERE relname = 'kept'"
            ).fetchone() == (7, DatabaseRole.OWNER.value)
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            psycopg.connect(lasting.addresses()["DATABASE_URL"])
    finally:
        lasting.stop()
