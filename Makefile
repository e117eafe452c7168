# What a developer types. Beyond Rust, Node.js 20 and Python 3 it installs what it needs, inside this folder.

CARGO_LAMBDA := .tools/venv/bin/cargo-lambda
MODULES := static-site/node_modules/.package-lock.json
SITE_BUILD := static-site/dist/index.html
SITE_SOURCES := $(shell find static-site -name node_modules -prune -o -name dist -prune -o -type f -print)
NPM := npm --prefix static-site
SUITE_LOG := target/suite.log

.PHONY: help dev sweep check test measure-login site tools screenshots chromium firefox-esr prerequisites
.DELETE_ON_ERROR:

help: ## Lists these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: tools $(if $(SITE),,site) ## Runs everything here; variables: SITE= DATA_DIR= OPENVIDU_URL= OPENVIDU_SECRET= PORT=
	cargo run --bin local

sweep: tools ## Sweeps what `make dev` runs now, instead of within the minute
	PATH=$(CURDIR)/.tools/venv/bin:$$PATH cargo lambda invoke --invoke-address 127.0.0.1 sweep --data-file functions/sweep/events/scheduled.json

check: prerequisites $(MODULES) ## Formatting, lints, types and documentation
	cargo fmt --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	$(NPM) run check

test: SHELL := bash
test: tools site chromium firefox-esr ## All tests, those in a browser included
	cargo test --workspace
	$(NPM) test
	cargo test --test api --no-run
	cargo run --bin local -- --free-ports --openvidu-delay-ms 80 -- cargo test --test api 2> >(tee $(SUITE_LOG) >&2)
	cargo run --bin local -- --free-ports --openvidu-delay-ms 80 -- $(NPM) run e2e 2> >(tee -a $(SUITE_LOG) >&2)
	NO_WEBHOOK=true cargo run --bin local -- --free-ports --openvidu-delay-ms 80 -- $(NPM) run e2e -- killed 2> >(tee -a $(SUITE_LOG) >&2)
	SUITE_LOG=$(CURDIR)/$(SUITE_LOG) cargo test --test suite_log
	$(MAKE) --no-print-directory check-infra

measure-login: ## How long refusals take, by name taken or not, and what memory the login function needs
	cargo test -p login --test function --test measure -- --nocapture

site: prerequisites $(SITE_BUILD) ## Builds the static site

tools: prerequisites $(CARGO_LAMBDA) ## Installs cargo-lambda into .tools

$(CARGO_LAMBDA):
	python3 -m venv .tools/venv
	.tools/venv/bin/pip install --quiet --disable-pip-version-check --no-deps cargo-lambda==1.9.2

$(MODULES): static-site/package-lock.json
	$(NPM) ci --no-audit --no-fund
	touch $@

$(SITE_BUILD): $(MODULES) $(SITE_SOURCES)
	$(NPM) run build
	touch $@

screenshots: tools site chromium ## Takes the pictures in docs/pictures
	cargo run --bin local -- --free-ports -- $(NPM) run screenshots

chromium: GIVEN := $(CHROMIUM)
firefox-esr: GIVEN := $(FIREFOX)
chromium firefox-esr:
	@test -n "$(GIVEN)" || command -v $@ >/dev/null || { apt-get update && apt-get install -y --no-install-recommends $@; } \
	  || { echo '$@ is missing: install it, for the tests in a browser' >&2; exit 1; }

prerequisites:
	@command -v cargo >/dev/null || { echo 'Rust is missing: https://rustup.rs' >&2; exit 1; }
	@node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null \
	  || { echo 'Node.js 20 or later is missing: https://nodejs.org' >&2; exit 1; }
	@python3 -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'Python 3 with venv is missing: https://www.python.org (Debian: apt install python3-venv)' >&2; exit 1; }

include infra/deploy.mk
