# The developer's commands. Beyond Rust, Node.js and Python 3 they install what they need, inside this folder.

# What is installed fits one version of Python and Node.js; for another version it is installed again.
DONE := done-$(shell python3 -E -c 'import platform; print(platform.python_version())' 2>/dev/null)
NODE := $(shell node -p 'process.version + "-" + process.platform + "-" + process.arch' 2>/dev/null)

CARGO_LAMBDA := .tools/venv/$(DONE)
MODULES := static-site/node_modules/.done-$(NODE)
SITE_BUILD := static-site/dist/index.html
SITE_SOURCES := $(shell find static-site -name node_modules -prune -o -name dist -prune -o -type f -print)
NPM := npm --prefix static-site
SUITE_LOG := target/suite.log
MUTANTS := .tools/cargo-mutants-27.1.0
LIVEKIT := .tools/livekit-server-1.11.0
GO := .tools/go-venv
FILES := shared/src/use_cases/**/*.rs shared/src/domain/*.rs shared/src/adapters/**/*.rs
# The tests decide themselves how and where `local` runs.
ALONE := env $(addprefix -u ,RUST_LOG SITE DATA_DIR DYNAMODB_URL NO_WEBHOOK VIDEO OPENVIDU_URL OPENVIDU_SECRET \
  LIVEKIT_URL LIVEKIT_API_KEY LIVEKIT_API_SECRET OPENVIDU_DELAY_MS JOINS_PER_MINUTE UNUSED_TOKENS READY_FILE)
# And join more often than a person does.
WITH_LOCAL := $(ALONE) cargo run --bin local -- --free-ports --joins-per-minute 0

# Keep the developer's own settings out. This machine is reached without a proxy, sorting and case are
# English, and pip and Go only learn where packages come from, and where to keep them.
export NO_PROXY := 127.0.0.1,localhost$(NO_PROXY:%=,%)$(no_proxy:%=,%)
export no_proxy := $(NO_PROXY)
export LC_ALL := C
PIP_SOURCES := INDEX_URL EXTRA_INDEX_URL FIND_LINKS NO_INDEX TRUSTED_HOST CERT CLIENT_CERT PROXY CONFIG_FILE \
  CACHE_DIR NO_CACHE_DIR TIMEOUT DEFAULT_TIMEOUT RETRIES
GO_SOURCES := PROXY NOPROXY PRIVATE SUMDB NOSUMDB INSECURE VCS AUTH PATH MODCACHE CACHE TMPDIR
OTHERS := PYTHON% PYTEST_% CARGO_LAMBDA_% CGO_% \
  $(filter-out $(PIP_SOURCES:%=PIP_%),$(filter PIP_%,$(.VARIABLES))) \
  $(filter-out $(GO_SOURCES:%=GO%),$(filter GO%,$(.VARIABLES)))
unexport $(filter $(OTHERS),$(.VARIABLES)) NODE_ENV LANGUAGE CARGO_BUILD_TARGET RUSTUP_TOOLCHAIN
# Overrides pip's configuration file.
export PIP_USER := 0

.PHONY: help dev sweep check test mutants measure-login site tools livekit-server screenshots
.PHONY: chromium firefox-esr redis-server prerequisites
.DELETE_ON_ERROR:

help: ## Lists these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: tools $(if $(SITE),,site) $(if $(filter livekit,$(VIDEO)),livekit-server) ## Runs everything here; variables: VIDEO=livekit SITE= DATA_DIR= OPENVIDU_URL= LIVEKIT_URL= PORT= FUNCTIONS_PORT=
	cargo run --bin local

sweep: tools ## Sweeps what `make dev` runs now, instead of within the minute; FUNCTIONS_PORT= if not 9000
	PATH="$(CURDIR)/.tools/venv/bin:$$PATH" cargo lambda invoke --invoke-address 127.0.0.1 \
	  --invoke-port $(or $(FUNCTIONS_PORT),9000) sweep --data-file functions/sweep/events/scheduled.json

check: prerequisites $(MODULES) ## Formatting, lints, types and documentation
	cargo fmt --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	$(NPM) run check

