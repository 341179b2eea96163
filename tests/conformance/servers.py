"""Private instances of Postfix and Kannel on loopback: own folders, own ports, no services."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from demo.ports import ADDRESS, free_port
from demo.processes import Process

FAKE_SMSC = Path("/usr/lib/kannel/test/fakesmsc")


def missing() -> list[str]:
    """Return the Debian packages that are needed and not there."""
    programs = {"kannel": "bearerbox", "postfix": "postfix"}
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    found = [name for name, program in programs.items() if not shutil.which(program, path=path)]
    return found if FAKE_SMSC.exists() else [*found, "kannel-extras"]


def eventually(happened: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Wait until something is so; fail with its name."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    """Whether somebody takes connections on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((ADDRESS, port)) == 0


@dataclass
class PrivatePostfix:
    """A mail server of its own: takes mail on `port`, passes it on by `transports`."""

    folder: Path
    #: Domain → "smtp:[host]:port".
    transports: Mapping[str, str]
    #: "1s" and the like: after how long it says "delayed", and gives up.
    delay_warning: str = "1s"
    port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        configuration, queue, data = (self.folder / n for n in ("etc", "queue", "data"))
        for each in (configuration, queue, data):
            each.mkdir(parents=True)
        self.log = self.folder / "mail.log"
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": str(queue),
            "data_directory": str(data),
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "inet_interfaces": ADDRESS,
            "inet_protocols": "ipv4",
            "myhostname": "mail.registry.example",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "relay_domains": "",
            "transport_maps": f"texthash:{configuration}/transport",
            "smtp_dns_support_level": "disabled",
            "smtp_host_lookup": "native",
            "maillog_file": str(self.log),
            "maillog_file_prefixes": "/",
            "delay_warning_time": self.delay_warning,
            "queue_run_delay": "2s",
            "minimal_backoff_time": "2s",
            "maximal_backoff_time": "2s",
            "bounce_queue_lifetime": "1h",
            "maximal_queue_lifetime": "1h",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "import_environment": "MAIL_CONFIG",
        }
        (configuration / "main.cf").write_text(
            "".join(f"{name} = {value}\n" for name, value in settings.items())
        )
        (configuration / "transport").write_text(
            "".join(f"{domain} {target}\n" for domain, target in self.transports.items())
        )
        services = [
            f"{ADDRESS}:{self.port} inet n - n - - smtpd",
            "pickup unix n - n 60 1 pickup",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "verify unix - - n - 1 verify",
            "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap",
            "smtp unix - - n - - smtp",
            "relay unix - - n - - smtp",
            "showq unix n - n - - showq",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "anvil unix - - n - 1 anvil",
            "scache unix - - n - 1 scache",
            "postlog unix-dgram n - n - 1 postlogd",
        ]
        (configuration / "master.cf").write_text("\n".join(services) + "\n")
        owner = pwd.getpwnam("postfix")
        os.chown(data, owner.pw_uid, owner.pw_gid)
        self._postfix("start")
        eventually(lambda: is_listening(self.port), "Postfix takes connections")
        return self

    def __exit__(self, *_ended: object) -> None:
        self._postfix("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _postfix(self, command: str) -> None:
        ran = subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.folder / "etc"), command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr + ran.stdout


@dataclass
class PrivateKannel:
    """Bearerbox and smsbox: HTTP on one side, SMPP (or a fake network) on the other."""

    folder: Path
    #: Where an SMSC listens that Kannel binds to; 0 for Kannel's own fake network.
    smsc_port: int = 0
    #: Where Kannel posts what people write.
    inbound_url: str = ""
    sendsms_port: int = field(default_factory=free_port)
    fake_port: int = 0

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        (self.folder / "spool").mkdir()
        admin, box = free_port(), free_port()
        if self.smsc_port:
            network = (
                "group = smsc\nsmsc = smpp\nsmsc-id = net\nhost = 127.0.0.1\n"
                f"port = {self.smsc_port}\nsmsc-username = kannel\nsmsc-password = s3cret\n"
                'system-type = ""\ntransceiver-mode = true\nenquire-link-interval = 5\n'
                "reconnect-delay = 1\nsource-addr-autodetect = true\nmsg-id-type = 0x00\n"
            )
        else:
            self.fake_port = free_port()
            network = (
                f"group = smsc\nsmsc = fake\nsmsc-id = net\nport = {self.fake_port}\n"
                "connect-allow-ip = 127.0.0.1\n"
            )
        bearer = (
            f"group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\n"
            f"admin-password = s3cret\nsmsbox-port = {box}\nsmsbox-interface = 127.0.0.1\n"
            'box-allow-ip = "127.0.0.1"\nbox-deny-ip = "*.*.*.*"\nstore-type = spool\n'
            f"store-location = {self.folder}/spool\nlog-file = {self.folder}/bearerbox.log\n"
            f"log-level = 0\n\n{network}"
        )
        service = (
            "group = sms-service\nkeyword = default\ncatch-all = true\nmax-messages = 0\n"
            f"send-sender = true\npost-url = {self.inbound_url}\n\n"
            if self.inbound_url
            else 'group = sms-service\nkeyword = default\ntext = ""\nmax-messages = 0\n\n'
        )
        sms = (
            f"{bearer}\n"
            f"group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {self.sendsms_port}\n"
            "sendsms-interface = 127.0.0.1\nglobal-sender = ABROAD\nmo-recode = true\n"
            f"log-file = {self.folder}/smsbox.log\nlog-level = 0\n\n"
            "group = sendsms-user\nusername = registry\npassword = s3cret\n"
            "max-messages = 10\nconcatenation = true\n\n"
            f"{service}"
        )
        configuration = self.folder / "kannel.conf"
        configuration.write_text(sms)
        self._boxes = [
            Process(name, [f"/usr/sbin/{name}", configuration], self.folder / f"{name}.out")
            for name in ("bearerbox", "smsbox")
        ]
        self._boxes[0].start()
        eventually(lambda: is_listening(box), "bearerbox takes connections")
        self._boxes[1].start()
        eventually(lambda: is_listening(self.sendsms_port), "smsbox takes connections")
        return self

    def __exit__(self, *_ended: object) -> None:
        for box in reversed(self._boxes):
            box.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
