# What is done often. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help dev local watch settings test test-sam fmt lint deny cargo cc cargo-deny sam cargo-lambda docker browser

help:
	@echo 'make dev      runs everything on http://127.0.0.1:9000 with demo data; Ctrl-C stops it'
	@echo 'make local    builds the functions and runs them under sam local start-api on http://127.0.0.1:3000, with demo data'
	@echo 'make watch    runs the functions there without containers, and builds them anew when code changes'
	@echo 'make test     runs all tests'
	@echo 'make test-sam runs the flows through make local, with a client library and a browser'
	@echo 'make fmt      formats the code'
	@echo 'make lint     checks formatting, and lets clippy find nothing'
	@echo 'make deny     checks advisories, licences, duplicates and import directions'
	@echo
	@echo 'make dev PORT=9001 DB=memory    with other settings; make settings lists them'

dev: cargo cc
	@cargo run --locked --package gatelet-dev

local: cargo cc sam cargo-lambda docker
	@infra/local/run sam

watch: cargo cc cargo-lambda
	@infra/local/run watch

settings: cargo cc
	@cargo run --locked --quiet --package gatelet-dev -- --help

test: cargo cc
	cargo test --workspace --locked

test-sam: cargo cc sam cargo-lambda docker browser
	@cd tests/e2e && { test -d node_modules || npm ci --ignore-scripts --no-fund --no-audit; } && node run.js local

fmt: cargo
	cargo fmt --all

lint: cargo cc
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

deny: cargo cargo-deny
	cargo deny check

# Where .ci/prepare has put what it installed, for whoever has it nowhere else.
export PATH := $(PATH):$(CURDIR)/.ci/venv/bin

# What has to be on the machine. Each says in one line what is missing.
cargo:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust with rustup, see https://rustup.rs' >&2; exit 1; }

cc:
	@printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' | cc -x c -o /dev/null - 2>/dev/null || \
	  { echo "a C compiler is missing: install Debian's packages gcc and libc6-dev (and make, which you have)" >&2; exit 1; }

cargo-deny: cargo
	@cargo deny --version >/dev/null 2>&1 || { echo 'cargo-deny is missing: cargo install --locked cargo-deny' >&2; exit 1; }

sam:
	@command -v sam >/dev/null || { echo 'sam is missing: pipx install aws-sam-cli' >&2; exit 1; }

cargo-lambda: cargo
	@command -v cargo-lambda >/dev/null || { echo 'cargo-lambda is missing: pipx install cargo-lambda' >&2; exit 1; }

docker:
	@docker info >/dev/null 2>&1 || { echo "no Docker engine answers: install and start it (on Debian, the package docker.io)" >&2; exit 1; }

browser:
	@command -v npm >/dev/null && test -x "$${CHROMIUM:-/usr/bin/chromium}" || \
	  { echo "tests with a browser need Debian's packages nodejs, npm and chromium" >&2; exit 1; }
