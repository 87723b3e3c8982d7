from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.kernel.lab import Lab
from tests.kernel.namespaces import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

# Debian has iptables, nft and mkswap there, which is not on every PATH.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
TOOLS = ("ip", "iptables", "nft", "curl", "unshare", "nsenter", "mkswap")


def _missing() -> str:
    if os.geteuid() != 0:
        return "needs root: network namespaces"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"not installed: {', '.join(absent)} (Debian: iproute2 iptables nftables curl)" if absent else ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = _missing()
    for item in items:
        if "/tests/kernel/" not in item.path.as_posix():
            continue
        item.add_marker(pytest.mark.kernel)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def _no_leftovers() -> None:
    sweep()


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab() as built:
        yield built
