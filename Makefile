# make demo and make test each work alone on a fresh clone; everything is installed into .venv.
PYTHON ?= python3.11
BIN := .venv/bin
INSTALLED := .venv/.installed
ROWS ?= 4000000
ROUNDS ?= 5
RETAIL ?= onlineretail.parquet
PEERS := .peers/.installed
RUNS ?= 3
INPUTS ?= 100000
SEED ?= 1
DEAL ?= 0/1
PINNED := --quiet --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11

.PHONY: demo test full runners faults field fuzz nightly lint format types lock reference bench bench-retail bench-search bench-stages bench-flink bench-arx bench-suggest bench-figures clean

# A lock is whole: without --no-deps pip looks for the newest release of what another one needs with an extra.
$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(INSTALLED)

demo: $(INSTALLED)  ## anonymize a customer master of invented people and real purchases, and print where the results are
	$(BIN)/tokumei demo

test: $(INSTALLED)  ## run all tests but those of engines and schedulers that must be installed first, on all cores
	OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --ignore=tests/engines --ignore=tests/nightly

runners: $(INSTALLED)  ## the same job on every engine; Prism needs Go, Flink needs Java and Maven
	if command -v go >/dev/null; then tests/engines/prism/install.sh; fi
	if command -v java && command -v mvn; then $(BIN)/python tests/engines/flink/cluster.py install; fi >/dev/null
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadscope tests/engines

faults: $(INSTALLED)  ## kill the command, and break its disk, at every step of its life; stop it on engines (DEAL)
	PYTHONPATH=tests/faults:tests OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/faults/harness.py --deal $(DEAL)
	PYTHONPATH=tests/faults:tests OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/faults/engine_kills.py --deal $(DEAL)
	PYTHONPATH=tests/faults:tests OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/faults/clerks.py --deal $(DEAL)

field: $(INSTALLED)  ## run every case of a folder (CASES) and compare it with tests/field/expected.yaml
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/field/cases.py $(CASES)

nightly: $(INSTALLED)  ## what schedules the job: Airflow runs it, Flink does it, schemas check the manifests; needs Java, Maven
	tests/nightly/install.sh $(BIN)/python >/dev/null
	$(BIN)/python tests/engines/flink/cluster.py install >/dev/null
	$(BIN)/python -m pytest tests/nightly --deal $(DEAL)

fuzz: $(INSTALLED)  ## 100,000 mutated policies and files through the readers (INPUTS, SEED, DEAL)
	PYTHONPATH=tests $(BIN)/python -m fuzz.fuzzing --inputs $(INPUTS) --seed $(SEED) --deal $(DEAL)

full: lint types test runners faults fuzz nightly  ## everything, nothing dealt out

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(INSTALLED)  ## mend what ruff can mend, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(INSTALLED)
	$(BIN)/mypy

lock:  ## pin every dependency with hashes; the image's are a part of all
	uv pip compile $(PINNED) --extra dev pyproject.toml --output-file requirements.lock
	uv pip compile $(PINNED) --extra dataflow --extra lineage --constraint requirements.lock pyproject.toml \
		--output-file deploy/requirements.lock
	echo 'hatchling==1.27.0' | uv pip compile $(PINNED) --constraint requirements.lock - \
		--output-file deploy/build.lock
	uv pip compile $(PINNED) --constraint requirements.lock tests/benchmarks/peers/requirements.in --output-file tests/benchmarks/peers/requirements.lock
	uv pip compile $(PINNED) tests/nightly/requirements.in --output-file tests/nightly/requirements.lock

reference: $(INSTALLED)  ## make the tables of schemas/README.md from the models of the policy
	$(BIN)/python -m tokumei.schemas.build_reference

$(PEERS): tests/benchmarks/peers/requirements.lock
	$(PYTHON) -m venv .peers
	.peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $(PEERS)

bench: $(INSTALLED) $(PEERS)  ## measure whole jobs beside polars and DuckDB scripts, and parts alone (CASES, ROWS, ROUNDS)
	PEERS=.peers/bin/python $(BIN)/python tests/benchmarks/job.py $(CASES) --rows $(ROWS) --rounds $(ROUNDS)
	$(BIN)/python tests/benchmarks/kernels.py
	$(BIN)/python tests/benchmarks/startup.py
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/sentences.py

bench-retail: $(INSTALLED)  ## the worked policy of purchases on the whole of Online Retail (RETAIL, one Parquet file)
	$(BIN)/python tests/benchmarks/job.py --retail $(RETAIL) --rounds $(ROUNDS)

bench-search: $(INSTALLED)  ## measure the search alone: Adult, and synthetic histograms up to 10^7 tuples
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/search.py

bench-arx: $(INSTALLED) $(PEERS)  ## whole jobs beside ARX, of whose source ARX is a checkout (DATA: one of its genetic benchmark; ROUNDS)
	PEERS=.peers/bin/python PYTHONPATH=tests $(BIN)/python tests/benchmarks/arx.py $(ARX) $(if $(DATA),--data $(DATA)) --rounds $(ROUNDS)

bench-stages: $(INSTALLED)  ## what each stage costs for a million residents: processor, reading, network, writing (ROWS)
	$(BIN)/python tests/benchmarks/stages.py --rows $(ROWS)

bench-suggest: $(INSTALLED)  ## suggestions for real tables (DATA, a folder of them), released; and for many residents (ROWS)
	$(BIN)/python tests/benchmarks/suggest.py $(DATA) --rows $(ROWS)

bench-flink: $(INSTALLED)  ## the job on a Flink cluster of this machine, whole and broken (ROWS, RUNS); needs Java, Maven
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/flink.py --rows $(ROWS) --runs $(RUNS) --write

bench-figures: $(INSTALLED)  ## yearly figures over synthetic ledgers of 141 bodies, counted and rendered (ROWS: cases; ROUNDS)
	$(BIN)/python tests/benchmarks/figures.py --cases $(ROWS) --rounds $(ROUNDS)

clean:
	rm -rf .venv .peers out build dist
