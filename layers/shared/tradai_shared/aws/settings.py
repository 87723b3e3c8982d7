"""Time-outs and retries, the same for every client."""

from __future__ import annotations

from botocore.config import Config

# botocore's default is 60 s each: one hung call would eat the failover.
CONNECT_SECONDS = 2
READ_SECONDS = 5
ATTEMPTS = 3


def settings(*, pool: int = 10) -> Config:
    """The toolkit's time-outs and retries; ``pool`` is the number of connections, one a worker."""
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=pool,
    )
