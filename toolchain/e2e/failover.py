"""The failover, deployed: on its schedule, by a drill, after a death, and what it fails at."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from toolchain.e2e.environment import until
from toolchain.e2e.report import require
from toolchain.e2e.stacks import physical, topic
from toolchain.local.emulator import ROOT
from toolchain.local.invoke import SAMPLE_INSTANCE
from toolchain.local.moto_platform import ACCOUNT, REGION
from tradai_shared.config import naming

if TYPE_CHECKING:
    from toolchain.e2e.environment import Stage
    from tradai_shared.config.naming import Environment

SAMPLES = ROOT / "events/update_nat_routes"
A_TICK = 90  # seconds: a minute, and what a busy machine adds


def drill(stage: Stage, sample: str, instance: str) -> float:
    """Put a sample on the bus as an operator would; when, as a POSIX time."""
    text = (SAMPLES / f"{sample}.json").read_text(encoding="utf-8").replace(SAMPLE_INSTANCE, instance)
    event, sent = json.loads(text), time.time()
    put(stage, event["detail-type"], event["detail"])
    return sent


def put(stage: Stage, detail_type: str, detail: object) -> None:
    entry = {"Source": "tradai.drill", "DetailType": detail_type, "Detail": json.dumps(detail)}
    told = stage.client("events").put_events(Entries=[entry])
    require(told["FailedEntryCount"] == 0, told)


def run_of(stage: Stage, env: Environment, trigger: str, since: float) -> Any:
    """The summary of the first run of that trigger that moved the route."""
    function = naming.update_nat_routes_function_name(env)
    runs = stage.runs(function, since)
    moved = [one for one in runs if one["trigger"] == trigger and one["routes_replaced"]]
    return moved[0] if moved else None


def healed_by_the_schedule(stage: Stage, env: Environment, closed_at: float) -> str:
    """The route was taken away at that time, and nobody said a word."""
    nat = stage.nat(env)
    until(lambda: stage.way_out(env) == nat, "the schedule gave the route back", A_TICK)
    until(lambda: run_of(stage, env, "reconcile", closed_at), "a run of the schedule tells of it")
    return f"a route that was taken away leads to {nat} again, by the run of trigger reconcile"


def moved_by_a_drill(stage: Stage, env: Environment) -> str:
    nat = stage.nat(env)
    stage.close_way_out(env)
    sent = drill(stage, "drill-spot-interruption-warning", nat)
    until(lambda: stage.way_out(env) == nat, "the drill moved the route")
    seconds = time.time() - sent
    until(lambda: run_of(stage, env, "drill", sent), "a run of the drill tells of it")
    return f"{seconds:.1f} s after PutEvents the route leads to {nat}, by the run of trigger drill"


def follows_a_death(stage: Stage, env: Environment) -> str:
    dead = stage.nat(env)
    stage.client("ec2").terminate_instances(InstanceIds=[dead])
    new = until(lambda: stage.nat(env) != dead and stage.nat(env), "the group replaced the instance")
    require(stage.way_out(env) is None, f"the route leads to {stage.way_out(env)} though {dead} is dead")
    sent = drill(stage, "drill-instance-terminated", dead)
    until(lambda: stage.way_out(env) == new, "the route follows")
    until(lambda: run_of(stage, env, "drill", sent), "a run of the drill tells of it")
    return f"{dead} died, the group launched {new}, the next event moved the black hole to it"


def takes_the_address_along(stage: Stage, env: Environment) -> str:
    ec2, allocation = stage.client("ec2"), stage.estates[env].ids["allocation"]

    def holder() -> Any:
        return ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0].get("InstanceId") or None

    dead = stage.nat(env)
    ec2.terminate_instances(InstanceIds=[dead])
    new = until(lambda: stage.nat(env) != dead and stage.nat(env), "the group replaced the instance")
    require(holder() is None, f"{dead} is dead and its address at {holder()}")
    drill(stage, "drill-instance-terminated", dead)
    until(lambda: holder() == new and stage.way_out(env) == new, "address and route follow")
    return f"{allocation} and the route went from {dead} to {new}"


def kept_as_dead_letters(stage: Stage, env: Environment) -> str:
    """What Lambda is handed and the function does not understand."""
    sqs, queue = stage.client("sqs"), physical(stage, env)["DeadLetterQueue"]
    function = naming.update_nat_routes_function_name(env)
    event = {"action": "resurrect"}
    stage.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    kept = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), "it is in the queue")
    letter = json.loads(kept[0]["Body"])
    require(letter["requestPayload"] == event, letter)
    require("resurrect" in json.dumps(letter["responsePayload"]), letter)
    return (
        f"the event and beside it {letter['responsePayload'].get('errorMessage', letter['responsePayload'])}"
    )


def told_to_people(stage: Stage, env: Environment) -> str:
    """By hand: no alarm fires here by itself."""
    sqs = stage.client("sqs")
    name = f"who-listens-{env}"
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    queue = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    try:
        stage.client("sns").subscribe(TopicArn=topic(env), Protocol="sqs", Endpoint=arn)
        alarm = naming.alarm_name("nat-unhealthy", env)
        stage.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a drill")
        told = until(
            lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"), "a message comes"
        )
        require(alarm in told[0]["Body"], told)
    finally:
        sqs.delete_queue(QueueUrl=queue)
    return f"{alarm}, set to ALARM by hand, arrives at a subscriber of {topic(env).rsplit(':', 1)[-1]}"
