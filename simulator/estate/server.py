"""The estate behind moto's server, corrected, for the command line and the benchmark.

Prints its address when the estate stands, and serves until its standard input ends.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from functools import cache
from typing import Any

import boto3
from moto import server as moto_server
from moto.server import ThreadedMotoServer

from simulator import estate
from simulator.moto_patches import network, services
from tradai_shared.config import canonical_config

ACCOUNT = {"AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY": "invented"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", default="dev")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    os.environ.update(ACCOUNT, MOTO_EC2_LOAD_DEFAULT_AMIS="false")
    config = canonical_config(options.env)
    with network.network.applied(), services.estate.applied():
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        estate.build(config, cache(lambda service: client(service, config.region, address)))
        delay(options.delay)
        print(address, flush=True)
        sys.stdin.read()
        server.stop()


def client(service: str, region: str, address: str) -> Any:
    session: Any = boto3.Session(region_name=region)  # the name is known at run time alone
    return session.client(service, endpoint_url=address)


def delay(seconds: float) -> None:
    """Let each answer come so much later, as over a network."""
    application = moto_server.DomainDispatcherApplication
    answer = application.__call__

    def slowly(self: Any, environ: Any, start_response: Any) -> Any:
        time.sleep(seconds)
        return answer(self, environ, start_response)

    if seconds:
        application.__call__ = slowly


if __name__ == "__main__":
    main()
