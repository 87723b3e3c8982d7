SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -n auto
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/' | expand -t 22

setup: $(VENV)/.ready ## Make .venv: the product, its tests and checks

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; $(PYTHON) is older" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## Watch a NAT die and traffic return (simulated)
	@$(BIN)/python -m simulator.demo $(ARGS)

test: setup ## Run every test that this machine can run; skips print their reason
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: setup ## Lint, types, import contracts, generated documents: everything but the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tradai_shared.config snapshot --check
	$(BIN)/python -m tradai_shared.config document --check

config-snapshot: setup ## Agree on the canonical configuration's values as they are now
	@$(BIN)/python -m tradai_shared.config snapshot

config-docs: setup ## Write docs/canonical-config.md from the canonical configuration
	@$(BIN)/python -m tradai_shared.config document

bench-config: setup ## Measure what importing and building the canonical configuration costs
	@$(BIN)/python -m benchmarks.config_import $(ARGS)

lock: ## Renew the hashed requirements (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements/layer.in -o layers/shared/requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements/sam.in -o requirements/sam.txt
	uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements/ministack.in -o requirements/ministack.txt

.PHONY: help setup demo test check lock config-snapshot config-docs bench-config
