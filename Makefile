# Every target sets up what it needs; the second time that costs nothing.
.DEFAULT_GOAL := help
.PHONY: help run test first-part second-part pages-part prove lint fix bench lab notebooks screenshots infra
BIN := .venv/bin
export PYTHON

help: ## say what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:[^#]*## /: /; s/^/make /'

run: .venv/.installed-run ## start everything on this machine and train the sample bot once
	@exec $(BIN)/intentloop up --follow-parent

# The suite in two parts of about the same length, side by side; what the first one does not name is in the second. The
# admin pages come alone: their trainings give way to whatever else works on the machine.
FIRST := $(wildcard tests/serving/test_*.py) $(addprefix tests/serving/,api bench channels cli forget local processes release static)
PAGES := tests/serving/static/admin

test: lint ## lint, then run the whole suite
	@status=0; \
	$(MAKE) --no-print-directory --jobs=2 --keep-going first-part second-part || status=1; \
	$(MAKE) --no-print-directory pages-part || status=1; \
	exit $$status

first-part:
	@$(BIN)/pytest -m "not prove" $(FIRST) --ignore=$(PAGES)

second-part: # its report comes when it is done, in one piece
	@$(BIN)/pytest -m "not prove" $(addprefix --ignore=,$(FIRST)) >.venv/second-part.log 2>&1; \
	status=$$?; cat .venv/second-part.log; exit $$status

pages-part:
	@$(BIN)/pytest -m "not prove" $(PAGES)

prove: .venv/.installed-dev ## prove at full size what the engine promises, and print the figures
	@$(BIN)/pytest -m prove -q

lint: .venv/.installed-dev ## check style, types, docstrings, imports and notebooks
	@$(BIN)/ruff format --check --quiet . || { echo "make fix formats them"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/nbstripout --verify --keep-id notebooks/*.ipynb
	@$(BIN)/hadolint serving/Dockerfile pipelines/Dockerfile mlflow/Dockerfile

fix: .venv/.installed-dev ## format, repair what can be repaired, refresh what is generated
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/nbstripout --keep-id notebooks/*.ipynb
	@$(BIN)/python -m tests.support.readme
	@$(BIN)/python -m tests.support.metrics_guide

infra: .venv-infra/.installed-infra ## build the AWS stack for every choice, without AWS, and check it
	@JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION=1 \
		.venv-infra/bin/pytest --confcutdir=tests/serving/infra -m "not prove" tests/serving/infra

bench: .venv/.installed-run ## measure the understanding: make bench DATA=folder
	@test -n "$(DATA)" || { echo "name a folder with train.jsonl and test.jsonl: make bench DATA=folder"; exit 1; }
	@$(BIN)/intentloop bench nlu --data "$(DATA)"

lab: .venv/.installed-dev ## open JupyterLab on the notebooks
	@exec .ci/lab

screenshots: .venv/.installed-dev ## take pictures of every admin page, into .intentloop/screenshots
	@$(BIN)/python -m tests.support.screenshots .intentloop/screenshots

images: .venv/.installed-dev ## build the three container images, and try the chat API from its image
	@.ci/images
	@$(BIN)/python -m tests.support.images

notebooks: .venv/.installed-dev ## run every notebook from top to bottom
	@mkdir -p .intentloop/notebook-mlflow
	@MLFLOW_TRACKING_URI=sqlite:///$(CURDIR)/.intentloop/notebook-mlflow/mlflow.db \
		$(BIN)/pytest --nbmake --nbmake-timeout=900 notebooks

.venv/.installed-run: .requirements/uv.txt .requirements/run.txt pyproject.toml
	@.ci/setup run

.venv/.installed-dev: .requirements/uv.txt .requirements/dev.txt pyproject.toml
	@.ci/setup dev
	@touch .venv/.installed-run

.venv-infra/.installed-infra: .requirements/uv.txt .requirements/infra.txt
	@.ci/setup infra