test: SHELL := bash
test: tools site livekit-server redis-server chromium firefox-esr ## All tests, those in a browser included
	$(ALONE) cargo test --workspace
	$(NPM) test
	cargo test --test api --no-run
	mkdir -p $(dir $(SUITE_LOG))
	$(WITH_LOCAL) --openvidu-delay-ms 80 -- cargo test --test api -- --skip on_livekit 2> >(tee $(SUITE_LOG) >&2)
	$(WITH_LOCAL) --video livekit -- cargo test --test api -- --skip on_openvidu 2> >(tee -a $(SUITE_LOG) >&2)
	$(WITH_LOCAL) --video livekit -- $(NPM) run e2e -- together 2> >(tee -a $(SUITE_LOG) >&2)
	$(WITH_LOCAL) --openvidu-delay-ms 80 -- $(NPM) run e2e 2> >(tee -a $(SUITE_LOG) >&2)
	$(WITH_LOCAL) --openvidu-delay-ms 80 --no-webhook -- env NO_WEBHOOK=true $(NPM) run e2e -- killed 2> >(tee -a $(SUITE_LOG) >&2)
	SUITE_LOG="$(CURDIR)/$(SUITE_LOG)" cargo test --test suite_log
	$(MAKE) --no-print-directory check-infra

mutants: prerequisites $(MUTANTS)/bin/cargo-mutants ## Breaks the rules in every place, and lists what no test notices (hours); FILES='shared/src/domain/*.rs'
	PATH="$(CURDIR)/$(MUTANTS)/bin:$$PATH" cargo mutants --package shared --output target \
	  $(foreach file,$(FILES),--file '$(file)')

$(MUTANTS)/bin/cargo-mutants: | prerequisites
	cargo install --quiet --locked --root $(MUTANTS) --version $(lastword $(subst -, ,$(MUTANTS))) cargo-mutants

measure-login: ## How long refusals take, by name taken or not, and what memory the login function needs
	cargo test -p login --features measure --test function -- --nocapture --test-threads 1

site: prerequisites $(SITE_BUILD) ## Builds the static site

tools: prerequisites $(CARGO_LAMBDA) ## Installs cargo-lambda into .tools

# With `python -m pip`, because programs that pip installs contain the folder that they were installed in.
$(CARGO_LAMBDA): infra/requirements-cargo-lambda.txt
.tools/%/$(DONE): | prerequisites
	python3 -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $^
	touch $@

livekit-server: $(LIVEKIT)/bin/server ## Builds a LiveKit server into .tools (minutes, the first time)

# Without cgo it needs no C compiler, and runs wherever .tools is copied to. Go lists hundreds of packages, which
# matter only if it fails.
$(LIVEKIT)/bin/server: | prerequisites
	@python3 infra/deploy/preflight.py go >/dev/null 2>&1 || $(MAKE) --no-print-directory $(GO)/$(DONE)
	@echo 'Building the LiveKit server, which takes minutes the first time'
	@mkdir -p $(@D)
	@go() { if test -d $(GO); then $(GO)/bin/python -c 'import go; go.main()' "$$@"; else command go "$$@"; fi; } && \
	CGO_ENABLED=0 GOBIN="$(CURDIR)/$(LIVEKIT)" GOFLAGS=-buildvcs=false GOTOOLCHAIN=local GOWORK=off go install \
	  -ldflags='-s -w' github.com/livekit/livekit-server/cmd/server@v$(lastword $(subst -, ,$(LIVEKIT))) \
	  2>$(LIVEKIT)/log || { cat $(LIVEKIT)/log; echo 'The LiveKit server was not built: see the messages of Go above'; exit 1; } >&2
	@mv $(LIVEKIT)/server $@

$(GO)/$(DONE): infra/requirements-go.txt

# npm silently skips an optional package that it cannot get, including the one with the machine code that Vite
# needs.
$(MODULES): static-site/package-lock.json | prerequisites
	$(NPM) ci --no-audit --no-fund --include=dev --include=optional --bin-links
	@cd static-site && node --input-type=module --eval 'import "vite"' 2>/dev/null \
	  || { echo 'npm has left packages of static-site out: see its messages, and run make again' >&2; exit 1; }
	touch $@

$(SITE_BUILD): $(MODULES) $(SITE_SOURCES)
	$(NPM) run build
	touch $@

screenshots: tools site chromium ## Takes the pictures in docs/pictures
	$(WITH_LOCAL) -- $(NPM) run screenshots

chromium: GIVEN := $(CHROMIUM)
firefox-esr: GIVEN := $(FIREFOX)
chromium firefox-esr redis-server:
	@test -n "$(GIVEN)" || command -v $@ >/dev/null || { apt-get update && apt-get install -y --no-install-recommends $@; } \
	  || { echo '$@ is missing: install it, for the tests' >&2; exit 1; }

prerequisites:
	@python3 -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'Python 3 with venv is missing: https://www.python.org (Debian: apt install python3-venv)' >&2; exit 1; }
	@python3 infra/deploy/preflight.py rust node

include infra/deploy.mk
