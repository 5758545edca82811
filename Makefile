# Each target does what it needs by itself; what is there already is not done again.
.DELETE_ON_ERROR:
.PHONY: help setup build build-tests demo test test-labs test-beside faults drills alarms calm soak conformance versus lint advisories bench week canary fuzz dist dist-test reproduce clean

DENY_VERSION := 0.20.2
OWN_DENY := .tools/bin/cargo-deny
# It takes minutes to compile: one of this version that is installed is used.
DENY := $(if $(filter $(DENY_VERSION),$(shell cargo-deny --version 2>/dev/null)),$(shell command -v cargo-deny),$(OWN_DENY))
ORACLE := $(CURDIR)/target/oracle
# These tests compute and neither wait nor measure time: they take what the labs of the live tests leave.
BESIDE := audit audit_memory canary_tracker dashboards documents fuzz kept_drills kept_runs mutants promql report rules scenario_restore timelines
TESTS := $(patsubst tests/%.rs,%,$(wildcard tests/*.rs)) $(patsubst tests/%/main.rs,%,$(wildcard tests/*/main.rs))
ALONE := $(filter-out live $(BESIDE),$(TESTS))
export CLIPPY_CONF_DIR := $(CURDIR)/.ci
export RUSTDOCFLAGS := -D warnings

help: ## Print the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | column -t -s '|'

setup: ## Get what is missing: JRE, Maven, iproute2, iptables, C tools, headers, two Kafkas with their Jolokia, Prometheus, Alertmanager, VictoriaMetrics, crates
	@command -v cargo >/dev/null || { echo "make: cargo is missing; install a Rust toolchain (https://rustup.rs), then run make again" >&2; exit 1; }
	@lab/setup.sh
	@cargo fetch --locked --quiet

build: setup ## Build the product and the lab
	cargo build --workspace --locked

# In one go with the product and the lab: some dependencies have other features in tests, and would be compiled twice.
build-tests: setup
	cargo build --workspace --locked --bins --tests

demo: build ## Run a real failover drill on a lab of two Kafka clusters and three workers, and judge it
	@lab/demo.sh

test: build-tests ## Pass all tests, the live ones on a real lab included
	cargo test --workspace --locked --doc
	cargo test --workspace --locked --no-fail-fast --lib --bins $(ALONE:%=--test %)
	$(MAKE) --jobs 2 test-labs test-beside

test-labs:
	cargo test --locked --no-fail-fast --test live

test-beside:
	@chrt --idle 0 cargo test --locked --no-fail-fast $(BESIDE:%=--test %) >target/tests-beside.log 2>&1; \
	status=$$?; cat target/tests-beside.log; exit $$status

faults: build-tests ## Run every fault of the table on both Kafkas (FAULT_KAFKA=3.7.2: on that alone; FAULT=killed: rows with that word)
	FAULT_KAFKA=$${FAULT_KAFKA:-all} cargo test --locked --test live every_fault_shows

drills: build ## Run every drill of the plan on its lab (DRILL=5.5: those with that word), hold its verdicts against lab/drills.txt, and keep what was found
	@lab/drills.sh "$(DRILL)"

alarms: build-tests ## Run every fault under load until its alerts have arrived (ALARM=killed: rows with that word) and keep the output
calm: build-tests ## Let a lab run under load for CALM_SECONDS (an hour unless set) without a fault, see that no alert fires, and keep the output
calm: ALARM = no fault
calm: export ALARM_CALM = $(or $(CALM_SECONDS),3600)
alarms calm:
	@out=lab/runs/$$(date -u +%Y-%m-%dT%H%MZ)-$@; \
	ALARM="$(ALARM)" ALARM_RUN=$(CURDIR)/$$out cargo test --locked --test live every_fault_fires -- --ignored; \
	status=$$?; echo "kept as $$out"; exit $$status

soak: build-tests ## Make faults at random times (SOAK_SEED) on a lab under 50 scrapers for SOAK_SECONDS (two hours unless set), hold losses, outages, memory and log, and keep the output
	@out=lab/runs/$$(date -u +%Y-%m-%dT%H%MZ)-soak; mkdir -p $$out; \
	{ uname -srm; rustc --version; grep -m 1 'model name' /proc/cpuinfo; nproc; cat /proc/loadavg; } >$$out/output.txt; \
	SOAK_RUN=$(CURDIR)/$$out cargo test --locked --test live soak:: -- --ignored --nocapture >>$$out/output.txt 2>&1; \
	status=$$?; cat /proc/loadavg >>$$out/output.txt; cat $$out/output.txt; echo "kept as $$out"; exit $$status

conformance: setup $(ORACLE) ## Hold the PromQL engine against Prometheus' own, built with Go: its corpus (or CORPUS=DIR) and QUERIES generated queries (20,000)
	ORACLE=$(ORACLE) QUERIES=$${QUERIES:-20000} \
	CORPUS=$${CORPUS:-$$(cd tests/oracle && go list -mod=mod -m -f '{{.Dir}}' github.com/prometheus/prometheus)/promql/promqltest/testdata} \
	  cargo test --locked --test promql -- --ignored --nocapture --test-threads 1

versus: setup $(ORACLE) ## Measure the PromQL engine beside Prometheus' own, one thread each (needs Go and 2 GiB), and keep the output
	@out=benches/runs/$$(date -u +%Y-%m-%dT%H%MZ)-versus.txt; \
	{ uname -srm; rustc --version; go version; grep -m 1 'model name' /proc/cpuinfo; nproc; cat /proc/loadavg; } >$$out; \
	cargo bench --locked --bench promql -- --oracle $(ORACLE) >>$$out 2>&1; \
	status=$$?; cat $$out; echo "kept as $$out"; exit $$status

