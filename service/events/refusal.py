"""Why an event is refused: the reasons of the dead-letter topic and of its metric."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A short fixed word for each rule; `schemas/README.md` says what each means to a publisher."""

    UNREADABLE = "unreadable"
    NO_VALUE = "no_value"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_TIME = "not_a_time"
    NO_OFFSET = "no_offset"
    IN_THE_FUTURE = "in_the_future"
    WRONG_KEY = "wrong_key"


class Refused(Exception):  # noqa: N818 - a refusal is an outcome foreseen by the contract
    """The record is no event. `detail` tells the publisher what to mend; both are free of data."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def bare(self) -> Refused:
        """The same, without what its traceback keeps: a whole fetch, until a collector comes."""
        return Refused(self.reason, self.detail)

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"
