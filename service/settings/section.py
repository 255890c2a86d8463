"""What all sections of the configuration have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from service.settings.text_files import text_of


def no_truth_for_a_number(cls: type[BaseModel], value: Any, info: ValidationInfo) -> Any:
    """Refuses `true` and `false`, which to Python are 1 and 0. Raises ValueError."""
    field = cls.model_fields.get(info.field_name or "")
    # A reader of the field's own says better what it takes.
    if field is None or any(isinstance(it, BeforeValidator) for it in field.metadata):
        return value
    kinds = set(_kinds(field.annotation))
    if kinds & {int, float} and bool not in kinds:
        values = value if isinstance(value, list) else [value]
        if any(isinstance(it, bool) for it in values):
            raise ValueError("a number is needed, not true or false")
    return value


def _kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in get_args(annotation):
        yield from _kinds(argument)


class Section(BaseModel):
    """Immutable, refuses unknown names, and never repeats a given value in an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
        allow_inf_nan=False,
    )
    _numbers = field_validator("*", mode="before")(classmethod(no_truth_for_a_number))


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
        secret = text_of(path).strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"{name}_file {path} cannot be read: {reason}") from None
    if not secret:
        raise ValueError(f"{name}_file {path} is empty")
    return {**values, name: secret}
