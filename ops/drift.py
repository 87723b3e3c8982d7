"""``tradai-ops drift``: the loop of tradai-drift-check from a laptop or CI."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ops.progress import progress
from ops.session import clients_of
from tradai_shared.config.early import region_and_tables
from tradai_shared.drift.events import Mode, parse
from tradai_shared.drift.observe.catalogue import PACED
from tradai_shared.drift.observe.reader import WORKERS, Observer
from tradai_shared.drift.reads import Call
from tradai_shared.drift.settings import MAX_HEALS, Allowed, Settings

if TYPE_CHECKING:
    from tradai_shared.drift.run import Report

Many = Annotated[list[str] | None, Parameter(negative=())]


def drift(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    mode: Mode = Mode.REPORT,
    dry_run: bool = False,
    approve: Many = None,
    checks: Many = None,
    format: Literal["table", "json", "markdown", "html"] = "table",  # noqa: A002 - the option's name
    max_heals: int = MAX_HEALS,
    profile: str | None = None,
    region: str | None = None,
) -> int:
    """Compare AWS with the canonical configuration, and mend what may be mended.

    Exit code: 0 in sync, 1 drift, 2 error, 3 something could not be read.

    Parameters
    ----------
    env
        dev, staging or prod.
    mode
        report only reads; heal mends what is automatic or approved.
    dry_run
        With --mode heal: show the exact calls and send none.
    approve
        Id of a finding that you approve of mending; may be given several times.
    checks
        Only this check; may be given several times.
    format
        How to print what was found.
    max_heals
        Findings to mend at most.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the configuration's.
    """
    event = {"mode": mode, "dry_run": dry_run, "approve": approve or [], "checks": checks or []}
    report = look(env, event, max_heals, profile, region)
    from ops.printing import PRINTERS  # noqa: PLC0415 - reading AWS begins the sooner

    PRINTERS[format](report)
    return report.exit_code


def look(env: str, event: dict[str, Any], max_heals: int, profile: str | None, region: str | None) -> Report:
    """One run with a progress display on standard error.

    The calls that AWS wants paced begin before everything else is imported: they take a second in any case.
    """
    stated, tables = region_and_tables(env)
    client = clients_of(profile, region, stated, WORKERS)
    with progress() as told, closing(Observer(client, told=told)) as observer:
        if not event["checks"] or "tables" in event["checks"]:
            observer.begin(Call(action, name) for name in tables for action in PACED)
        return run(env, event, observer, max_heals, region)


def run(env: str, event: dict[str, Any], observer: Observer, max_heals: int, region: str | None) -> Report:
    from drift_check import checks  # noqa: PLC0415 - see above
    from tradai_shared.config.load import canonical_config, environment, waivers  # noqa: PLC0415
    from tradai_shared.drift.apply import Writer  # noqa: PLC0415
    from tradai_shared.drift.run import Run  # noqa: PLC0415
    from tradai_shared.drift.survey import Surveyor  # noqa: PLC0415

    request = parse(event, tuple(checks.BY_NAME))
    config = canonical_config(env)
    surveyor = Surveyor(config, checks.chosen(request.checks), observer, waivers(env))
    settings = Settings(environment(env), Allowed.HEAL, max_heals=max_heals)
    return Run(settings, request, surveyor, Writer(observer.client, region or config.region)).run()
