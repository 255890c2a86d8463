"""The peers whose pins exclude ours (pydantic, say) have an environment of their own."""

from __future__ import annotations

from pathlib import Path

_DIRECTORY = Path(__file__).parents[2] / ".venv-peers"


class NoPeersError(Exception):
    """The peers are not installed; the message says how to mend that."""


def peers_python() -> str:
    """Its Python. Raises NoPeersError."""
    if not (_DIRECTORY / ".installed").exists():
        raise NoPeersError("Quix Streams and Bytewax are not installed: run make bench, once")
    return str(_DIRECTORY / "bin" / "python")
