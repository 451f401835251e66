# Each target does the set-up that it needs: Python 3.11 or later and make are enough to begin with.
PYTHON ?= $(shell python3.11 -c pass 2>/dev/null && echo python3.11 || echo python3)
PORT ?= 8080
REGISTRY ?=

BIN := .venv/bin
# What the program needs, and with it what those who change it need.
RUN := .venv/.run
READY := .venv/.ready
DEMO ?= build/demo
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps
# Each file of tests runs in one process, in the order of their names: those of few, long tests come first.
SPREAD := -n 3 --dist loadfile --no-loadscope-reorder
ROOM ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-registry count-told eval docs test-all setup pins clean

help: ## list what there is
	@echo 'make TARGET, where TARGET is one of'
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(RUN) ## open the site with the sample records; REGISTRY=path for your own, DEMO=folder, PORT=8080
	@test -z "$(REGISTRY)" || test -e "$(REGISTRY)" || { echo 'There is no file or folder $(REGISTRY).' >&2; exit 2; }
	@mkdir -p $(DEMO)
	@if test -n "$(REGISTRY)"; then $(BIN)/trialbook --home $(DEMO) import "$(REGISTRY)" || test -e $(DEMO)/library.sqlite; \
	else $(BIN)/trialbook --home $(DEMO) samples | tr '\n' '\0' | xargs -0 $(BIN)/trialbook --home $(DEMO) import; fi
	@echo 'Ctrl-C ends the site; the library stays in $(DEMO). PORT=8081 takes another port than $(PORT).'
	@$(BIN)/trialbook --home $(DEMO) serve --port $(PORT)

test: $(READY) ## run the tests, without the whole-corpus sweeps: some fourteen minutes on two cores; ROOM=store for one room
	@$(BIN)/python -m pytest -rs -m 'not slow' $(SPREAD) $(if $(ROOM),tests/unit/$(ROOM) $(wildcard src/trialbook/$(ROOM)))

test-all: $(READY) ## run every test, the slow sweeps too: hours
	@$(BIN)/python -m pytest -rs -m '' $(SPREAD)

check: $(READY) ## lint, format, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## measure speed, size and memory (benchmarks/bench.py)
	@$(BIN)/python benchmarks/bench.py

bench-registry: $(READY) ## measure a library of the registry's size (benchmarks/bench_registry.py): an hour, 40 GB
	@$(BIN)/python benchmarks/bench_registry.py

count-told: $(READY) ## count what the pages of the real records say, and where that is not what the records hold
	@$(BIN)/python benchmarks/count_told.py

eval: $(READY) ## measure ranking against the registry's lists, judged patient topics and studies that belong together
	@$(BIN)/python benchmarks/eval.py
	@$(BIN)/python benchmarks/eval_related.py
	@$(BIN)/python benchmarks/eval_criteria.py
	@$(BIN)/python benchmarks/eval_verdict_ranking.py

docs: $(READY) ## run what the README and docs/ show
	@$(BIN)/python -m pytest -rs tests/docs

setup: $(READY) ## only make the environment in .venv

# The resolver is needed here alone, and stays out of the environment.
pins: ## write the constraints anew from pyproject.toml: versions that are there stay, each with the hashes of its files
	@rm -rf build/pins && $(PYTHON) -m venv build/pins
	@build/pins/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@$(RESOLVE) --all-extras --output-file constraints.txt
	@$(RESOLVE) --extra checkout --constraints constraints.txt --output-file constraints-run.txt

RESOLVE = SSL_CERT_FILE="$${SSL_CERT_FILE:-$$PIP_CERT}" build/pins/bin/uv pip compile --quiet pyproject.toml --universal \
  --generate-hashes --no-header --no-annotate --no-emit-index-url

clean: ## remove the environment and what was built
	rm -rf .venv build

$(RUN): pyproject.toml constraints-run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Trialbook needs Python 3.11 or later; "$(PYTHON)" is not. Name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	@echo 'Installing what Trialbook needs into .venv (once) …'
	@$(INSTALL) --require-hashes -r constraints-run.txt
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

$(READY): $(RUN) constraints.txt
	@echo 'Installing what its tests need (once) …'
	@$(INSTALL) --require-hashes -r constraints.txt
	@touch $@
