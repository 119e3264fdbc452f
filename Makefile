# `make` shows the targets. Each works in $(VENV), which is made when it is not there.
VENV ?= .venv
PYTHON := $(VENV)/bin/python
LOCK := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
	--no-strip-extras --no-emit-index-url --custom-compile-command "make lock"

.PHONY: help run test check bench lock proofs

help:  ## show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

$(PYTHON):
	python3 -m venv $(VENV)

# What a student's run and `pytest` need.
$(VENV)/.student: requirements.txt | $(PYTHON)
	$(PYTHON) -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

# What builders and CI add.
$(VENV)/.builder: requirements-dev.txt $(VENV)/.student
	$(PYTHON) -m pip install --quiet --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@

run: $(VENV)/.student  ## simulate twelve epochs
	$(PYTHON) simulate.py --epochs 12

test: $(VENV)/.student  ## run the tests that need nothing but Python
	$(PYTHON) -m pytest -q

check: $(VENV)/.builder  ## format, lint, types, layers, house rules
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(PYTHON) -m pytest -q tests/unit/test_house_rules.py
	@git ls-files 'market_sim/*.py' | xargs wc -l | awk '$$2 != "total" && $$1 > 400 {print $$2 ": " $$1 " lines: where is the seam?"}'

bench: $(VENV)/.student  ## measure, and write benchmarks/results.json
	$(PYTHON) -m benchmarks

# Needs Python 3.11 or newer (tomllib). Remove a lock file first to move everything in it to the newest version.
lock: $(VENV)/.builder  ## compile the lock files from pyproject.toml and contracts/requirements.in
	$(LOCK) pyproject.toml --extra web --extra test --output-file requirements.txt
	$(PYTHON) -c "import tomllib; e = tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']; print(*e['dev'], *e['browser'], *e['tables'], *e['dask'], *e['postgres'], *e['ccxt'], *e['fast'], sep='\n')" \
		| $(LOCK) - --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) contracts/requirements.in --output-file contracts/requirements.txt

contracts/.venv/.ready: contracts/requirements.txt
	python3 -m venv contracts/.venv
	contracts/.venv/bin/python -m pip install --quiet --require-hashes -r contracts/requirements.txt
	@touch $@

proofs: contracts/.venv/.ready $(VENV)/.builder  ## analyse the contracts and hunt for broken invariants (needs Node)
	cd contracts && npm ci --ignore-scripts
	HUNT_RUNS=256 PLANTED=all REQUIRE_CHAIN=1 $(PYTHON) -m pytest -q -m system tests/system/test_contracts_*.py
