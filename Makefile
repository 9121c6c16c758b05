# Two commands are enough: `make run` and `make test`. `make help` lists the others.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3 || echo python3.11)
VENV := .venv/bin
PORT ?= 8000
export PORT

.DEFAULT_GOAL := help

help: ## List what a developer does every day
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## Prepare everything that the other commands need
	@$(PYTHON) scripts/prepare.py test

run: ## Start the whole site on http://127.0.0.1:8000 (PORT=… for another port)
	@$(PYTHON) scripts/prepare.py run
	@[ -n "$$DATABASE_URL$$REDIS_URL" ] || export DEMO="$${DEMO:-1}"; exec $(VENV)/python manage.py run

test: setup ## Run the whole suite on a PostgreSQL and a Redis of its own
	@$(VENV)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: ## Check style and import order
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/lint-imports

format: ## Rewrite the code in the project's style
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

lock: ## Pin the packages anew after a change of requirements/*.in (UPGRADE=1: newest)
	@for name in base demo test; do \
		$(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			$${UPGRADE:+--upgrade} requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

migrations: ## Write migrations for changed models
	@DEMO=1 $(VENV)/python manage.py makemigrations

messages: ## Collect the texts to translate and compile the translations
	@command -v xgettext msgmerge msgfmt >/dev/null || { echo "This needs gettext. Type: sudo apt-get install gettext" >&2; exit 1; }
	@DEMO=1 $(VENV)/python manage.py makemessages --locale en --no-wrap --no-obsolete --add-location file \
		--ignore var --ignore .venv --ignore node_modules --ignore tests --ignore bench
	@DEMO=1 $(VENV)/python manage.py compilemessages --ignore .venv --ignore var

demo-reset: ## Throw the demo's data away; the next `make run` starts afresh
	@$(VENV)/python -m config.embedded

bench: setup ## Measure pages and queues beside bare Django pages
	@$(VENV)/python -m bench $(ARGS)

screenshots: setup ## Photograph the demo's pages into var/screenshots and docs/images
	@$(VENV)/python scripts/screenshots.py $(ARGS)

audit: ## Ask whether a locked package has a known weakness
	@$(VENV)/pip-audit --require-hashes --disable-pip --requirement requirements/test.txt

clean: ## Remove everything that the other commands made, data included
	@rm -rf .venv var .pytest_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: help setup run test lint format lock migrations messages demo-reset bench screenshots audit clean
