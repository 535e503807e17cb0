# Every command of the project. `make demo` and `make test` work on a bare Debian 12 as root.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PY := .venv/bin/python
READY := .venv/.ready
TOOLS := .venv/.test-tools
WORKERS ?= 2
MYPY := $(PY) -m mypy --strict
CONTRACTS := .venv/bin/lint-imports --no-cache
PYTEST := $(PY) -m pytest --numprocesses $(WORKERS) --dist loadfile

.PHONY: help setup demo test check format lint types contracts types-beside-contracts
.PHONY: bench train lock clean

help: ## say what there is (default)
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## Python 3.11, system libraries and .venv/ with the locked packages
	@:

$(READY): requirements.lock .ci/setup.sh
	@bash .ci/setup.sh
	@touch $@

$(TOOLS): .ci/setup.sh $(READY)
	@bash .ci/setup.sh test-tools
	@touch $@

demo: setup ## the sample session through everything; artefacts in runs/demo
	@$(PY) run_tracker.py demo

test: setup $(TOOLS) ## every test; installs Chromium and a type checker for the page
	$(PYTEST)

check: format lint types-beside-contracts test ## format, lint, types, import contracts, tests

types-beside-contracts: setup # the shell's -e is what keeps a failure of mypy
	@$(MYPY) & types=$$!; trap 'kill $$(jobs -pr) 2>/dev/null || true' EXIT; \
	$(CONTRACTS) || kept=$$?; \
	wait $$types; exit $${kept:-0}

format: setup
	$(PY) -m ruff format --check

lint: setup
	$(PY) -m ruff check

types: setup
	$(MYPY)

contracts: setup
	$(CONTRACTS)

bench: setup ## time per stage at 848x480: p50, p95, p99
	@$(PY) run_tracker.py bench

train: setup .venv-train/.ready ## train, export, calibrate, evaluate the segmenter anew (75 minutes)
	OMP_WAIT_POLICY=passive .venv-train/bin/python -m models.training.train
	$(PY) -m models.training.calibrate
	$(PY) -m models.training.evaluate --card > runs/train/evaluation.json

.venv-train/.ready: requirements.lock requirements-train.lock
	.venv/bin/python -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --only-binary :all: --require-hashes \
		-r requirements.lock -r requirements-train.lock
	@touch $@

lock: setup ## write both locks and NOTICE anew from pyproject.toml
	$(PY) .ci/lock.py
	@$(MAKE) --no-print-directory setup
	$(PY) .ci/licences.py

clean: ## remove what was made, .venv/ included
	rm -rf .venv .venv-train runs build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.benchmarks .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
