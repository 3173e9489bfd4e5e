PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FITTED := $(VENV)/.fitted
FOLDERS := gateway graphql assistant catalogue seeds
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
LOCKED := $(INSTALL) --no-compile --require-hashes
LEARNT := assistant/intents/*.yaml assistant/policies/wordings/*.yaml assistant/safety/*.yaml assistant/safety/voices/*
COMPILE := pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml
STATE ?= .state
PORT ?= 8000
ONCE ?=
DAYS ?= 400
HOURS ?= 0
# compiled modules are kept, else each of some fifty processes compiles everything that it imports
unexport PYTHONDONTWRITEBYTECODE
# four processes, since many tests wait for servers; whole files, which share servers; asserts not rewritten, which
# would take each process ten seconds
TOGETHER := -n 4 --dist loadfile --no-loadscope-reorder --assert=plain

.DEFAULT_GOAL := help
.PHONY: help setup runtime tools matchers compiled run test ahead check bench soak fuzz seed lock schema clean

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) .typing $(FITTED) ## install everything into .venv, nothing else

# pip computes more than it loads, an old one most of all: the newest, and two of them side by side
$(STAMP): requirements.lock requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(MAKE) --no-print-directory --jobs 2 tools runtime
	touch $(STAMP)

runtime:
	$(LOCKED) --requirement requirements.lock

tools:
	$(LOCKED) --requirement requirements-dev.lock
	$(INSTALL) --no-build-isolation --editable .

$(FITTED): $(STAMP) $(wildcard $(LEARNT) assistant/matcher/*.py) assistant/matcher/meanings.npz
	$(MAKE) --no-print-directory --jobs 2 matchers compiled
	touch $@

matchers:
	$(BIN)/lifecircle assistant train

# what servers, databases and tests import; each of them would compile it for itself while it is not there
compiled:
	$(BIN)/python -m compileall -q $(FOLDERS) tests
	$(BIN)/python -c 'import lifecircle.gateway.app, lifecircle.gateway.seeding, lifecircle.gateway.serve'
	$(BIN)/secantusd-py --help > /dev/null
	$(BIN)/python -c 'import hypothesis, jsonschema, pytest, pytest_asyncio.plugin, time_machine, xdist.plugin, xdist.remote'

.typing: ## links through which type checkers find the package
	mkdir -p .typing/lifecircle
	for folder in $(FOLDERS); do ln -sfn ../../$$folder .typing/lifecircle/$$folder; done

run: setup ## start, seed, take the tour and stay serving (ONCE=1 ends after the tour)
	$(BIN)/lifecircle demo --state $(STATE) --port $(PORT) $(if $(ONCE),--once)

test: setup ## run the tests (one that fails says more when run alone: .venv/bin/python -m pytest FILE)
	$(BIN)/python -m pytest $(TOGETHER)

ahead: setup ## run the tests with the clock 400 days ahead, or DAYS=3 HOURS=7 (needs a C compiler)
	mkdir -p build && cc -shared -fPIC -O2 -Wall -DAHEAD='(($(DAYS) * 24L + $(HOURS)) * 60 * 60)' -o build/ahead.so tests/support/ahead.c -ldl
	LD_PRELOAD=$(CURDIR)/build/ahead.so $(BIN)/python -m pytest $(TOGETHER)

check: setup ## lint, format, types, the contract, the matcher's scores
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m bench.contract
	$(BIN)/lifecircle assistant evaluate --check

bench: setup ## benchmarks, as ratios against a baseline measured in the same run
	$(BIN)/python -m bench

soak: setup ## the long tests at full count: races, kill -9
	LIFECIRCLE_TEST_SCALE=full $(BIN)/python -m pytest tests -m slow -n 0

fuzz: setup ## hostile and random input at full count
	LIFECIRCLE_TEST_SCALE=full $(BIN)/python -m pytest tests -m fuzz -n 0

seed: setup ## seed the database that the settings name (SIZE=20000 grows the district)
	$(BIN)/lifecircle seed --state $(STATE) $(if $(SIZE),--size $(SIZE))

schema: setup ## write graphql/operations/schema.graphql anew
	$(BIN)/lifecircle schema > graphql/operations/schema.graphql.new && mv graphql/operations/schema.graphql.new graphql/operations/schema.graphql

lock: setup ## choose versions anew and lock them: what runs, and what is only used here
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv $(COMPILE) --output-file requirements.lock
	$(BIN)/uv $(COMPILE) --output-file requirements-dev.lock --extra embedded --extra dev --constraint requirements.lock \
		$$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.lock)

clean: ## remove what make made (never the state folder)
	rm -rf $(VENV) .typing build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
