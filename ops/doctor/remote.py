"""Where people read this checkout's runbooks: the web page of its remote. Asks git alone, never the network.

A remote's address can carry a token (``https://TOKEN@host/…``). Nothing of what stands before the host leaves
this module, and what git answered is never printed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from tradai_shared.env import RUNBOOKS

if TYPE_CHECKING:
    from pathlib import Path

GIT_SECONDS = 10
# how a forge writes the address of a folder; a forge is known by a label of its host's name
FORGES = {
    "github": "{repository}/blob/{revision}/{folder}",
    "gitlab": "{repository}/-/blob/{revision}/{folder}",
    "bitbucket": "{repository}/src/{revision}/{folder}",
}
# hosts that answer ssh on port 443 for the forge itself
SSH_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
# git@host:path, git's short form of ssh
SHORT_FORM = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s@]+):(?P<path>[^/\s].*)")
# a name with a top-level domain; an alias of somebody's ssh configuration has none
HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}")
PATH = re.compile(r"(?:[\w.~-]+/)+[\w.~-]+")


def runbooks(folder: Path) -> str | None:
    """The https address of the runbooks beside samconfig.toml; None where no remote has it."""
    if not (folder / RUNBOOKS).is_dir():
        return None
    remote, below = _git(folder, "remote", "get-url", "origin"), _git(folder, "rev-parse", "--show-prefix")
    revision = _revision(folder)
    if remote is None or below is None or revision is None:
        return None
    return address(remote, revision, below + RUNBOOKS)


def address(remote: str, revision: str, folder: str) -> str | None:
    """A folder's page on the forge of a remote; None where the remote is no forge that is known here."""
    repository = _repository(remote)
    if repository is None:
        return None
    labels = (urlsplit(repository).hostname or "").split(".")
    forge = next((FORGES[label] for label in labels if label in FORGES), None)
    return forge and forge.format(repository=repository, revision=quote(revision), folder=quote(folder))


def _repository(remote: str) -> str | None:
    """The https address without user, password, query and ``.git``. A port is kept where https had it."""
    try:
        parts = urlsplit(remote)
        scheme, host, path, port = parts.scheme, parts.hostname, parts.path, parts.port
    except ValueError:
        return None
    if short := SHORT_FORM.fullmatch(remote) if "://" not in remote else None:
        scheme, host, path, port = "ssh", short["host"].lower(), short["path"], None
    if scheme not in {"https", "ssh"} or host is None:
        return None
    host = SSH_HOSTS.get(host, host)
    path = path.strip("/").removesuffix(".git")
    if not HOST.fullmatch(host) or not PATH.fullmatch(path):
        return None
    shown = f":{port}" if scheme == "https" and port else ""
    return f"https://{host}{shown}/{path}"


def _revision(folder: Path) -> str | None:
    """The tag that is checked out, else the branch that this one follows, origin's own, the commit."""
    if tag := _git(folder, "describe", "--tags", "--exact-match"):
        return tag
    for name in ("@{upstream}", "refs/remotes/origin/HEAD"):
        branch = _git(folder, "rev-parse", "--abbrev-ref", name)
        if branch and branch.startswith("origin/"):
            return branch.removeprefix("origin/")
    return _git(folder, "rev-parse", "--verify", "HEAD")


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers; None where it fails or is not there."""
    git = shutil.which("git")
    if git is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - git by its full path, over fixed arguments
            [git, "-C", str(folder), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
