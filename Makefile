# The commands of the house. `make demo` and `make test` need Python 3.11 or newer, make, and a package registry
# that pip is configured for; everything else is built into .venv from requirements.lock.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=
PYTEST_ARGS ?=
WORKERS ?= 2
KILLS ?= 1000

# The first interpreter that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

# A PYTHONPATH or PYTHONHOME of the caller must not reach into our environment.
unexport PYTHONPATH
unexport PYTHONHOME

.PHONY: help env demo test docs schemas endurance benchmark benchmark-check lint format types imports lock clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP) ## build .venv (quick when nothing changed)

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed and none was found; name one with make PYTHON=..."; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "The environment could not be made. If Python says that ensurepip is missing:"; \
		echo "install the package python3-venv of your distribution and run this again."; exit 1; }

$(STAMP): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@touch $@

demo: env ## the gateway, its simulators and its stories (ARGS=--exit ends by itself)
	@$(BIN)/spoc demo $(ARGS)

test: env ## the whole suite (PYTEST_ARGS="-k name", WORKERS=0 for one process)
	@$(BIN)/python -m tests.services
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

endurance: env ## 1,000 kills under load on each engine, and the books afterwards (KILLS=1000, ARGS="--seed 1 --workers 2")
	@$(BIN)/python -m tests.services
	@$(BIN)/python -m benchmarks.endurance --engine sqlite --kills $(KILLS) $(ARGS)
	@$(BIN)/python -m benchmarks.endurance --engine postgres --kills $(KILLS) $(ARGS)

benchmark: env ## from SMTP in to SMTP out, in figures (ARGS="--messages 300 --connections 8 --workers 2 --rate 20")
	@$(BIN)/python -m benchmarks.smtp_path $(ARGS)

benchmark-check: env ## 10,000 forms of mixed letters through check, in microseconds a form (ARGS="--forms 10000 --json")
	@$(BIN)/python -m benchmarks.check_forms $(ARGS)

docs: env ## write the generated parts of the guides again
	@$(BIN)/python -m docs.generate

schemas: env ## write the schemas of older versions again from the tables of differences
	@$(BIN)/python -m schemas.derive

lint: env ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: env ## let ruff write the format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: env ## mypy, strict
	@$(BIN)/mypy

imports: env ## who may import whom
	@$(BIN)/lint-imports

# pip-tools runs in an environment of its own, for it is no dependency of ours. Pins stay unless UPGRADE=1.
LOCK_OPTIONS := --quiet --extra dev --generate-hashes --strip-extras --allow-unsafe --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: ## write requirements.lock again from pyproject.toml (UPGRADE=1 raises all pins)
	@"$(PYTHON)" -m venv build/lock
	@build/lock/bin/python -m pip install --quiet --disable-pip-version-check pip-tools
	@cp requirements.lock build/lock/pins.txt
	@build/lock/bin/pip-compile $(LOCK_OPTIONS) $(if $(UPGRADE),--upgrade) -o build/lock/pins.txt pyproject.toml
	@{ echo "# Every package of the runtime and of the tests, pinned, with the digests of its files for all platforms."; \
		echo "# Written by \`make lock\` from pyproject.toml; names no index, so the machine's own pip configuration decides."; \
		grep -v '^#' build/lock/pins.txt; } > requirements.lock

clean: ## remove what this Makefile and the tools made
	@rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
