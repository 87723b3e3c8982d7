"""Where answers come from: options, an edited file, or a person."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.adopt.model import Answer, Decision, DifferenceClass
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from drift_check.findings import Json
    from ops.adopt.model import Difference

LINE = re.compile(r"^(?P<word>[a-z-]+)(?:=(?P<value>.*?))?\s+(?P<id>[0-9a-f]{12})(?:\s|$)")
# What a person may type for each answer; an empty line is the default.
WORDS: Mapping[str, Answer] = {
    "take": Answer.TAKE,
    "t": Answer.TAKE,
    "y": Answer.TAKE,
    "yes": Answer.TAKE,
    "keep": Answer.KEEP,
    "k": Answer.KEEP,
    "n": Answer.KEEP,
    "no": Answer.KEEP,
    "absent": Answer.ABSENT,
    "a": Answer.ABSENT,
    "not judged": Answer.NOT_JUDGED,
    "not-judged": Answer.NOT_JUDGED,
    "j": Answer.NOT_JUDGED,
}
SHOWN = 6  # candidates of a name
HEADER = """# The differences of {env}. The first word of a line is the answer:
#   take        the live value, or the first candidate; take=NAME another one
#   keep        the configured value: the difference is drift
#   absent      this account does not have the resource
#   not-judged  nothing is compared with it
# A line that is removed, or starts with #, is no answer: adopt asks again.
"""


@dataclass(frozen=True, slots=True)
class Stated:
    """An answer that somebody wrote down; without a value, the first proposal is taken."""

    answer: Answer
    value: str | None = None


def decision_of(difference: Difference, stated: Stated, source: str) -> Decision:
    """The decision that an answer means.

    Raises:
        ConfigError: the difference does not accept it.
    """
    if stated.answer is Answer.TAKE and stated.value is not None and difference.path:
        return Decision(difference, Answer.TAKE, parsed(difference, stated.value))
    if stated.answer not in difference.choices:
        accepted = ", ".join(difference.choices)
        raise ConfigError(
            source, f"{stated.answer} is no answer to {difference.id} ({difference.subject}): {accepted}"
        )
    value = difference.proposals[0].value if stated.answer is Answer.TAKE else None
    return Decision(difference, stated.answer, value)


def parsed(difference: Difference, text: str) -> Json:
    """A name as it is, several by commas; another value as JSON, or as text where it is none."""
    if difference.kind is DifferenceClass.NAME:
        is_list = isinstance(next(iter(difference.proposals)).value, list) if difference.proposals else False
        return [each.strip() for each in text.split(",")] if is_list else text
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return str(value) if isinstance(difference.configured, str) and not isinstance(value, str) else value


@dataclass(slots=True)
class Written:
    """Answers by id, path or finding's id; ``used`` are those that met their difference."""

    stated: Mapping[str, Stated]
    source: str
    used: set[str] = field(default_factory=set)

    def __call__(self, difference: Difference) -> Decision | None:
        for identifier, stated in self.stated.items():
            if difference.is_named_by(identifier):
                self.used.add(identifier)
                return decision_of(difference, stated, self.source)
        return None

    @property
    def unused(self) -> list[str]:
        return [identifier for identifier in self.stated if identifier not in self.used]


def of_options(identifiers: Mapping[Answer, Sequence[str]]) -> Written:
    """From ``--accept ID`` or ``--accept ID=VALUE``, and its likes."""
    stated: dict[str, Stated] = {}
    for answer, several in identifiers.items():
        for each in several:
            identifier, has_value, value = each.partition("=")
            stated[identifier] = Stated(answer, value if has_value else None)
    return Written(stated, "the answer")


def of_file(text: str, source: str) -> Written:
    """From an edited file.

    Raises:
        ConfigError: a line cannot be understood, or an id has two answers.
    """
    stated: dict[str, Stated] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.match(line.strip())
        if match is None or match["word"] not in set(Answer):
            raise ConfigError(
                f"{source}:{number}", f"no answer: {line.strip()!r}; {', '.join(Answer)}, then an id"
            )
        if match["id"] in stated:
            raise ConfigError(f"{source}:{number}", f"{match['id']} has an answer already")
        stated[match["id"]] = Stated(Answer(match["word"]), match["value"])
    return Written(stated, source)


