"""What to say of a task that Ray gives no answer of."""

from __future__ import annotations

from ray.exceptions import (
    LocalRayletDiedError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayTaskError,
    TaskCancelledError,
    WorkerCrashedError,
)

from autohighlight.executors.protocol import Failed
from autohighlight.executors.worker import one_line

_LOGS = "what it said last is in Ray's logs: ray logs worker-*.err"


def failure_of(key: str, error: Exception) -> Failed:
    """The event that a task ends with.

    Args:
        key: of the task.
        error: that asking Ray for its answer has raised.
    """
    if isinstance(error, OutOfMemoryError):
        problem, hint = "the worker was killed for want of memory", "give a task more, as --executor-options memory=4GB"
        return Failed(key, "died", problem, hint)
    if isinstance(error, NodeDiedError | LocalRayletDiedError | ObjectLostError):
        return Failed(key, "died", "the node that it ran on was lost, each time", "'ray status' says which are there")
    if isinstance(error, WorkerCrashedError):
        return Failed(key, "died", "the worker died, each time", _LOGS)
    if isinstance(error, TaskCancelledError):
        return Failed(key, "died", "it was cancelled from elsewhere")
    if isinstance(error, RayTaskError):  # not from the function, whose errors come as text
        problem = f"its argument or value cannot be handed over: {one_line(error.cause)}"
        return Failed(key, "raised", problem, "every node needs the same versions of autohighlight and its plugins")
    return Failed(key, "raised", f"Ray cannot run it: {one_line(error)}")
