"""What the whole suite stands on: real servers, and twins of the world outside.

Started once per process, before Django reads its settings.
"""

from __future__ import annotations

import os

from demo.binaries import find_postgres
from demo.mailbox import Mailbox
from demo.ports import free_port
from demo.services import TemporaryServices
from demo.smsgateway import SmsGateway

# Below the range from which the system takes ports for outgoing connections, so that
# none of those can be in the way when the live server starts.
_FIRST_PORT = 18_000
_PORTS_PER_PROCESS = 100
_PROCESSES = 140


class Ground:
    """PostgreSQL, Valkey, two mailboxes and two SMS gateways, for live and for exercises."""

    def __init__(self) -> None:
        self.services = TemporaryServices()
        self.redis_url = ""
        self.mailbox = Mailbox()
        self.exercise_mailbox = Mailbox()
        self.sms_gateway: SmsGateway
        self.exercise_sms_gateway: SmsGateway

    def start(self) -> None:
        """Start everything and tell the settings of it. Raises DemoError."""
        self.services.start()
        self.redis_url = self.services.addresses()["REDIS_URL"]
        secret = self.services.keys.sms_callback_secret.read_text(encoding="utf-8")
        self.mailbox.start()
        self.exercise_mailbox.start()
        self.sms_gateway = SmsGateway(secret=secret).start()
        self.exercise_sms_gateway = SmsGateway(secret=secret).start()
        # A range for each process: the port is looked up now and taken later, and another
        # run of the suite may be looking at the same moment.
        ours = os.getpid() % _PROCESSES
        site = f"127.0.0.1:{free_port(_FIRST_PORT + ours * _PORTS_PER_PROCESS)}"
        os.environ.update(
            {
                **self.services.keys.environment(),
                **self.services.addresses(),
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
                "POSTGRES_PROGRAMS": str(find_postgres().initdb.parent),
                "DJANGO_LIVE_TEST_SERVER_ADDRESS": site,
                "SITE_ORIGIN": f"http://{site}",
                "MAIL_URL": self.mailbox.url,
                "SMS_URL": self.sms_gateway.url,
                "EXERCISE_MAIL_URL": self.exercise_mailbox.url,
                "EXERCISE_SMS_URL": self.exercise_sms_gateway.url,
            }
        )

    def stop(self) -> None:
        """Stop everything and remove its files."""
        for outside in (
            *(self.mailbox, self.exercise_mailbox),
            *(self.sms_gateway, self.exercise_sms_gateway),
        ):
            outside.stop()
        self.services.stop()
