# Everything a person types. Set-up leaves stamps in .setup/, so that a second run costs nothing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
PYTHON ?= python3
# A server on which tests may make databases of their own.
POSTGRES ?= postgresql://root@127.0.0.1:5432/test
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
BROWSER_TESTS := browser

.PHONY: help setup assets demo test check lint tests bench soak messages format lock clean

help:  ## say what can be typed
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## ?/  make \1\t/' | expand -t 18

setup: .setup/python .setup/assets  ## everything that running takes: the Python environment, the pages' assets

.setup/python: requirements.lock pyproject.toml
	@mkdir -p .setup
	@echo "set-up: the Python environment (.venv)"
	@.ci/venv $(PYTHON)
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --no-index -e .
	@touch $@

# Pages work without their scripts, fonts and icons: demo goes on without them, tests do not.
.setup/assets: package-lock.json static/icons.txt static/vendor.sha256 server/house/assets.py server/house/fonts.py | .setup/python
	@echo "set-up: scripts, fonts and icons (static/vendor)"
	@if .ci/assets; then touch $@; \
	else echo "set-up: the pages' scripts, fonts and icons are missing; pages go on without them. Mend: make assets"; fi

assets:  ## fetch the pages' scripts, fonts and icons again
	@rm -f .setup/assets
	@$(MAKE) --no-print-directory .setup/assets

demo: setup  ## the main job on real input, at http://127.0.0.1:PORT
	@exec $(BIN)/sanh demo --port $(PORT)

.setup/servers: | .setup/python
	@.ci/need chromium chromium
	@.ci/need nginx nginx-light
	@.ci/need redis-server redis-server || test "$$CI" != true
	@.ci/need psql postgresql || test "$$CI" != true
	@touch $@

test: setup .setup/servers lint  ## everything that must hold: lint, types, floors, tests, on SQLite and PostgreSQL
	@.ci/tests $(POSTGRES)

check: .setup/python lint  ## the quick part, under a minute
	@$(BIN)/pytest -q -m "not slow and not $(BROWSER_TESTS)"

lint: .setup/python
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "lint: not laid out as agreed; run make format" >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup  ## the figures of performance.md, measured here and kept in docs/bench.md; BENCH= for more
	@$(BIN)/sanh bench --keep docs/bench.md $(BENCH)

SOAK_FUZZ_SECONDS ?= 120

soak: setup .setup/servers  ## hours: fuzzing, 100 kills on each engine, an hour of load; SOAK_KILLS= SOAK_MINUTES= for less
	@.ci/fuzz --seconds $(SOAK_FUZZ_SECONDS)
	@HYPOTHESIS_PROFILE=soak $(BIN)/pytest -q tests/domain/admission/test_histories.py
	@$(BIN)/python -m tests.crash.soak

messages: .setup/python  ## read the sentences from the code into the catalogues (*/locales/en.po)
	@$(BIN)/python -m server.house.messages

format: .setup/python  ## lay the code out
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

UV := .setup/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:  ## read requirements*.in again and write the locks
	@mkdir -p .setup && test -x .setup/uv/bin/uv || { $(PYTHON) -m venv .setup/uv && .setup/uv/bin/pip install -qq uv; }
	@$(UV) -o requirements.lock requirements.in requirements-dev.in
	@$(UV) -o .ci/node.lock .ci/node.in
	@$(UV) -o .ci/fuzz.lock .ci/fuzz.in

clean:  ## forget set-up and caches; var/ stays
	@rm -rf .setup .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
