"""The form fields for what people type about themselves. Import every field from here."""

from entry.addresses import EmailField
from entry.dates import DatePartsField, PartialDate, PartialDateField
from entry.phones import PhoneField
from entry.text import (
    CodeField,
    PassportNumberField,
    PersonNameField,
    TextBlockField,
    TextLineField,
)

__all__ = [
    "CodeField",
    "DatePartsField",
    "EmailField",
    "PartialDate",
    "PartialDateField",
    "PassportNumberField",
    "PersonNameField",
    "PhoneField",
    "TextBlockField",
    "TextLineField",
]
