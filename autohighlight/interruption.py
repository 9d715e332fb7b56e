"""Being told to stop, so that it cannot go unheard.

The handler of a signal raises its exception wherever the main thread happens to be. In some places Python cannot pass
an exception on, and prints and drops it: while an object or a suspended generator is destroyed, in a weak reference's
callback, in a callback of a C library. So what was asked for is kept too, and raised again where work goes on and
before a result gets its name.

Only the command line asks; where this package is used as a library, signals are the program's own.
"""

from __future__ import annotations

_asked: BaseException | None = None


def ask(error: BaseException) -> None:
    """Keeps what the run is to end with, and raises it.

    Args:
        error: ``KeyboardInterrupt`` or ``SystemExit``.
    """
    global _asked  # noqa: PLW0603 -- there is one main thread, and a handler can be handed nothing
    _asked = error
    raise error


def check() -> None:
    """Raises what was asked for, if anything was: it did not arrive, or the run would have ended."""
    if _asked is not None:
        raise _asked


def forget() -> None:
    """Begins another run."""
    global _asked  # noqa: PLW0603 -- see above
    _asked = None