lint: setup $(DENY) ## Check format, clippy, documentation, benches, licences and sources
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo doc --workspace --no-deps --locked --quiet
	cargo test --benches --locked --quiet
	$(DENY) --all-features --config .ci/deny.toml check bans licenses sources

advisories: setup $(DENY) ## Ask RustSec's database of advisories of all libraries, and keep the output
	@out=.ci/runs/$$(date -u +%Y-%m-%d)-advisories.txt; mkdir -p .ci/runs; \
	{ $(DENY) --version; sha256sum Cargo.lock; } >$$out; \
	$(DENY) --all-features --config .ci/deny.toml check --show-stats advisories >>$$out 2>&1; status=$$?; \
	for base in $${CARGO_HOME:-$$HOME/.cargo}/advisory-dbs/*; do git -C "$$base" log -1 --format='database %H of %cs' >>$$out; done; \
	cat $$out; echo "kept as $$out"; exit $$status

bench: setup ## Measure reading, encoding, scraping and judging (criterion, and a real crowd) and keep the output
	@out=benches/runs/$$(date -u +%Y-%m-%dT%H%MZ).txt; \
	{ uname -srm; rustc --version; grep -m 1 'model name' /proc/cpuinfo; nproc; cat /proc/loadavg; } >$$out; \
	cargo bench --locked >>$$out 2>&1; \
	status=$$?; cat /proc/loadavg >>$$out; cat $$out; echo "kept as $$out"; exit $$status

week: setup ## Ask a recording of a week 30 queries over 1,000 series, 15 s apart, and keep the output
	@out=benches/runs/$$(date -u +%Y-%m-%dT%H%MZ)-week.txt; \
	{ uname -srm; rustc --version; grep -m 1 'model name' /proc/cpuinfo; nproc; cat /proc/loadavg; } >$$out; \
	cargo bench --locked --bench week >>$$out 2>&1; \
	status=$$?; cat /proc/loadavg >>$$out; cat $$out; echo "kept as $$out"; exit $$status

canary: build ## Measure a canary of 100 partitions on a lab for CANARY_SECONDS (a minute unless set), copied by MM2 or (CANARY_HOP=--hop) by a copier, and keep the output
	@out=benches/runs/$$(date -u +%Y-%m-%dT%H%MZ)-canary.txt; \
	{ uname -srm; rustc --version; grep -m 1 'model name' /proc/cpuinfo; nproc; } >$$out; \
	benches/canary.sh $${CANARY_SECONDS:-60} $(CANARY_HOP) >>$$out 2>&1; \
	status=$$?; cat $$out; echo "kept as $$out"; exit $$status

fuzz: setup ## Feed every reader damaged input for FUZZ_SECONDS (an hour unless set), kill the recorder a thousand times, and keep the output
	@out=tests/fuzz/runs/$$(date -u +%Y-%m-%dT%H%MZ).txt; mkdir -p tests/fuzz/runs; \
	RUST_BACKTRACE=0 EVERY_BYTE=1 KILLS=1000 FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} \
	  cargo test --locked --test fuzz --test hostile_answers --test recorder_kills -- --nocapture >$$out 2>&1; \
	status=$$?; cat $$out; echo "kept as $$out"; exit $$status

dist: ## Make the .deb and the .rpm, for Debian 12 and RHEL 9, in target/dist
	@lab/setup.sh --packages
	@cargo fetch --locked --quiet
	cargo build --release --locked --features vendored --bin mirrorwatch
	docs/package/build.sh target/release/mirrorwatch target/dist

reproduce: ## Build the program of the packages twice, each time from nothing, compare, and keep the output
	@lab/setup.sh --packages
	@cargo fetch --locked --quiet
	@out=lab/runs/$$(date -u +%Y-%m-%d)-reproduce.txt; \
	{ uname -srm; rustc --version; grep -m 1 'model name' /proc/cpuinfo; git describe --always --dirty; } >$$out; \
	for turn in 1 2; do \
	  rm -rf target/reproduce; \
	  cargo build --release --locked --features vendored --bin mirrorwatch --target-dir target/reproduce || { rm $$out; exit 1; }; \
	  sha256sum target/reproduce/release/mirrorwatch >>$$out; \
	done; rm -rf target/reproduce; cat $$out; echo "kept as $$out"; \
	grep target/reproduce $$out | uniq -c | grep -q '^ *2 '

dist-test: dist ## Install the .deb and the .rpm in a clean root of Debian 12, start, upgrade and remove them (needs root), install from source, hold the unit's stated exposure, and keep the output
	@out=lab/runs/$$(date -u +%Y-%m-%dT%H%MZ)-package.txt; \
	{ uname -srm; rustc --version; grep -m 1 'model name' /proc/cpuinfo; cat /proc/loadavg; } >$$out; \
	{ docs/package/try.sh $$(ls -t target/dist/*.deb | head -n 1) $$(ls -t target/dist/*.rpm | head -n 1) && cargo test --locked --test packages -- --ignored; } >>$$out 2>&1; \
	status=$$?; cat $$out; echo "kept as $$out"; exit $$status

clean: ## Remove what was built and downloaded for this checkout
	rm -rf target .lab .tools

$(ORACLE): $(wildcard tests/oracle/*.go) tests/oracle/go.mod tests/oracle/go.sum
	@command -v go >/dev/null || { echo "make: go is missing; install Go 1.26 or later (https://go.dev/dl), then run make again" >&2; exit 1; }
	cd tests/oracle && go build -mod=mod -o $@ .

$(OWN_DENY): Makefile
	cargo install --locked --debug --root .tools cargo-deny --version $(DENY_VERSION)
	@touch $@
