# keeptouch from a checkout: every target sets itself up first (.venv, from requirements.lock). `make help` lists them.
SHELL := /bin/sh
PY := .venv/bin/python
# further words for pytest: make test ARGS="-x tests/unit"
ARGS :=
QUICK = $(PY) -m pytest -n auto --dist worksteal -m 'not slow and not later and not server and not soak'
# our own modules are compiled once, not at every start
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo quick test soak check servers bench bench-large fresh deb deb-test picture pages lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup:  ## build or renew .venv
	@.ci/setup

demo: setup  ## show what keeptouch does, on a small made-up company
	@.venv/bin/keeptouch demo

quick: setup  ## the tests that need no server and no patience
	$(QUICK) $(ARGS)

# the quick ones, of which some wait for a clock, by half as many workers again as there are cores; then the others, which
# wait for servers much of the time; every worker has servers of its own, and what a file's tests share is made once; with
# ARGS all in one run
test: setup  ## all tests; in CI the servers they need are installed first
	@if [ "$$CI" = true ]; then .ci/servers; else .ci/servers --missing; fi
ifeq ($(strip $(ARGS)),)
	$(QUICK)
	$(PY) -m pytest -n 6 --dist loadfile --no-loadscope-reorder -m '(slow or later or server) and not soak'
else
	$(PY) -m pytest $(ARGS)
endif

soak: setup  ## 1,400 kills, 300 accounts under faults and other long forms, in parts of minutes; one: ARGS="-k endurance"
	@.ci/setup fuzz
	$(PY) -m pytest -m soak --durations=0 $(ARGS)

check: setup  ## format, lint, types, floors, house rules
	$(PY) -m ruff format --check . .ci
	$(PY) -m ruff check . .ci
	$(PY) -m mypy
	$(PY) -m mypy .ci/environment.py .ci/house_rules.py .ci/pages.py .ci/deb.py
	.venv/bin/lint-imports
	$(PY) .ci/house_rules.py

servers:  ## install the servers the tests talk to (Debian, as root)
	@.ci/servers

bench: setup  ## speed beside other programs; with 50,000 mails too: make bench ARGS=--scale
	$(PY) -m tests.bench $(ARGS)

bench-large: setup  ## how quickly 10 million interactions answer; needs 60 GiB; less: ARGS="--interactions 1000000"
	$(PY) -m tests.bench.large $(ARGS)

fresh:  ## demo and test on a new Debian, as an ordinary user (as root)
	@.ci/fresh

deb: setup  ## build dist/keeptouch_VERSION_ARCHITECTURE.deb, for this release of Debian
	@$(PY) .ci/deb.py $(ARGS)

deb-test: deb  ## install, start, upgrade, remove and purge the package on a new Debian, with systemd and without (as root)
	@.ci/deb-test
	@.ci/deb-systemd

pages: setup  ## make the manual page and the completion of bash anew
	@$(PY) .ci/pages.py

lock:  ## renew requirements.lock
	@.ci/lock

picture: setup  ## draw docs/demo.svg anew, the picture in README.md
	$(PY) -m daemon.demo.picture docs/demo.svg

clean:  ## remove what the targets made
	rm -rf .venv .venv.tmp .venv.old .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
