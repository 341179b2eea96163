"""How a field is shown. The renderer of the site reads it; forms and fields only state it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What a form author may say about the look of one field. `None` means "as usual".

    A field class states its own (`PhoneField` is left to right); a form overrides single values
    in its `presentation` mapping, keyed by field name. See docs/looks.md.
    """

    # Widest expected entry in characters; the box is drawn that wide: 2, 3, 4, 5, 10, 20 or 30.
    width: int | None = None
    label_size: Literal["s", "m", "l", "xl"] | None = None
    # The label is the page's one heading (h1). For pages that ask a single question.
    is_heading: bool | None = None
    # "auto": the first strong letter decides (names, free text). "ltr": phone, e-mail, codes.
    direction: Literal["auto", "ltr"] | None = None
    input_mode: Literal["text", "numeric", "decimal", "tel", "email", "search", "none"] | None = (
        None
    )
    # An HTML autofill token such as "given-name" or "one-time-code".
    autocomplete: str | None = None
    spell_check: bool | None = None
    capitals: Literal["none", "words", "sentences", "characters"] | None = None
    prefix: str | None = None
    suffix: str | None = None
    # Show how much is left of this many characters, or how many SMS parts the text makes.
    count_to: int | None = None
    counts_message_parts: bool | None = None
    # Radios and checkboxes beside each other; for two or three short ones.
    is_inline: bool | None = None
    # False keeps "(optional)" away from the label of a field that is not required.
    says_optional: bool | None = None

    def over(self, base: Presentation) -> Presentation:
        """Return `base` with every value that is stated here put over it."""
        stated = {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) is not None
        }
        return replace(base, **stated)
