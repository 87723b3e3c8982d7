"""Every function reads its variables by the same rules."""

from __future__ import annotations

from enum import StrEnum

import pytest

from tradai_shared import env
from tradai_shared.errors import SettingsError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def test_spaces_around_a_value_are_ignored() -> None:
    variables = {"ENVIRONMENT": " prod ", "NAME": " a ", "LIST": " a , ,b ", "FLAG": " True ", "COUNT": " 7 "}
    assert env.environment(variables) == "prod"
    assert env.required(variables, "NAME") == "a"
    assert env.optional(variables, "NAME", "[a-z]") == "a"
    assert env.many(variables, "LIST", "[a-z]") == ("a", "b")
    assert env.flag(variables, "FLAG") is True
    assert env.count(variables, "COUNT", 1) == 7


def test_an_empty_variable_counts_as_absent() -> None:
    empty = {"X": "  "}
    assert env.optional(empty, "X", "[a-z]") is None
    assert env.many(empty, "X", "[a-z]") == ()
    assert env.choice(empty, "X", Colour, Colour.BLUE) is Colour.BLUE
    assert env.flag(empty, "X") is False
    assert env.count(empty, "X", 5) == 5
    with pytest.raises(SettingsError, match="X: is missing"):
        env.required(empty, "X")
    with pytest.raises(SettingsError, match="X: expected one of red, blue, got ''"):
        env.choice(empty, "X", Colour)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (env.TOPIC_ARN, "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod"),
        (env.TOPIC_ARN, "arn:aws-cn:sns:cn-north-1:123456789012:tradai_alerts"),
        (env.BUCKET, "tradai-ops-dev-reaperbucket"),
    ],
)
def test_what_aws_accepts_is_accepted(pattern: str, value: str) -> None:
    assert env.optional({"X": value}, "X", pattern) == value


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (env.TOPIC_ARN, "arn:aws:sqs:eu-central-1:123456789012:tradai-alerts-prod"),
        (env.TOPIC_ARN, "arn:aws:sns:eu-central-1:123456789012:alerts.fifo"),
        (env.TOPIC_ARN, "arn:aws:sns:eu-central-1:123456789012:a\nb"),
        (env.BUCKET, "s3://bucket"),
        (env.BUCKET, "Bucket"),
        (env.BUCKET, "ab"),
    ],
)
def test_a_malformed_value_is_an_error_that_names_the_variable(pattern: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        env.optional({"X": value}, "X", pattern)
    assert error.value.variable == "X"
    with pytest.raises(SettingsError):
        env.many({"X": value}, "X", pattern)


@pytest.mark.parametrize("value", ["-1", "1.5", "٣", "1e3"])
def test_a_count_is_a_whole_number_in_ascii_digits(value: str) -> None:
    with pytest.raises(SettingsError, match="expected a whole number"):
        env.count({"X": value}, "X", 1)


def test_a_flag_is_true_or_false() -> None:
    with pytest.raises(SettingsError, match="expected true or false, got 'yes'"):
        env.flag({"X": "yes"}, "X")
