"""A DynamoDB endpoint that does no work: it answers at once, or after a fixed delay.

It makes the client's own cost visible. It keeps no items, checks no signature and honours no condition; that
the conditions hold is tested elsewhere. `python server.py [delay_ms]` prints its port and serves until it is
ended.
"""

from __future__ import annotations

import asyncio
import json
import sys

ITEMS_A_SEGMENT_PAGE = 1000
TTL = "1600000000"


class DynamoDB(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, just enough of it for botocore."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP transports are
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, separator, remainder = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
            }
            length = int(headers.get(b"content-length", b"0"))
            if len(remainder) < length:
                if headers.get(b"expect") == b"100-continue":
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            self.buffer = remainder[length:]
            body = answer(headers[b"x-amz-target"].rpartition(b".")[2], remainder[:length])
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.reply, body)
            else:
                self.reply(body)

    def reply(self, body: bytes) -> None:
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: "
            + str(len(body)).encode()
            + b"\r\nx-amzn-RequestId: 0\r\n\r\n"
            + body
        )


def answer(operation: bytes, body: bytes) -> bytes:
    match operation:
        case b"BatchExecuteStatement":
            count = body.count(b'"Statement":')
            description = b'{"TableName":"t"}'
            responses = b",".join([description] * count)
            return (
                b'{"Responses":['
                + responses
                + b'],"ConsumedCapacity":[{"TableName":"t","CapacityUnits":'
                + str(count).encode()
                + b"}]}"
            )
        case b"DeleteItem":
            return b'{"ConsumedCapacity":{"TableName":"t","CapacityUnits":1.0}}'
        case b"BatchWriteItem":
            count = body.count(b'"DeleteRequest"')
            return (
                b'{"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"t","CapacityUnits":'
                + str(count).encode()
                + b"}]}"
            )
        case b"Scan":
            return scan(json.loads(body))
        case _:
            return b"{}"


def scan(request: dict[str, object]) -> bytes:
    """A page of expired items; the segment ends when its keys reach the number named in the table's name."""
    per_segment = int(str(request["TableName"]).rpartition("-")[2])
    start_key = request.get("ExclusiveStartKey")
    start = int(start_key["pk"]["S"].rpartition("-")[2]) + 1 if isinstance(start_key, dict) else 0
    end = min(start + min(int(str(request.get("Limit", ITEMS_A_SEGMENT_PAGE))), per_segment), per_segment)
    segment = request.get("Segment", 0)
    items = ",".join(
        f'{{"pk":{{"S":"notification-{segment}-{n}"}},"ttl":{{"N":"{TTL}"}}}}' for n in range(start, end)
    )
    last_key = (
        f',"LastEvaluatedKey":{{"pk":{{"S":"notification-{segment}-{end - 1}"}}}}'
        if end < per_segment
        else ""
    )
    return (
        f'{{"Items":[{items}],"Count":{end - start},"ScannedCount":{end - start}{last_key},'
        f'"ConsumedCapacity":{{"TableName":"t","CapacityUnits":{(end - start) / 8}}}}}'
    ).encode()


async def main() -> None:
    delay = float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0
    server = await asyncio.get_running_loop().create_server(lambda: DynamoDB(delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
