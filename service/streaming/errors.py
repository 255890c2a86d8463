"""What ends the service: told in one message that says how to mend it."""

from __future__ import annotations


class StreamError(Exception):
    """The stream cannot start or go on; the message is meant for an operator, without traceback.

    Nothing is lost by it: offsets are committed only for what the changelog holds, so the next
    start restores the state and consumes the rest again.
    """
