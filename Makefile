# Every target does its own set-up: Python 3.11 or newer and make are all it takes.
# test-kafka, chaos and `bench KAFKA=1` also need Java 17 and Maven (make tools).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PEERS := .venv-peers
KAFKA_JARS := .cache/kafka/libs
KAFKA_STREAMS := .cache/kafka-streams
STREAMS := 4.1.1
ROCKSDB := 9.7.3
REGISTRY := .cache/registry
# The newest one that runs on Java 17.
APICURIO := 2.6.13.Final

SBOM := dist/contact-metrics.cdx.json

.DEFAULT_GOAL := help
.PHONY: help run test test-kafka chaos bench bench-guard fuzz logs lint format audit sbom lock tools clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.demo ## the whole service on this machine, with a simulated contact centre
	@$(BIN)/contact-metrics demo $(ARGS)

# Images set it for what runs in them once; the tests start some hundred programs, each of which would
# compile all it imports once more.
test test-kafka: export PYTHONDONTWRITEBYTECODE =

test: $(VENV)/.dev ## all tests that need nothing but Python, on all cores
	$(PYTEST) -n auto --dist worksteal $(ARGS)

test-kafka: $(VENV)/.dev $(KAFKA_JARS)/.complete $(REGISTRY)/.complete ## the broker and fault suites on Apache Kafka, on all cores
	CONTACT_METRICS_TEST_KAFKA=1 $(PYTEST) -n auto --dist loadfile -m "(broker or kafka) and not chaos" $(ARGS)

chaos: $(VENV)/.dev $(KAFKA_JARS)/.complete ## the long fault soak on Apache Kafka (30 minutes)
	CONTACT_METRICS_TEST_KAFKA=1 $(PYTEST) -m chaos --timeout=0 -s $(ARGS)

bench: $(VENV)/.dev $(PEERS)/.installed $(if $(KAFKA),$(KAFKA_JARS)/.complete $(KAFKA_STREAMS)/.complete) ## the benchmarks, beside other stream processors (KAFKA=1: on Apache Kafka)
	$(BIN)/contact-metrics bench $(if $(KAFKA),--kafka) $(ARGS)

bench-guard: $(VENV)/.dev ## a quick one: is the service as fast as it was?
	$(BIN)/contact-metrics bench --quick $(ARGS)

fuzz: $(VENV)/.dev ## the decoder against a coverage-guided fuzzer, for ten minutes
	@$(PIP_INSTALL) --require-hashes -r requirements-fuzz.lock
	$(BIN)/python -m tests.events.fuzz_decoder --seconds 600 $(ARGS)

logs: $(VENV)/.dev ## a thousand generated logs of each kind, beside the reference
	CONTACT_METRICS_TEST_LOGS=$${CONTACT_METRICS_TEST_LOGS:-1000} $(PYTEST) tests/rules/test_generated_logs.py \
		tests/partition/test_long_logs.py tests/partition/test_amended_logs.py \
		tests/partition/test_random_logs.py tests/agents/test_random_logs.py $(ARGS)

lint: $(VENV)/.dev ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(VENV)/.dev ## known vulnerabilities in the locked dependencies
	@$(BIN)/python .ci/audit.py requirements-dev.lock

sbom: $(VENV)/.dev ## what the image is made of: a CycloneDX bill of materials, in dist/
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/python -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml \
	  --output-reproducible --output-format JSON --output-file $(SBOM)

lock: $(VENV)/.dev ## renew the lock files after a change of pyproject.toml (LOCK=--upgrade: newest)
	@for lock in requirements.lock: 'requirements-demo.lock:--extra demo' \
	    'requirements-dev.lock:--extra dev' 'requirements-fuzz.lock:--extra fuzz'; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command 'make lock' $${lock#*:} $(LOCK) \
	    --output-file $${lock%%:*} pyproject.toml requirements-build.in >/dev/null || exit 1; \
	done
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --custom-compile-command 'make lock' $(LOCK) \
	  --output-file requirements-peers.lock --group pyproject.toml:peers >/dev/null

tools: ## Debian's packages for the Kafka, browser and Prometheus suites (as root)
	.ci/tools

clean: ## remove what the other targets made
	rm -rf $(VENV) $(PEERS) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Could not make a virtual environment. On Debian: apt-get install python3-venv" >&2; exit 1; }

# The package itself is installed in place, without build isolation: its build tool is locked too.
$(VENV)/.demo: requirements-demo.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements-demo.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.demo

$(PEERS)/.installed: requirements-peers.lock
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes -r requirements-peers.lock
	@touch $@

$(KAFKA_JARS)/.complete: tests/brokers/pom.xml
	@command -v java >/dev/null && command -v mvn >/dev/null || \
	  { echo "Apache Kafka needs Java 17 or newer and Maven. On Debian, as root: make tools" >&2; exit 1; }
	@echo "Fetching Apache Kafka with Maven into $(KAFKA_JARS) ..."
	@mvn --batch-mode --quiet --file tests/brokers/pom.xml dependency:copy-dependencies \
	  -DoutputDirectory=$(CURDIR)/$(KAFKA_JARS)
	@touch $@

# What it needs beside these two is among Apache Kafka's jars.
$(KAFKA_STREAMS)/.complete: $(wildcard bench/peers/kafka_streams/*) | $(KAFKA_JARS)/.complete
	@echo "Building the job on Kafka Streams into $(KAFKA_STREAMS) ..."
	@for jar in org.apache.kafka:kafka-streams:$(STREAMS) org.rocksdb:rocksdbjni:$(ROCKSDB); do \
	  mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
	    -Dartifact=$$jar -DoutputDirectory=$(CURDIR)/$(KAFKA_STREAMS)/libs || exit 1; \
	done
	@java --module jdk.compiler/com.sun.tools.javac.Main -d $(KAFKA_STREAMS)/classes \
	  -cp "$$(echo $(KAFKA_STREAMS)/libs/*.jar $(KAFKA_JARS)/*.jar | tr ' ' :)" $^
	@touch $@

# All that it depends on is in its archive.
$(REGISTRY)/.complete:
	@echo "Fetching Apicurio Registry with Maven into $(REGISTRY) ..."
	@mkdir -p $(REGISTRY)
	@mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get \
	  -Dtransitive=false -Dartifact=io.apicurio:apicurio-registry-app:$(APICURIO):tar.gz:all
	@tar -xzf $(HOME)/.m2/repository/io/apicurio/apicurio-registry-app/$(APICURIO)/*-all.tar.gz \
	  -C $(REGISTRY)
	@touch $@
