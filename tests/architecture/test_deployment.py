"""The deployment files say the same as the code: queues, settings, secrets, services."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from demo.supervisor import WORKER_POOLS
from walls.roles import LOGINS, DatabaseRole

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PRODUCT = {name for name, service in SERVICES.items() if service["image"] == COMPOSE["name"]}
STORES = {"database", "keys-database", "valkey"}
READERS = {"text", "flag", "whole", "words", "database", "keys"}


def settings_read_by_code() -> set[str]:
    """Return each NAME that the settings or the web server read from the environment."""
    names = set()
    for path in [*ROOT.glob("config/settings/*.py"), ROOT / "config" / "gunicorn.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _reads_environment(node.func):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    names.add(str(first.value))
    return names


def _reads_environment(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute):
        return False
    return function.attr in READERS or ast.unparse(function) == "os.environ.get"


def queues_of(service: dict[str, Any]) -> list[str]:
    """Return the queues a service's worker takes from, none for other services."""
    command = service.get("command", [])
    found = [part for part in command if part.startswith("--queues=")]
    return found[0].removeprefix("--queues=").split(",") if found else []


def environment_names() -> Iterator[tuple[str, str]]:
    """Yield each (service, NAME) a product's service sets."""
    for name in sorted(PRODUCT):
        for key in SERVICES[name].get("environment", {}):
            yield name, key


def test_the_settings_are_found_in_the_code() -> None:
    found = settings_read_by_code()
    assert {"DATABASE_URL", "SITE_ORIGIN", "DEBUG", "WEB_BIND", "ALLOWED_HOSTS"} <= found


def test_every_setting_stands_in_the_example_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    documented = set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE))
    assert documented == settings_read_by_code()


def test_the_example_holds_no_secret() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    given = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))
    secret = {"SECRET_KEY", "SEALING_KEYS", "INDEX_KEYS", "SMS_CALLBACK_SECRET", "DATABASE_URL"}
    assert not secret & given.keys()


@pytest.mark.parametrize(("service", "name"), sorted(environment_names()))
def test_a_service_sets_only_what_the_code_reads(service: str, name: str) -> None:
    assert name.removesuffix("_FILE") in settings_read_by_code()


def test_every_file_setting_names_a_secret_of_its_service() -> None:
    named = {
        (service, value.removeprefix("/run/secrets/"))
        for service in SERVICES
        for name, value in SERVICES[service].get("environment", {}).items()
        if name.endswith("_FILE")
    }
    given = {(service, secret) for service in SERVICES for secret in _secrets(service)}
    assert named <= given
    assert {secret for _, secret in given} == set(COMPOSE["secrets"])


def _secrets(service: str) -> list[str]:
    return list(SERVICES[service].get("secrets", []))


def test_each_process_holds_the_address_of_its_own_role_and_no_other() -> None:
    roles = {"web": "app", "migrate": "migrator"}
    for name in PRODUCT:
        role = roles.get(name, "worker")
        wanted = {f"{role}-database-url", f"{role}-keys-database-url"}
        assert {secret for secret in _secrets(name) if "database" in secret} == wanted
        files = [value for key, value in SERVICES[name]["environment"].items() if "DATABASE" in key]
        assert {Path(value).name for value in files} == wanted


def test_the_roles_made_are_the_roles_known(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "deploy" / "make_secrets.py", tmp_path], check=True)
    for server in ("database", "keys-database"):
        lines = (tmp_path / f"{server}-passwords").read_text("utf-8").splitlines()
        passwords = dict(line.split() for line in lines)
        assert passwords.keys() == {role.value for role in LOGINS}
        for role, password in passwords.items():
            address = (tmp_path / f"{role.removeprefix('registry_')}-{server}-url").read_text()
            assert address.startswith(f"postgresql://{role}:{password}@{server}:5432/")
    text = (ROOT / "deploy" / "postgres" / "roles.sql").read_text("utf-8")
    names = re.findall(r"'(\w+)'", re.findall(r"ARRAY\[(.*?)\]", text)[0])
    assert {f"registry_{name}" for name in names} == {role.value for role in DatabaseRole}


def test_no_secret_stands_in_the_file_itself() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|SECRET|KEY|URL", name)
            assert not is_secret or value.startswith("/run/secrets/"), name


def test_the_secrets_made_are_those_the_services_want(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "deploy" / "make_secrets.py", tmp_path], check=True)
    wanted = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert wanted <= {path.name for path in tmp_path.iterdir()}


