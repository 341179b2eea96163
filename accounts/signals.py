"""What is written down when staff sign in, sign out or change what protects their account."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.http import HttpRequest

from accounts.models import StaffUser
from audit.recording import Detail, record


def _note(user: StaffUser, act: str, detail: Detail | None = None) -> None:
    with transaction.atomic():
        record(user.actor, act, detail=detail)


def on_signed_in(sender: object, request: HttpRequest, user: StaffUser, **kwargs: Any) -> None:
    """Let the working day begin now, whatever the session was before."""
    now = int(time.time())
    request.session["began_at"] = now
    request.session["seen_at"] = now
    _note(user, "accounts.signed-in")


def on_signed_out(
    sender: object, request: HttpRequest, user: StaffUser | None, **kwargs: Any
) -> None:
    """Note who left; nobody may have been signed in."""
    if user is not None:
        _note(user, "accounts.signed-out")


def on_password_changed(sender: object, user: StaffUser, **kwargs: Any) -> None:
    """Note a new password."""
    _note(user, "accounts.password-changed")


def on_factor_added(sender: object, user: StaffUser, authenticator: Any, **kwargs: Any) -> None:
    """Note a new second factor or new spare codes."""
    _note(user, "accounts.second-factor-added", {"type": authenticator.type})


def on_factor_removed(sender: object, user: StaffUser, authenticator: Any, **kwargs: Any) -> None:
    """Note that a second factor went."""
    _note(user, "accounts.second-factor-removed", {"type": authenticator.type})


def on_factor_failed(sender: object, user: StaffUser, **kwargs: Any) -> None:
    """Note a wrong code: the password before it was right."""
    _note(user, "accounts.second-factor-failed")


def connect() -> None:
    """Listen to Django and allauth; called once, at start."""
    user_logged_in.connect(on_signed_in, dispatch_uid="accounts.signed-in")
    user_logged_out.connect(on_signed_out, dispatch_uid="accounts.signed-out")
    password_changed.connect(on_password_changed, dispatch_uid="accounts.password-changed")
    authenticator_added.connect(on_factor_added, dispatch_uid="accounts.factor-added")
    authenticator_reset.connect(on_factor_added, dispatch_uid="accounts.factor-reset")
    authenticator_removed.connect(on_factor_removed, dispatch_uid="accounts.factor-removed")
    authentication_failed.connect(on_factor_failed, dispatch_uid="accounts.factor-failed")
