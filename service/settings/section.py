"""What all sections of the configuration have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails

from service.settings.text_files import MissingFileError, text_of, why_unreadable


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


_S = TypeVar("_S")
Secret = Annotated[SecretStr, AfterValidator(_not_blank)]


def with_secret_from_file(values: Any, validated: Callable[[Any], _S], name: str) -> _S:
    """A section of which the secret `name` may be in the file that `name`_file names.

    So container platforms mount it. Raises ValidationError with all that is wrong in the section:
    both are given, the file holds no secret, and whatever else there is.
    """
    file = values.get(f"{name}_file") if isinstance(values, dict) else None
    if not isinstance(file, str | Path):
        return validated(values)
    try:
        secret = _secret(Path(file), name, given=values.get(name) is not None)
    except ValueError as error:
        raise _beside(error, values, validated, name) from None
    return validated({**values, name: secret})


def _secret(file: Path, name: str, *, given: bool) -> str:
    if given:
        raise ValueError(f"give {name} or {name}_file, not both")
    try:
        secret = text_of(file).strip()
    except (OSError, ValueError) as error:
        raise MissingFileError(f"{file} cannot be read: {why_unreadable(error)}") from None
    if not secret:
        raise MissingFileError(f"{file} is empty")
    return secret


def _beside(
    error: ValueError, values: dict[str, Any], validated: Callable[[Any], _S], name: str
) -> ValidationError:
    """The error, with those that the section would have if the secret were there."""
    place = (f"{name}_file",)
    found = [InitErrorDetails(type="value_error", loc=place, input=None, ctx={"error": error})]
    try:
        validated({**values, name: "any"})
    except ValidationError as others:
        found += [
            InitErrorDetails(
                type=detail["type"],
                loc=detail["loc"],
                input=detail["input"],
                ctx=detail.get("ctx", {}),
            )
            for detail in others.errors()
        ]
    return ValidationError.from_exception_data(name, found)
