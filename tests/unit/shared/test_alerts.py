"""A message is within SNS's limits, whatever its text."""

from __future__ import annotations

import pytest

from tradai_shared.alerts import CUT, MESSAGE_BYTES, SUBJECT_LENGTH, to_message, to_subject


@pytest.mark.parametrize("text", ["two\nlines", "tab\tbell\a", "ümläut — dash", "x" * 500])
def test_a_subject_is_one_short_line_of_ascii(text: str) -> None:
    subject = to_subject(text)
    assert subject
    assert len(subject) <= SUBJECT_LENGTH
    assert subject.isascii()
    assert subject.isprintable()


def test_a_message_that_fits_is_untouched() -> None:
    text = "ü" * (MESSAGE_BYTES // 2)
    assert to_message(text) == text


def test_a_message_that_is_too_long_is_cut_at_a_whole_character_and_says_so() -> None:
    message = to_message("ü" * MESSAGE_BYTES)
    assert len(message.encode()) <= MESSAGE_BYTES
    assert message.endswith(CUT)
    assert "\ufffd" not in message
