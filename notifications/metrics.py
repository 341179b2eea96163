"""The engine's health as Prometheus reads it (text format 0.0.4).

Labels are lanes, routes, kinds of outcome, kinds of work and states: a closed set of our own
words. No label, name or value comes from a person, an address or a message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from notifications.watching import EngineHealth

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], float]


def exposition(health: EngineHealth) -> str:
    """Return every metric of the engine, one per line."""
    return "".join(_lines(health))


def _lines(health: EngineHealth) -> Iterator[str]:
    lanes = [({"lane": lane.lane.label}, lane) for lane in health.lanes]
    yield from _gauge(
        "engine_chunks_waiting",
        "Chunks that could be claimed now.",
        [(labels, lane.waiting) for labels, lane in lanes],
    )
    yield from _gauge(
        "engine_chunks_held",
        "Chunks a process holds.",
        [(labels, lane.held) for labels, lane in lanes],
    )
    yield from _gauge(
        "engine_chunks_put_off",
        "Chunks that wait for their time.",
        [(labels, lane.put_off) for labels, lane in lanes],
    )
    yield from _gauge(
        "engine_chunks_abandoned",
        "Chunks whose holder did not come back.",
        [(labels, lane.abandoned) for labels, lane in lanes],
    )
    yield from _gauge(
        "engine_oldest_chunk_seconds",
        "For how long the oldest chunk could have been claimed.",
        [(labels, round(lane.oldest_seconds, 3)) for labels, lane in lanes],
    )
    heard = Counter(process.work.value for process in health.processes if not process.is_silent)
    yield from _gauge(
        "engine_processes",
        "Processes heard of lately, by what they did.",
        [({"work": work}, heard.get(work, 0)) for work in ("send", "sweep", "watch")],
    )
    yield from _gauge(
        "engine_route_troubles",
        "Answers of a route in the last 15 minutes that were no plain acceptance.",
        [({"route": one.route, "outcome": one.outcome}, one.times) for one in health.troubles],
    )
    yield from _gauge(
        "engine_dispatches",
        "Dispatches that are not at their end.",
        [({"state": state}, count) for state, count in health.dispatches],
    )
    yield from _gauge(
        "engine_inbox_waiting",
        "What providers told us and nobody has applied yet.",
        [
            ({"kind": "receipt"}, health.receipts_waiting),
            ({"kind": "reply"}, health.replies_waiting),
        ],
    )
    yield from _gauge("engine_alarms", "Alarms that stand now.", [({}, len(health.alarms))])


def _gauge(name: str, says: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {says}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{'{' + inside + '}' if inside else ''} {value:g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
