"""What a delete costs on the client: one by one, in batches without a condition, and this toolkit's way.

    python benchmarks/reap/bench.py [--items N] [--memory N]

Every way runs in this one process, one after the other, against the server beside this file in a process of
its own: once answering at once (CPU on one core counts), once after a fixed delay (what counts is what
the workers overlap). Figures hold for one machine; compare the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tradai_shared import clock
from tradai_shared.aws.dynamodb_requests import connect
from ttl_reaper import checkpoint, planner
from ttl_reaper.apply import Batch, Sender
from ttl_reaper.checkpoint_store import NoCheckpoints
from ttl_reaper.classify import Window
from ttl_reaper.dependencies import RunDependencies
from ttl_reaper.model import (
    Candidate,
    Limits,
    LiveTable,
    Mode,
    ReapRequest,
    Segments,
    TtlClass,
    TtlStatus,
)
from ttl_reaper.partiql import BATCH, statement
from ttl_reaper.rate_limiter import TokenBucket
from ttl_reaper.table_run import TableRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "out" / "bench-reap.json"
SINGLE_MS = 8
BATCH_MS = 15
FAST = 1e9
TTL = {"N": "1600000000"}
Row = dict[str, Any]


@contextmanager
def server(delay_ms: int = 0) -> Iterator[str]:
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(HERE / "server.py"), str(delay_ms)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


def client(url: str, workers: int) -> Any:  # noqa: ANN401 - a boto3 client
    return boto3.client("dynamodb", endpoint_url=url, config=Config(max_pool_connections=workers))


def one_by_one(url: str, count: int, workers: int) -> None:
    """A conditional DeleteItem for each item."""
    dynamodb = client(url, workers)

    def delete(number: int) -> None:
        dynamodb.delete_item(
            TableName="t",
            Key={"pk": {"S": f"notification-{number}"}},
            ConditionExpression="#t = :seen",
            ExpressionAttributeNames={"#t": "ttl"},
            ExpressionAttributeValues={":seen": TTL},
            ReturnConsumedCapacity="TOTAL",
        )

    spread(delete, range(count), workers)


def batch_write(url: str, count: int, workers: int) -> None:
    """BatchWriteItem by the low-level client: no condition, so a renewed item is lost."""
    dynamodb = client(url, workers)

    def delete(start: int) -> None:
        requests = [
            {"DeleteRequest": {"Key": {"pk": {"S": f"notification-{number}"}}}}
            for number in range(start, start + BATCH)
        ]
        dynamodb.batch_write_item(RequestItems={"t": requests}, ReturnConsumedCapacity="TOTAL")

    spread(delete, range(0, count, BATCH), workers)


def batch_writer(url: str, count: int, workers: int) -> None:
    """The way of AWS's samples: the resource's batch_writer, a worker a share. No condition either."""

    def share(number: int) -> None:
        table = boto3.Session().resource("dynamodb", endpoint_url=url).Table("t")
        with table.batch_writer() as writer:
            for index in range(number, count, workers):
                writer.delete_item(Key={"pk": f"notification-{index}"})

    spread(share, range(workers), workers)


def reaper(candidates: list[Candidate], url: str, count: int, workers: int) -> None:
    """This toolkit's batches, with classification's verdict in hand: Sender.execute_batch."""
    sender = fast_sender(url)
    text = statement(Mode.DELETE, "tradai-notifications-dev", "ttl", ["pk"])
    window = Window(int(time.time()), 0)

    def settle(batch: Any) -> None:  # noqa: ANN401 - a slice
        done = sender.execute_batch(Batch(text, Mode.DELETE, batch, window))
        assert done.units == len(batch)  # noqa: S101 - exactly one unit an item

    spread(settle, planner.batches(candidates[:count], BATCH), workers)


def overdue(count: int) -> list[Candidate]:
    """What a scan found, made before the clock runs; `whole_run` counts the making."""
    return [
        Candidate({"pk": {"S": f"notification-{number}"}}, TTL, TtlClass.OVERDUE, 1_600_000_000)
        for number in range(count)
    ]


def botocore_batches(url: str, count: int, workers: int) -> None:
    """The same statements by botocore's own client: what the client by documents saves."""
    dynamodb = client(url, workers)
    text = statement(Mode.DELETE, "tradai-notifications-dev", "ttl", ["pk"])

    def delete(start: int) -> None:
        dynamodb.batch_execute_statement(
            Statements=[
                {"Statement": text, "Parameters": [{"S": f"notification-{number}"}, TTL]}
                for number in range(start, start + BATCH)
            ],
            ReturnConsumedCapacity="TOTAL",
        )

    spread(delete, range(0, count, BATCH), workers)


