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

.PHONY: build deploy deploy-function deploy-site openvidu-secret smoke logs destroy check-infra
.PHONY: credentials standard-library stack-settings function-name

build: tools $(ZIG)/done standard-library ## Builds the functions for AWS; ARCH=arm64 or x86_64
	$(BUILD) $(addprefix --package ,$(FUNCTIONS))
	@cd target/lambda && wc -c $(addsuffix /bootstrap,$(FUNCTIONS))

ifeq ($(DRY),1)
deploy: $(INFRA)/done
	@$(DEPLOY) plan
else
deploy: credentials $(INFRA)/done stack-settings build site ## Everything to AWS; DRY=1 only says what it would do
	@$(DEPLOY) stack
endif

deploy-function: credentials function-name tools $(INFRA)/done $(ZIG)/done standard-library ## One function's code; NAME=get-token
	$(BUILD) --package $(NAME)
	@PATH="$(CURDIR)/.tools/venv/bin:$$PATH" $(DEPLOY) function $(NAME)

deploy-site: credentials $(INFRA)/done site ## The site alone
	@$(DEPLOY) site

openvidu-secret: credentials $(INFRA)/done ## Stores another secret of the OpenVidu server
	@$(DEPLOY) openvidu-secret

smoke: $(INFRA)/done ## Logs in, joins and leaves on what was deployed; URL=
	@$(DEPLOY) smoke $(URL)

logs: credentials $(INFRA)/done ## Follows the functions' logs; NAME= for one
	@$(DEPLOY) logs $(NAME)

destroy: credentials $(INFRA)/done ## Deletes the stack and all that is in it
	@$(DEPLOY) destroy

check-infra: tools $(INFRA)/done $(CHECKOV)/done ## The template and the deployment, without an account
	$(INFRA)/bin/cfn-lint infra/template.yaml
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 $(INFRA)/bin/sam validate --lint --template infra/template.yaml
	$(CHECKOV)/bin/checkov --config-file infra/checkov.yaml --file infra/template.yaml
	$(INFRA)/bin/python -m pytest --quiet infra/tests

credentials:
	@python3 infra/deploy/preflight.py

stack-settings: $(INFRA)/done
	@$(DEPLOY) settings

function-name:
	@test -f functions/$(NAME)/Cargo.toml || { echo 'NAME= is missing or no function: one of $(FUNCTIONS)' >&2; exit 1; }

standard-library:
	@case '$(ARCH)' in arm64|x86_64) ;; *) echo 'ARCH=$(ARCH) is not right: arm64 or x86_64' >&2; exit 1 ;; esac
	@test -d "$$(rustc --print target-libdir --target $(TARGET))" || rustup target add $(TARGET) >/dev/null 2>&1 \
	  || { echo "Rust's standard library for $(TARGET) could not be installed; Lambda runs the other kind as well: make $(or $(MAKECMDGOALS),build) ARCH=$(if $(filter x86_64,$(ARCH)),arm64,x86_64)" >&2; exit 1; }

# Checkov and SAM want different versions of the same packages.
$(INFRA)/done: infra/requirements.txt
$(CHECKOV)/done: infra/requirements-checkov.txt
$(ZIG)/done: infra/requirements-zig.txt
$(INFRA)/done $(CHECKOV)/done $(ZIG)/done:
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or later is missing' >&2; exit 1; }
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	touch $@
