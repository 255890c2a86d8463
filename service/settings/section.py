"""What all sections of the configuration have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr


class Section(BaseModel):
    """Immutable, refuses unknown names, and never repeats a given value in an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=False
    )


def _not_blank(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("it is empty: a secret that everybody knows; give one, or leave it out")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_not_blank)]


def with_secret_from_file(values: Any, name: str) -> Any:
    """Fill the secret `name` from the file that `name`_file names, as container platforms mount it.

    Raises ValueError when both are given or the file cannot be read.
    """
    if not isinstance(values, dict) or not isinstance(values.get(f"{name}_file"), str | Path):
        return values
    if values.get(name) is not None:
        raise ValueError(f"give {name} or {name}_file, not both")
    path = Path(values[f"{name}_file"])
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ValueError(f"{name}_file {path} cannot be read: {reason}") from None
    if not secret:
        raise ValueError(f"{name}_file {path} is empty")
    return {**values, name: secret}
