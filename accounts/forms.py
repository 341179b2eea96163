"""The forms of signing in: allauth's rules, our words and looks."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as second_factor
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from accounts.second_factor import take_code
from entry.cleaning import ascii_digits
from entry.presentation import Presentation
from entry.text import TextLineField

_PASSWORD = Presentation(direction="ltr", width=30, spell_check=False, capitals="none")


class SecondFactorCodeField(TextLineField):
    """Six digits of an app or eight of a spare code; cleans to 0-9 alone."""

    longest = 40
    presentation = Presentation(
        width=10,
        direction="ltr",
        input_mode="numeric",
        autocomplete="one-time-code",
        spell_check=False,
    )
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter the code."),
        "numbers": _("The code has numbers only."),
    }

    def cleaned_text(self, raw: str) -> str:
        """What is kept: the digits, whatever stands between them and whatever script."""
        code = ascii_digits(super().cleaned_text(raw)).replace(" ", "").replace("-", "")
        if code and not (code.isascii() and code.isdecimal()):
            raise self.refusal("numbers")
        return code


class SignInForm(LoginForm):  # type: ignore[misc]
    """E-mail address and password."""

    presentation: ClassVar[dict[str, Presentation]] = {"password": _PASSWORD}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, password = self.fields["login"], self.fields["password"]
        email.label = _("Work e-mail address")
        email.error_messages["required"] = _("Enter your e-mail address.")
        email.error_messages["invalid"] = _(
            "This is not an e-mail address. For example, name@ministry.example."
        )
        email.widget = forms.EmailInput({"autocomplete": "username"})
        _plain_password(password, _("Enter your password."))


class ConfirmPasswordForm(ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something that protects the account is changed."""

    presentation: ClassVar[dict[str, Presentation]] = {"password": _PASSWORD}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_password(self.fields["password"], _("Enter your password."))


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The password of today, and the new one twice."""

    presentation: ClassVar[dict[str, Presentation]] = {
        "oldpassword": _PASSWORD,
        "password1": _PASSWORD,
        "password2": _PASSWORD,
    }
    good_password = _("At least 12 characters. Four words that do not belong together are good.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, error in (
            ("oldpassword", _("Password of today"), _("Enter the password you use now.")),
            ("password1", _("New password"), _("Enter a new password.")),
            ("password2", _("New password again"), _("Enter the new password a second time.")),
        ):
            self.fields[name].label = label
            _plain_password(self.fields[name], error)
        self.fields["password1"].help_text = self.good_password


class ChoosePasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """The first password of an invited colleague, twice."""

    presentation: ClassVar[dict[str, Presentation]] = {
        "new_password1": _PASSWORD,
        "new_password2": _PASSWORD,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, error in (
            ("new_password1", _("New password"), _("Enter a new password.")),
            ("new_password2", _("New password again"), _("Enter the new password a second time.")),
        ):
            self.fields[name].label = label
            _plain_password(self.fields[name], error)
        self.fields["new_password1"].help_text = NewPasswordForm.good_password


class _CodeOnce:
    """Takes a code once only: whoever reads it over a shoulder comes too late."""

    user: StaffUser
    authenticator: Authenticator

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        is_app = self.authenticator.type == Authenticator.Type.TOTP
        if is_app and not take_code(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class EnterCodeForm(_CodeOnce, second_factor.AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""

    code = SecondFactorCodeField(
        label=_("Code"),
        help_text=_("Six numbers from the app on your phone, or one of your spare codes."),
    )


class ConfirmCodeForm(_CodeOnce, second_factor.ReauthenticateForm):  # type: ignore[misc]
    """A code once more, before something that protects the account is changed."""

    code = SecondFactorCodeField(
        label=_("Code"), help_text=EnterCodeForm.base_fields["code"].help_text
    )


class SetUpCodeForm(forms.Form):
    """The first code of an app that has just been given its secret.

    The secret waits in the session until then, sealed: sessions lie in the database.
    """

    code = SecondFactorCodeField(
        label=_("Code from the app"), help_text=_("Six numbers. They change every half minute.")
    )

    def __init__(self, *args: Any, user: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.secret = _waiting_secret()

    def clean_code(self) -> str:
        clear_limit = check_rate_limit(self.user, error_key="rate_limited")
        code: str = self.cleaned_data["code"]
        if not totp.validate_totp_code(self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        clear_limit()
        return code


def _waiting_secret() -> str:
    request: HttpRequest = totp.context.request
    adapter = get_adapter()
    if sealed := request.session.get(totp.SECRET_SESSION_KEY):
        return str(adapter.decrypt(sealed))
    secret: str = totp.generate_totp_secret()
    request.session[totp.SECRET_SESSION_KEY] = adapter.encrypt(secret)
    return secret


def _plain_password(field: forms.Field, required: Any) -> None:
    """Take allauth's placeholder and its link for forgotten passwords off a field."""
    field.widget.attrs.pop("placeholder", None)
    field.help_text = ""
    field.error_messages["required"] = required
