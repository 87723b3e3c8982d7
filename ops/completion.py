"""``--install-completion``: cyclopts' own command, imported only where it is asked for."""

from __future__ import annotations

from cyclopts.completion.install import create_install_completion_command

from ops.app import app

install = create_install_completion_command(app.install_completion, add_to_startup=True)
