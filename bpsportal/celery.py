"""The Celery application; every message only says "look now", so losing one costs an interval and never a job."""

import logging
import os
from typing import Any

from celery import Celery, signals
from celery.contrib.django.task import DjangoTask
from kombu.exceptions import OperationalError

from bpsportal.web import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpsportal.settings")
logger = logging.getLogger(__name__)


class Nudge(DjangoTask):
    """A task whose message may be lost: when the broker cannot be reached the sender goes on and the clock finds the
    work.
    """

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        """Send the message; None when the broker did not take it."""
        try:
            return super().apply_async(*args, **kwargs)
        except OperationalError as error:
            logger.warning("broker not reachable, the clock will find the work: task=%s error=%s", self.name, error)
            return None


app = Celery("bpsportal", task_cls=Nudge)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect(weak=False)
def _keep_our_logging(**_: Any) -> None:
    """Celery configures no logging when somebody listens here; Django's LOGGING stands."""


@signals.before_task_publish.connect(weak=False)
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Let the log lines of a task bear the id of the request that asked for it."""
    if headers is not None and tracing.current():
        headers.setdefault("request_id", tracing.current())


@signals.task_prerun.connect(weak=False)
def _take_request_id(task_id: str = "", task: Any = None, **_: Any) -> None:
    """Take the sender's request id, or the task's own id when the clock sent it."""
    sent = getattr(getattr(task, "request", None), "request_id", None)
    tracing.begin(sent or task_id[:12])


@signals.task_postrun.connect(weak=False)
def _drop_request_id(**_: Any) -> None:
    """The next log line of this process belongs to nobody."""
    tracing.begin("")
