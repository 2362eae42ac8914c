# `make` lists what there is. Variables: PYTHON, VENV, HOST, PORT, WEB_CONCURRENCY, CATEGORIES,
# SAMPLES, MODEL, SITE and ADDRESS (of an export), PYTEST (options for pytest).
SHELL := /bin/sh
VENV ?= .venv
CATEGORIES ?= 60
SAMPLES ?= 60
MODEL ?= emoji
SITE ?= public
# read by the shell from its environment: no word of them is a command
export CATEGORIES SAMPLES MODEL SITE ADDRESS
cores := $(shell getconf _NPROCESSORS_ONLN)
# one more than there are cores: many tests wait for a browser, a server or a disk
PYTEST ?= -n $(shell expr $(cores) + 1) --dist loadfile

# what is run a second time, on PostgreSQL; all of it: make test-scaled
on_postgresql := tests/store/index/test_index.py tests/store/curation/test_curating.py \
	$(addprefix tests/app/curate/,test_acts.py test_door.py test_read_only.py test_walls.py) \
	tests/app/pictures/test_pages.py tests/app/pictures/test_random_picture.py \
	tests/pregen/indexing/test_index_and_verify.py
# but what is about formats and addresses alone
not_on_postgresql := not by_ending and not accept_decides and not makes_no_sense and not test_sizes \
	and not hundred_wrong_tokens

# modules rather than scripts: a script's first line cannot hold a path with spaces everywhere
python := "$(VENV)/bin/python"
flask := $(python) -m flask
export VENV

.DEFAULT_GOAL := help
.PHONY: help run serve serve-gunicorn fill export demo quick test coverage test-long test-faults test-scaled test-torch test-network test-matrix lighthouse style lint format docs bench bench-long train lock deploy-commit \
	clean venv-site venv-tensorflow venv-quick venv-test packages

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' Makefile

run: venv-site ## everything: install, serve, make the pictures that are missing beside it
	@$(flask) db upgrade
	@$(flask) fetch-runtime --if-possible
	@exec $(python) -m bin.run "$$CATEGORIES" # so that make tells it, not a shell, to end

fill: venv-site ## install, make the pictures that are missing
	@$(flask) db upgrade
	@$(flask) pregen --categories "$$CATEGORIES" --samples "$$SAMPLES" --model "$$MODEL"

export: venv-site ## install, make the pictures that are missing, write the site as files into public/
	@$(flask) db upgrade
	@$(flask) export-site "$$SITE" --address "$$ADDRESS" --dry-run # what is wrong is said first
	@$(flask) fetch-runtime --if-possible
	@$(flask) pregen --categories "$$CATEGORIES" --samples "$$SAMPLES" --model "$$MODEL"
	@$(flask) export-site "$$SITE" --address "$$ADDRESS"

demo: venv-site ## have README.md begin with the site at ADDRESS
	@$(python) -m bin.demo "$$ADDRESS"

serve: venv-site ## serve what is there, on Granian
	@bin/serve granian

serve-gunicorn: venv-site ## the same on gunicorn
	@bin/serve gunicorn

quick: style ## install a little, run the tests that need no TensorFlow, browser or server: minutes
	@QUICK=1 $(python) -m pytest -n $(cores) --dist loadfile

test: venv-test packages lint ## install everything else and run every check and test
	@$(python) -m pytest $(PYTEST)
	@TEST_DATABASE=postgresql $(python) -m pytest $(PYTEST) $(on_postgresql) -k "$(not_on_postgresql)"

coverage: venv-$(if $(QUICK),quick,test packages) ## the tests and how many lines they reach; QUICK=1: those of make quick
	@$(python) -m pytest $(PYTEST) --cov --cov-report=term:skip-covered

