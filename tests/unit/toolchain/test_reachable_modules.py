"""How many modules a reader of app.py must open."""

from pathlib import Path

import pytest

from toolchain.docs import reachable_modules
from toolchain.docs.reachable_modules import ROOT, main, product_modules, reachable

FILES = {
    "functions/nat/__init__.py": "import nat.unused",
    "functions/nat/app.py": "from nat import plan\n"
    "if TYPE_CHECKING:\n    from tradai_shared.types import Kind",
    "functions/nat/plan.py": "import os\n\ndef late():\n    import tradai_shared.clock",
    "functions/nat/unused.py": "",
    "layers/shared/tradai_shared/types.py": "from tradai_shared.config.naming import name",
    "layers/shared/tradai_shared/clock.py": "import nat.app",
    "layers/shared/tradai_shared/config/naming.py": "",
}


def test_types_and_late_imports_count_but_neither_packages_nor_the_configuration(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert reachable(product_modules(tmp_path), "nat.app") == {
        "nat.app",
        "nat.plan",
        "nat.unused",
        "tradai_shared.types",
        "tradai_shared.clock",
    }


def test_every_function_has_a_bound() -> None:
    packages = {file.parent.name for file in (ROOT / "functions").glob("*/app.py")}
    assert packages == set(reachable_modules.BOUNDS)


def test_each_function_stays_within_its_bound(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main() == 0, capsys.readouterr().out
    monkeypatch.setattr(reachable_modules, "BOUNDS", {"ttl_reaper": 3})
    assert main() == 1
