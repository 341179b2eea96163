"""Invented staff, so that every console can be tried."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from accounts.models import Mandate, Role, StaffUser
from geography.models import Post

# Good for nothing outside a demo, where everybody may know it.
PASSWORD = "demo only never live"  # noqa: S105


@dataclass(frozen=True)
class Colleague:
    """One invented member of staff."""

    name: str
    email: str
    role: Role
    post_code: str | None = None


COLLEAGUES = (
    Colleague("Odette (Beirut)", "officer.beirut@meridia.example", Role.OFFICER, "beirut"),
    Colleague("Pascal (Paris)", "officer.paris@meridia.example", Role.OFFICER, "paris"),
    Colleague("Aurora", "author@meridia.example", Role.AUTHOR),
    Colleague("Apollo", "approver@meridia.example", Role.APPROVER),
    Colleague("Delphine", "privacy@meridia.example", Role.DATA_PROTECTION),
    Colleague("Auguste", "auditor@meridia.example", Role.AUDITOR),
    Colleague("Adela", "administrator@meridia.example", Role.ADMINISTRATOR),
    Colleague("Anselm", "administrator.two@meridia.example", Role.ADMINISTRATOR),
)


def load_staff(secrets_file: Path) -> None:
    """Make the invented staff with a second factor each; keep their secrets in a file.

    Safe to run again: who is there stays as they are.
    """
    known = {}
    if secrets_file.exists():
        known = {
            entry["email"]: entry["totp_secret"]
            for entry in json.loads(secrets_file.read_text(encoding="utf-8"))
        }
    for colleague in COLLEAGUES:
        user = StaffUser.objects.filter(email=colleague.email).first()
        if user is None:
            user = StaffUser.objects.create_user(colleague.email, PASSWORD, name=colleague.name)
            post = Post.objects.get(code=colleague.post_code) if colleague.post_code else None
            Mandate.objects.create(user=user, role=colleague.role, post=post)
        has_factor = Authenticator.objects.filter(user=user).exists()
        if not has_factor or colleague.email not in known:
            Authenticator.objects.filter(user=user).delete()
            known[colleague.email] = generate_totp_secret()
            TOTP.activate(user, known[colleague.email])
    secrets_file.parent.mkdir(parents=True, exist_ok=True)
    secrets_file.touch(mode=0o600)
    secrets_file.write_text(
        json.dumps([{"email": email, "totp_secret": known[email]} for email in sorted(known)]),
        encoding="utf-8",
    )
