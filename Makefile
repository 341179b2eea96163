# make demo    the whole product on this machine, with invented people
# make test    every test, browser journeys included; ARGS="-k name" narrows it
# make check   style, types, layers, templates, migrations, deployment settings
# make conformance   messages through other people's programs: Debian's Kannel and Postfix
#
# Only python3 (3.11 or newer, with venv) and make are needed; the rest is installed
# below .venv from lists with hashes.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
RUN := .venv/bin/python
INSTALL := $(RUN) -m pip install -qq --no-input --disable-pip-version-check \
	--require-hashes --no-deps --no-compile
ARGS ?=

# The first of these that is new enough; empty when there is none.
FOUND_PYTHON = $(shell for each in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then command -v "$$each"; break; fi; done)

.PHONY: help
help: ## say what there is
	@sed -n 's/^\([a-z%-]*\):.*## \(.*\)/make \1	\2/p' Makefile

# --- what is installed --------------------------------------------------------

# A .venv that runs is never removed, whoever made it; one that does not (half-made, or its
# interpreter was updated away) is of no use to anybody.
.PHONY: runnable
runnable:
	@if ! $(RUN) -c 'import pip' >/dev/null 2>&1; then \
		if [ -z "$(FOUND_PYTHON)" ]; then \
			echo "Python 3.11 or newer is needed. Install it, or name it: make PYTHON=/path/to/python3" >&2; \
			exit 1; fi; \
		rm -rf .venv; \
		"$(FOUND_PYTHON)" -m venv .venv || { rm -rf .venv; \
			echo "Python's venv module is incomplete. On Debian install the package 'python3-venv'." >&2; \
			exit 1; }; \
	fi

.venv/demo-installed: requirements-demo.txt
	@echo "Installing what the demo needs (once, under a minute) ..."
	@$(INSTALL) -r $<
	@touch $@

.venv/dev-installed: requirements-dev.txt
	@echo "Installing what tests and checks need (once, about a minute) ..."
	@$(INSTALL) -r $<
	@touch $@ .venv/demo-installed

.PHONY: ready-for-demo ready-for-dev
ready-for-demo: runnable
	@$(MAKE) --no-print-directory -s .venv/demo-installed
ready-for-dev: runnable
	@$(MAKE) --no-print-directory -s .venv/dev-installed

# --- running ------------------------------------------------------------------

.PHONY: demo
demo: ready-for-demo ## the whole product on this machine; Ctrl-C ends it
	@exec $(RUN) -m demo

.PHONY: test
test: ready-for-dev chromium kannel-and-postfix ## every test
	@exec env -u DJANGO_SETTINGS_MODULE $(RUN) -m pytest -n 2 --dist worksteal $(ARGS)

.PHONY: chromium
chromium:
	@if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Debian's chromium ..."; \
			apt-get update -qq && \
			DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
		else \
			echo "The browser journeys need Chromium: install the package 'chromium'." >&2; exit 1; \
		fi; \
	fi

# Policy keeps the packages' own services from starting; the suite runs private ones.
.PHONY: kannel-and-postfix
kannel-and-postfix:
	@if [ ! -x /usr/sbin/bearerbox ] || [ ! -x /usr/sbin/postfix ] || \
			[ ! -x /usr/lib/kannel/test/fakesmsc ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Debian's kannel, kannel-extras and postfix ..."; \
			[ -e /usr/sbin/policy-rc.d ] || { made=1; \
				printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; \
				chmod 755 /usr/sbin/policy-rc.d; }; \
			echo "postfix postfix/main_mailer_type select No configuration" | \
				debconf-set-selections && apt-get update -qq && \
			DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
				kannel kannel-extras postfix >/dev/null; \
			status=$$?; [ -z "$$made" ] || rm -f /usr/sbin/policy-rc.d; exit $$status; \
		else \
			echo "The conformance suite needs Kannel and Postfix: install the packages 'kannel', 'kannel-extras' and 'postfix'." >&2; exit 1; \
		fi; \
	fi

.PHONY: conformance
conformance: ready-for-dev kannel-and-postfix ## our messages through Kannel and Postfix
	@exec env -u DJANGO_SETTINGS_MODULE $(RUN) -m pytest tests/conformance $(ARGS)

.PHONY: canary
canary: ready-for-dev chromium ## plant a person and sweep every store for her
	@exec $(RUN) -m pytest -k canary $(ARGS)

.PHONY: authz
authz: ready-for-dev ## every address, asked by everybody, against the reviewed table
	@exec $(RUN) -m pytest tests/authorisation --show-capture=stdout $(ARGS)

.PHONY: chaos
chaos: ready-for-dev ## one alert while workers are killed and the broker is wiped
	@exec $(RUN) -m benchmarks.chaos $(ARGS)

.PHONY: bench-%
bench-%: ready-for-dev ## one benchmark: benchmarks/%.py
	@exec $(RUN) -m benchmarks.$* $(ARGS)

# --- checking -----------------------------------------------------------------

OFFLINE := env DJANGO_SETTINGS_MODULE=config.settings.offline

.PHONY: check
check: ready-for-dev ## style, types, layers, templates, migrations, deployment settings
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy .
	$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-logo
	$(RUN) -m djlint --lint --quiet templates
	$(OFFLINE) $(RUN) manage.py makemigrations --check --dry-run
	$(RUN) deploy/check.py

# --- keeping ------------------------------------------------------------------

.PHONY: messages
messages: ready-for-dev ## collect what is to be translated (needs GNU gettext), compile it
	$(OFFLINE) $(RUN) manage.py makemessages --all --add-location=file --no-wrap \
		--ignore '.venv/*' --ignore 'node_modules/*' --ignore 'frontend/*' --ignore 'tests/*'
	$(RUN) -m babel.messages.frontend compile -D django -d locale

LOCK = $(RUN) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header

.PHONY: lock
lock: ready-for-dev ## choose versions anew and write the lists with hashes
	$(RUN) -m pip install -qq uv
	$(LOCK) --upgrade --extra demo --extra dev -o requirements-dev.txt
	$(LOCK) --upgrade --extra demo --constraint requirements-dev.txt -o requirements-demo.txt
	$(LOCK) --upgrade --constraint requirements-dev.txt -o requirements.txt

.PHONY: clean
clean: ## remove what was built or kept, the demo's data included
	rm -rf .venv .run staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis
