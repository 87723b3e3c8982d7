"""Markup of any kind from a tag, a name or a waiver stays text in every form of a drift report.

Each document is compared with one of harmless words: its structure must be the same.
"""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from typing_extensions import override

from drift_check.apply import ApiRequest
from drift_check.apply.healer import HealOutcome
from drift_check.events import Request
from drift_check.findings import Waiver
from drift_check.model import Report
from drift_check.report.as_html import page
from drift_check.report.as_json import asff
from ops import output
from ops.junit import junit, text
from ops.markdown import code, markdown, plain_text
from ops.sarif import sarif
from ops.screen import PlainConsole, visible
from tests.unit.drift_check.findings import finding, unknown
from tradai_shared.alerts import Alert, to_message, to_subject
from tradai_shared.errors import Status
from tradai_shared.errors import visible as visible_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

pytestmark = pytest.mark.any_python

MARKUP = [
    "<script>alert(1)</script>", "<img src=x onerror=y>", "</td>", "-->", "<!--", "]]>", "&lt;b&gt;",
    "&#60;", '"', "'", "[x](http://evil.example)", "![x](y)", "[x]: http://evil.example",
    "<http://evil.example>", "http://evil.example", "www.evil.example", "a@evil.example", "`", "``", "```",
    "**b**", "_i_", "__b__", "~~s~~", "# h", "> q", "- l", "+ l", "1. l", "1) l", "---", "===", "|", "\\",
    "\n", "\r", "\n\n", "    ", "\t", "[/bold]", "[red]", ":smile:", "\x1b[31m", "\u202e", "\x00", "\ud7ff",
    "\ufffe", "${x}", "{{x}}", "{0}", "$x$",
]  # fmt: skip
HOSTILE = (
    st.lists(st.sampled_from(MARKUP) | st.text(max_size=6), min_size=1, max_size=6)
    .map("".join)
    .filter(str.strip)
)
# Escape, the one-byte form of it, both directions by override, embedding and isolate, a mark, a separator.
STEERING = [
    "\x1b",
    "\x9b",
    "\x07",
    "\u202e",
    "\u202d",
    "\u202b",
    "\u2066",
    "\u2067",
    "\u2069",
    "\u200f",
    "\u2028",
]
MANY = settings(max_examples=80, deadline=None, derandomize=True)
HARMLESS = "word"
PRODUCT = "arn:aws:securityhub:eu-central-1:123456789012:product/123456789012/default"
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def report(words: str) -> Report:
    """The words wherever something that was read is shown."""
    made = Report("dev", Request(), datetime(2026, 11, 22, tzinfo=UTC), account="123456789012")
    waived = finding(attribute="waived", waiver=Waiver(words, words, date(2027, 1, 1)))
    differs = finding(resource=words, attribute=words, observed=words, desired=words, reason=words)
    made.findings = [differs, waived, replace(unknown(), resource=words, reason=words)]
    write = ApiRequest("ec2:CreateTags", {"Key": words})
    made.heals = [HealOutcome(differs, Status.FAILED, words, (write,))]
    made.notes, made.error = [words], words
    return made


