# make help lists the targets. The work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run test lint fmt clippy docs shell schema schema-check web web-check bench db stop clean-db

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ## build, migrate, load the demo city, serve on http://127.0.0.1:8080 until Ctrl-C
	@scripts/run

test: ## every test, on a throwaway cluster (TEST_ARGS goes to cargo)
	@scripts/test

lint: fmt clippy docs shell schema-check web-check ## everything that is checked without running it

fmt: ## is the code formatted?
	cargo fmt --check

clippy: ## warnings are errors
	cargo clippy --locked --all-targets -- -D warnings

docs: ## links and code in the docs
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps

shell: ## do the scripts parse?
	@for file in scripts/* .ci/run; do if head -1 $$file | grep -q bash; then bash -n $$file || exit 1; fi; done
	@if command -v shellcheck >/dev/null; then shellcheck $$(grep -lE '^#!.*bash' scripts/* .ci/run); fi

schema: ## write src/schema.rs from the migrations
	@scripts/schema

schema-check: ## is src/schema.rs what the migrations make?
	@scripts/schema --check

web: ## build the web app, without which the service is the interface alone
	@scripts/web build

web-check: ## do the types of the web app fit the contract?
	@scripts/web check

bench: ## the service against PostgreSQL itself (BENCH_SECONDS, BENCH_ROUNDS; see benches/README.md)
	@scripts/bench

db: ## start the private cluster and leave it running
	@scripts/cluster start dev

stop: ## stop the private clusters
	@scripts/cluster stop dev
	@scripts/cluster stop test
	@scripts/cluster stop bench

clean-db: ## delete the private cluster and its data
	@scripts/cluster clean dev
