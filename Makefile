# The portal's commands; `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
BPS_DATA ?= $(CURDIR)/var
export BPS_DATA
DEMO_VENV := $(BPS_DATA)/demo-venv
EXAMPLE := examples/calibration
ARGS ?=

.PHONY: help demo run test check lint clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile
	@echo "  State is kept in $(BPS_DATA) (BPS_DATA=... for another folder)."

demo: $(VENV)/.installed $(DEMO_VENV)/.installed ## build and run everything with the example campaign (PORT=8000, EXIT=1 ends with the campaign)
	@BPS_EMBEDDED=1 $(BIN)/python manage.py demo $(if $(PORT),--port $(PORT)) $(if $(filter 1,$(EXIT)),--exit)

run: $(VENV)/.installed ## the portal for real use, settings from the environment (PORT=8000)
	@$(BIN)/python manage.py check
	@$(BIN)/python manage.py migrate --noinput -v 0
	@$(BIN)/python manage.py collectstatic --noinput -v 0
	@exec $(BIN)/python manage.py portal $(if $(PORT),--port $(PORT)) $(ARGS)

test: $(VENV)/.installed-dev ## the whole test suite, on SQLite and PostgreSQL (ARGS= for pytest)
	@$(BIN)/python -m tests.run $(ARGS)

check: lint test ## everything that CI does: style, types, imports, settings, schema, then the tests

lint: $(VENV)/.installed-dev ## check without the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python -m tests.production check --deploy --fail-level WARNING
	@$(BIN)/python -m tests.production spectacular --validate --fail-on-warn --file /dev/null

clean: ## remove what was built, and nothing that was produced (var/ stays)
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@sh .ci/venv $(VENV)

$(VENV)/.installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing the portal's requirements into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "installing what tests and checks need into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(DEMO_VENV)/.installed: $(wildcard $(EXAMPLE)/*.toml $(EXAMPLE)/*.txt $(EXAMPLE)/*/*.py $(EXAMPLE)/*/*/*.py)
	@sh .ci/venv $(DEMO_VENV)
	@echo "installing the example's software into $(DEMO_VENV)"
	@$(DEMO_VENV)/bin/python -m pip install -q --disable-pip-version-check ./$(EXAMPLE)
	@touch $@
