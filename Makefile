# Everything starts here. Each command does its own set-up, inside this folder; see README.md.
#   make run              both apps; PORT=9000 puts them on 9000 and 9100
#   make test             every check there is, browser included
#   make bench            cache operations, against cachetools in the same run
#   make traffic          requests against the running service; PHOTOS=folder adds its images first

PYTHON ?= python3
IN_VENV := .venv/bin/python

.PHONY: run test bench traffic

run:
	@$(PYTHON) tools/prepare.py requirements.txt
	@$(IN_VENV) tools/run.py

# Temporary files of the tests and of the browser stay in the folder too.
test: export TMPDIR := $(CURDIR)/.cache/tmp
test:
	@rm -rf "$(TMPDIR)" && mkdir -p "$(TMPDIR)"
	@$(PYTHON) tools/prepare.py requirements-dev.txt --tests
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .
	@$(IN_VENV) -m pytest -n 2 --dist loadfile

bench:
	@$(PYTHON) tools/prepare.py requirements-dev.txt
	@$(IN_VENV) -m benchmarks.cache_operations

traffic:
	@$(PYTHON) tools/prepare.py requirements.txt
	@$(IN_VENV) -m tools.traffic $(if $(PHOTOS),--photos "$(PHOTOS)") $(ARGS)
