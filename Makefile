# `make demo` and `make test` set everything up on a machine that has Python 3.11+ and nothing else.
PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3 python,$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
INTEGRATIONS := $(VENV)/.integrations

.PHONY: demo test test-integrations lint bench clean

demo: $(STAMP)
	@$(BIN)/python examples/demo.py

test: $(STAMP)
	$(BIN)/pytest -q -n 2 -m "not integration"

test-integrations: $(INTEGRATIONS)
	$(BIN)/pytest -q -m integration

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python bench/judgment_cost.py
	$(BIN)/python bench/sandbox.py
	$(BIN)/python bench/chat_client.py
	$(BIN)/python bench/store.py
	$(BIN)/python bench/prompt_economy.py
	$(BIN)/python bench/engine.py
	$(BIN)/python bench/faults.py
	$(BIN)/python bench/rewards.py
	$(BIN)/python bench/service.py

$(VENV)/bin/pip:
	@test -n "$(PYTHON)" || { echo "skillrm needs Python 3.11 or newer; install it or run: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python -m venv failed; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q --upgrade "pip>=25.1"

$(STAMP): pyproject.toml | $(VENV)/bin/pip
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(BIN)/pip install -q --group dev -e .
	@touch $@

$(INTEGRATIONS): $(STAMP)
	@$(BIN)/pip install -q --group integrations
	@touch $@

clean:
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis
