"""Inviting a colleague: an account without any power, and a link that sets its password once."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.granting import GrantRefused, end_mandate
from accounts.models import Mandate, Role, StaffUser
from accounts.services import create_staff
from audit.recording import record


class InvitationTokens(PasswordResetTokenGenerator):
    """Good for three days, and no longer once a password was set or somebody signed in."""

    key_salt = "accounts.inviting"


invitation_tokens = InvitationTokens()


def invite(*, actor: StaffUser, email: str, name: str) -> tuple[StaffUser, bool]:
    """Make an account and send its owner the link; tell whether the mail server took it.

    Raises Http404 for others, GrantRefused("standing") for a known address.
    """
    _administrators_only(actor)
    try:
        user = create_staff(actor=actor.actor, email=email, name=name)
    except IntegrityError:
        raise GrantRefused("standing") from None
    return user, _send_link(user)


def invite_again(*, actor: StaffUser, user: StaffUser) -> bool:
    """Send the link anew to somebody who never signed in. Raises Http404, GrantRefused."""
    _administrators_only(actor)
    if user.last_login is not None or not user.is_active:
        raise GrantRefused("standing")
    with transaction.atomic():
        record(actor.actor, "accounts.invited-again", object_kind="staff", object_id=user.pk)
    return _send_link(user)


@transaction.atomic
def close_account(*, actor: StaffUser, user: StaffUser) -> None:
    """End an account and every mandate of it, from its next request on.

    Raises Http404, and GrantRefused when too few administrators would be left.
    """
    _administrators_only(actor)
    if actor.pk == user.pk:
        raise GrantRefused("self")
    for mandate_id in Mandate.objects.live().filter(user=user).values_list("pk", flat=True):
        end_mandate(actor=actor, mandate_id=mandate_id)
    user.is_active = False
    user.save(update_fields=["is_active"])
    record(actor.actor, "accounts.closed", object_kind="staff", object_id=user.pk)


def _send_link(user: StaffUser) -> bool:
    path = reverse(
        "accounts:welcome",
        args=[urlsafe_base64_encode(force_bytes(user.pk)), invitation_tokens.make_token(user)],
    )
    text = _(
        "Hello,\n\nan account was made for you at %(site)s. Open this link within three days and "
        "choose a password:\n\n%(link)s\n\nIf you did not expect this, do nothing and tell your "
        "administrator.\n"
    ) % {"site": settings.SITE_NAME, "link": settings.SITE_ORIGIN + path}
    message = EmailMessage(_("Your account"), text, settings.DEFAULT_FROM_EMAIL, [user.email])
    return bool(message.send(fail_silently=True))


def _administrators_only(actor: StaffUser) -> None:
    if not actor.is_active or not has_role(actor, Role.ADMINISTRATOR):
        raise Http404