class Structure(HTMLParser):
    """The tags, each with the names of its attributes, and the text between them."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[object] = []
        self.words: list[str] = []
        self.feed(document)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    @override
    def handle_endtag(self, tag: str) -> None:
        self.tags.append(tag)

    @override
    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", data))

    @override
    def handle_data(self, data: str) -> None:
        self.words.append(data)


@MANY
@given(HOSTILE)
def test_html_has_the_tags_that_it_has_anyway(words: str) -> None:
    assert Structure(page(report(words))).tags == Structure(page(report(HARMLESS))).tags


def blocks(document: str) -> list[tuple[str, str]]:
    tokens = [each for token in PARSER.parse(document) for each in [token, *(token.children or [])]]
    return [(token.type, token.tag) for token in tokens if token.type not in {"text", "text_special"}]


@MANY
@given(HOSTILE)
def test_markdown_has_the_blocks_that_it_has_anyway(words: str) -> None:
    assert blocks(markdown(report(words))) == blocks(markdown(report(HARMLESS)))


def message(words: str) -> Alert:
    return Alert(words, words, (("Since", words),), (words, words))


@MANY
@given(HOSTILE)
@example("- l")
@example("&#60;!channel&#62;")
@example("<!channel> <@U1> @here")
@example("_i_")
def test_chat_has_the_blocks_that_it_has_anyway_and_all_the_text(words: str) -> None:
    shown = message(words).markdown
    assert blocks(shown) == blocks(message(HARMLESS).markdown)
    texts = [token.content for token in inline(shown) if token.type in {"text", "text_special"}]
    assert "".join(texts).count(visible_text(" ".join(words.split()))) == 4


def inline(document: str) -> list[Token]:
    return [child for token in PARSER.parse(document) for child in token.children or []]


@pytest.mark.parametrize("letter", STEERING)
def test_nothing_that_steers_a_terminal_or_turns_text_is_in_any_document(letter: str) -> None:
    """Also where it is printed: Markdown, HTML, JUnit and SARIF go to the terminal as they are."""
    words = f"a{letter}b"
    documents = {
        "markdown": markdown(report(words)),
        "html": page(report(words)),
        "junit": junit(report(words)),
        "sarif": "".join(texts_of(sarif(report(words), {}))),
        "chat": message(words).markdown,
        "mail": to_message(message(words).text),
        "subject": to_subject(message(words).subject),
    }
    assert [name for name, document in documents.items() if letter in document] == []


def texts_of(value: object) -> Iterator[str]:
    """The messages that a reader of the SARIF document sees."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in {"text", "justification", "fullyQualifiedName"}:
                yield str(part)
            else:
                yield from texts_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part)


@MANY
@given(HOSTILE)
def test_markdown_shows_what_was_there_and_no_bare_address(words: str) -> None:
    escaped = plain_text(words)
    rendered = "".join(
        child.content
        for token in PARSER.parse(f"word {escaped}")
        for child in token.children or []
        if child.type in {"text", "text_special"}
    )
    assert rendered.split() == visible_text(f"word {' '.join(words.split())}").split()
    assert "://" not in escaped
    assert "www." not in escaped.lower()


@pytest.mark.parametrize("words", ["a", "`", "``", "a`b", "`a``b`"])
def test_code_ends_where_it_should(words: str) -> None:
    (paragraph,) = [token for token in PARSER.parse(f"x {code(words)} y") if token.children]
    assert [child.content for child in paragraph.children or [] if child.type == "code_inline"] == [words]


@MANY
@given(HOSTILE)
def test_junit_stays_the_same_tree(words: str) -> None:
    def tree(document: str) -> list[object]:
        return [(element.tag, sorted(element.keys())) for element in ET.fromstring(document).iter()]  # noqa: S314 - ours

    document = junit(report(words))
    assert tree(document) == tree(junit(report(HARMLESS)))
    shown = " ".join(element.get("message", "") for element in ET.fromstring(document).iter())  # noqa: S314 - ours
    assert "".join(text(words).split()) in "".join(shown.split())


@MANY
@given(HOSTILE)
@example("[x](http://evil.example)")
def test_sarif_and_asff_are_json_of_the_same_shape_and_sarif_has_no_link(words: str) -> None:
    def shape(value: Any) -> object:
        if isinstance(value, dict):
            return {name: shape(part) for name, part in value.items()}
        return [shape(part) for part in value] if isinstance(value, list) else type(value)

    for made in (
        lambda of: sarif(of, {}),
        lambda of: asff(of, PRODUCT),
    ):
        hostile = json.loads(json.dumps(made(report(words))))
        assert shape(hostile) == shape(json.loads(json.dumps(made(report(HARMLESS)))))
    messages = [result["message"]["text"] for result in sarif(report(words), {})["runs"][0]["results"]]
    assert not any("](" in message for message in messages)


@MANY
@given(HOSTILE)
def test_a_terminal_gets_the_text_and_nothing_that_steers_it(words: str) -> None:
    stream = io.StringIO()
    console = PlainConsole(file=stream, highlight=False, markup=False, emoji=False, width=120)
    with patch.object(output, "console", console), redirect_stdout(stream):
        output.table(report(words))
    shown = stream.getvalue()
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "".join(visible(words).split()) in "".join(shown.split())
