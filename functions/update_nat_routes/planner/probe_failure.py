"""A NAT that runs and does not forward: healed first, suspected next, replaced last.

The probe's failure starts the loop. What the loop can mend it mends. Only where everything was right does it
have the probe look again, and only when that fails too is the NAT reported unhealthy. The doubt travels in
the probe's request and comes back in its failure's record, so that no run has to remember anything.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from update_nat_routes.actions import ConfirmEgress, ReportUnhealthy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from update_nat_routes.actions import Suspicion
    from update_nat_routes.model import Instance
    from update_nat_routes.planner.nat_state import Situation

# A younger one may still be booting, and replacing it again would never end.
OLD_ENOUGH = timedelta(minutes=10)
# A failure that arrives later says nothing about now.
FRESH = timedelta(minutes=2)


def suspicions(at: Situation, gateway: Instance | None, *, moved: bool) -> Iterator[Suspicion]:
    """What a probe's failure asks for, once nothing is left to mend.

    Args:
        at: the moment.
        gateway: the instance that should serve.
        moved: nothing is left to move, by a reading and not by hope.
    """
    stale = at.trigger.at is not None and at.now - at.trigger.at > FRESH
    if not at.trigger.no_egress or stale or not moved or at.memory.mended or gateway is None:
        return
    if not _may_be_blamed(at, gateway):
        return
    name = gateway.instance_id
    if at.trigger.suspect is None:
        reason = f"no probe is answered through {name}, and there is nothing to mend: look again"
        yield ConfirmEgress(at.settings.probe_function, name, reason)
    elif at.trigger.suspect == name:
        reason = "probed twice without an answer, with check, address and routes right: it does not forward"
        yield ReportUnhealthy(at.group.name, name, reason)


def _may_be_blamed(at: Situation, gateway: Instance) -> bool:
    """Never one without routes, never a young one, never while another comes or goes."""
    carries = any(table.target.instance_id == gateway.instance_id for table in at.observed.tables)
    old = at.now >= gateway.launched_at + OLD_ENOUGH
    changing = any(one.arriving or one.leaving for one in at.group.members)
    return carries and old and not changing and at.group.desired > 0
