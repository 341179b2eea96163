"""Finding any row of the record that was changed, removed, added, moved or cut off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

from audit.models import Seal
from audit.sealing import GENESIS, batch_of, chained, leaves
from audit.streams import Stream, streams
from encryption import merkle


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was sealed. `number` is the seal's, 0 for the stream's end."""

    stream: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"{self.stream}, seal {self.number}: {self.what}"


@dataclass(frozen=True)
class Anchored:
    """A line of the anchor file, kept where nobody here can change it."""

    stream: str
    number: int
    chain: str

    @classmethod
    def read(cls, line: str) -> Anchored:
        """Read one line. Raises ValueError if it is none."""
        try:
            found = json.loads(line)
            return cls(str(found["stream"]), int(found["number"]), str(found["chain"]))
        except (KeyError, TypeError) as wrong:
            raise ValueError("not a line of an anchor file") from wrong

    def write(self) -> str:
        """Return the line, without its end."""
        return json.dumps({"stream": self.stream, "number": self.number, "chain": self.chain})


def anchors_after(known: Iterable[Anchored]) -> Iterator[Anchored]:
    """Yield the seals an anchor file does not hold yet, in order."""
    held = {(each.stream, each.number) for each in known}
    for seal in Seal.objects.order_by("stream", "number"):
        if (seal.stream, seal.number) not in held:
            yield Anchored(seal.stream, seal.number, seal.chain)


def verify_record(anchored: Iterable[Anchored] = ()) -> list[Fault]:
    """Compute every seal anew, and compare with the anchors. An empty list: all is as it was."""
    anchored = list(anchored)
    faults: list[Fault] = []
    for stream in streams():
        faults += _verify(stream, [each for each in anchored if each.stream == stream.name])
    known = {stream.name for stream in streams()}
    faults += [
        Fault(each.stream, each.number, "no such stream here")
        for each in anchored
        if each.stream not in known
    ]
    return faults


def _verify(stream: Stream, anchored: list[Anchored]) -> Iterator[Fault]:
    seals = list(Seal.objects.filter(stream=stream.name).order_by("number"))
    ends = {seal.epoch: seal.until_id for seal in seals if seal.until_id is not None}
    previous = GENESIS
    before: Seal | None = None
    for place, seal in enumerate(seals, 1):
        if seal.number != place or seal.previous != previous or seal.chain != chained(seal):
            yield Fault(stream.name, seal.number, "the chain of seals is broken here")
        if not _joins(before, seal):
            yield Fault(stream.name, seal.number, "it does not begin where the one before ended")
        tree, first, final = merkle.Tree(), None, None
        for row_id, leaf in leaves(stream.table, batch_of(seal, ends.get(seal.epoch))):
            first, final = first or row_id, row_id
            tree.add(leaf)
        if tree.size != seal.rows:
            yield Fault(stream.name, seal.number, f"{seal.rows} rows sealed, {tree.size} found")
        elif tree.root().hex() != seal.root or (first, final) != (seal.first_id, seal.last_id):
            yield Fault(stream.name, seal.number, "a row is not as it was")
        previous, before = seal.chain, seal
    yield from _beyond(stream)
    chains = {seal.number: seal.chain for seal in seals}
    for each in anchored:
        if each.number not in chains:
            yield Fault(stream.name, each.number, "anchored outside, and gone here")
        elif chains[each.number] != each.chain:
            yield Fault(stream.name, each.number, "not the seal that was anchored outside")


def _joins(before: Seal | None, seal: Seal) -> bool:
    if before is None:
        return seal.from_xid == 0 and seal.after_id == 0
    if before.to_xid is None:
        return seal.from_xid == 0 and seal.after_id == before.until_id
    return seal.from_xid == before.to_xid and seal.after_id == before.after_id


def _beyond(stream: Stream) -> Iterator[Fault]:
    """Rows that claim a transaction that has not been yet would wait unsealed for ever."""
    last = Seal.objects.filter(stream=stream.name).order_by("-number").first()
    if last is None or last.to_xid is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {stream.table} WHERE id > %s AND transaction_id > "  # noqa: S608
            "pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
            [last.after_id],
        )
        (found,) = cursor.fetchone()
    if found:
        yield Fault(stream.name, 0, f"{found} rows of transactions that have not been")
