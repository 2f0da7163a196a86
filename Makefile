# Everything a person types. Set-up leaves stamps in .setup/, so that a second run costs nothing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin
CODE := server kiosk exhibits tests

.PHONY: help setup demo test check lint format types floors messages bench lock clean

help:  ## say what can be typed
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## ?/  make \1\t/' | expand -t 20

setup: .setup/python  ## everything that running takes: the Python environment, then the pages' assets

.setup/python: requirements.lock pyproject.toml
	@mkdir -p .setup
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

format:  ## lay the code out
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: | .setup/python  ## read requirements*.in again and write requirements.lock
	@mkdir -p .setup && test -x .setup/uv/bin/uv || { $(PYTHON) -m venv .setup/uv && .setup/uv/bin/pip install --quiet uv; }
	.setup/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" -o requirements.lock requirements.in requirements-dev.in
