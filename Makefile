# What is done often. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help dev local watch settings test test-sam test-deploy fmt lint lint-template deny size bench-cold deploy \
  cargo cc cargo-deny sam cargo-lambda docker browser python-aws

help:
	@echo 'make dev            runs everything on http://127.0.0.1:9000 with demo data; Ctrl-C stops it'
	@echo 'make local          builds the functions and runs them under sam local start-api on http://127.0.0.1:3000, with demo data'
	@echo 'make watch          runs the functions there without containers, and builds them anew when code changes'
	@echo
	@echo 'make test           runs all tests, and holds template.yaml against what they used'
	@echo 'make test-sam       runs the flows through make local, with a client library and a browser'
	@echo 'make test-deploy    creates the stack of template.yaml in an emulated CloudFormation, and looks at it'
	@echo 'make fmt            formats the code'
	@echo 'make lint           checks formatting, and lets clippy find nothing'
	@echo 'make lint-template  checks template.yaml as SAM and CloudFormation read it'
	@echo 'make deny           checks advisories, licences, duplicates and import directions'
	@echo 'make size           weighs each function, beside its budget and a function that does nothing'
	@echo 'make bench-cold     starts each function: how long until its first answer, and what a call costs'
	@echo
	@echo 'make deploy         builds the functions and deploys them to AWS, guided the first time; ENV=prod for another environment than dev'
	@echo
	@echo 'make dev PORT=9001 DB=memory    with other settings; make settings lists them'

dev: cargo cc
	@cargo run --locked --bin gatelet-dev

local: cargo cc sam cargo-lambda docker
	@infra/local/run sam

watch: cargo cc cargo-lambda
	@infra/local/run watch

settings: cargo cc
	@cargo run --locked --quiet --bin gatelet-dev -- --help

# Which rights functions use is noted by every test, and held against those that template.yaml grants once all have run.
test: export RIGHTS_USED = $(CURDIR)/target/rights-used
test: cargo cc
	@mkdir -p target && rm -f '$(RIGHTS_USED)'
	cargo test --workspace --locked
	@cargo test --workspace --locked --quiet --example rights

test-sam: cargo cc sam cargo-lambda docker browser
	@cd tests/e2e && { test -d node_modules || npm ci --ignore-scripts --no-fund --no-audit; } && node run.js local

test-deploy: python-aws
	@$(PYTHON) -B -m unittest discover --start-directory tests/deploy

fmt: cargo
	cargo fmt --all

lint: cargo cc
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

lint-template: sam
	@sam validate --lint --region us-east-1

deny: cargo cargo-deny
	cargo deny --locked check -D unused-wrapper -D unmatched-skip -D unnecessary-skip

size: cargo cc
	@cargo run --locked --bin gatelet-bench -- size

# RUNS= and CALLS= say how often.
bench-cold: cargo cc
	@cargo run --locked --bin gatelet-bench -- cold

ENV ?= dev

deploy: cargo cc sam cargo-lambda
	@infra/deploy $(ENV)

# Where .ci/prepare has put what it installed, for whoever has it nowhere else.
export PATH := $(PATH):$(CURDIR)/.ci/venv/bin
PYTHON := $(firstword $(wildcard $(CURDIR)/.ci/venv/bin/python3) python3)

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

python-aws:
	@$(PYTHON) -c 'import boto3, cfnlint, moto.server, samtranslator' 2>/dev/null || \
	  { echo 'the Python packages of .ci/requirements.txt are missing: .ci/prepare installs them into .ci/venv' >&2; exit 1; }
