"""``tradai-ops adopt``: each difference of a live account, its answer, and the deployment's own file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.markup import escape
from rich.prompt import Confirm

from drift_check.observe.observer import WORKERS
from ops.adopt import answers
from ops.adopt.account import AccountLook
from ops.adopt.dialogue import Dialogue, refused_again
from ops.adopt.draft import dump
from ops.adopt.model import Answer
from ops.adopt.stack import stack_parameters
from ops.adopt.summary import summary
from ops.app import ERROR, console
from ops.aws_clients import clients_of
from ops.progress import progress
from tradai_shared import clock
from tradai_shared.config.loader import OWN_VALUES, canonical_config, environment, own_file
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.adopt.dialogue import Outcome
    from ops.adopt.model import Decision, Difference

Many = Annotated[list[str] | None, Parameter(negative=())]
NOT_READ = 3


def adopt(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    out: Path | None = None,
    yes: bool = False,
    accept: Many = None,
    keep: Many = None,
    absent: Many = None,
    not_judged: Many = None,
    answers_file: Annotated[Path | None, Parameter(name="--answers")] = None,
    samconfig_file: Path = Path("samconfig.toml"),
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> int:
    """Compare the live account with the configuration, ask about each difference, write the own file.

    Without an option for answers it asks. A difference without an answer stays as it is. What is written
    down and differs stays drift unless it is taken; what would make the platform less secure or lose data
    is never taken by --yes. Where AWS could not be read nothing is confirmed and nothing written.

    Exit code: 0 done, 2 error, 3 something could not be read.

    Parameters
    ----------
    env
        dev, staging or prod.
    out
        The file; by default the one that is packed into the layer.
    yes
        Take what is only assumed and harms nothing, ask nothing, and write.
    accept
        Take the live value of this id or path; ID=VALUE takes another one.
    keep
        Keep the configured value of this id or path: it is drift.
    absent
        This account does not have the resource of this id or path.
    not_judged
        Compare nothing with the value of this id or path.
    answers_file
        A list to edit, written where it does not exist and read where it does.
    samconfig_file
        The file that `sam deploy` reads; the deployed stack's parameters win over it.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the configuration's.
    endpoint_url
        Another AWS, such as a stand-in on this machine.
    """
    file = own_file(env)
    where = canonical_config(env).region
    client = clients_of(profile, region, where, WORKERS, endpoint_url)
    parameters, source = stack_parameters(client, env, samconfig_file)
    console.print(f"names of the failover: {source}", style="dim")
    options = {Answer.TAKE: accept, Answer.KEEP: keep, Answer.ABSENT: absent, Answer.NOT_JUDGED: not_judged}
    written = _written({answer: several for answer, several in options.items() if several}, answers_file)
    asks = written is None and not yes and answers_file is None
    with progress() as on_progress:
        look = AccountLook(environment(env), client, parameters, on_progress)
        first = look(file)
    if first.no_answer:
        console.print(f"[bold red]nothing could be read[/bold red]: {first.unread[0]}; nothing is written")
        return ERROR
    dialogue = Dialogue(environment(env), clock.now().date(), look, _answers(written, yes=yes, asks=asks))
    outcome = refused_again(dialogue.run(file))
    _refuse_unused(written, answers_file)
    for line in summary(outcome):
        console.print(line)
    if answers_file and written is None:
        answers_file.write_text(answers.to_file(env, outcome.unanswered), encoding="utf-8")
        console.print(f"wrote {answers_file}: edit it, then give it again")
    else:
        _write(out or OWN_VALUES / f"{env}.json", outcome, file, asks=asks)
    return NOT_READ if outcome.survey.unread else 0


def _written(identifiers: dict[Answer, list[str]], answers_file: Path | None) -> answers.Written | None:
    """The answers that options or a file give; None where neither does."""
    if answers_file and answers_file.exists():
        if identifiers:
            raise ConfigError("--answers", "give answers in the file or as options, not both")
        return answers.of_file(answers_file.read_text(encoding="utf-8"), str(answers_file))
    return answers.of_options(identifiers) if identifiers else None


def _answers(
    written: answers.Written | None, *, yes: bool, asks: bool
) -> Callable[[Difference], Decision | None]:
    """The one that has an answer first: what is written, what is safe, a person."""
    person = answers.Person(
        lambda prompt: console.input(escape(prompt)), lambda text: console.print(escape(text))
    )

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
    if answers_file is None:
        raise ConfigError(
            "the answer", f"there is no difference {', '.join(written.unused)}: nothing is written"
        )
    console.print(f"no longer differs: {', '.join(written.unused)}", style="dim")


def _write(path: Path, outcome: Outcome, before: Any, *, asks: bool) -> None:  # noqa: ANN401 - OverrideFile
    if outcome.file == before:
        console.print("nothing to write")
        return
    if asks and not Confirm.ask(f"Write {path}?", console=console):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump(outcome.file), encoding="utf-8")
    console.print(f"wrote {path}")
