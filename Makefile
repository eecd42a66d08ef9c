# The commands of the project. A newcomer needs two: `make run` and `make test`.
#
#   make run [REPO=path] [PORT=8501]    index a folder and open the search page
#   make test                           the whole test suite
#   make check                          what has to pass before a change is merged: lint types imports docs test
#   make docs                           check the documentation, and build it as a site in build/site
#   make fix                            format, apply safe corrections, write the generated parts of the docs again
#   make constraints                    write constraints.txt again from pyproject.toml
#   make clean                          remove the environment and every cache
#
# TORCH_INDEX=https://download.pytorch.org/whl/cpu installs PyTorch's CPU build on Linux: far smaller.

PYTHON ?= python3
VENV ?= .venv
REPO ?= .
PORT ?= 8501
TORCH_INDEX ?=

BIN := $(VENV)/bin
ROOMS := embedder indexer ui training
CODE := $(ROOMS) tests benchmarks docs examples .ci
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -qq -c constraints.txt \
       $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.DEFAULT_GOAL := run
.NOTPARALLEL:
.PHONY: run test check lint types imports docs fix constraints clean

# -- the environment: made once, and again when pyproject.toml or constraints.txt changed ---------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed, and \`$(PYTHON)\` is not" >&2; \
	  echo "hint: name another one, such as \`make run PYTHON=python3.12\`" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "error: this Python cannot make environments" >&2; \
	  echo "hint: on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV); the first time takes a few minutes"
	@$(PIP) pip setuptools
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing what the tests need"
	@$(PIP) --no-build-isolation --group dev --editable '.[training]'
	@touch $@

# -- for everyone ----------------------------------------------------------------------------------------------------

run: $(VENV)/.run
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT))).close()' 2>/dev/null || { \
	  echo "error: port $(PORT) of 127.0.0.1 cannot be used; most likely another program has it" >&2; \
	  echo "hint: open http://127.0.0.1:$(PORT) if that is this search, or \`make run PORT=$$(($(PORT) + 1))\`" >&2; \
	  exit 2; }
	@$(BIN)/index-repo "$(REPO)"
	@echo
	@echo "Search page:   http://127.0.0.1:$(PORT)   (Ctrl-C stops it)"
	@echo "Index more:    $(BIN)/index-repo PATH"
	@echo "In a terminal: $(BIN)/gte-search search \"what you are looking for\""
	@echo "Without $(BIN)/: . $(BIN)/activate"
	@echo
	@exec $(BIN)/streamlit run ui --server.address 127.0.0.1 --server.port $(PORT)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

# -- for changes: tests come last, so that their closing line is the last thing to read ------------------------------

check: lint types imports docs test

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)

types: $(VENV)/.dev
	@$(BIN)/mypy $(CODE)

imports: $(VENV)/.dev
	@$(BIN)/lint-imports

docs: $(VENV)/.dev
	@$(BIN)/python docs/check.py
	@$(BIN)/zensical build --strict --config-file mkdocs.yml >/dev/null

fix: $(VENV)/.dev
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/python docs/check.py --write

constraints: $(VENV)/.dev
	@$(BIN)/python .ci/constraints.py

clean:
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
