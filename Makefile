# `make demo` and `make test` are all that a fresh clone needs: each makes .venv by itself.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SOURCE := $(shell find reconciler -name '*.py' -o -name 'py.typed')
# The examples read these four; the embedded emulator takes any value.
DEMO_ENV := S3_ACCESS_KEY=demo-access S3_SECRET_KEY=demo-secret ALL_HANDS_TOKEN=demo-token RTMP_URL=rtmp://live.example.org/demo

.PHONY: help demo test lint types contracts pytest consumers bench schema docs cassettes matrices golden compare clean

help: ## Say what there is.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.tools: constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling setuptools wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt '.[dev]'
	touch $@ $(VENV)/.installed

# The tests run against an installed package, never against the source tree.
$(VENV)/.installed: $(VENV)/.tools $(SOURCE) README.md LICENSE
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --force-reinstall .
	touch $@

demo: $(VENV)/.installed ## Run the main job on the embedded emulator with the shipped manifests.
	$(BIN)/takeup validate
	@echo
	$(DEMO_ENV) $(BIN)/takeup plan
	@echo
	$(DEMO_ENV) $(BIN)/takeup apply --auto-approve
	@echo
	@echo '$$ takeup plan   # after an apply there is nothing left to do'
	$(DEMO_ENV) $(BIN)/takeup plan
	@echo
	@echo 'Go on: export $(DEMO_ENV)'
	@echo '       change a file in manifests/ and run $(BIN)/takeup plan again, then $(BIN)/takeup apply'
	@echo '       $(BIN)/takeup state list      what is recorded'
	@echo '       $(BIN)/takeup destroy         stop everything'
	@echo '       docs/tutorial.md              the same, step by step'

test: lint types contracts pytest ## Lint, types, import contracts and tests.

lint: $(VENV)/.installed ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed ## mypy --strict
	$(BIN)/mypy

contracts: $(VENV)/.installed ## Imports point downwards.
	PYTHONPATH=reconciler $(BIN)/lint-imports

pytest: $(VENV)/.installed ## The tests, on all cores.
	$(BIN)/pytest -n auto -q

# Tools for Terraform plans, SARIF and JUnit that the tests feed, in an environment of their own (60 packages).
NPM_CONSUMERS := @ahmadnassri/terraform-unidiff@4.0.5 @microsoft/jest-sarif@1.0.0-beta.0
$(VENV)/consumers/.installed: constraints.txt pyproject.toml Makefile | $(VENV)/.installed
	$(PYTHON) -m venv $(VENV)/consumers
	$(VENV)/consumers/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	  $$($(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['consumers'])")
	! command -v npm >/dev/null || npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(VENV)/consumers/node $(NPM_CONSUMERS)
	touch $@

# Azure's store for the tests that keep a state there; they are skipped without it, but not in CI.
$(VENV)/azurite/.installed: Makefile
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(VENV)/azurite azurite@3.37.0
	touch $@

consumers: $(VENV)/consumers/.installed ## Feed what we write to tools that nobody here wrote; installs them first.
	$(BIN)/pytest -n auto -q tests/consumers

schema: $(VENV)/.installed ## Write manifests/schema/v1.json anew.
	$(BIN)/takeup schema > manifests/schema/v1.json

docs: $(VENV)/.installed ## Write the generated pages of docs/reference/ anew.
	$(BIN)/python docs/generate.py

cassettes: $(VENV)/.installed ## Record cassettes/ anew, from the emulator (cassettes/README.md: from a real account).
	$(BIN)/pytest tests/contract/test_cassettes.py tests/contract/test_conformance.py --record-mode=rewrite

matrices: $(VENV)/.installed ## Kill takeup at every boundary, meet every fault, and write the pages about it; takes a while, needs PostgreSQL.
	$(BIN)/python -m tests.crash.page
	$(BIN)/python -m tests.faults.page

golden: $(VENV)/.installed ## Live a simulated week with each project of manifests/examples, and write the page about it.
	$(BIN)/python -m tests.golden.page

bench: $(VENV)/.installed ## Measure; takes some minutes.
	$(BIN)/python tests/benchmarks/run.py

compare: $(VENV)/.installed ## Crash Terraform and takeup in the same calls, and renew the page that tells of it; takes some minutes.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt '.[terraform]'
	$(BIN)/python -m tests.benchmarks.terraform_crash --page docs/explanation/compared-with-terraform.md

clean: ## Remove what make made.
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis dist build
