# Deployment to AWS: docs/DEPLOY.md. Beyond what `make dev` needs it installs SAM and zig, inside .tools.

INFRA := .tools/infra-venv
CHECKOV := .tools/checkov-venv
ZIG := .tools/zig-venv
MINISTACK := .tools/ministack-venv
DEPLOY := PYTHONPATH=infra $(INFRA)/bin/python -m deploy
FUNCTIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard functions/*/Cargo.toml))))

# The stack's architecture, or else arm64, which costs a fifth less.
ARCH ?= $(or $(lastword $(shell sed -n '/^\[\($(or $(STACK),.*)\|default\)\.deploy/,/^\[.*\.global/s/.*"Architecture=\([a-z0-9_]*\)".*/\1/p' \
  samconfig.toml 2>/dev/null)),arm64)
export ARCH
TARGET = $(if $(filter x86_64,$(ARCH)),x86_64,aarch64)-unknown-linux-gnu
# Without the developer's own compiler flags, which may be meant for the processor of this machine.
BUILD = env -u RUSTFLAGS -u CARGO_BUILD_RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS \
  PATH="$(CURDIR)/$(ZIG)/bin:$(CURDIR)/.tools/venv/bin:$$PATH" cargo lambda build --release --lambda-dir target/lambda \
  $(if $(filter x86_64,$(ARCH)),--x86-64,--arm64)

# No check reads the developer's AWS profiles or reaches their account.
NO_ACCOUNT := env -u AWS_PROFILE -u AWS_DEFAULT_PROFILE -u AWS_ENDPOINT_URL -u AWS_REGION AWS_CONFIG_FILE=/dev/null \
  AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_DEFAULT_REGION=eu-west-1 SAM_CLI_TELEMETRY=0

.PHONY: build deploy deploy-function deploy-site openvidu-secret livekit-secret smoke logs destroy
.PHONY: check-infra check-binaries measure-functions
.PHONY: credentials stack python standard-library stack-settings function-name emulator

build: standard-library tools $(ZIG)/$(DONE) ## Builds the functions for AWS; ARCH=arm64 or x86_64
	$(BUILD) $(addprefix --package ,$(FUNCTIONS))
	@cd target/lambda && wc -c $(addsuffix /bootstrap,$(FUNCTIONS))

ifeq ($(DRY),1)
deploy: $(INFRA)/$(DONE)
	@$(DEPLOY) plan
else
deploy: credentials standard-library $(INFRA)/$(DONE) stack-settings build site ## Everything to AWS; DRY=1 only says what it would do, PLAN=1 shows what an update changes, and asks
	@$(DEPLOY) stack
endif

deploy-function: function-name credentials stack standard-library tools $(INFRA)/$(DONE) $(ZIG)/$(DONE) ## One function's code; NAME=get-token
	$(BUILD) --package $(NAME)
	@PATH="$(CURDIR)/.tools/venv/bin:$$PATH" $(DEPLOY) function $(NAME)

deploy-site: credentials stack $(INFRA)/$(DONE) site ## The site alone
	@$(DEPLOY) site

openvidu-secret livekit-secret: credentials stack $(INFRA)/$(DONE) ## Stores another secret of the video server
	@$(DEPLOY) video-secret

smoke: $(if $(URL),,credentials stack) $(INFRA)/$(DONE) ## Logs in, joins and leaves on what was deployed; URL=
	@$(DEPLOY) smoke $(URL)

logs: credentials stack $(INFRA)/$(DONE) ## Follows the functions' logs; NAME= for one
	@$(DEPLOY) logs $(NAME)

destroy: credentials stack $(INFRA)/$(DONE) ## Deletes the stack and all that is in it
	@$(DEPLOY) destroy

check-infra: tools site $(INFRA)/$(DONE) $(CHECKOV)/$(DONE) $(MINISTACK)/$(DONE) ## The template and the deployment, without an account
	$(NO_ACCOUNT) $(INFRA)/bin/python $(INFRA)/bin/cfn-lint infra/template.yaml
	$(NO_ACCOUNT) $(INFRA)/bin/python -m samcli validate --lint --template infra/template.yaml
	$(NO_ACCOUNT) $(CHECKOV)/bin/python -m checkov.main --config-file infra/checkov.yaml --file infra/template.yaml
	$(INFRA)/bin/python -m pytest --quiet infra/tests
	SMOKE_USER=publisher1 SMOKE_PASSWORD=pass $(WITH_LOCAL) -- sh -c '$(DEPLOY) smoke $$BASE_URL'

check-binaries: $(INFRA)/$(DONE) emulator ## Builds the functions for x86_64 and arm64, and starts each
	for arch in x86_64 arm64; do \
	  $(MAKE) --no-print-directory build ARCH=$$arch || exit 1; \
	  ARCH=$$arch $(INFRA)/bin/python -m pytest --quiet infra/tests/built_functions.py || exit 1; \
	done

measure-functions: $(INFRA)/$(DONE) ## What memory and processor time each function needs
	$(MAKE) --no-print-directory build ARCH=$(if $(filter aarch64,$(shell uname -m)),arm64,x86_64)
	$(WITH_LOCAL) -- $(INFRA)/bin/python -m pytest --quiet infra/tests/measure_functions.py

credentials stack: python
	@python3 infra/deploy/preflight.py $@

python:
	@python3 -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo 'Python 3.11 or later with venv is missing: https://www.python.org (Debian: apt install python3-venv)' >&2; exit 1; }

stack-settings: $(INFRA)/$(DONE)
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

# Checkov, SAM and ministack need different versions of the same packages.
$(INFRA)/$(DONE): infra/requirements.txt | python
$(CHECKOV)/$(DONE): infra/requirements-checkov.txt | python
$(ZIG)/$(DONE): infra/requirements-zig.txt
$(MINISTACK)/$(DONE): infra/requirements-ministack.txt | python
