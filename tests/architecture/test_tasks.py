"""Celery carries ids and nothing else, on queues that workers really read."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from django.conf import settings

from config.celery import app


def our_tasks() -> dict[str, object]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_there_are_tasks() -> None:
    assert {"notifications.tasks.drain", "notifications.tasks.freeze"} <= set(our_tasks())


@pytest.mark.parametrize("name", sorted(our_tasks()))
def test_a_task_takes_only_ids(name: str) -> None:
    task = our_tasks()[name]
    for parameter in inspect.signature(task.run).parameters.values():  # type: ignore[attr-defined]
        assert parameter.name.endswith("_id") or parameter.name == "lane", parameter.name
        assert parameter.annotation in ("int", "str"), parameter.annotation


def test_every_scheduled_task_exists_and_goes_to_a_queue_there_is() -> None:
    queues = {queue.name for queue in settings.CELERY_TASK_QUEUES}
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in our_tasks()
        assert entry["options"]["queue"] in queues
        # A schedule that piles up while workers are away would only repeat itself.
        assert entry["options"]["expires"] <= 300


def test_no_task_keeps_a_result_or_waits_in_the_broker() -> None:
    assert settings.CELERY_TASK_IGNORE_RESULT
    assert not hasattr(settings, "CELERY_RESULT_BACKEND")
    pattern = re.compile(r"\b(eta|countdown)\s*=")
    for path in Path(settings.BASE_DIR).glob("*/**/*.py"):
        if ".venv" in path.parts or "node_modules" in path.parts or "tests" in path.parts:
            continue
        assert not pattern.search(path.read_text(encoding="utf-8")), path
