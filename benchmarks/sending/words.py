"""The alert that everybody sends: text and HTML, about 2.8 KB on the wire."""

from __future__ import annotations

SUBJECT = "Storm warning for the whole country"
_PARAGRAPH = (
    "A severe storm is coming from the north. Stay inside from six o'clock this evening. Keep "
    "away from windows, from the shore and from rivers. Keep water, a torch and your papers "
    "within reach, and charge your telephone now.\n\n"
)
TEXT = _PARAGRAPH * 3 + "Tell us with one press whether you are safe: {link}\n"
HTML = (
    '<!doctype html>\n<html lang="en" dir="ltr">\n<head><meta charset="utf-8">'
    f"<title>{SUBJECT}</title></head>\n<body>\n"
    + f"<p>{_PARAGRAPH.strip()}</p>\n"
    * 3
    + '<p>Tell us with one press whether you are safe: <a href="{link}"><bdi>{link}</bdi></a></p>\n'
    "</body>\n</html>\n"
)
SMS = "Storm this evening. Stay inside. Are you safe? {link}"
