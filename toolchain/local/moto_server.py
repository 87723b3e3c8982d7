"""moto's server, corrected where moto is not as AWS is, until its standard input ends."""

from __future__ import annotations

import logging
import sys

from moto.server import ThreadedMotoServer

from simulator.moto_patches import network, services
from toolchain.local.moto_platform import deaths, hooks


def main(port: int) -> None:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it would write a line a request
    with network.network.applied(), deaths.applied(), hooks.applied(), services.estate.applied():
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
        server.start()
        sys.stdin.read()
        server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]))
