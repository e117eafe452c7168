# Deployment to AWS: docs/DEPLOY.md. Beyond what make dev needs it installs SAM and zig, inside .tools.

INFRA := .tools/infra-venv
CHECKOV := .tools/checkov-venv
ZIG := .tools/zig-venv
DEPLOY := PYTHONPATH=infra $(INFRA)/bin/python -m deploy
FUNCTIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard functions/*/Cargo.toml))))

# What was built for before, or else arm64, which costs a fifth less.
ARCH ?= $(or $(shell sed -n 's/.*"Architecture=\([a-z0-9_]*\)".*/\1/p' samconfig.toml 2>/dev/null),arm64)
export ARCH
TARGET = $(if $(filter x86_64,$(ARCH)),x86_64,aarch64)-unknown-linux-gnu
BUILD = PATH="$(CURDIR)/$(ZIG)/bin:$(CURDIR)/.tools/venv/bin:$$PATH" cargo lambda build --release \
  $(if $(filter x86_64,$(ARCH)),--x86-64,--arm64)

.PHONY: build deploy deploy-function deploy-site openvidu-secret smoke logs destroy
.PHONY: check-infra check-binaries measure-functions
.PHONY: credentials stack python standard-library stack-settings function-name emulator

build: standard-library tools $(ZIG)/done ## Builds the functions for AWS; ARCH=arm64 or x86_64
	$(BUILD) $(addprefix --package ,$(FUNCTIONS))
	@cd target/lambda && wc -c $(addsuffix /bootstrap,$(FUNCTIONS))

ifeq ($(DRY),1)
deploy: $(INFRA)/done
	@$(DEPLOY) plan
else
deploy: credentials standard-library $(INFRA)/done stack-settings build site ## Everything to AWS; DRY=1 only says what it would do
	@$(DEPLOY) stack
endif

deploy-function: function-name credentials stack standard-library tools $(INFRA)/done $(ZIG)/done ## One function's code; NAME=get-token
	$(BUILD) --package $(NAME)
	@PATH="$(CURDIR)/.tools/venv/bin:$$PATH" $(DEPLOY) function $(NAME)

deploy-site: credentials stack $(INFRA)/done site ## The site alone
	@$(DEPLOY) site

openvidu-secret: credentials stack $(INFRA)/done ## Stores another secret of the OpenVidu server
	@$(DEPLOY) openvidu-secret

smoke: $(if $(URL),,credentials stack) $(INFRA)/done ## Logs in, joins and leaves on what was deployed; URL=
	@$(DEPLOY) smoke $(URL)

logs: credentials stack $(INFRA)/done ## Follows the functions' logs; NAME= for one
	@$(DEPLOY) logs $(NAME)

destroy: credentials stack $(INFRA)/done ## Deletes the stack and all that is in it
	@$(DEPLOY) destroy

check-infra: tools site $(INFRA)/done $(CHECKOV)/done ## The template and the deployment, without an account
	cargo build --bins
	$(INFRA)/bin/cfn-lint infra/template.yaml
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 $(INFRA)/bin/sam validate --lint --template infra/template.yaml
	$(CHECKOV)/bin/checkov --config-file infra/checkov.yaml --file infra/template.yaml
	$(INFRA)/bin/python -m pytest --quiet infra/tests
	SMOKE_USER=publisher1 SMOKE_PASSWORD=pass cargo run --quiet --bin local -- --free-ports -- sh -c '$(DEPLOY) smoke $$BASE_URL'

check-binaries: $(INFRA)/done emulator ## Builds the functions for x86_64 and arm64, and starts each
	for arch in x86_64 arm64; do \
	  $(MAKE) --no-print-directory build ARCH=$$arch || exit 1; \
	  ARCH=$$arch $(INFRA)/bin/python -m pytest --quiet infra/tests/built_functions.py || exit 1; \
	done

measure-functions: $(INFRA)/done ## What memory and processor time each function needs
	$(MAKE) --no-print-directory build ARCH=$(if $(filter aarch64,$(shell uname -m)),arm64,x86_64)
	cargo run --bin local -- --free-ports -- $(INFRA)/bin/python -m pytest --quiet infra/tests/measure_functions.py

credentials stack: python
	@python3 infra/deploy/preflight.py $@

python:
	@python3 -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo 'Python 3.11 or later with venv is missing: https://www.python.org (Debian: apt install python3-venv)' >&2; exit 1; }

stack-settings: $(INFRA)/done
	@$(DEPLOY) settings

function-name:
	@test -f functions/$(NAME)/Cargo.toml || { echo 'NAME= is missing or no function: one of $(FUNCTIONS)' >&2; exit 1; }

emulator:
	@test "$$(uname -m)" = aarch64 || { command -v qemu-aarch64 && test -d /usr/aarch64-linux-gnu; } >/dev/null \
	  || { apt-get update && apt-get install -y --no-install-recommends qemu-user libc6-arm64-cross; } >/dev/null \
	  || { echo 'qemu-user and libc6-arm64-cross are missing: install them, to start what was built for arm64' >&2; exit 1; }

standard-library: prerequisites
	@case '$(ARCH)' in arm64|x86_64) ;; *) echo 'ARCH=$(ARCH) is not right: arm64 or x86_64' >&2; exit 1 ;; esac
	@test -d "$$(rustc --print target-libdir --target $(TARGET))" || rustup target add $(TARGET) >/dev/null 2>&1 \
	  || { echo "Rust's standard library for $(TARGET) could not be installed; Lambda runs the other kind as well: make $(or $(MAKECMDGOALS),build) ARCH=$(if $(filter x86_64,$(ARCH)),arm64,x86_64)" >&2; exit 1; }

# Checkov and SAM want different versions of the same packages.
$(INFRA)/done: infra/requirements.txt
$(CHECKOV)/done: infra/requirements-checkov.txt
$(ZIG)/done: infra/requirements-zig.txt
$(INFRA)/done $(CHECKOV)/done $(ZIG)/done: | python
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	touch $@
