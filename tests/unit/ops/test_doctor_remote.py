"""Runbook links become absolute from the checkout's own remote, and no token of the remote is written."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from ops.app import app
from ops.doctor import remote

if TYPE_CHECKING:
    from pathlib import Path

SAMCONFIG = """version = 0.1

[default.global.parameters]
region = "eu-central-1"

[default.deploy.parameters]
stack_name = "tradai-ops-dev"
parameter_overrides = ["Environment=dev", "RunbookBaseUrl=docs/runbooks"]
"""
SECRET = "not-a-real-token"
GITHUB = "https://github.com/acme/platform-ops/blob/v1.2.0/docs/runbooks"


@pytest.mark.parametrize(
    "url",
    [
        "git@github.com:acme/platform-ops.git",
        "git@github.com:acme/platform-ops",
        "github.com:acme/platform-ops.git",
        "ssh://git@github.com/acme/platform-ops.git",
        "ssh://git@ssh.github.com:443/acme/platform-ops.git",
        "https://github.com/acme/platform-ops.git",
        "https://github.com/acme/platform-ops/",
        "https://GitHub.com/acme/platform-ops.git",
        f"https://{SECRET}@github.com/acme/platform-ops.git",
        f"https://x-access-token:{SECRET}@github.com/acme/platform-ops.git",
        f"https://me@acme.com:{SECRET}@github.com/acme/platform-ops.git",
        f"https://github.com/acme/platform-ops.git?access_token={SECRET}",
    ],
)
def test_every_form_of_a_remote_on_github(url: str) -> None:
    assert remote.address(url, "v1.2.0", "docs/runbooks") == GITHUB


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (
            f"https://gitlab-ci-token:{SECRET}@gitlab.com/acme/infra/ops.git",
            "https://gitlab.com/acme/infra/ops/-/blob/main/docs/runbooks",
        ),
        (
            "ssh://git@gitlab.acme.io:2222/infra/ops.git",
            "https://gitlab.acme.io/infra/ops/-/blob/main/docs/runbooks",
        ),
        (
            "https://gitlab.acme.io:8443/infra/ops",
            "https://gitlab.acme.io:8443/infra/ops/-/blob/main/docs/runbooks",
        ),
        ("git@github.acme.io:infra/ops.git", "https://github.acme.io/infra/ops/blob/main/docs/runbooks"),
        ("git@bitbucket.org:acme/ops.git", "https://bitbucket.org/acme/ops/src/main/docs/runbooks"),
    ],
)
def test_other_forges_have_paths_of_their_own(url: str, page: str) -> None:
    assert remote.address(url, "main", "docs/runbooks") == page


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/srv/git/ops.git",
        "../ops",
        "file:///srv/git/github.com/ops.git",
        "http://github.com/acme/ops.git",
        "https://git.acme.io/infra/ops.git",  # a forge whose paths nobody knows
        "github-work:acme/ops.git",  # an alias of somebody's ssh configuration
        "git@github.com-work:acme/ops.git",
        f"https://user:{SECRET}/x@github.com/acme/ops.git",  # an unquoted slash: the password would be a path
        "https://github.com:port/acme/ops.git",
        "https://github.com/acme",
        "https://github.com/acme/o ps.git",
        "https://[::1/acme/ops.git",
        "C:/github.com/ops",
    ],
)
def test_what_names_no_page_gives_none(url: str) -> None:
    assert remote.address(url, "main", "docs/runbooks") is None


def test_a_branch_is_quoted() -> None:
    page = remote.address("git@github.com:acme/ops.git", 'release/1 "x"', "docs/runbooks")
    assert page == "https://github.com/acme/ops/blob/release/1%20%22x%22/docs/runbooks"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with one commit on main, which follows origin's."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(origin))
    (origin / "docs/runbooks").mkdir(parents=True)
    (origin / "docs/runbooks/drift.md").write_text("# Drift\n", encoding="utf-8")
    git(origin, "add", ".")
    git(origin, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "Add a runbook")
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    git(clone, "remote", "set-url", "origin", f"https://{SECRET}@github.com/acme/ops.git")
    return clone


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def test_the_branch_that_is_followed_is_the_revision(checkout: Path) -> None:
    assert remote.runbooks(checkout) == "https://github.com/acme/ops/blob/main/docs/runbooks"


def test_a_tag_is_preferred_and_a_branch_of_ones_own_is_not_linked(checkout: Path) -> None:
    git(checkout, "switch", "--quiet", "--create", "mine")
    assert remote.runbooks(checkout) == "https://github.com/acme/ops/blob/main/docs/runbooks"
    git(checkout, "tag", "v0.9.0")
    assert remote.runbooks(checkout) == "https://github.com/acme/ops/blob/v0.9.0/docs/runbooks"


def test_a_lone_commit_is_linked_where_no_branch_is_known(checkout: Path) -> None:
    git(checkout, "switch", "--quiet", "--detach")
    git(checkout, "remote", "set-head", "origin", "--delete")
    commit = git(checkout, "rev-parse", "HEAD")
    assert remote.runbooks(checkout) == f"https://github.com/acme/ops/blob/{commit}/docs/runbooks"


def test_a_folder_within_a_repository_is_in_the_address(checkout: Path) -> None:
    below = checkout / "infra/tradai-ops"
    (below / "docs/runbooks").mkdir(parents=True)
    assert remote.runbooks(below) == "https://github.com/acme/ops/blob/main/infra/tradai-ops/docs/runbooks"


def test_without_runbooks_a_remote_or_git_there_is_no_address(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote.runbooks(tmp_path) is None
    git(checkout, "remote", "remove", "origin")
    assert remote.runbooks(checkout) is None
    monkeypatch.setenv("PATH", "")
    assert remote.runbooks(checkout) is None


def doctor(folder: Path, *options: str, given: str = SAMCONFIG) -> str:
    """samconfig.toml after doctor."""
    file = folder / "samconfig.toml"
    file.write_text(given, encoding="utf-8")
    command = ["doctor", "--env", "dev", "--simulate", "--samconfig-file", str(file), *options]
    app(command, exit_on_error=False, result_action="return_value")
    return file.read_text(encoding="utf-8")


def test_write_puts_the_address_into_samconfig_and_the_token_nowhere(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = doctor(checkout, "--write", "--yes")
    assert '"RunbookBaseUrl=https://github.com/acme/ops/blob/main/docs/runbooks"' in after
    said = "".join(capsys.readouterr())
    assert "links in messages lead to the stack's dashboard" in said
    assert SECRET not in after + said


def test_an_address_that_was_given_stays(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = SAMCONFIG.replace("=docs/runbooks", "=https://wiki.acme.io/runbooks")
    assert "RunbookBaseUrl=https://wiki.acme.io/runbooks" in doctor(checkout, "--write", "--yes", given=given)
    assert "links in messages" not in "".join(capsys.readouterr())


def test_without_a_remote_it_says_how_to_set_the_address(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(checkout, "remote", "remove", "origin")
    assert "RunbookBaseUrl=docs/runbooks" in doctor(checkout, "--write", "--yes")
    said = " ".join("".join(capsys.readouterr()).split())
    assert "links in messages lead to the stack's dashboard" in said
    assert "RunbookBaseUrl=https://HOST/REPOSITORY/docs/runbooks" in said
