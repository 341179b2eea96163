"""Bringing the purposes and notices of data/purposes.json into the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from encryption.digests import sha256_hex

PURPOSES_FILE = Path(__file__).parent / "data" / "purposes.json"


def notice_digest(title: str, sentence: str) -> str:
    """Return the SHA-256 that names exactly these words."""
    return sha256_hex(f"{title}\n{sentence}")


def load_purposes(purpose_model: Any, notice_model: Any) -> None:
    """Add purposes and notices that are not there yet; safe to run twice.

    Raises ValueError when words of a known version differ from those stored:
    changed words are a new version.
    """
    for entry in json.loads(PURPOSES_FILE.read_text(encoding="utf-8")):
        notices = entry.pop("notice")
        purpose, _ = purpose_model.objects.update_or_create(code=entry.pop("code"), defaults=entry)
        for language, (title, sentence) in notices.items():
            digest = notice_digest(title, sentence)
            notice, _ = notice_model.objects.get_or_create(
                purpose=purpose,
                version=purpose.version,
                language=language,
                medium="text",
                defaults={"title": title, "sentence": sentence, "sha256": digest},
            )
            if notice.sha256 != digest:
                raise ValueError(
                    f"the words of {purpose.code} in {language} changed without a new version"
                )
