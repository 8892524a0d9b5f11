# `make` or `make help` lists what can be done. Go and make are all that has to be there.

# The race detector needs a C compiler; `go env` answers 0 where there is none. `make test RACE=` leaves it out.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)
# Where goroutines of the program share memory. The detector makes a test cost up to four times as much, so `make test` has it for these
# alone, and of internal/app, which runs all roles at once, for tests of what everybody is told and given; `make race` has it for all.
RACED := ./internal/notify/... ./internal/web ./internal/web/inflight ./internal/web/pace ./internal/web/quota \
	./internal/webhooks ./tasks ./worker
RACED_OF_APP := Told|Bulk|Scheduled|Telegram|Rejected|Trace
# What takes longest, and so is begun first.
LONGEST := ./internal/app ./store ./cmd/leadwheel ./internal/web/api
# Arguments for `make run`, `make bench` and `make test-e2e`, as in: make run ARGS="--listen 127.0.0.1:8081".
ARGS :=
# For how long faults strike in `make chaos`, its seed (any), and the kinds of faults (all), as in FAULTS=worker-killed,lines-dark. `make
# chaos-check MUTANT=claim-skipped` runs one mutant.
DURATION := 10m
SEED :=
FAULTS :=
MUTANT :=
# From which commit or program `make test-upgrade` upgrades, the last release's unless it is said, to which one that adds to the schema after this,
# and how many rows the lists have whose migrations it measures.
FROM :=
TO :=
ROWS := 100000
# How often `make soak` runs the tests, and for how long each fuzz test.
SOAK := 10
FUZZTIME := 1m

GOLANGCI_LINT := go tool -modfile=internal/tools/go.mod golangci-lint

.DEFAULT_GOAL := help

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: services build ## install what is missing, build, and run everything in one process
	@exec bin/leadwheel up $(ARGS)

.PHONY: build
build: ## build bin/leadwheel
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="$$(deploy/stamp ldflags)" -o bin/leadwheel ./cmd/leadwheel

.PHONY: services
services: ## install Postgres and Redis servers where they are missing
	@deploy/local/install.sh

.PHONY: monitoring
monitoring: services ## install Prometheus, Alertmanager and PgBouncer, for the tests, where they are missing
	@deploy/local/install.sh monitoring

.PHONY: browser
browser: services ## install Chromium and Node, for the tests of the console, where they are missing
	@deploy/local/install.sh browser

.PHONY: packages
packages: services ## install rpm, for the tests of a release, where it is missing
	@deploy/local/install.sh packages

.PHONY: test
test: monitoring ## run all tests
	@$(MAKE) --no-print-directory --jobs=2 --keep-going test-raced test-others test-raced-app

.PHONY: test-raced
test-raced: # one package at a time, beside those without the detector
	go test $(RACE) -vet=off -timeout 30m -p 1 $(RACED)

.PHONY: test-raced-app
test-raced-app:
	go test $(RACE) -vet=off -timeout 30m -run '$(RACED_OF_APP)' ./internal/app

.PHONY: test-others
test-others:
	go test -vet=off -timeout 30m $(LONGEST) $$(go list ./... | grep -vxF "$$(go list $(RACED) $(LONGEST))")

.PHONY: race
race: monitoring ## run all tests with the race detector
	go test $(RACE) -vet=off -timeout 30m ./...

# What npm installs is as new as the lock file that says what.
e2e/node_modules/.package-lock.json: e2e/package-lock.json
	@cd e2e && npm ci --no-audit --no-fund --silent && touch node_modules/.package-lock.json

.PHONY: test-e2e
test-e2e: browser build e2e/node_modules/.package-lock.json ## drive the console with a real browser, as people do; ARGS=tests/names.test.js for some
	@cd e2e && node run.js $(ARGS)

e2e/document/node_modules/.package-lock.json: e2e/document/package-lock.json
	@cd e2e/document && npm ci --ignore-scripts --no-audit --no-fund --silent && touch node_modules/.package-lock.json

.PHONY: test-document
test-document: browser build e2e/document/node_modules/.package-lock.json ## lint docs/openapi.json, and drive a server with clients made of it
	@cd e2e/document && node run.js
	@cd e2e/contract && go run . -seed 1 -requests 100

.PHONY: fuzz-contract
fuzz-contract: services build ## send a server 5,000 requests a role made of docs/openapi.json, by each seed kept, and check the answers; ARGS="-seed 7"
	@cd e2e/contract && go run . $(ARGS)

.PHONY: test-traces
test-traces: services build ## read a trace back from the receiver of OpenTelemetry's own collector
	@cd e2e/traces && go test -count=1 ./...

.PHONY: test-release
test-release: packages ## build and look through this machine's part of a release, and install, upgrade and remove its packages
	@cd internal/tools/release && go test -count=1 ./...

.PHONY: screenshots
screenshots: browser build e2e/node_modules/.package-lock.json ## take the pictures in docs/images anew
	@cd e2e && node run.js screenshots.js

