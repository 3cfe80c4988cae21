# `make demo` strips a synthetic head; `make test` runs the tests. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The version the project is developed with; any from 2.8 on will do. Installed before the rest, so that
# nothing else picks another build.
TORCH ?= torch==2.13.0
# A process for each core, each with its part of the tests in their order, so that it makes what they share once; one that
# is done takes over a part of another's. A process that crashes fails the run.
PARALLEL ?= -n auto --dist worksteal --max-worker-restart 0

.PHONY: demo test lint types coverage docs web web-packages site clean

demo: $(VENV)/.core
	$(BIN)/deskull demo -o demo --overwrite

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(PARALLEL)

coverage: $(VENV)/.dev
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

docs: $(VENV)/.dev
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

# Build the pages of `deskull report`, `deskull serve` and `deskull web build` from web; needs node 20 or newer. The results are
# committed, so that nobody else needs node.
web: web-packages
	npm --prefix web/report run check
	npm --prefix web/report run build
	npm --prefix web/app run check
	npm --prefix web/app run build
	npm --prefix web/engine run check
	npm --prefix web/site run check
	npm --prefix web/site run build

web-packages: $(foreach page,report app engine site,web/$(page)/node_modules/.installed)

web/%/node_modules/.installed: web/%/package-lock.json
	npm --prefix web/$* ci
	touch $@

# Write the static page into the folder site.
site: $(VENV)/.core
	$(BIN)/deskull web build site --overwrite

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ $(VENV)/.core

clean:
	rm -rf $(VENV) demo site build dist docs/_build docs/auto_gallery
