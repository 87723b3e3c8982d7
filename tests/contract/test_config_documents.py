"""What is committed mirrors the configuration; `make check` asks the same."""

from pathlib import Path

import pytest

from toolchain.config_document.__main__ import main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("command", "name"),
    [("document", "canonical-config.md"), ("snapshot", "canonical-config.snapshot.json")],
)
def test_the_committed_file_is_fresh(command: str, name: str) -> None:
    assert main([command, "--check", "--file", str(ROOT / "docs" / name)]) == 0
