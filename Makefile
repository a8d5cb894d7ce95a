# Everything is set up in this folder: the environment in .venv, Rust's output in target.
PYTHON ?= python3
BIN    := .venv/bin
RUST   := Cargo.toml Cargo.lock $(shell find src -name '*.rs')

.DEFAULT_GOAL := help
.PHONY: help demo test test-rust test-python test-spark test-slow lint fmt types golden golden-survival notebooks \
        test-notebooks bench bench-baskets bench-cohorts bench-engine bench-fits bench-rfm bench-survival wheel ci clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# -- set-up -------------------------------------------------------------------

.venv/.created:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

.venv/.run: .venv/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --group build 'matplotlib>=3.8'
	@touch $@

.venv/.dev: .venv/.run
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

.venv/.built: .venv/.run $(RUST)
	$(BIN)/maturin develop --release --quiet
	@touch $@

# -- for users ----------------------------------------------------------------

demo: .venv/.built ## a customer report on a real order log, in demo/
	@mkdir -p demo
	$(BIN)/python -m tenure report python/tenure/data/cdnow.csv.gz \
	  --customer customer_id --time date --amount amount --unit week \
	  --calibration-end 1997-09-30 --title 'CDNOW: who will come back?' \
	  --out demo/customers.html --csv demo/customers.csv

test: test-rust test-python ## all tests but the slow ones

# -- checks -------------------------------------------------------------------

test-rust: ## tests of the core
	cargo test --quiet

test-python: .venv/.dev .venv/.built ## tests of the package
	$(BIN)/python -m pytest --quiet --numprocesses auto -m 'not slow'

.venv/.spark: .venv/.dev
	$(BIN)/python -m pip install --quiet --group spark
	@touch $@

test-spark: .venv/.spark .venv/.built ## tests of logs in Spark, which needs Java
	$(BIN)/python -m pytest --quiet tests/spark

test-slow: .venv/.dev .venv/.built ## recovery and coverage by simulation (minutes)
	$(BIN)/python -m pytest --quiet -m slow --timeout 3600

lint: .venv/.dev ## formatting and lints, Rust and Python
	cargo fmt --check
	cargo clippy --quiet --all-targets -- -D warnings
	cargo clippy --quiet --all-targets --features python -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.dev .venv/.built ## the stub against the module, then strict types
	$(BIN)/python -m mypy.stubtest tenure._core
	$(BIN)/basedpyright

fmt: .venv/.dev ## format everything
	cargo fmt
	$(BIN)/ruff format
	$(BIN)/ruff check --fix --quiet

golden: .venv/.dev ## make the reference values anew (minutes)
	for script in tests/golden/make/*.py; do $(BIN)/python $$script || exit 1; done

notebooks: .venv/.dev .venv/.built ## run the notebooks and store their outputs
	$(BIN)/python -m jupyter nbconvert --to notebook --execute --inplace \
	  --ExecutePreprocessor.record_timing=False --ClearMetadataPreprocessor.enabled=True \
	  --ClearMetadataPreprocessor.preserve_nb_metadata_mask="{'kernelspec', ('language_info', 'name')}" \
	  notebooks/*.ipynb

test-notebooks: .venv/.dev .venv/.built ## run the notebooks as tests
	$(BIN)/python -m pytest --quiet --numprocesses auto --nbmake notebooks

bench: .venv/.built ## our speed beside lifetimes, in one run
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --upgrade pip
	.venv-bench/bin/python -m pip install --quiet --group bench .
	.venv-bench/bin/python benches/against_lifetimes.py
	.venv-bench/bin/python benches/family.py

bench-fits: .venv/.built ## Pareto/NBD beside lifetimes and PyMC-Marketing (minutes)
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --group bench-fits .
	.venv-bench/bin/python benches/fits.py
	.venv-bench/bin/python benches/beside_pymc.py

bench-engine: .venv/.built ## our summaries of large logs beside general tools, in one run
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --group bench-engine .
	.venv-bench/bin/python benches/engine.py

bench-cohorts: .venv/.built ## the monthly retention triangle beside general tools, in one run
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --group bench-engine .
	.venv-bench/bin/python benches/cohorts.py

bench-baskets: .venv/.built ## pairs of products beside mlxtend and general tools, in one run
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --group bench-baskets .
	.venv-bench/bin/python benches/baskets.py

bench-rfm: .venv/.dev .venv/.built ## scores and segments beside pandas, NumPy, polars and DuckDB
	$(BIN)/python benches/rfm.py

.venv-survival/.peers: pyproject.toml
	$(PYTHON) -m venv .venv-survival
	.venv-survival/bin/python -m pip install --quiet --group bench-survival
	@touch $@

golden-survival: .venv-survival/.peers ## the references from lifelines anew
	.venv-survival/bin/python tests/golden/make/peers/survival.py

bench-survival: .venv-survival/.peers ## survival curves and Cox beside the peers
	.venv-survival/bin/python -m pip install --quiet .
	.venv-survival/bin/python benches/survival.py

wheel: .venv/.run ## the wheel, in dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

ci: lint test types test-notebooks ## what must pass before a change lands

clean: ## remove what was built
	rm -rf .venv .venv-bench .venv-survival dist demo target build