.PHONY: docs
docs: monitoring ## write anew the parts of docs/ that are made from the program
	go test ./cmd/leadwheel -run TestConfigurationReference -update
	go test ./internal/web/api -run TestCommittedDocument -update
	go test ./deploy -run 'TestEverySeriesIsListed|TestEveryCheckIsListed|TestEveryAlertHasAPage|TestKubernetesHasTheRules' -update

.PHONY: lint
lint: ## check formatting, go.mod, and the code by golangci-lint, of which go vet is a part
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on:" $$unformatted; exit 1; }
	go mod tidy -diff
	$(GOLANGCI_LINT) run ./...

.PHONY: vulnerabilities
vulnerabilities: ## look for known vulnerabilities in what the program is made of
	@.ci/vulnerabilities

.PHONY: sbom
sbom: ## list what the program is made of on this machine, with licences, in bin/leadwheel.cdx.json (CycloneDX)
	@mkdir -p bin && cd internal/tools/release && go run . -root "$(CURDIR)" -sbom "$(CURDIR)/bin/leadwheel.cdx.json"

.PHONY: release
release: ## build archives, deb and rpm packages, lists of parts and checksums in dist/
	@cd internal/tools/release && go run . -root "$(CURDIR)" -out "$(CURDIR)/dist"

.PHONY: image
image: ## build the container image leadwheel:local, which knows its version and commit
	@set -- $$(deploy/stamp) && docker build -f deploy/Dockerfile -t leadwheel:local \
		--build-arg VERSION=$$1 --build-arg COMMIT=$$2 --build-arg DATE=$$3 .

.PHONY: soak
soak: monitoring ## run the tests SOAK times (10) in random order, long ones in full, then each fuzz test for FUZZTIME (1m)
	LEADWHEEL_SOAK=1 go test $(RACE) -count=$(SOAK) -shuffle=on -timeout 2h ./...
	@set -e; for package in $$(go list ./...); do \
		for fuzz in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$fuzz"; \
			go test -run '^$$' -fuzz "^$$fuzz$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

.PHONY: chaos
chaos: services ## strike processes, servers and lines for DURATION (10m) by SEED, and hold what is there against what was acknowledged
	CHAOS_DURATION=$(DURATION) CHAOS_SEED=$(SEED) CHAOS_FAULTS=$(FAULTS) go test -count=1 -v -timeout 24h -run '^TestChaos$$' ./e2e/chaos

.PHONY: chaos-check
chaos-check: services ## run chaos on programs that break a promise each, which it must see
	CHAOS_MUTANT=$(MUTANT) go test -count=1 -v -timeout 24h -run '^TestMutants' ./e2e/chaos

.PHONY: test-upgrade
test-upgrade: services ## replace processes of the last release (FROM=commit or program) under load, and migrate ROWS (100000) of each list
	UPGRADE=1 UPGRADE_FROM=$(FROM) UPGRADE_TO=$(TO) go test -count=1 -v -timeout 1h -run '^TestRollingUpgrade$$' ./e2e/chaos
	MIGRATE_ROWS=$(ROWS) go test -count=1 -v -timeout 2h -run '^TestMigrationsOfLongTables$$' ./store

.PHONY: test-postgres
test-postgres: services ## have Postgres refuse to work in each way that it can, and restore it to points in time; some minutes
	LEADWHEEL_SOAK=1 go test -count=1 -v -timeout 30m -run '^(TestPostgresRefuses|TestPointInTimeRestore)$$' ./internal/app

.PHONY: bench
bench: services build ## measure this machine: leads a second, latency, and bare SQL beside them
	bin/leadwheel bench $(ARGS)

.PHONY: bench-peers
bench-peers: services build ## measure bulk work in turn with other queues, River and asynq; ARGS="--leads 200000"
	@cd bench && go build -trimpath -o ../bin/bench-peers .
	bin/leadwheel bench --scenario bulk --peers bin/bench-peers $(ARGS)

.PHONY: bench-check
bench-check: services build ## measure as much as was recorded, and fail where Leadwheel's ratios are lower than those in bench/recorded.json
	@cd bench && go build -trimpath -o ../bin/bench-peers .
	bin/leadwheel bench --scenario bulk --scenario singles --scenario import --leads 20000 --singles 2000 --peers bin/bench-peers --check bench/recorded.json $(ARGS)

.PHONY: bench-lists
bench-lists: services ## measure each list by each filter at a million rows, and show their plans
	go test -run '^$$' -bench Lists -benchtime 20x -timeout 1h ./store

.PHONY: bench-start
bench-start: services ## measure how long a process takes until it is ready
	go test -run '^$$' -bench Start -benchtime 15x ./cmd/leadwheel

.PHONY: bench-console
bench-console: services ## measure each page of the console at a million rows: its weight, and the server's time
	go test -run '^$$' -bench Pages -benchtime 10x -timeout 1h ./internal/web/console

.PHONY: clean
clean: ## remove what was built; the data under .leadwheel/ stays
	rm -rf bin dist
	go clean -testcache
