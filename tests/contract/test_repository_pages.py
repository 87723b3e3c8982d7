"""The pages about the repository name files and folders that exist."""

import re
from pathlib import Path

import pytest
import yaml

import drift_check.events
import ttl_reaper.events

ROOT = Path(__file__).parents[2]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
PATH = re.compile(r"`((?:functions|layers|tests|docs|toolchain|simulator|ops)/[\w./-]+)`")
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")


@pytest.mark.parametrize("page", PAGES)
def test_every_named_path_exists(page: str) -> None:
    paths = PATH.findall((ROOT / page).read_text(encoding="utf-8"))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_readme_lists_every_folder() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([a-z]+)/", text[text.index("template.yaml, samconfig") :], re.MULTILINE))
    ignored = {"out"}
    folders = {folder.name for folder in ROOT.iterdir() if folder.is_dir() and folder.name[0].isalpha()}
    assert {name for name in folders if not name.endswith(".egg-info")} - ignored == listed


def test_ci_runs_what_ci_runs_here_with_pinned_actions() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["check"]["steps"]
    assert any(".ci/run" in step.get("run", "") for step in steps)
    assert all(PINNED.fullmatch(step["uses"]) for step in steps if "uses" in step)


@pytest.mark.parametrize(
    ("package", "fields"),
    [
        ("drift_check", drift_check.events.FIELDS),
        ("ttl_reaper", set(ttl_reaper.events.WorkEvent.model_fields)),
    ],
)
def test_the_page_of_events_names_every_field_of_a_request(package: str, fields: frozenset[str]) -> None:
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {package} |")]
    named_by_the_columns = {"action", "mode", "dry_run"}
    assert {field for field in fields if f"`{field}`" not in row} <= named_by_the_columns