def to_file(env: str, differences: Iterable[Difference]) -> str:
    """The list to edit, each line with the answer that an empty one would be."""
    lines = [HEADER.format(env=env)]
    for difference in differences:
        remark = "  # insecure or data-losing" if difference.insecure else ""
        subject = difference.path or difference.subject
        lines += [
            f"{difference.default:<11} {difference.id} {subject}{remark}",
            f"#   {described(difference)}",
        ]
        candidates = difference.proposals[:SHOWN] if difference.kind is DifferenceClass.NAME else ()
        lines += [f"#   {proposal.value}: {proposal.reason}" for proposal in candidates]
    return "\n".join(lines) + "\n"


def described(difference: Difference) -> str:
    """What differs, in one line."""
    configured, live = (
        json.dumps(value, ensure_ascii=False) for value in (difference.configured, difference.live)
    )
    if difference.kind is DifferenceClass.NAME:
        return f"{difference.subject}: {difference.reason} ({difference.provenance})"
    words = f"{difference.subject}: configured {configured} ({difference.provenance}), live {live}"
    proposal = next(iter(difference.proposals), None)
    if proposal and proposal.reason:
        words += f"; take writes {json.dumps(proposal.value, ensure_ascii=False)}: {proposal.reason}"
    return f"{words}; {difference.reason}"


def safe(difference: Difference) -> Decision | None:
    """For ``--yes``: what nobody wrote down and what harms nothing."""
    if not difference.is_safe_to_take:
        return None
    return Decision(difference, Answer.TAKE, difference.proposals[0].value)


@dataclass(slots=True)
class Person:
    """Asks; ``ask`` shows a question and returns what was typed, or raises EOFError where nobody is there."""

    ask: Callable[[str], str]
    show: Callable[[str], None]
    gone: bool = False

    def __call__(self, difference: Difference) -> Decision | None:
        if self.gone:
            return None
        self.show(question(difference))
        while True:
            try:
                typed = self.ask(f"{prompt(difference)} [{difference.default}] ").strip()
            except EOFError:
                self.gone = True
                return None
            if stated := self._understood(difference, typed):
                return decision_of(difference, stated, "the answer")
            self.show(f"answer with {prompt(difference)}")

    @staticmethod
    def _understood(difference: Difference, typed: str) -> Stated | None:
        """The answer that was typed; None where the question must be asked again."""
        answer = WORDS.get(typed.lower()) if typed else difference.default
        if answer:
            return Stated(answer) if answer in difference.choices else None
        if typed.isdigit() and 0 < int(typed) <= len(difference.proposals):
            return Stated(Answer.TAKE, str(difference.proposals[int(typed) - 1].value))
        if difference.kind is DifferenceClass.NAME and Answer.TAKE in difference.choices:
            known = {str(proposal.value) for proposal in difference.proposals}
            return Stated(Answer.TAKE, typed) if typed in known else None
        return None


def question(difference: Difference) -> str:
    lines = [
        f"{difference.id} {difference.kind} {difference.path or difference.section}",
        f"  {described(difference)}",
    ]
    if difference.insecure:
        lines.append("  taking it would make the platform less secure, or lose data")
    if difference.kind is DifferenceClass.NAME:
        shown = enumerate(difference.proposals[:SHOWN], start=1)
        lines += [f"  {number}  {proposal.value}  ({proposal.reason})" for number, proposal in shown]
    return "\n".join(lines)


def prompt(difference: Difference) -> str:
    words = [str(answer) for answer in difference.choices]
    if difference.kind is DifferenceClass.NAME and difference.proposals:
        words.insert(1, "a number or a name")
    return ", ".join(words)
