"""Names of places as they are compared: no case, no accents, no signs."""

from __future__ import annotations

import re
import unicodedata


def folded(name: str) -> str:
    """Return a name as it is compared: no case, no accents, no signs, single spaces."""
    bare = "".join(
        char
        for char in unicodedata.normalize("NFKD", name.casefold())
        if not unicodedata.combining(char) and char != "ـ"
    )
    return " ".join(re.findall(r"\w+", bare))
