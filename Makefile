# What is done often. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help dev settings test fmt lint deny size bench-cold cargo cc cargo-deny

help:
	@echo 'make dev      runs everything on http://127.0.0.1:9000 with demo data; Ctrl-C stops it'
	@echo 'make test     runs all tests'
	@echo 'make fmt      formats the code'
	@echo 'make lint     checks formatting, and lets clippy find nothing'
	@echo 'make deny     checks advisories, licences, duplicates and import directions'
	@echo 'make size     weighs each function, beside its budget and a function that does nothing'
	@echo 'make bench-cold  starts each function: how long until its first answer, and what a call costs'
	@echo
	@echo 'make dev PORT=9001 DB=memory    with other settings; make settings lists them'

dev: cargo cc
	@cargo run --locked --package gatelet-dev

settings: cargo cc
	@cargo run --locked --quiet --package gatelet-dev -- --help

test: cargo cc
	cargo test --workspace --locked

fmt: cargo
	cargo fmt --all

lint: cargo cc
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

deny: cargo cargo-deny
	cargo deny check

size: cargo cc
	@cargo run --locked --package gatelet-bench -- size

# RUNS= and CALLS= say how often.
bench-cold: cargo cc
	@cargo run --locked --package gatelet-bench -- cold

# What has to be on the machine. Each says in one line what is missing.
cargo:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust with rustup, see https://rustup.rs' >&2; exit 1; }

cc:
	@printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' | cc -x c -o /dev/null - 2>/dev/null || \
	  { echo "a C compiler is missing: install Debian's packages gcc and libc6-dev (and make, which you have)" >&2; exit 1; }

cargo-deny: cargo
	@cargo deny --version >/dev/null 2>&1 || { echo 'cargo-deny is missing: cargo install --locked cargo-deny' >&2; exit 1; }
