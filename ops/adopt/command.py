"""``tradai-ops adopt``: each difference of a live account, its answer, and the deployment's own file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from drift_check.model import ExitCode
from drift_check.observe.observer import WORKERS
from ops import drift_role
from ops.adopt import answers
from ops.adopt.account import AccountLook
from ops.adopt.dialogue import Dialogue, refused_again
from ops.adopt.draft import dump
from ops.adopt.model import Answer
from ops.adopt.summary import summary, to_json
from ops.doctor import samconfig_edit
from ops.options import FLAG, Common, Many
from ops.progress import progress
from ops.screen import error_console, print_document, styled
from ops.session import Simulation, connect, read_text
from tradai_shared import clock
from tradai_shared.config.build import build
from tradai_shared.config.loader import OWN_VALUES, own_file
from tradai_shared.config.parameters import with_parameters
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.adopt.dialogue import Outcome
    from ops.adopt.model import Decision, Difference
    from ops.session import Session
    from tradai_shared.config.overrides import OverrideFile


def adopt(  # noqa: PLR0913 - one parameter an option
    *,
    common: Common,
    out: Path | None = None,
    yes: Annotated[bool, FLAG] = False,
    accept: Many = None,
    keep: Many = None,
    absent: Many = None,
    not_judged: Many = None,
    answers_file: Annotated[Path | None, Parameter(name="--answers")] = None,
) -> int:
    """Compare the live account with the configuration, ask about each difference, write the own file.

    Without an option for answers it asks; with --format json it only lists. A difference without an answer
    stays as it is. What is documented and differs stays drift unless it is taken; what would make the
    platform less secure or lose data is never taken by --yes. Where AWS could not be read nothing is
    confirmed and nothing written.

    Parameters
    ----------
    out
        The file; by default the one that is packed into the layer.
    yes
        Take what is only assumed and harms nothing, ask nothing, and write.
    accept
        Take the live value of this id or path; ID=VALUE takes another one. May be given several times.
    keep
        Keep the configured value of this id or path: it is drift.
    absent
        This account does not have the resource of this id or path.
    not_judged
        Compare nothing with the value of this id or path.
    answers_file
        A list to edit: written where the file does not exist, read where it does.
    """
    options = {Answer.TAKE: accept, Answer.KEEP: keep, Answer.ABSENT: absent, Answer.NOT_JUDGED: not_judged}
    written = _written({answer: several for answer, several in options.items() if several}, answers_file)
    lists = answers_file is not None and written is None
    with connect(common, Simulation.ESTATE, pool=WORKERS) as session:
        asks = session.prints_text and not (written or yes or lists)
        file = own_file(session.env)
        outcome = _outcome(session, file, _answers(written, yes=yes, asks=asks))
        _refuse_unused(written, answers_file)
        news = _news(session, outcome)
        _print(session, outcome, news)
        if lists and answers_file:
            answers_file.write_text(answers.to_file(session.env, outcome.unanswered), encoding="utf-8")
            session.text.print(f"wrote {answers_file}: edit it, then give it again")
        elif outcome.file == file and not (news and _keeps_parameters(session, out)):
            session.text.print("nothing to write")
        elif written or yes or asks:
            _write(session, out, outcome, news, asks=asks)
    return ExitCode.PARTIAL if outcome.unread else ExitCode.IN_SYNC


def _outcome(
    session: Session, file: OverrideFile, answer: Callable[[Difference], Decision | None]
) -> Outcome:
    """Raises ConfigError: no call was answered."""
    with progress(quiet=session.common.quiet) as on_progress:
        look = AccountLook(session.env, session.client, session.wanted.parameters, on_progress)
        first = look(file)
    if first.no_answer:
        raise ConfigError("the account", f"nothing could be read, nothing is written: {first.unread[0]}")
    return refused_again(Dialogue(session.env, clock.now().date(), look, answer).run(file))


def _written(identifiers: dict[Answer, list[str]], answers_file: Path | None) -> answers.Written | None:
    """The answers that options or a file give; None where neither does."""
    if answers_file and answers_file.exists():
        if identifiers:
            raise ConfigError("--answers", "give answers in the file or as options, not both")
        return answers.of_file(read_text(answers_file), str(answers_file))
    return answers.of_options(identifiers) if identifiers else None


def _answers(
    written: answers.Written | None, *, yes: bool, asks: bool
) -> Callable[[Difference], Decision | None]:
    """The one that has an answer first: what is written, what is safe, a person."""
    person = answers.Person(error_console.input, error_console.print)

    def answer(difference: Difference) -> Decision | None:
        decision = written(difference) if written else None
        if decision is None and yes:
            decision = answers.safe(difference)
        return person(difference) if decision is None and asks else decision

    return answer


def _refuse_unused(written: answers.Written | None, answers_file: Path | None) -> None:
    """An option that meets no difference is a mistake; a line of a file may be settled by now."""
    if written is None or not written.unused:
        return
    unknown = ", ".join(written.unused)
    if answers_file is None:
        raise ConfigError("the answer", f"there is no difference {unknown}: nothing is written")
    error_console.print(f"no longer differs: {unknown}")


def _news(session: Session, outcome: Outcome) -> dict[str, str]:
    """The parameters that the drift check's role needs with this file, where they are not deployed."""
    parameters = session.wanted.parameters
    config = build(session.env, with_parameters(outcome.file, parameters, session.env))
    survey = outcome.survey
    needed = drift_role.parameters(config, session.identity, survey.parameter_group, survey.pool_id)
    return {name: value for name, value in needed.items() if session.configured.parameter(name) != value}


def _keeps_parameters(session: Session, out: Path | None) -> bool:
    """Whether samconfig.toml is written too: beside the deployment's own file, not beside a copy."""
    return out is None and bool(session.samconfig_text)


def _print(session: Session, outcome: Outcome, news: dict[str, str]) -> None:
    if session.prints_text:
        for text, style in summary(outcome):
            session.text.print(styled(text, style))
        for name, value in news.items():
            session.text.print(f"stack parameter, for the drift check's role: {name}={value}")
    else:
        print_document({**session.place, **to_json(outcome), "stack_parameters": news})


def _write(session: Session, out: Path | None, outcome: Outcome, news: dict[str, str], *, asks: bool) -> None:
    """The deployment's own file, and the role's parameters in samconfig.toml."""
    texts = {out or OWN_VALUES / f"{session.env}.json": dump(outcome.file)}
    if news and _keeps_parameters(session, out):
        quoted = {name: value or '""' for name, value in news.items()}
        texts[session.common.samconfig_file] = samconfig_edit.changed(
            session.samconfig_text, session.env, quoted
        )
    if asks and not _agreed(f"Write {', '.join(map(str, texts))}? [yes/no] "):
        session.text.print("nothing was written")
        return
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        samconfig_edit.write(path, text)
        session.text.print(f"wrote {path}")


def _agreed(question: str) -> bool:
    """As the questions before, it may be answered by a pipe."""
    try:
        return error_console.input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False
