# make run | test | coverage | demo | examples | lint | bench | bench-canvas | bench-train: each sets up all that it needs first.
BIN := .venv/bin
EXAMPLE ?= assets/examples/digits_resnet.loom

.PHONY: setup run demo test coverage test-slow test-logs lint bench bench-canvas bench-train examples clean

setup: .venv/.ready

.venv/.ready: pyproject.toml .ci/lock.txt .ci/setup .ci/system
	@.ci/system
	@.ci/setup dev
	@touch $@

run: setup
	@if [ "$$(uname -s)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		echo "There is no display here, so the window cannot open."; \
		echo "Run the same job headless:  make demo"; \
		echo "or by hand:                 $(BIN)/layerloom train $(EXAMPLE) --run runs/first"; \
	else \
		exec $(BIN)/layerloom $(EXAMPLE); \
	fi

demo: setup
	@$(BIN)/layerloom demo

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/lint-imports

test: lint
	@QT_QPA_PLATFORM=offscreen $(BIN)/pytest -n 2 -m "not slow"

# The same with the share of lines and branches that it goes through, which takes a third longer.
coverage: setup
	@QT_QPA_PLATFORM=offscreen $(BIN)/pytest -n 2 -m "not slow" --cov --cov-report=term

test-slow: setup
	@QT_QPA_PLATFORM=offscreen $(BIN)/pytest -n 2 -m slow

.venv/.logs: .venv/.ready .ci/lock-logs.txt
	@.ci/setup dev,mlflow,wandb
	@touch $@

# The logs for MLflow and Weights & Biases, which are optional extras.
test-logs: .venv/.logs
	@QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 $(BIN)/pytest tests/process/test_optional_logs.py

.venv/.bench: .venv/.ready .ci/lock-bench.txt
	@.ci/setup dev,bench
	@touch $@

bench: .venv/.bench
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.bench

bench-train: .venv/.bench
	@$(BIN)/python -W ignore -m tests.bench.training_rivals

.venv-rivals/.ready: .ci/setup-rivals .ci/lock-bench-canvas.txt
	-@.ci/setup-rivals && touch $@

bench-canvas: setup .venv-rivals/.ready
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.bench.canvas_rivals

# Trains and exports every example; ONLY="id id" takes some of them. Figures are in docs/examples.md.
examples: setup
	@QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 $(BIN)/python -m tests.examples.run $(ONLY)

clean:
	rm -rf .venv .venv-rivals .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist *.egg-info
