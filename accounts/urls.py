"""Staff sign-in, second factor and the page that leads on from there.

allauth's pages that are wanted are named one by one: what is not here, such as making an
account or changing its e-mail address, does not exist.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as spare_codes
from allauth.mfa.totp import views as totp
from django.urls import URLPattern, URLResolver, include, path

from accounts import staff_views, views

_ours = (
    [
        path("", views.home, name="staff-home"),
        path("colleagues/", staff_views.list_, name="colleague-list"),
        path("colleagues/invite/", staff_views.invite, name="colleague-invite"),
        path("colleagues/<uuid:user_id>/", staff_views.show, name="colleague-show"),
        path(
            "colleagues/<uuid:user_id>/invite/",
            staff_views.invite_again,
            name="colleague-invite-again",
        ),
        path("colleagues/<uuid:user_id>/close/", staff_views.close, name="colleague-close"),
        path("colleagues/roles/<uuid:request_id>/", staff_views.decide, name="role-decide"),
        path("colleagues/mandates/<int:mandate_id>/", staff_views.end_mandate, name="mandate-end"),
        path("posts/", staff_views.posts, name="post-list"),
        path("posts/<slug:code>/shut/", staff_views.shut, name="post-shut"),
        path("posts/<slug:code>/open/", staff_views.open_, name="post-open"),
        path(
            "welcome/<uidb64>/<token>/",
            staff_views.welcome,
            name="welcome",
        ),
    ],
    "accounts",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(_ours)),
    path("login/", views.sign_in, name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("inactive/", views.closed_account, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("second-factor/", second_factor.index, name="mfa_index"),
    path("second-factor/authenticate/", views.enter_code, name="mfa_authenticate"),
    path("second-factor/reauthenticate/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("second-factor/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "second-factor/recovery-codes/",
        spare_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "second-factor/recovery-codes/generate/",
        spare_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
]
