"""Django's own e-mails (password resets, sign-in notices) through the same SMTP client.

So that the rule "one recipient per message" holds for every e-mail that leaves.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from notifications.channels.addresses import TwoRecipients
from notifications.channels.mime import QUOTED_PRINTABLE, wire_bytes
from notifications.channels.protocol import Channel, Outcome, OutgoingMail, RouteUnavailable
from notifications.channels.routes import open_mail_route


class NotHandedOver(Exception):
    """The mail server did not take the message; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class OneRecipientBackend(BaseEmailBackend):
    """Sends each message to its one recipient.

    Raises TwoRecipients before anything is sent if any message has not exactly one, or has a
    copy; even with `fail_silently`, because that is a mistake in the program.
    """

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._route: Channel[OutgoingMail] | None = None

    def open(self) -> bool:
        """Prepare the route; it connects with the first message."""
        if self._route is not None:
            return False
        self._route = open_mail_route(settings.MAIL_URL, is_exercise=False)
        return True

    def close(self) -> None:
        """Hang up."""
        route, self._route = self._route, None
        if route is not None:
            route.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send, and return how many messages the server took."""
        mails = [_outgoing(message) for message in email_messages]
        if not mails:
            return 0
        opened_here = self.open()
        try:
            return self._send(iter(mails))
        finally:
            if opened_here:
                self.close()

    def _send(self, mails: Iterator[OutgoingMail]) -> int:
        assert self._route is not None
        taken, code = 0, ""
        try:
            for handed_over in self._route.send(mails, is_exercise=False):
                if handed_over.outcome is Outcome.ACCEPTED:
                    taken += 1
                else:
                    code = code or handed_over.code
        except RouteUnavailable as closed:
            code = code or closed.code
        if code and not self.fail_silently:
            raise NotHandedOver(code)
        return taken


def _outgoing(message: EmailMessage) -> OutgoingMail:
    if message.cc or message.bcc or len(message.to) != 1:
        raise TwoRecipients("a message has exactly one recipient")
    message = copy.copy(message)
    # Seven bits everywhere, so that any server takes it.
    message.encoding = message.encoding or QUOTED_PRINTABLE
    mime = message.message()
    if "Auto-Submitted" not in mime:
        mime["Auto-Submitted"] = "auto-generated"
    return OutgoingMail(
        recipient=_bare_address(message.to[0]),
        message_id=str(mime["Message-ID"]),
        payload=wire_bytes(mime),
        envelope_from=_bare_address(message.from_email or settings.DEFAULT_FROM_EMAIL),
    )


def _bare_address(text: str) -> str:
    """Return the address of `Name <address>`; a text with two stays whole and is refused."""
    _, address = parseaddr(text)
    return address if address and text.rstrip().endswith(f"<{address}>") else text
