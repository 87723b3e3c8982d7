SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# one process more than there are cores: the tests on the kernel mostly wait
PYTEST_ARGS ?= -n $(shell echo $$(( $$(nproc 2>/dev/null || echo 2) + 1 ))) --dist worksteal
# `true` at the end: make drops the output of a shell that ends with 127, as this one does without pyenv.
# the runtime's own version as a real binary: pyenv's shim is there also where the version is not
PYTHON313 ?= $(firstword $(shell for p in python3.13 "$$(pyenv prefix 3.13 2>/dev/null)/bin/python3.13"; do "$$p" -c '' 2>/dev/null && echo "$$p"; done; true))
SAM := .tools/sam/bin/sam
EVENT_SCHEMAS := 0.1.216
AXE := 4.11.1
SARIF := 1.0.0-beta.0
# npm's own integrity values of those versions: sha512, in base64
SARIF_SHA512 := A1fOhPd6Ic5iDk4F9YPw1qNB4XF+7+IviR7xl8r2F6QzQkx5cpY9LsGk2rExiFIEcBbjpVnSmwWGBukASkiQ9A==
AXE_SHA512 := BASOg+YwO2C+346x3LZOeoovTIoTrRqEsqMa6fmfAV0P+U9mFr9NsyOEpiYvFjbc64NMrSswhV50WdXzdb/Z5A==
export SAM_CLI_TELEMETRY ?= 0
# kept whatever the caller's shell says: without, each of hundreds of test processes compiles its imports again
export PYTHONDONTWRITEBYTECODE :=
# an environment of its own has no user folder, and pip refuses --user beside --target
export PIP_USER := 0
.DEFAULT_GOAL := help
.PHONY: $(shell sed -nE 's/^([a-z0-9-]+):.*/\1/p' $(firstword $(MAKEFILE_LIST))) bench-drift drift-docs

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/' | expand -t 22

setup: $(VENV)/.ready ## Make .venv: the product, its tests and checks

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; $(PYTHON) is older" >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version): about 400 MB, once; it is quiet for some minutes" >&2
	$(PYTHON) -m venv $(VENV)
	@echo "1 of 2: packages ..." >&2
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@echo "2 of 2: tradai-ops itself ..." >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## Watch a NAT die and traffic return, drift healed, expired items reaped (simulated)
	@$(BIN)/python -m simulator $(ARGS)

demo-picture: setup ## Renew the README's picture, docs/failover.svg
	@$(BIN)/python -m simulator.demo.failover >/dev/null && cp out/failover.svg docs/failover.svg

.tools/sam/.ready: requirements/sam.txt requirements/pip.txt
	$(or $(PYTHON313),$(PYTHON)) -m venv .tools/sam
	.tools/sam/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/pip.txt
	.tools/sam/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements/sam.txt
	@touch $@

.tools/runtime/.ready: requirements/runtime.txt
	@test -n "$(PYTHON313)" || { echo "python3.13, the runtime's own version, is not at hand" >&2; exit 1; }
	$(PYTHON313) -m venv .tools/runtime
	.tools/runtime/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@touch $@

.tools/cold-start/.ready: requirements/cold-start.txt
	@test -n "$(PYTHON313)" || { echo "python3.13, the runtime's own version, is not at hand" >&2; exit 1; }
	$(PYTHON313) -m venv .tools/cold-start
	.tools/cold-start/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/cold-start.txt
	@touch $@

.tools/event-schemas/db.json.gz: # AWS's schemas of its own events, from the npm package that carries them
	@command -v npm >/dev/null || { echo "npm is not at hand" >&2; exit 1; }
	@mkdir -p $(@D)
	cd $(@D) && tar -xzf "$$(npm pack --silent @aws-cdk/aws-service-spec@$(EVENT_SCHEMAS))" --strip-components 1 package/db.json.gz && rm -f ./*.tgz

.tools/axe/axe.min.js: # the rules that the pages are checked by, in Chromium
	@command -v npm >/dev/null || { echo "npm is not at hand" >&2; exit 1; }
	@mkdir -p $(@D)
	cd $(@D) && package="$$(npm pack --silent axe-core@$(AXE))" && \
		[ "$$(openssl dgst -sha512 -binary "$$package" | openssl base64 -A)" = "$(AXE_SHA512)" ] || { echo "axe-core@$(AXE) is not the package that was pinned" >&2; rm -f ./*.tgz; exit 1; }; \
		tar -xzf "$$package" --strip-components 1 package/axe.min.js && rm -f ./*.tgz && touch axe.min.js

.tools/sarif/sarif-2.1.0.json: # OASIS's schema of SARIF 2.1.0, from the npm package that carries it
	@command -v npm >/dev/null || { echo "npm is not at hand" >&2; exit 1; }
	@mkdir -p $(@D)
	cd $(@D) && package="$$(npm pack --silent @microsoft/jest-sarif@$(SARIF))" && \
		[ "$$(openssl dgst -sha512 -binary "$$package" | openssl base64 -A)" = "$(SARIF_SHA512)" ] || { echo "@microsoft/jest-sarif@$(SARIF) is not the package that was pinned" >&2; rm -f ./*.tgz; exit 1; }; \
		tar -xzOf "$$package" package/lib/schemas/sarif-2.1.0-rtm.5.json > sarif-2.1.0.json && rm -f ./*.tgz

.tools/xsd/.ready: requirements/xsd.txt requirements/junit-schema.txt # JUnit's XML as Jenkins reads it, and what validates it
	$(PYTHON) -m venv .tools/xsd
	.tools/xsd/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/xsd.txt
	.tools/xsd/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --no-build-isolation --require-hashes -r requirements/junit-schema.txt -d .tools/xsd
	cd $(@D) && tar -xzOf pytest-*.tar.gz --wildcards '*/testing/example_scripts/junit-10.xsd' > junit-10.xsd && rm -f pytest-*.tar.gz
	@touch $@

