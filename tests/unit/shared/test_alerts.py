"""A message is within SNS's limits, whatever its text."""

from __future__ import annotations

import json

import pytest

from tradai_shared.alerts import (
    CUT,
    MESSAGE_BYTES,
    SUBJECT_LENGTH,
    Alert,
    to_message,
    to_payload,
    to_subject,
)
from tradai_shared.errors import visible


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


NASTY = "*bold* [link](https://example.com) `code` <b> | # \\ \a\u0000 ü"


def payload(alert: Alert) -> dict[str, str]:
    forms: dict[str, str] = json.loads(to_payload(alert))
    return forms


def test_mail_gets_plain_text_and_chat_markdown() -> None:
    forms = payload(Alert("subject", "It is so.", (("Since", "03:12 UTC"),), ("a line",)))
    assert forms["default"] == "It is so.\n\nSince: 03:12 UTC\n\n- a line"
    chat = json.loads(forms["https"])
    assert (chat["version"], chat["source"]) == ("1.0", "custom")
    assert chat["content"] == {
        "textType": "client-markdown",
        "title": "subject",
        "description": "It is so.\n\n**Since:** 03:12 UTC\n\n- a line",
    }


def test_what_was_read_is_no_markup_in_chat_and_unchanged_in_mail() -> None:
    forms = payload(Alert("subject", "It is so.", (("Since", NASTY),), (NASTY,)))
    assert forms["default"].count(visible(NASTY)) == 2
    chat = json.loads(forms["https"])["content"]["description"]
    for markup in ("*bold", "[link", "`code", "<b", "|", "#"):
        assert f"\\{markup}" in chat
        assert f" {markup}" not in chat


@pytest.mark.parametrize("letter", ["\ud800", "\u202e", "\u001b", "\u0000", "\u009b"])
def test_what_steers_a_terminal_or_is_half_a_character_is_written_out(letter: str) -> None:
    """SNS takes UTF-8, which has no half of a pair."""
    text = to_payload(Alert(f"a{letter}", f"b{letter}", (("c", f"d{letter}"),), (f"e{letter}",)))
    assert letter not in text
    assert json.loads(text.encode())["default"].startswith(f"b{ascii(letter)[1:-1]}")


@pytest.mark.parametrize("letter", ["x", "ü", "\u0000", "\\", "\U0001f600", "*", '"'])
def test_a_message_of_any_length_fits_in_all_its_forms(letter: str) -> None:
    long = letter * 400_000
    text = to_payload(Alert(long, long, ((long, long),), (long,)))
    assert len(text.encode()) <= MESSAGE_BYTES
    assert json.loads(text)["default"].endswith(CUT)
