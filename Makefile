# make demo    the console on an embedded swarm that is really building (without a terminal: one release)
# make test    every test;  make test TESTS=tests/unit PYTEST="-k journal"
# make bench   the table of speeds;  make lint, make wheel-check, make clean
#
# Each sets up what it needs: .venv here, and as root the system packages of .ci/system-packages.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test bench lint wheel-check constraints clean system-demo system-test

VENV := .venv
READY := $(VENV)/.installed
TESTS ?= tests
PYTEST ?=
DEMO_DIR ?=
export PYTHON

demo_options := --demo $(if $(DEMO_DIR),--demo-dir '$(DEMO_DIR)')

help:
	@sed -n 's/^# \?//;1,3p' Makefile

demo: $(READY) system-demo
	@if [ -t 0 ] && [ -t 1 ]; then exec $(VENV)/bin/swarm-console $(demo_options); \
	else exec $(VENV)/bin/swarm-console $(demo_options) --run release --yes; fi

test: $(READY) system-test
	$(VENV)/bin/python -m pytest --numprocesses=auto --dist=loadfile $(TESTS) $(PYTEST)

bench: $(READY)
	$(VENV)/bin/python -m bench

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

wheel-check: $(READY)
	@.ci/wheel-check

constraints:
	@.ci/pin-constraints

clean:
	rm -rf $(VENV) dist bench.json .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

system-demo system-test: system-%:
	@.ci/install-system-packages $*

$(READY): constraints.txt pyproject.toml .ci/make-venv
	@.ci/make-venv

# A checkout that was copied or moved must not run the code of the old one.
ifneq ($(file <$(VENV)/.made-at),$(CURDIR)/$(VENV))
.PHONY: $(READY)
endif
