"""The internet's one host: answers every question with the address that asked.

UDP and TCP on 7000 echo a line behind that address, UDP 53 and 123 the same, HTTP on 80 returns it. TCP on
7001 takes what is sent, and returns how many bytes that was.
"""

from __future__ import annotations

import asyncio
from typing import cast

ADDRESS = "198.51.100.2"
UDP_PORTS = (53, 123, 7000)
ECHO_PORT = 7000
UPLOAD_PORT = 7001
HTTP_PORT = 80


class UdpEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(addr[0].encode() + b" " + data, addr)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    peer = writer.get_extra_info("peername")[0].encode()
    try:
        while line := await reader.readline():
            writer.write(peer + b" " + line)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def upload(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"%d" % len(await reader.read()))
    writer.close()


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        body = f"ip={writer.get_extra_info('peername')[0]}\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    loop = asyncio.get_running_loop()
    for port in UDP_PORTS:
        await loop.create_datagram_endpoint(UdpEcho, local_addr=(ADDRESS, port))
    await asyncio.start_server(echo, ADDRESS, ECHO_PORT, backlog=1024)
    await asyncio.start_server(upload, ADDRESS, UPLOAD_PORT)
    await asyncio.start_server(http, ADDRESS, HTTP_PORT)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
