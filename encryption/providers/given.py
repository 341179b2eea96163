"""A key set that settings have read already, from the file SEALING_KEYS_FILE names."""

from __future__ import annotations

from encryption.keysets import KeySet, parse_key_set


class GivenProvider:
    """Keys whose text stands in the setting itself."""

    def __init__(self, setting: str, text: str) -> None:
        self._setting, self._text = setting, text

    def load(self) -> KeySet:
        """Return the key set."""
        return parse_key_set(self._setting, self._text)
