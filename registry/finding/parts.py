"""Turning the packed pieces of the index into named bytes and back."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping

Parts = Mapping[str, bytes]


def numbers(typecode: str, data: bytes) -> array[int]:
    """Return the array whose bytes these are."""
    found: array[int] = array(typecode)
    found.frombytes(data)
    return found


def from_texts(texts: Iterable[str]) -> bytes:
    """Return texts without line ends as bytes."""
    return "\n".join(texts).encode()


def texts(data: bytes, count: int) -> list[str]:
    """Undo `from_texts`, which cannot tell no text from one empty text."""
    return data.decode().split("\n") if count else []


def below(name: str, parts: Parts) -> dict[str, bytes]:
    """Return the parts of a piece called `name`, under the names it gave them."""
    start = f"{name}."
    return {key[len(start) :]: data for key, data in parts.items() if key.startswith(start)}


def under(name: str, parts: Parts) -> dict[str, bytes]:
    """Undo `below`."""
    return {f"{name}.{key}": data for key, data in parts.items()}
