"""Who asked for whose powers, and which posts are shut: both take two people to give power."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from encryption.identifiers import new_id
from geography.models import Post


class RoleRequestState(models.TextChoices):
    """What became of a request."""

    WAITING = "waiting", _("Waiting for a second person")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")


class RoleRequest(models.Model):
    """One administrator asks that somebody get a role; another one decides."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, related_name="role_requests"
    )
    role = models.CharField(max_length=20)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, blank=True)
    # The last moment of the mandate asked for; empty: until somebody ends it.
    ends_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        max_length=10, choices=RoleRequestState.choices, default=RoleRequestState.WAITING
    )
    requested_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, related_name="role_requests_made"
    )
    requested_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(
        "accounts.StaffUser",
        on_delete=models.PROTECT,
        null=True,
        related_name="role_requests_decided",
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(user=F("requested_by")), name="nobody_asks_for_their_own_role"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("requested_by")) & ~Q(decided_by=F("user")),
                name="a_role_is_decided_by_a_third_person",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=RoleRequestState.WAITING, decided_by__isnull=True, decided_at__isnull=True
                )
                | ~Q(state=RoleRequestState.WAITING)
                & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="a_decided_role_names_who_decided",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "post"],
                condition=Q(state=RoleRequestState.WAITING),
                nulls_distinct=False,
                name="a_role_is_asked_for_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} for {self.user_id}"


class ShuttingReason(models.TextChoices):
    """Why a post's access is taken away."""

    PREMISES = "premises", _("The building is lost or entered by others")
    PRESSURE = "pressure", _("Colleagues may be forced to look people up")
    DEVICES = "devices", _("Computers or phones were stolen")
    MISUSE = "misuse", _("Somebody may be misusing the register")
    DRILL = "drill", _("A drill")


class PostShutting(models.Model):
    """Nobody works for a post from `shut_at` until two people opened it again.

    People stay registered and are alerted as before; only its officers see nothing.
    """

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=ShuttingReason.choices)
    shut_by = models.ForeignKey("accounts.StaffUser", on_delete=models.PROTECT, related_name="+")
    shut_at = models.DateTimeField(db_default=Now())
    opening_asked_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_by = models.ForeignKey(
        "accounts.StaffUser", on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post"], condition=Q(opened_at__isnull=True), name="a_post_is_shut_once"
            ),
            models.CheckConstraint(
                condition=Q(opened_by__isnull=True, opened_at__isnull=True)
                | Q(
                    opened_by__isnull=False,
                    opened_at__isnull=False,
                    opening_asked_by__isnull=False,
                )
                & ~Q(opened_by=F("opening_asked_by")),
                name="two_people_open_a_post_again",
            ),
        ]

    def __str__(self) -> str:
        return f"post {self.post_id} shut"