.tools/ministack/.ready: requirements/ministack.txt
	@test -n "$(PYTHON313)" || { echo "python3.13, the runtime's own version, is not at hand" >&2; exit 1; }
	$(PYTHON313) -m venv .tools/ministack
	.tools/ministack/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements/ministack.txt
	@touch $@

.tools/aws/.ready: requirements/aws.txt
	$(PYTHON) -m venv .tools/aws
	.tools/aws/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements/aws.txt
	@touch $@

.aws-sam/.ready: .tools/sam/.ready $(shell find functions layers/shared template.yaml -type f -not -path '*/__pycache__/*')
	$(SAM) build
	@touch $@

release: setup .aws-sam/.ready ## Build out/release: zips, wheel, bill of materials, checksums, the same bytes from the same commit
	@$(BIN)/python -m toolchain.build.release

build: setup .aws-sam/.ready ## Build the zips of the functions and the layer, print their sizes
	@$(BIN)/python -m toolchain.build.artifact

invoke: setup .aws-sam/.ready .tools/runtime/.ready ## Run the built function on a sample: make invoke EVENT=events/update_nat_routes/reconcile.json
	@$(BIN)/python -m toolchain.local.invoke $(EVENT)

local-invoke: setup .aws-sam/.ready ## Run every sample of events/ by sam local invoke (needs Docker and Lambda's image; about 10 minutes)
	@$(BIN)/python -m toolchain.local.invoke_all $(EVENTS)

e2e: setup .aws-sam/.ready .tools/ministack/.ready ## Deploy dev, staging and prod on this machine, without AWS, and try what they promise
	@$(BIN)/python -m toolchain.e2e

template: setup ## Copy nat/user-data.sh and docs/runbooks into template.yaml
	$(BIN)/python -m toolchain.build.user_data
	$(BIN)/python -m toolchain.build.runbook_widgets

costs: setup ## Write docs/costs.md from the template, prices and durations
	@$(BIN)/python -m toolchain.docs.costs

models: setup ## Cut botocore's service models down to the failover's calls, into the layer
	$(BIN)/python -m toolchain.build.service_models

# what a tool that is not to be had here would have run is skipped by its test, with the reason
test-tools: setup
	@for tool in .tools/ministack/.ready .tools/sam/.ready .tools/runtime/.ready .tools/event-schemas/db.json.gz .tools/axe/axe.min.js .tools/sarif/sarif-2.1.0.json .tools/xsd/.ready .tools/cosmic-ray/.ready .tools/aws/.ready; do $(MAKE) --no-print-directory $$tool || true; done

test: test-tools ## Run every test that this machine can run; skips print their reason
	$(BIN)/python -m pytest $(PYTEST_ARGS)

simulate: setup ## Play SEEDS storms of faults over the simulated NAT (under a second of CPU each; ARGS="--seed 17": one)
	$(BIN)/python -m simulator.storms --seeds $(or $(SEEDS),100) $(ARGS)

mutants: test-tools ## Apply each deliberate bug of tests/mutants and name the test that kills it (ARGS="--only NAME": some)
	$(BIN)/python -m tests.mutants.run $(ARGS)

mutants-by-rule: setup ## Change each condition of the modules that decide once, and name what no test notices (ARGS="--only classify": one)
	$(BIN)/python -m tests.mutants.generated $(ARGS)

.tools/cosmic-ray/.ready: $(VENV)/.ready requirements/cosmic-ray.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target .tools/cosmic-ray -r requirements/cosmic-ray.txt
	@touch $@

