"""E-mail addresses: exactly one, as the mail system will take it."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from entry.presentation import Presentation
from entry.text import TextLineField

_LONGEST_LOCAL = 64
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_LOCAL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~\-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~\-]+)*", re.IGNORECASE
)
_DOMAIN_PART = re.compile(r"[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?", re.IGNORECASE)
# Full-width letters and signs as East Asian keyboards give them.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3002: ".", 0xFF61: "."}
# Written out in the newer rules of domain names and replaced in the older ones: two domains.
_AMBIGUOUS = re.compile("[\u00df\u03c2\u200c\u200d]")


class EmailField(TextLineField):
    """One e-mail address; cleans to it with the domain in lower-case ASCII (IDNA).

    The part before the @ is kept as typed: only its owner's mail server may say whether dots,
    capitals or a +suffix mean anything.
    """

    widget = forms.EmailInput
    longest = 254  # RFC 5321: a path of 256 with its angle brackets
    presentation = Presentation(
        width=30,
        direction="ltr",
        input_mode="email",
        autocomplete="email",
        spell_check=False,
        capitals="none",
    )
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter an e-mail address."),
        "too_long": _("This is too long for an e-mail address. Enter one address only."),
        "line_break": _("An e-mail address must be on one line, without hidden characters."),
        "one_only": _("Enter one e-mail address only."),
        "address_only": _("Enter the address alone, without a name or brackets."),
        "no_at": _("An e-mail address needs one @. For example, name@example.org."),
        "spaces": _("An e-mail address has no spaces in it."),
        "local_part": _("The part before the @ may have only letters a to z, numbers and signs."),
        "domain": _("The part after the @ is not complete. For example, name@example.org."),
        "ambiguous": _("Write the part after the @ in letters a to z."),
    }

    def to_python(self, value: Any) -> str:
        raw = str(value or "").strip()
        if len(raw) <= 2 * self.limit and _CONTROLS.search(raw):
            raise self.refusal("line_break")
        typed = super().to_python(raw).translate(_FULL_WIDTH)
        if not typed:
            return ""
        self._refuse_more_than_one(typed)
        local, _at, domain = typed.rpartition("@")
        if len(local) > _LONGEST_LOCAL:
            raise self.refusal("too_long")
        if not _LOCAL.fullmatch(local):
            raise self.refusal("local_part")
        address = f"{local}@{self._ascii_domain(domain)}"
        if len(address) > self.limit:
            raise self.refusal("too_long")
        return address

    def _refuse_more_than_one(self, typed: str) -> None:
        if re.search("[,;\u060c\u061b\u3001\uff0c]", typed) or re.search(r"@\S*\s+\S+@", typed):
            raise self.refusal("one_only")
        if re.search(r"[<>\"()\[\]\\]", typed):
            raise self.refusal("address_only")
        if " " in typed:
            raise self.refusal("spaces")
        if typed.count("@") != 1:
            raise self.refusal("no_at")

    def _ascii_domain(self, domain: str) -> str:
        if _AMBIGUOUS.search(domain):
            raise self.refusal("ambiguous")
        try:
            name = domain.encode("idna").decode("ascii").lower()
        except UnicodeError:
            raise self.refusal("domain") from None
        parts = name.split(".")
        is_name = len(parts) > 1 and all(map(_DOMAIN_PART.fullmatch, parts))
        if not is_name or parts[-1].isdigit() or len(parts[-1]) < 2:
            raise self.refusal("domain")
        return name
