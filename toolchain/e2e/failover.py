"""The failover, deployed: on its schedule, by a drill, after a death, and what it fails at."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from toolchain.build.sample_account import ACCOUNT, REGION
from toolchain.e2e.environment import until
from toolchain.e2e.report import require
from toolchain.e2e.stacks import physical, topic
from toolchain.local.emulator import ROOT
from toolchain.local.invoke import SAMPLE_INSTANCE
from tradai_shared.config import naming

if TYPE_CHECKING:
    from toolchain.e2e.environment import DeployedEnvironment
    from tradai_shared.config.naming import Environment

SAMPLES = ROOT / "events/update_nat_routes"
A_TICK = 90  # seconds: a minute, and what a busy machine adds


def drill(deployed: DeployedEnvironment, sample: str, instance: str) -> float:
    """Put a sample on the bus as an operator would; when, as a POSIX time."""
    text = (SAMPLES / f"{sample}.json").read_text(encoding="utf-8").replace(SAMPLE_INSTANCE, instance)
    event, sent = json.loads(text), time.time()
    put(deployed, event["detail-type"], event["detail"])
    return sent


def put(deployed: DeployedEnvironment, detail_type: str, detail: object) -> None:
    entry = {"Source": "tradai.drill", "DetailType": detail_type, "Detail": json.dumps(detail)}
    response = deployed.client("events").put_events(Entries=[entry])
    require(response["FailedEntryCount"] == 0, response)


def run_of(deployed: DeployedEnvironment, env: Environment, trigger: str, since: float) -> Any:
    """The summary of the first run of that trigger that moved the route."""
    function = naming.update_nat_routes_function_name(env)
    runs = deployed.runs(function, since)
    moved = [run for run in runs if run["trigger"] == trigger and run["routes_replaced"]]
    return moved[0] if moved else None


def healed_by_the_schedule(deployed: DeployedEnvironment, env: Environment, closed_at: float) -> str:
    """The route was deleted at that time without any event."""
    nat = deployed.nat(env)
    until(lambda: deployed.way_out(env) == nat, "the schedule gave the route back", A_TICK)
    until(lambda: run_of(deployed, env, "reconcile", closed_at), "a run of the schedule reports it")
    return f"a route that was taken away leads to {nat} again, by the run of trigger reconcile"


def moved_by_a_drill(deployed: DeployedEnvironment, env: Environment) -> str:
    nat = deployed.nat(env)
    deployed.close_way_out(env)
    sent = drill(deployed, "drill-spot-interruption-warning", nat)
    until(lambda: deployed.way_out(env) == nat, "the drill moved the route")
    seconds = time.time() - sent
    until(lambda: run_of(deployed, env, "drill", sent), "a run of the drill reports it")
    return f"{seconds:.1f} s after PutEvents the route leads to {nat}, by the run of trigger drill"


def follows_a_death(deployed: DeployedEnvironment, env: Environment) -> str:
    dead = deployed.nat(env)
    deployed.client("ec2").terminate_instances(InstanceIds=[dead])
    new = until(lambda: deployed.nat(env) != dead and deployed.nat(env), "the group replaced the instance")
    require(
        deployed.way_out(env) is None, f"the route leads to {deployed.way_out(env)} though {dead} is dead"
    )
    sent = drill(deployed, "drill-instance-terminated", dead)
    until(lambda: deployed.way_out(env) == new, "the route follows")
    until(lambda: run_of(deployed, env, "drill", sent), "a run of the drill reports it")
    return f"{dead} died, the group launched {new}, the next event moved the black hole to it"


def takes_the_address_along(deployed: DeployedEnvironment, env: Environment) -> str:
    ec2, allocation = deployed.client("ec2"), deployed.estates[env].ids["allocation"]

    def holder() -> Any:
        return ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0].get("InstanceId") or None

    dead = deployed.nat(env)
    ec2.terminate_instances(InstanceIds=[dead])
    new = until(lambda: deployed.nat(env) != dead and deployed.nat(env), "the group replaced the instance")
    require(holder() is None, f"{dead} is dead and its address at {holder()}")
    drill(deployed, "drill-instance-terminated", dead)
    until(lambda: holder() == new and deployed.way_out(env) == new, "address and route follow")
    return f"{allocation} and the route went from {dead} to {new}"


def kept_as_dead_letters(deployed: DeployedEnvironment, env: Environment) -> str:
    """What Lambda is handed and the function does not understand."""
    sqs, queue = deployed.client("sqs"), physical(deployed, env)["DeadLetterQueue"]
    function = naming.update_nat_routes_function_name(env)
    event = {"action": "resurrect"}
    deployed.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    messages = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), "it is in the queue")
    letter = json.loads(messages[0]["Body"])
    require(letter["requestPayload"] == event, letter)
    require("resurrect" in json.dumps(letter["responsePayload"]), letter)
    return (
        f"the event and beside it {letter['responsePayload'].get('errorMessage', letter['responsePayload'])}"
    )


def told_to_people(deployed: DeployedEnvironment, env: Environment) -> str:
    """By hand: no alarm fires here by itself."""
    sqs = deployed.client("sqs")
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
        deployed.client("sns").subscribe(TopicArn=topic(env), Protocol="sqs", Endpoint=arn)
        alarm = naming.alarm_name("nat-unhealthy", env)
        deployed.client("cloudwatch").set_alarm_state(
            AlarmName=alarm, StateValue="ALARM", StateReason="a drill"
        )
        summary = until(
            lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"), "a message comes"
        )
        require(alarm in summary[0]["Body"], summary)
    finally:
        sqs.delete_queue(QueueUrl=queue)
    return f"{alarm}, set to ALARM by hand, arrives at a subscriber of {topic(env).rsplit(':', 1)[-1]}"
