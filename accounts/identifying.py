"""Who sits at a terminal: proved by password and app, never by naming somebody."""

from __future__ import annotations

import getpass
import sys
from typing import Protocol

from django.core.cache import cache
from django.db import transaction

from accounts.models import StaffUser
from accounts.second_factor import is_app_code
from audit.recording import record
from encryption.digests import keyed_hex
from entry.cleaning import ascii_digits

MOST_FAILURES = 5
_FORGET_SECONDS = 5 * 60


class NotIdentified(Exception):
    """Nobody proved who they are; the text says no more than that."""


class Asking(Protocol):
    """Somebody who answers questions."""

    def line(self, question: str) -> str:
        """Return an answer that may be seen."""

    def secret(self, question: str) -> str:
        """Return an answer that nobody sees."""


class Terminal:
    """The person at the keyboard. Answers never come from a pipe, a file or a flag."""

    def line(self, question: str) -> str:
        """Ask on the terminal. Raises NotIdentified without one."""
        self._refuse_without_terminal()
        return input(question)

    def secret(self, question: str) -> str:
        """Ask on the terminal without showing what is typed. Raises NotIdentified without one."""
        self._refuse_without_terminal()
        return getpass.getpass(question)

    @staticmethod
    def _refuse_without_terminal() -> None:
        if not sys.stdin.isatty():
            raise NotIdentified("This asks for a password and needs a terminal.")


def identify(asking: Asking) -> StaffUser:
    """Ask for e-mail address, password and code; return who it is. Raises NotIdentified."""
    email = asking.line("Your work e-mail address: ").strip().lower()
    password = asking.secret("Your password: ")
    code = ascii_digits(asking.secret("The code from your app: ")).replace(" ", "")
    counter = f"terminal-sign-in:{keyed_hex('terminal-sign-in', email)}"
    cache.add(counter, 0, timeout=_FORGET_SECONDS)
    if cache.incr(counter) > MOST_FAILURES:
        raise NotIdentified("There were too many tries. Wait five minutes, then try again.")
    user = StaffUser.objects.filter(email=email, is_active=True).first()
    # Hashed also for a stranger, so that the time tells nobody who works here.
    is_right = (user or StaffUser()).check_password(password)
    if user is None or not is_right or not is_app_code(user, code):
        if user is not None:
            with transaction.atomic():
                record(user.actor, "accounts.terminal-sign-in-failed")
        raise NotIdentified("E-mail address, password and code do not belong together.")
    cache.delete(counter)
    with transaction.atomic():
        record(user.actor, "accounts.terminal-signed-in")
    return user
