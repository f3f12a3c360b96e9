# Doors to the pipeline; `make help` lists them. Everything runs in .venv, which `setup` makes.
SHELL := /bin/bash
PYTHON ?= python3
CORES ?= 2
VENV := .venv
RUN := $(VENV)/bin
SNAKEMAKE := $(RUN)/snakemake --cores $(CORES)
# for small CPU wheels of torch: the index url that PyTorch's "get started" page gives for CPU
TORCH_INDEX ?=

.PHONY: help setup demo report stylize studio doctor compare test bench bench-night lint format lock datasets pack clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## make the virtual environment with pinned packages

$(VENV)/.ready: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; give it with PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
ifneq ($(TORCH_INDEX),)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --index-url $(TORCH_INDEX) $$(grep -E '^torch(vision)?==' requirements.lock)
	grep -vE '^(nvidia-(cu|n)|cuda-|triton|torch(vision)?==)' requirements.lock > $(VENV)/requirements.txt
else
	cp requirements.lock $(VENV)/requirements.txt
endif
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --requirement $(VENV)/requirements.txt
	touch $@

# the demo's jobs are too small to gain from a second thread, and would keep another from a core
demo: setup ## run everything on embedded data, in minutes, and write the report
	$(SNAKEMAKE) --max-threads 1 --configfile config/presets/demo.yaml --quiet rules
	@echo "The report is at $(CURDIR)/results/report/index.html"

report: setup ## write the report anew from the results that are there, with the config that made them
	@test -f results/config.yaml || { echo "there are no results yet: run make demo, or snakemake"; exit 1; }
	@! $(SNAKEMAKE) --configfile results/config.yaml --dry-run 2>&1 | grep -qE '^(local)?rule ((cross|download|dream|evaluate|fit|maximize|normalize|partition|prepare|prove|rank|read|sample|score|split|stylize|train|transfer|zoom)_|judge_pictures|show_walk)' || { echo "part of the results is missing, or older than code or config: run snakemake with your preset instead"; exit 1; }
	$(SNAKEMAKE) --configfile results/config.yaml --quiet rules --forcerun build_report
	@echo "The report is at $(CURDIR)/results/report/index.html"

test: setup ## run the tests
	$(RUN)/python -m pytest

stylize: setup ## restyle a clip of yours: make stylize CLIP=holiday.mp4 STYLE=painting.jpg
	@$(RUN)/python tools/stylize.py --cores $(CORES) $${STRENGTH:+--strength "$$STRENGTH"} $${COLOR:+--color "$$COLOR"} $${GPU:+--gpu "$$GPU"} -- "$$CLIP" "$$STYLE"

doctor: ## find what stops a run or spoils it; WHY=rule, WHY=file or WHY=all: why it runs again, or not
	@test -x $(RUN)/python || { echo "there is no $(VENV): run make setup first"; exit 1; }
	@$(RUN)/python tools/doctor.py $${WHY:+--why "$$WHY"} $${CONFIG:+--configfile $$CONFIG} $${VERIFY:+--verify}

compare: setup ## show what moved between two runs beyond seed spread: make compare A=results_old B=results
	@test -n "$$A" && test -n "$$B" || { echo "name two results folders: make compare A=results_old B=results"; exit 1; }
	@$(RUN)/python tools/compare.py --output "$${OUTPUT:-results/comparison}" -- "$$A" "$$B"

studio: setup ## open the studio in a browser: digits, pictures, clips and GANs
	@$(RUN)/python tools/studio.py $(if $(filter command,$(origin PORT)),--port "$$PORT") $(if $(filter command,$(origin HOST)),--host "$$HOST")

bench: setup ## measure accuracy, speed and memory on the real data (an hour or more)
	$(SNAKEMAKE) --configfile config/presets/cpu.yaml --quiet rules
	$(RUN)/python tests/benchmarks/run.py

bench-night: setup ## measure GANs at their documents' epochs on the real data (a night)
	$(SNAKEMAKE) --configfile config/presets/cpu.yaml config/presets/overnight.yaml --quiet rules -- gans
	$(RUN)/python tests/benchmarks/gans.py

lint: setup ## check style, rules and formatting
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/snakefmt --check Snakefile rules
	$(RUN)/snakemake --lint

format: setup ## bring code and rules into form
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .
	$(RUN)/snakefmt Snakefile rules

lock: setup ## pin what requirements.in asks for
	$(RUN)/python -m pip install --quiet uv
	$(RUN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url requirements.in --output-file requirements.lock

datasets: setup ## fetch every file from outside, for a machine that is then cut off
	$(SNAKEMAKE) datasets

pack: setup ## lay the fetched files out in results/pack, which serves as mirror: elsewhere
	$(SNAKEMAKE) pack

clean: ## remove results and Snakemake's state; data in the cache stay
	rm -rf results/[!R]* .snakemake
