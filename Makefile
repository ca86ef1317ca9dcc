# Every target makes .venv and installs by itself; it installs again only when pyproject.toml changed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
PYTEST := $(BIN)/python -m pytest
# Notebooks are run again in a fresh copy, and compared with what they show.
NOTEBOOKS := $(patsubst %,build/%,$(wildcard notebooks/*.ipynb))
LESSONS := $(patsubst %,build/%,$(wildcard notebooks/lessons/*.ipynb))
# `EXTRAS=test,kerberos make test` on a machine with a compiler, Python's headers and libkrb5-dev.
EXTRAS ?= test
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=120
SANITIZE := --nbval-sanitize-with=tests/nbval_sanitize.cfg
TWO_FILES := --numprocesses=2 --dist=loadfile

.PHONY: demo lab test test-long fuzz lint bench bench-compare docs

demo: $(INSTALLED)
	$(BIN)/python notebooks/build.py demo

lab: $(INSTALLED)
	$(BIN)/jupyter lab --notebook-dir=notebooks --LabApp.default_url=/lab/tree/lessons

test: $(INSTALLED)
	$(BIN)/python notebooks/build.py copy
	# Lessons are the same on every machine, so nothing is replaced before comparing.
	$(PYTEST) --quiet $(TWO_FILES) $(NBVAL) $(LESSONS)
	$(PYTEST) $(TWO_FILES) $(NBVAL) $(SANITIZE) tests $(NOTEBOOKS)

test-long: $(INSTALLED)
	$(PYTEST) -m long --timeout=3600 tests

# So many seconds for each parser; NAMES are some of tests/fuzz/targets.py, all by default.
SECONDS := 300
fuzz: $(INSTALLED)
	cd tests && ../$(BIN)/python -m fuzz --seconds $(SECONDS) $(NAMES)

lint: $(INSTALLED)
	$(PYTEST) tests/architecture/test_style.py tests/architecture/test_contract.py

docs: $(INSTALLED)
	$(BIN)/python docs/build.py

bench: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python -m benchmarks $(BENCH)

# `make bench-compare REF=v1.0`: this checkout against another commit, as ratios.
bench-compare: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python -m benchmarks.compare $(REF) $(BENCH)

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@
