"""Prints a run as it happens: one line for each event that matters to a reader."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.demo.timeline import HARMLESS, SHORT

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.engine.journal import Entry

QUICKER = 12.0  # virtual seconds to one of the reader's
LONGEST_PAUSE = 0.5

# The text for an AWS call that succeeded; calls without one are not printed.
CALLS = {
    "autoscaling:TerminateInstanceInAutoScalingGroup": "reports to the group that it has ended",
    "autoscaling:CompleteLifecycleAction": "answers its lifecycle hook",
    "ec2:ModifyInstanceAttribute": "switches the source/destination check off",
    "ec2:ModifyNetworkInterfaceAttribute": "switches the source/destination check off",
    "ec2:AssociateAddress": "moves the Elastic IP",
    "ec2:ReplaceRoute": "points 0.0.0.0/0 at it",
    "ec2:CreateRoute": "points 0.0.0.0/0 at it",
    "ec2:CreateTags": "signals that it is ready",
    "sns:Publish": "publishes an alert",
}
STATES = {
    "pending": ("launched", "cyan"),
    "running": ("running, booting", "cyan"),
    "forwards": ("forwards packets", "green"),
    "boot script broke": ("its boot script broke", "red"),
    "shutting-down": ("shuts down", "red"),
    "stopping": ("stops", "red"),
    "terminated": ("is gone", "dim"),
}
GROUP = {
    "Unhealthy": "found unhealthy",
    "Pending:Wait": "waits in its launch hook",
    "InService": "in service",
    "Terminating": "is taken out of the group",
    "Terminating:Wait": "waits in its terminate hook",
}


@dataclass
class Narrator:
    """Listens to a journal and prints. Machines and tables are named as a reader knows them."""

    console: Console
    begun: float
    names: dict[str, str]
    live: bool  # whether it takes its time, as on a terminal
    _last: float = 0.0

    def __call__(self, entry: Entry) -> None:
        line = self._told(entry)
        if line is None:
            return
        colour, actor, text = line
        elapsed = entry.at - self.begun
        if self.live:
            time.sleep(min(max(elapsed - self._last, 0.0) / QUICKER, LONGEST_PAUSE))
        self._last = elapsed
        self.console.print(
            f"[dim]{elapsed:+9.2f} s[/]  [{colour}]{actor:<13}[/]  {text}", highlight=False, soft_wrap=True
        )

    def _told(self, entry: Entry) -> tuple[str, str, str] | None:
        match entry.source:
            case "operator":
                return "bold magenta", "you", f"{entry.what} {self._name(entry)}".rstrip()
            case "ec2" if entry.what in STATES:
                text, colour = STATES[entry.what]
                return colour, "EC2", f"{self._name(entry)} {text}"
            case "autoscaling" if entry.what in GROUP:
                return "blue", "Auto Scaling", f"{self._name(entry)} {GROUP[entry.what]}"
            case _:
                writers = {
                    "events": self._lost,
                    "lambda": self._run,
                    "traffic": self._traffic,
                    "api": self._call,
                }
                return writers[entry.source](entry) if entry.source in writers else None

    def _run(self, entry: Entry) -> tuple[str, str, str] | None:
        if entry.what != "starts":
            return None
        trigger = SHORT.get(str(entry.fields["trigger"]), str(entry.fields["trigger"]))
        return "yellow", str(entry.fields["invocation"]), f"tradai-update-nat-routes runs: {trigger}"

    def _lost(self, entry: Entry) -> tuple[str, str, str] | None:
        if entry.what != "lost":
            return None
        lost = SHORT.get(str(entry.fields["detail_type"]), entry.fields["detail_type"])
        return "bold yellow", "EventBridge", f"the event is lost: {lost}"

    def _traffic(self, entry: Entry) -> tuple[str, str, str]:
        table = self.names.get(str(entry.fields["table"]), "")
        if entry.what == "up":
            return "bold green", "traffic", f"flows through {table}"
        return "bold red", "traffic", f"none through {table}: {entry.what}"

    def _call(self, entry: Entry) -> tuple[str, str, str] | None:
        action, actor = str(entry.fields["action"]), str(entry.fields["actor"])
        if actor == "operator":
            return None
        outcome = self._outcome(entry, action)
        return ("yellow", self.names.get(actor, actor), outcome) if outcome else None

    def _outcome(self, entry: Entry, action: str) -> str:
        outcome = str(entry.fields["outcome"])
        if (entry.what, outcome) in HARMLESS:
            return f"[dim]{HARMLESS[entry.what, outcome]} ({entry.what})[/]"
        if outcome != "ok":
            return f"[red]{entry.what}: {outcome}[/]"
        return f"{CALLS[action]} [dim]({self._subject(entry)}{entry.what})[/]" if action in CALLS else ""

    def _subject(self, entry: Entry) -> str:
        parameters = entry.fields["parameters"]
        if not isinstance(parameters, dict):
            return ""
        named = parameters.get("RouteTableId") or parameters.get("InstanceId")
        return f"{self.names[named]}, " if named in self.names else ""

    def _name(self, entry: Entry) -> str:
        instance = str(entry.fields.get("instance", ""))
        if instance and instance not in self.names:
            number = 1 + sum(name.startswith("NAT") for name in self.names.values())
            self.names[instance] = f"NAT {number}"
        return self.names.get(instance, "")