def test_secrets_are_never_made_twice(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "deploy" / "make_secrets.py"), str(tmp_path)]
    subprocess.run(command, check=True)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = subprocess.run(command, check=False, capture_output=True)
    assert again.returncode == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_the_folder_of_secrets_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    subprocess.run([sys.executable, ROOT / "deploy" / "make_secrets.py", folder], check=True)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_every_queue_is_served_and_no_other() -> None:
    served = {queue for service in SERVICES.values() for queue in queues_of(service)}
    assert served == {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_one_pool_is_kept_free_for_alerts() -> None:
    assert [queues_of(SERVICES[name]) for name in SERVICES].count(["crisis"]) == 1


def test_the_demo_runs_the_same_pools() -> None:
    pools = {
        name: ",".join(queues)
        for name, service in SERVICES.items()
        if (queues := queues_of(service))
    }
    assert pools == WORKER_POOLS


def test_every_queue_has_a_routing_key_of_its_own() -> None:
    keys = [queue.routing_key for queue in settings.CELERY_TASK_QUEUES]
    assert sorted(keys) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)


def test_whatever_the_clock_wakes_goes_to_a_known_queue() -> None:
    queues = {queue.name for queue in settings.CELERY_TASK_QUEUES}
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry.get("options", {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE) in queues


def test_there_is_exactly_one_clock() -> None:
    clocks = [name for name in SERVICES if "beat" in SERVICES[name].get("command", [])]
    assert clocks == ["beat"]


def test_the_shape_is_whole() -> None:
    assert set(SERVICES) == STORES | PRODUCT | {"proxy"}
    workers = {"worker-alerts", "worker-general", "beat", "dispatcher"}
    assert {"migrate", "web", "finder"} | workers == PRODUCT


@pytest.mark.parametrize("name", sorted(PRODUCT - {"migrate"}))
def test_the_product_waits_for_its_migrations(name: str) -> None:
    conditions = SERVICES[name]["depends_on"]
    assert conditions["migrate"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_can_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert int(service["user"].partition(":")[0]) > 0
    assert service.get("privileged", False) is False


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_a_container_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"proxy"}))
def test_only_the_proxy_can_be_reached(name: str) -> None:
    assert "ports" not in SERVICES[name]
    assert SERVICES[name].get("network_mode") is None


@pytest.mark.parametrize("name", sorted(STORES))
def test_a_store_cannot_reach_the_world(name: str) -> None:
    networks = COMPOSE["networks"]
    assert all((networks[network] or {}).get("internal") for network in SERVICES[name]["networks"])


def test_the_key_store_is_a_server_of_its_own() -> None:
    stores, keys = (set(SERVICES[name]["networks"]) for name in ("database", "keys-database"))
    assert not stores & keys
    assert not set(_secrets("database")) & set(_secrets("keys-database"))
    assert SERVICES["database"]["volumes"][0] != SERVICES["keys-database"]["volumes"][0]


def test_no_database_logs_what_people_write() -> None:
    for name in ("database", "keys-database"):
        options = set(SERVICES[name]["command"])
        assert "-clog_min_error_statement=panic" in options
        assert "-clog_parameter_max_length_on_error=0" in options
        assert "-clog_statement=none" in options


def test_the_image_is_built_without_demo_tests_and_secrets() -> None:
    left_out = set((ROOT / ".dockerignore").read_text("utf-8").splitlines())
    assert {"demo", "tests", ".env", "secrets", ".git", ".run"} <= left_out


def test_the_image_runs_as_nobody_special_with_hashed_packages() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert "--require-hashes" in text
    users = re.findall(r"^USER (\d+)", text, re.MULTILINE)
    assert users == ["10001"]
    assert {SERVICES[name]["user"] for name in PRODUCT} == {"10001:10001"}


@pytest.mark.parametrize(
    "listing", ["requirements.txt", "requirements-demo.txt", "requirements-dev.txt"]
)
def test_every_package_is_pinned_and_hashed_and_no_host_is_named(listing: str) -> None:
    text = (ROOT / listing).read_text("utf-8")
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==", package), package.splitlines()[0]
        assert "--hash=sha256:" in package
    assert "://" not in text


def test_the_lists_agree_on_versions() -> None:
    pins = [
        dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", text, re.MULTILINE))
        for text in (
            (ROOT / name).read_text("utf-8")
            for name in ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt")
        )
    ]
    product, demo, dev = pins
    assert product.items() <= demo.items() <= dev.items()


def test_ci_runs_the_checks_and_the_tests_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("make")] == ["make check", "make test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
