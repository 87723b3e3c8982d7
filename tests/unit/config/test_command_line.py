"""python -m toolchain.config_document"""

from pathlib import Path

import pytest

from toolchain.config_document.__main__ import main
from tradai_shared.config.changelog import CHANGES


def test_the_document_is_written_and_then_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.md"
    assert main(["document", "--check", "--file", str(path)]) == 1
    assert main(["document", "--file", str(path)]) == 0
    assert main(["document", "--check", "--file", str(path)]) == 0
    path.write_text(path.read_text(encoding="utf-8").replace("10.0.0.0/16", "10.0.0.0/8"), encoding="utf-8")
    assert main(["document", "--check", "--file", str(path)]) == 1
    assert "run make config-docs" in capsys.readouterr().err


def test_the_snapshot_is_written_and_then_agreed_on(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    assert main(["snapshot", "--check", "--file", str(path)]) == 1
    assert main(["snapshot", "--file", str(path)]) == 0
    assert main(["snapshot", "--check", "--file", str(path)]) == 0


def test_a_snapshot_that_disagrees_is_neither_accepted_nor_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "snapshot.json"
    main(["snapshot", "--file", str(path)])
    changed = path.read_text(encoding="utf-8").replace('"10.0.0.0/16"', '"10.0.0.0/8"')
    path.write_text(changed, encoding="utf-8")
    assert main(["snapshot", "--check", "--file", str(path)]) == 1
    assert main(["snapshot", "--file", str(path)]) == 1
    assert path.read_text(encoding="utf-8") == changed
    assert "network.vpc.cidr: " in capsys.readouterr().err


def test_a_snapshot_of_an_earlier_version_is_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "snapshot.json"
    main(["snapshot", "--file", str(path)])
    earlier = path.read_text(encoding="utf-8").replace(
        f'"version": "{CHANGES[-1].version}"', '"version": "9.3.0+0"'
    )
    path.write_text(earlier, encoding="utf-8")
    assert main(["snapshot", "--check", "--file", str(path)]) == 1
    assert "is behind: run make config-snapshot" in capsys.readouterr().err
    assert main(["snapshot", "--file", str(path)]) == 0
