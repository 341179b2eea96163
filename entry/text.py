"""Lines, blocks, names, passport numbers and one-time codes: cleaned text with a limit."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from entry.cleaning import ascii_digits, clean_block, clean_line
from entry.presentation import Presentation

# Accents stacked on one letter: more than any script needs, fewer than it takes to deface a page.
_MOST_MARKS_RUNNING = 12
_SEPARATORS = re.compile("[\\s\\-\u2010-\u2015\u2212\uff0d_./]+")


class TextLineField(forms.CharField):
    """One line of free text, cleaned; `longest` in characters. Cleans to "" when empty."""

    longest: ClassVar[int] = 200
    presentation = Presentation(direction="auto")
    default_error_messages: ClassVar[dict[str, Any]] = {
        "too_long": ngettext_lazy(
            "This must be %(longest)d character or shorter. It is %(length)d now.",
            "This must be %(longest)d characters or shorter. It is %(length)d now.",
            "longest",
        ),
    }

    def __init__(self, *, longest: int | None = None, **kwargs: Any) -> None:
        # No `max_length`: it would make browsers cut what is pasted without a word.
        super().__init__(strip=False, **kwargs)
        self.limit = longest or self.longest

    def to_python(self, value: Any) -> str:
        raw = str(value) if value is not None else ""
        # Cleaning only shortens; text this long cannot become short enough, so spare the work.
        if len(raw) > 50 * self.limit:
            raise self.refusal("too_long", longest=self.limit, length=len(raw))
        text = self.cleaned_text(raw)
        if len(text) > self.limit:
            raise self.refusal("too_long", longest=self.limit, length=len(text))
        return text

    def cleaned_text(self, raw: str) -> str:
        """What is kept of the raw text."""
        return clean_line(raw)

    def refusal(self, code: str, **params: int) -> ValidationError:
        """The error to raise for one of this field's `error_messages`."""
        return ValidationError(self.error_messages[code], code=code, params=params or None)


class TextBlockField(TextLineField):
    """Several lines of free text, cleaned line by line."""

    widget = forms.Textarea(attrs={"rows": 5})
    longest = 1000

    def cleaned_text(self, raw: str) -> str:
        return clean_block(raw)


class PersonNameField(TextLineField):
    """A given or family name, or an alias, in any script, with the signs it is written with."""

    presentation = Presentation(direction="auto", spell_check=False, capitals="words", width=30)
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter the name."),
        "no_letters": _("A name needs at least one letter."),
        "damaged": _("Part of this name was damaged on the way. Type it again."),
        "too_many_marks": _("This has too many accents on one letter. Type the name again."),
        "web_address": _("Enter a name, not a web address."),
    }

    def to_python(self, value: Any) -> str:
        name = super().to_python(value)
        for code, is_wrong in (
            ("damaged", "\ufffd" in name),
            ("no_letters", bool(name) and not any(map(_may_be_letter, name))),
            ("too_many_marks", _longest_run_of_marks(name) > _MOST_MARKS_RUNNING),
            # Names travel in messages to others; a link in one would travel too.
            ("web_address", re.search(r"://|\bwww\.", name, re.IGNORECASE) is not None),
        ):
            if is_wrong:
                raise self.refusal(code)
        return name


class PassportNumberField(TextLineField):
    """A passport number; cleans to upper-case letters A-Z and digits without separators."""

    longest = 40
    presentation = Presentation(
        width=20, direction="ltr", spell_check=False, capitals="characters", autocomplete="off"
    )
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter the passport number."),
        "letters": _(
            "Use the letters A to Z and numbers, as in the last lines of the page with the photo."
        ),
        "length": _("A passport number has 5 to 20 letters and numbers. Check what is missing."),
    }

    def to_python(self, value: Any) -> str:
        typed = ascii_digits(super().to_python(value))
        # Full-width letters are the same letters; case says nothing on a passport.
        number = _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed)).upper()
        if number and not re.fullmatch("[A-Z0-9]+", number):
            raise self.refusal("letters")
        if number and not 5 <= len(number) <= 20:
            raise self.refusal("length")
        return number


class CodeField(TextLineField):
    """A one-time code of `digits` digits in any script; cleans to 0-9 alone."""

    longest = 60
    presentation = Presentation(
        width=10,
        direction="ltr",
        input_mode="numeric",
        autocomplete="one-time-code",
        spell_check=False,
    )
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter the code from the message."),
        "numbers": _("The code has numbers only."),
        "length": ngettext_lazy(
            "The code has %(digits)d number. Check it in the message.",
            "The code has %(digits)d numbers. Check it in the message.",
            "digits",
        ),
    }

    def __init__(self, *, digits: int = 6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.digits = digits

    def to_python(self, value: Any) -> str:
        code = _SEPARATORS.sub("", ascii_digits(super().to_python(value)))
        if code and not (code.isascii() and code.isdecimal()):
            raise self.refusal("numbers")
        if code and len(code) != self.digits:
            raise self.refusal("length", digits=self.digits)
        return code


def _may_be_letter(character: str) -> bool:
    # "Cn": a letter of a script younger than this Python's Unicode. "Co": of one without a code.
    category = unicodedata.category(character)
    return category[0] in "LM" or category in ("Cn", "Co", "Nl")


def _longest_run_of_marks(text: str) -> int:
    longest = running = 0
    for character in text:
        running = running + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        longest = max(longest, running)
    return longest
