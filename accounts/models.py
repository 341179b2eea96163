"""Staff users and their mandates. Registered people never have an account."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.key_acts import KeyAct, KeyActKind, KeyActState
from accounts.powers import PostShutting, RoleRequest, RoleRequestState, ShuttingReason
from audit.models import ActorKind
from audit.recording import Actor
from encryption.identifiers import new_id
from geography.models import Post

__all__ = [
    "KeyAct",
    "KeyActKind",
    "KeyActState",
    "Mandate",
    "MandateQuerySet",
    "PostShutting",
    "Role",
    "RoleRequest",
    "RoleRequestState",
    "ShuttingReason",
    "StaffUser",
    "StaffUserManager",
]


class StaffUserManager(BaseUserManager["StaffUser"]):
    """Makes staff users; their e-mail is their sign-in name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> StaffUser:
        """Create a user; without a password the account cannot sign in."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class StaffUser(AbstractBaseUser):
    """Somebody who works at a consular post or at the ministry."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = StaffUserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="staff_email_is_unique")]

    def __str__(self) -> str:
        return f"staff {self.pk}"

    def get_full_name(self) -> str:
        """The name shown to colleagues."""
        return self.name

    @property
    def actor(self) -> Actor:
        """This user as an actor of the audit record."""
        return Actor(ActorKind.STAFF, self.pk)


class Role(models.TextChoices):
    """What a mandate lets somebody do. There is no role for enforcement, ever."""

    OFFICER = "officer", _("Consular officer")
    AUTHOR = "author", _("Ministry author")
    APPROVER = "approver", _("Ministry approver")
    DATA_PROTECTION = "data-protection", _("Data-protection officer")
    AUDITOR = "auditor", _("Auditor")
    # Asks for, agrees to and runs acts on the keys, at the server; sees no person.
    KEY_HOLDER = "key-holder", _("Key holder")
    # Invites colleagues and asks for their roles; sees no person.
    ADMINISTRATOR = "administrator", _("Staff administrator")


class MandateQuerySet(models.QuerySet["Mandate"]):
    """Questions about mandates."""

    def live(self) -> MandateQuerySet:
        """Mandates in force now: neither over nor of a post that was shut."""
        shut = PostShutting.objects.filter(opened_at__isnull=True)
        return self.unended().filter(Q(post__isnull=True) | ~Q(post__in=shut.values("post")))

    def unended(self) -> MandateQuerySet:
        """Mandates that have begun and are not over, whether their post is shut or not."""
        now = timezone.now()
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now)


class Mandate(models.Model):
    """A role, for a post where the role needs one, from when to when."""

    user = models.ForeignKey(StaffUser, on_delete=models.PROTECT, related_name="mandates")
    role = models.CharField(max_length=20, choices=Role.choices)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, blank=True)
    starts_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(
        StaffUser, on_delete=models.PROTECT, null=True, related_name="mandates_granted"
    )
    approved_by = models.ForeignKey(
        StaffUser, on_delete=models.PROTECT, null=True, related_name="mandates_approved"
    )

    objects = MandateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role=Role.OFFICER, post__isnull=False)
                | ~Q(role=Role.OFFICER) & Q(post__isnull=True),
                name="only_officers_have_a_post",
            ),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=F("approved_by")),
                name="a_mandate_is_approved_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=~Q(user=F("granted_by")), name="nobody_grants_themselves_a_mandate"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.user_id}"