test-long: venv-test ## 50 kills of pregen, 20 of a node, 3 of a trainer, 100,000 draws, 3,600 pictures of a SavedModel
	@KILLS=50 NODE_KILLS=20 STORE_KILLS=3 PAGE_DRAWS=100000 MEMORY_PICTURES=3600 \
		LONG=1 KILLED_RECIPES="wgan sagan stylegan" \
		$(python) -m pytest tests/pregen/filling/test_kill.py tests/pregen/engines/test_ray.py \
		tests/pregen/filling/test_top_up.py \
		tests/pregen/filling/test_bucket.py tests/store/files/test_bucket.py \
		tests/store/index/test_copy.py \
		tests/app/pictures/test_picking.py tests/sources/biggan/test_biggan.py \
		tests/gan/methods/test_documents.py tests/gan/methods/test_projected.py \
		tests/gan/methods/test_cyclegan.py tests/gan/evaluation/test_metrics.py \
		tests/gan/training/test_run.py tests/store/queries/test_text_ring.py \
		tests/app/curate/test_browser.py tests/app/translate/test_load.py \
		tests/app/browser/test_side_by_side.py \
		tests/deploy/container/test_clean_root.py tests/deploy/test_pages.py

test-faults: venv-test packages ## a fault at every system call of a batch, and many kills
	@rm -f fault-report.jsonl
	@FAULT_POINTS=0 FAULT_REPORT="$(CURDIR)/fault-report.jsonl" COMMAND_KILLS=200 OWNER_ROUNDS=200 DAMAGES=300 KILLS=50 LONG=1 $(python) -m pytest \
		tests/faults tests/pregen/filling/test_kill.py
	@cat fault-report.jsonl

test-scaled: venv-test ## the site's tests on PostgreSQL and an S3 server
	@TEST_DATABASE=postgresql TEST_STORE=s3 $(python) -m pytest $(PYTEST) tests/app tests/store \
		tests/pregen

test-torch: venv-test ## install PyTorch beside it, export its networks anew, compare 60 pictures of each
	@bin/torch "$(VENV)-torch"
	@TORCH_PYTHON="$(CURDIR)/$(VENV)-torch/bin/python" $(python) -m pytest tests/sources/runtimes/test_onnx.py

test-network: venv-test ## fetch BigGAN by each road, draw eight pictures; needs the internet
	@INTERNET=1 $(python) -m pytest tests/sources/biggan/test_network.py -s

test-matrix: packages ## the tests on Python 3.11 and 3.13, and on the lowest versions allowed
	@bin/matrix

lighthouse: venv-test ## have Lighthouse judge the site's pages, in Chromium
	@LIGHTHOUSE=1 $(python) -m pytest tests/app/test_lighthouse.py

style: venv-quick ## style, spelling, and whether generated documents are current: seconds
	@$(python) -m ruff format --check --quiet . || { echo "mend it with: make format" >&2; exit 1; }
	@$(python) -m ruff check --quiet .
	@$(python) -m codespell_lib
	@$(python) -m docs.generate --check

lint: style ## the same and types
	@$(python) -m mypy

format: venv-quick ## bring the code into its style
	@$(python) -m ruff check --quiet --fix .
	@$(python) -m ruff format --quiet .

docs: venv-site ## write docs/cli.md and docs/settings.md anew
	@$(python) -m docs.generate

bench: venv-test packages ## measure everything side by side, into docs/benchmarks.md
	@$(python) -m bench --write

bench-long: venv-test packages ## the random pick among ten million rows; three times ten minutes of full load
	@$(python) -m bench.pick --rows 3600 --rows 10000000
	@$(python) -m bench.soak
	@$(python) -m bench.soak --server granian --behind-nginx --write
	@$(python) -m bench.soak --server gunicorn --behind-nginx --write

train: venv-tensorflow ## train a generator as the shipped one was, on the emoji; continues where it stopped
	@$(flask) gan dataset emoji
	@$(flask) gan dataset emoji --size 128
	@$(flask) gan train --recipe emoji
	@$(flask) gan train --recipe emoji-projected
	@$(flask) gan train --recipe emoji-projected --run emoji-projected-2 \
		--set start=emoji-projected --set seed=1 --kimg 250
	@$(flask) gan train --recipe emoji-upscaled --set generator=emoji-projected-2

lock: venv-test ## pin what pyproject.toml asks for; UPGRADE=1 takes the newest
	@UV="$(VENV)/bin/uv" bin/lock

deploy-commit: venv-site ## commit pictures and index to the branch deploy, for Heroku
	@$(python) -m bin.deploy_commit

clean: ## remove the virtual environment and caches; pictures and index stay
	@rm -rf "$(VENV)" .matrix .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv-site venv-tensorflow venv-quick venv-test:
	@bin/venv $(@:venv-%=%)

packages:
	@bin/packages