def fast_sender(url: str) -> Sender:
    bucket = TokenBucket(FAST, clock.now().timestamp())
    requests = connect(boto3.Session(), pool=32, endpoint_url=url)
    return Sender(requests, bucket, lambda: 1e6, random.Random(1))  # noqa: S311 - jitter


def spread(work: Callable[[Any], None], pieces: Any, workers: int) -> None:  # noqa: ANN401 - any iterable
    if workers == 1:
        for piece in pieces:
            work(piece)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, pieces))


def measure(name: str, way: Callable[[str, int, int], None], url: str, count: int, workers: int) -> Row:
    way(url, BATCH * workers, workers)  # connections, imports
    cpu, wall = time.process_time(), time.perf_counter()
    way(url, count, workers)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    row = {
        "way": name,
        "workers": workers,
        "items": count,
        "items_a_second": round(count / wall),
        "cpu_us_an_item": round(1e6 * cpu / count, 1),
    }
    rate, cost = row["items_a_second"], row["cpu_us_an_item"]
    print(f"  {name:34} {workers:2} workers {rate:>8} items/s {cost:>8} µs CPU/item")
    return row


def whole_run(url: str, count: int) -> Row:
    """Scan, judge, delete, checkpoint: a whole table of expired items."""
    segments = 8
    name = f"t-{count // segments}"
    live = LiveTable(name, "1", "ACTIVE", count, ("pk",), 0, TtlStatus.ENABLED, "ttl", pitr=True)
    order = ReapRequest(
        Mode.DELETE,
        dry_run=False,
        classes=frozenset(TtlClass),
        limits=Limits(max_deletes=count, max_fraction=1.0, write_units_per_second=FAST, grace_seconds=0),
        segments=Segments(segments),
    )
    dynamodb = client(url, 8)
    dependencies = RunDependencies(
        client=dynamodb,
        requests=connect(boto3.Session(), pool=8, endpoint_url=url),
        audit=lambda _: Silent(),
        checkpoints=NoCheckpoints(),
        seconds_left=lambda: 1e6,
        rng=random.Random(1),  # noqa: S311 - jitter
    )
    begun = checkpoint.begin(live, "ttl", order, int(time.time()))
    run = TableRun(dependencies, live, order, begun, native_is_off=False)
    cpu, wall = time.process_time(), time.perf_counter()
    result = run.run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    assert result.tally.deleted == count, result.reason  # noqa: S101 - or the figure means nothing
    row = {
        "items": count,
        "items_a_second": round(count / wall),
        "cpu_us_an_item": round(1e6 * cpu / count, 1),
        "write_units": result.tally.write_units,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(f"  whole run of {count} items: {row}")
    return row


class Silent:
    """An audit that keeps nothing."""

    def record_planned(self, candidates: Any) -> None: ...  # noqa: ANN401 - ignored

    def record_outcome(self, outcomes: Any) -> None: ...  # noqa: ANN401 - ignored

    def flush(self) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--memory", type=int, default=1_000_000, help="items of the whole run; 0: none")
    wanted = parser.parse_args()
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    row: Row = {"python": platform.python_version(), "cores": os.cpu_count()}
    with server() as url:
        if wanted.memory:  # first: the process's peak is then its own
            print("A whole run, answered at once:")
            row["whole_run"] = whole_run(url, wanted.memory)
        items = overdue(4 * wanted.items)
        reap = partial(reaper, items)
        print("Answered at once, one worker (CPU on one core):")
        row["at_once"] = [
            measure("DeleteItem, conditional", one_by_one, url, wanted.items // 10, 1),
            measure("BatchWriteItem, no condition", batch_write, url, wanted.items, 1),
            measure("batch_writer (AWS sample)", batch_writer, url, wanted.items, 1),
            measure("conditional batches by botocore", botocore_batches, url, wanted.items, 1),
            measure("ttl_reaper", reap, url, wanted.items, 1),
        ]
    with server(SINGLE_MS) as url:
        print(f"Answered after {SINGLE_MS} ms, 8 workers:")
        row["delayed_single"] = measure("DeleteItem, conditional", one_by_one, url, wanted.items // 5, 8)
    with server(BATCH_MS) as url:
        print(f"Answered after {BATCH_MS} ms, 8 and 32 workers:")
        row["delayed"] = [
            measure("BatchWriteItem, no condition", batch_write, url, wanted.items, 8),
            measure("batch_writer (AWS sample)", batch_writer, url, wanted.items, 8),
            measure("ttl_reaper", reap, url, len(items), 8),
            measure("ttl_reaper", reap, url, len(items), 32),
        ]
    single, ours = row["at_once"][0], row["at_once"][-1]
    row["times_single"] = round(single["cpu_us_an_item"] / ours["cpu_us_an_item"], 1)
    row["times_single_items_a_second"] = round(ours["items_a_second"] / single["items_a_second"], 1)
    print(f"On one core {row['times_single_items_a_second']} times DeleteItem's items a second")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