mutants-cosmic-ray: .tools/cosmic-ray/.ready ## The same, and every change that cosmic-ray's operators make (ARGS="--only classify": one)
	$(BIN)/python -m tests.mutants.generated --operators own cosmic-ray $(ARGS)

exhaust: setup ## Plan every combination of what the failover can see of two members (half an hour on two cores at most)
	$(BIN)/python -m tests.exhaustive.search

.tools/coverage/.ready: $(VENV)/.ready requirements/coverage.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target .tools/coverage -r requirements/coverage.txt
	@touch $@

coverage: .tools/coverage/.ready ## Measure and print the product's coverage, lines and branches (one process; TESTS=tests/unit: a part)
	PYTHONPATH=.tools/coverage $(BIN)/python -m coverage run -m pytest -n 0 -m 'not kernel and not toolchain and not any_python' $(TESTS)
	PYTHONPATH=.tools/coverage $(BIN)/python -m coverage report

check: setup ## Lint, types, import contracts, generated documents: everything but the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/cfn-lint template.yaml
	$(BIN)/python -m toolchain.build.user_data --check
	$(BIN)/python -m toolchain.build.runbook_widgets --check
	$(BIN)/python -m toolchain.build.service_models --check
	$(BIN)/python -m toolchain.docs.costs --check
	$(BIN)/python -m toolchain.config_document snapshot --check
	$(BIN)/python -m toolchain.config_document document --check
	$(BIN)/python -m toolchain.docs.drift_findings --check
	$(BIN)/python -m toolchain.docs.reaper_scale --check
	$(BIN)/python -m toolchain.docs.reachable_modules

config-snapshot: setup ## Agree on the canonical configuration's values as they are now
	@$(BIN)/python -m toolchain.config_document snapshot

config-docs: setup ## Write docs/canonical-config.md from the canonical configuration
	@$(BIN)/python -m toolchain.config_document document

bench-drift: setup ## Measure a drift check: calls, seconds, memory, also with 10 and 100 times the tables (8 minutes; ARGS="--factors 1": one)
	@$(BIN)/python -m benchmarks.drift $(ARGS)

drift-docs: setup ## Write docs/drift-findings.md from the checks
	@$(BIN)/python -m toolchain.docs.drift_findings

bench-config: setup ## Measure what importing and building the canonical configuration costs
	@$(BIN)/python -m benchmarks.config_import $(ARGS)

bench-reap: setup ## Measure what a deleted item costs on the client, beside other ways (see docs/ttl-reaper.md)
	PYTHONPATH=functions:layers/shared:. $(BIN)/python benchmarks/reap/bench.py $(ARGS)

bench-cold-start: setup .aws-sam/.ready .tools/cold-start/.ready ## Measure the failover's cold start beside three others (ARGS=--write renews docs/cold-start.md)
	@$(BIN)/python -m benchmarks.cold_start $(ARGS)

bench-standby: setup ## Measure on this kernel how a standby takes over, write docs/standby-kernel.md (as root, about 6 minutes)
	@PYTHONPATH=functions:layers/shared:. $(BIN)/python -m benchmarks.standby $(ARGS)

bench-failover: setup ## Simulate 200 failovers of each kind, write docs/failover-budget.* (about an hour of CPU)
	@$(BIN)/python -m benchmarks.failover $(ARGS)

year: setup ## Simulate a year of the whole toolkit, write docs/year.md and its picture (two minutes of CPU; ARGS="--seed 2")
	@$(BIN)/python -m benchmarks.year $(ARGS)

# each lock: its input, the lowest Python that it serves, its output
LOCKS := layer:3.11:layers/shared/requirements.txt dev:3.11:requirements/dev.txt sam:3.11:requirements/sam.txt \
	pip:3.11:requirements/pip.txt ministack:3.12:requirements/ministack.txt runtime:3.13:requirements/runtime.txt \
	cold-start:3.13:requirements/cold-start.txt coverage:3.11:requirements/coverage.txt aws:3.11:requirements/aws.txt \
	cosmic-ray:3.11:requirements/cosmic-ray.txt xsd:3.11:requirements/xsd.txt

lock: ## Renew the hashed requirements (needs uv)
	@set -e; for lock in $(LOCKS); do IFS=: read -r name python output <<<"$$lock"; \
		uv pip compile --quiet --universal --python-version "$$python" --generate-hashes $$([ "$$name" != pip ] || echo --allow-unsafe) \
			--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "requirements/$$name.in" -o "$$output"; done

.PHONY: help setup demo test test-tools check build invoke template lock config-snapshot config-docs bench-config bench-drift drift-docs
