"""What these stand-ins cannot show, and what shows it instead."""

from __future__ import annotations

from toolchain.e2e.report import End, Row

_TOLD = {
    "Auto Scaling's own lifecycle actions and notices": (
        "neither stand-in emits them, and hooks hold nobody; drills start the loop here, "
        "make demo simulates the hooks"
    ),
    "a NAT that the stack makes (CreateNat=true)": (
        "ministack has no AWS::EC2::EIP; tests/contract reads that half of the template, "
        "tests/kernel boots its script"
    ),
    "a standby that the stack makes (NatStandby=true)": (
        "it needs CreateNat=true; an adopted pair is shown above, and tests/contract reads the second group"
    ),
    "two NATs ask each other": "no boot script runs behind moto; tests/kernel runs both, and cuts them off",
    "the egress probe (EgressProbe=true)": (
        "there is no network behind moto to probe; tests/simulation runs the probe"
    ),
    "an alarm on the sum of several metrics": (
        "ministack knows alarms on a single metric only; it watches the first of them here"
    ),
    "the built template as it is": (
        "ministack does not know every alarm of it; `sam deploy` is given a copy without these, "
        "word for word in the renamed account and by --template-file before"
    ),
    "CloudFormation refuses a name that is taken": (
        "ministack overwrites what has it in silence; doctor speaks before the deploy, as shown above"
    ),
    "the layer's name under another prefix": (
        "ministack gives SAM's transform no parameters, so the default stands; "
        "tests/contract reads the template"
    ),
    "the NAT forwards packets": "there is no network behind moto; tests/kernel has one",
    "alarms fire by themselves": (
        "ministack makes metrics neither of a function's log nor of its own services; one alarm was set "
        "by hand"
    ),
    "what a rule or a schedule cannot deliver is kept as a dead letter": (
        "ministack's know no dead-letter queue; tests/contract reads the template's queue policy"
    ),
    "what a function fails at is kept, when a rule sent it": (
        "ministack hands a rule's event over without Lambda's queue; shown above with an asynchronous "
        "invocation"
    ),
    "drift_check and tradai-ttl-reaper on their schedules": (
        "they run hourly and daily; rate and input stand as in the template, and the NAT's schedule did fire"
    ),
    "the roles' permissions on EC2 and Auto Scaling": (
        "moto does not enforce them; ministack does its own services', and tests/contract reads all of them"
    ),
    "the roles' permissions to list": (
        "ministack asks for * where AWS asks for an ARN that names no single resource, and refuses; "
        "drift_check reports those reads as unknown, never as drift"
    ),
    "Lambda's own Linux, memory and processor": (
        "ministack runs functions on this machine's python3.13, beside its own packages; "
        "make local-invoke has the image"
    ),
    "how long AWS takes": "seconds here are this machine's",
}
OUT_OF_REACH = [Row(title, End.OUT_OF_REACH, text) for title, text in _TOLD.items()]
