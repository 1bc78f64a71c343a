# make demo   poses on five photographs, with the shipped weights
# make test   the test suite
PYTHON ?= python3
PYTHON37 ?= python3.7
BIN = .venv/bin

demo: .venv/installed
	@$(BIN)/python demo/singleperson.py --out out

test: .venv/installed
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

# The page of pose serve in Chromium (Debian: apt install chromium); screenshots go to out/.
test-web: .venv/installed
	@$(BIN)/python $(PIP) playwright
	@mkdir -p out
	POSE_WEB=1 $(BIN)/python -m pytest -q -s tests/pose_tensorflow/serve/test_web.py

# The pages in docs/ as a site.
docs: .venv/installed
	@$(BIN)/python $(PIP) mkdocs-material "mkdocstrings[python]"
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "open out/site/index.html, or, while you write, $(BIN)/python -m mkdocs serve"

test-tf1: .venv-tf1/installed
	.venv-tf1/bin/python -m pytest -q -n 2 --dist worksteal

sanitize: .venv/installed
	PYTHON=$(CURDIR)/$(BIN)/python lib/sanitize.sh

# Everything that can go wrong, see docs/reliability.md: some four hours. Full disks need root.
faults: .venv/installed
	@$(BIN)/python $(PIP) atheris
	POSE_FAULTS=1 $(BIN)/python -m pytest -q tests/faults
	$(BIN)/python tests/faults/killed.py --times 100
	$(BIN)/python tests/faults/fuzz.py --seconds 600
	sh tests/faults/solver.sh 10000000

bench: .venv/installed
	$(BIN)/python benchmarks/bench.py

SOURCES = setup.py $(wildcard lib/*/*.pyx lib/*/*.cpp lib/*/*.hpp)
# Found missing only after the download of TensorFlow otherwise.
NEEDED = import ensurepip, os, shutil, sys, sysconfig; \
	sys.exit(not (shutil.which("c++") and os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))))
PIP = -W ignore -m pip --quiet --disable-pip-version-check install

.venv/installed: $(SOURCES)
	@$(PYTHON) -c '$(NEEDED)' 2>/dev/null || { \
		echo "a C++ compiler or a part of Python is missing: on Debian and Ubuntu, apt install g++ python3-dev python3-venv"; exit 1; }
	@echo "installing into .venv: TensorFlow and other packages, and this project; a few minutes the first time"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP) --upgrade pip
	@$(BIN)/python $(PIP) -e ".[cpu,exact,h5,parquet,serve,test,track,video]"
	@touch $@

.venv-tf1/installed: $(SOURCES)
	@echo "installing into .venv-tf1: TensorFlow 1.15 and other packages, and this project"
	@$(PYTHON37) -m venv .venv-tf1
	@.venv-tf1/bin/python $(PIP) --upgrade pip
	@.venv-tf1/bin/python $(PIP) -e ".[tf1,test]"
	@touch $@

.PHONY: demo docs test test-web test-tf1 sanitize faults bench
