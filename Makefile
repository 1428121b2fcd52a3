# Thin: every target is one or two commands that you may also type yourself.
SHELL := /bin/sh
PYTHON ?= python3
# Targets run inside the checkout; its path may hold spaces, so every use is quoted or relative.
VENV := .venv/bin
# What another Python program needs would break or change ours; mqcourse/variables.py says the rest.
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONOPTIMIZE PYTHONINSPECT PYTHONVERBOSE PYTHONPLATLIBDIR
# Else each of the thousand processes of a test run compiles its packages anew, a third of all work.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help start stop status book pages publish links site-table lab test test-long test-fast test-book test-labs test-emulator coverage check prose \
	format lock derived conformance bench clean clean-cache

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

start: .venv-course ## install everything, start the brokers, build and serve the book, start JupyterLab
	@"$(VENV)/mq" start

stop: ## stop everything that make start started
	@if [ -x "$(VENV)/mq" ]; then "$(VENV)/mq" stop; else echo "nothing is installed, so nothing runs"; fi

status: ## what runs, where, in which version
	@if [ -x "$(VENV)/mq" ]; then "$(VENV)/mq" status; else echo "nothing is installed, so nothing runs: make start"; fi

book: .venv-course ## run the chapters on your own brokers and build the book from what they gave
	@"$(VENV)/mq" start rabbitmq kafka servicebus
	@"$(VENV)/mq" book run

pages: .venv-course ## build the book from the kept outputs of its chapters; needs no broker
	@"$(VENV)/mq" book build

publish: .venv-course ## the book as a site's folder for any static host: URL=https://host/sub/path/ TO=folder
	@"$(VENV)/mq" book publish $(if $(URL),--url "$(URL)") $(if $(TO),--to "$(TO)")

links: .venv-course ## whether every link of the book can be reached (needs a network)
	@"$(VENV)/jupyter-book" build --builder linkcheck --path-output .mq/links .

site-table: .venv-test ## what the site is measured by: weight, layout shift, console, axe, links, Lighthouse; SAVE=1 keeps the table
	@"$(VENV)/mq" bench $(if $(SAVE),--save) site

lab: .venv-course ## start JupyterLab and the brokers the labs need
	@"$(VENV)/mq" start rabbitmq kafka servicebus jupyter

test: .venv-test ## the whole test suite: pure, real brokers, notebooks, browser
	@"$(VENV)/python" -m pytest -n 4 -p no:nbval -m "not paced and not conformance"
	@"$(VENV)/python" -m pytest -p no:nbval -m paced

test-long: .venv-test ## the tests that repeat failures, 30 kills and 100 random failures each (three hours)
	@TEST_LONG=1 "$(VENV)/python" -m pytest tests/stack/test_confirmed_survives.py tests/stack/test_cluster.py \
		tests/notebooks/test_solutions.py tests/grading/test_replicated_lab.py

test-fast: .venv-test ## the quick ones of the tests that need no broker and no browser
	@"$(VENV)/python" -m pytest -n 3 -p no:nbval --dist loadfile -m "not stack and not browser and not slow and not lengthy and not conformance"

test-book: .venv-test ## the tests of the book: chapters, facts, directives, cards, style
	@"$(VENV)/python" -m pytest tests/book tests/prose tests/browser/book

test-labs: .venv-test ## the tests of the grader and the labs; NAME=kafka_log for one lab
	@"$(VENV)/python" -m pytest tests/grading tests/notebooks $(if $(NAME),-k "$(NAME)")

test-emulator: .venv-test ## the tests of the Service Bus emulator
	@"$(VENV)/python" -m pytest emulator/tests tests/browser/emulator

TESTS ?= -n 2 -p no:nbval -m "not paced and not conformance"
coverage: .venv-test ## how much of each package the tests run, by statement and by branch; TESTS=tests/stack for some
	@rm -rf .mq/coverage && mkdir -p .mq/coverage
	@"$(VENV)/python" -m coverage run -m pytest $(TESTS); "$(VENV)/python" -m coverage combine --quiet && \
		"$(VENV)/python" -m coverage json --quiet -o - | "$(VENV)/python" -m tools.coverage_by_package

check: .venv-test ## lint, types, style, and whether everything derived is current
	@"$(VENV)/ruff" check .
	@"$(VENV)/ruff" format --check .
	@"$(VENV)/mypy"
	@"$(VENV)/lint-imports" --no-cache --no-logo
	@"$(VENV)/python" -m tools.derived
	@"$(VENV)/python" -m tools.prose
	@"$(VENV)/python" emulator/docs/draw_states.py --check

prose: .venv-test ## how often each habit of style still occurs, by rule and by file
	@"$(VENV)/python" -m tools.prose --counts

format: .venv-test ## put the code in order
	@"$(VENV)/ruff" check --fix-only --quiet . ; "$(VENV)/ruff" format --quiet .

derived: .venv-test ## make again everything that is derived from a master
	@"$(VENV)/python" -m tools.derived --renew

lock: .venv-test ## renew the pins: requirements.txt, requirements-test.txt, npm packages, the list of Kafka's jars
	@"$(VENV)/python" -m tools.derived --lock

conformance: .venv-test ## every client whose toolchain is here against the Service Bus emulator (an hour), into its table
	@"$(VENV)/python" -m pytest -m "conformance or wire" tests/conformance --write-table \
		--deselect tests/conformance/test_python_sdk.py::test_a_representative_case

bench: .venv-test ## every benchmark, its table kept in benchmarks/results
	@failed=; for name in benchmarks/[!_]*.py; do \
		"$(VENV)/mq" bench --save "$$(basename "$$name" .py)" || failed="$$failed $$(basename "$$name" .py)"; \
	done; if [ -n "$$failed" ]; then echo "not reached:$$failed" >&2; exit 1; fi

# Named by a path in the checkout: from any other folder (make -f) these fail before anything is removed.
clean: ## remove what was made or fetched here (.venv, .mq, _build); your points and notebooks stay
	@"$(PYTHON)" mqcourse/install/clean.py --check
	@$(MAKE) --no-print-directory stop
	@"$(PYTHON)" mqcourse/install/clean.py

clean-cache: ## remove the downloads that all checkouts share
	@"$(PYTHON)" -c "import shutil; from mqcourse.home import cache_folder; shutil.rmtree(cache_folder(), True)"

.PHONY: .venv-course .venv-test
.venv-course:
	@"$(PYTHON)" mqcourse/install/environment.py requirements.txt

.venv-test:
	@"$(PYTHON)" mqcourse/install/environment.py requirements-test.txt
