# Every target makes .venv and installs what it needs by itself: once for each set of extras, and again
# only when pyproject.toml changed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
PYTEST := $(BIN)/python -m pytest
UV := $(shell command -v uv 2>/dev/null)
ifeq ($(UV),)
MAKE_VENV := $(PYTHON) -m venv .venv
# A module is compiled when it is imported first; to compile all of them costs more than the rest.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile
else
MAKE_VENV := $(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
# With pip in it, for whoever installs something by hand.
INSTALL := $(UV) pip install --quiet --python $(BIN)/python pip
endif
# Hundreds of processes of the tests import the same, some where nothing may be written. Some files of
# other packages are templates, which do not compile.
COMPILE := -$(BIN)/python -W ignore -m compileall -q -j 0 .venv/lib >/dev/null 2>&1
# Notebooks are run again in a fresh copy, and compared with what they show.
NOTEBOOKS := $(patsubst %,build/%,$(wildcard notebooks/*.ipynb))
LESSONS := $(patsubst %,build/%,$(wildcard notebooks/lessons/*.ipynb))
# `EXTRAS=test,kerberos make test` on a machine with a compiler, Python's headers and libkrb5-dev.
EXTRAS ?= test
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=120
SANITIZE := --nbval-sanitize-with=tests/nbval_sanitize.cfg
TWO_FILES := --numprocesses=2 --dist=loadfile

.PHONY: demo statements lab lite test test-long test-lowest fuzz lint bench bench-compare docs

demo: $(INSTALLED)
	$(BIN)/python notebooks/build.py demo

# The other tour: one statement a customer, with a table, a figure and a spreadsheet.
statements: $(INSTALLED)-statements
	$(BIN)/python notebooks/build.py demo statements

lab: $(INSTALLED)-lab,lessons
	$(BIN)/jupyter lab --notebook-dir=notebooks --LabApp.default_url=/lab/tree/lessons

# Lessons for a browser alone, in build/lite; npm brings the Python that runs there.
lite: $(INSTALLED)-lite
	$(BIN)/python notebooks/lite/build.py

test: $(INSTALLED)-$(EXTRAS)
	$(BIN)/python notebooks/build.py copy
	# Lessons are the same on every machine, so nothing is replaced before comparing.
	$(PYTEST) --quiet $(TWO_FILES) $(NBVAL) $(LESSONS)
	$(PYTEST) $(TWO_FILES) $(NBVAL) $(SANITIZE) tests $(NOTEBOOKS)

test-long: $(INSTALLED)-$(EXTRAS)
	# A dump of all threads after some minutes has killed what it looked at.
	$(PYTEST) -m long --timeout=3600 -o faulthandler_timeout=0 $(TWO_FILES) tests

# Part of the suite beside the oldest versions of other packages that pyproject.toml allows.
test-lowest: $(INSTALLED)-$(EXTRAS)
	$(PYTEST) -m long -o faulthandler_timeout=0 tests/architecture/test_lower_bounds.py

# So many seconds for each parser; NAMES are some of tests/fuzz/targets.py, all by default.
SECONDS := 300
fuzz: $(INSTALLED)-$(EXTRAS)
	cd tests && ../$(BIN)/python -m fuzz --seconds $(SECONDS) $(NAMES)

lint: $(INSTALLED)-$(EXTRAS)
	$(PYTEST) tests/architecture/test_style.py tests/architecture/test_contract.py

docs: $(INSTALLED)-$(EXTRAS)
	$(BIN)/python docs/build.py

bench: $(INSTALLED)-test,bench
	$(BIN)/python -m benchmarks $(BENCH)

# `make bench-compare REF=v1.0`: this checkout against another commit, as ratios.
bench-compare: $(INSTALLED)-test,bench
	$(BIN)/python -m benchmarks.compare $(REF) $(BENCH)

# Two targets at once would install into the same place.
.NOTPARALLEL:

$(INSTALLED): pyproject.toml | .venv/made
	$(INSTALL) --editable .
	touch $@

$(INSTALLED)-%: pyproject.toml | .venv/made
	$(INSTALL) --editable '.[$*]'
	$(if $(filter test%,$*),$(COMPILE))
	touch $@

# A stamp too: an attempt without Debian's python3-venv leaves a Python there that has no pip.
.venv/made:
	$(MAKE_VENV)
	touch $@
