# Ephor. `make` alone tells what there is to make. Only Go is needed for build, run and
# test; check also needs gcc (for -race), git, PostgreSQL's server, Node and Chromium.

GO       ?= go
DATA     ?= data
ADDR     ?= localhost:8443
PKG      ?= ./...
FUZZTIME ?= 20s
ROWS     ?= 1000000

tools := bin/tools

.DEFAULT_GOAL := help
.PHONY: help build run test check generate generated tidy vet lint race plans modules e2e clients conformance terraform fmt fuzz bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

build: ## bin/ephor, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/ephor ./cmd/ephor

run: build ## a development server on https://localhost:8443, its data in ./data (DATA, ADDR)
	bin/ephor serve --dev --data '$(DATA)' --addr '$(ADDR)'

# -count=1 here and in race: go test's cache does not see that a server was installed.
test: $(tools)/suites ## every test of the product that this machine can run; the last line tells what was left out (PKG)
	$(GO) -C tools test ./...
	CGO_ENABLED=0 $(tools)/suites -count=1 $(PKG)

check: ## all that must hold before a change lands, nothing left out
	@for step in build generated tidy vet lint race plans clients; do \
		echo "== make $$step"; $(MAKE) --no-print-directory $$step || exit 1; done

generate: ## make the generated files anew
	$(GO) generate ./...

generated: ## fail if a generated file is not what `make generate` makes
	tools/unchanged.sh $(MAKE) --no-print-directory generate

tidy: ## fail if go.mod or go.sum says more or less than the code
	$(GO) mod tidy -diff
	for module in tools test/conformance test/conformance/sdk test/conformance/terraform; do $(GO) -C $$module mod tidy -diff || exit 1; done

vet: ## go vet
	$(GO) vet $(PKG)
	$(GO) -C tools vet ./...
	$(GO) -C test/conformance vet ./...

lint: $(tools)/golangci-lint ## golangci-lint, as .golangci.yml says
	$(tools)/golangci-lint run $(PKG)
	cd tools && ../$(tools)/golangci-lint run ./...

race: $(tools)/suites modules ## every test under the race detector, on both engines; none may be left out (PKG)
	$(GO) -C tools test -race ./...
	EPHOR_REQUIRE_ALL=1 CGO_ENABLED=1 $(tools)/suites -race -count=1 -timeout 20m $(PKG)

# The race detector makes so many rows take an hour, and finds nothing in plans.
plans: ## the plans of all lists by every filter on a million schedules, on both engines (ROWS=50000)
	EPHOR_REQUIRE_ALL=1 EPHOR_PLAN_ROWS=$(ROWS) $(GO) test -count=1 -timeout 3h -run '^TestLongLists$$' ./internal/store

node_modules = test/e2e/node_modules/.package-lock.json test/conformance/node/node_modules/.package-lock.json

modules: $(node_modules) ## what the suites in JavaScript need from npm, as their lock files say

%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	npm ci --prefix $* --no-audit --no-fund
	touch $@

e2e: build modules ## people at the sign-in pages, in a real browser (CHROMIUM names it, EPHOR_SHOTS=DIR keeps pictures)
	node test/e2e/run.mjs test/e2e

# The Microsoft Graph SDK for Go is a module of its own that is built last: compiling it takes
# some six minutes of one core, once.
clients: build ## official clients for Go, the Microsoft Graph SDK last, against a started server
	$(GO) -C test/conformance test -count=1 -timeout 5m ./...
	$(GO) -C test/conformance/sdk test -count=1 -timeout 5m .

# CLI for Microsoft 365 brings 400 MB of modules, which nothing else needs.
conformance: build modules test/conformance/m365/node_modules/.package-lock.json ## official clients, from npm and for Go, against a started server
	node test/e2e/run.mjs test/conformance/node
	node test/e2e/run.mjs test/conformance/m365
	@$(MAKE) --no-print-directory clients

# Terraform and its provider come from no registry that the others use. TERRAFORM names another
# program, such as tofu; AZUREAD_PROVIDER a provider that was built, which else is fetched.
terraform: build ## Terraform's azuread provider against a started server: some five minutes (TERRAFORM, AZUREAD_PROVIDER)
	$(GO) -C test/conformance/terraform test -count=1 -timeout 20m .

fmt: $(tools)/golangci-lint ## format all Go files
	$(tools)/golangci-lint fmt

fuzz: ## run each fuzz target for a while (FUZZTIME, PKG)
	tools/fuzz.sh $(FUZZTIME) $(PKG)

bench: build ## how fast it is, beside the machine's own limits: some 20 minutes, BENCH=quick for two
	$(GO) build -o bin/bench ./bench
	bin/bench -ephor bin/ephor $(if $(filter quick,$(BENCH)),-quick)

clean: ## remove what was built; the data folder stays
	rm -rf bin

# The test runner needs nothing but Go's own library, and builds in a second.
$(tools)/suites: $(wildcard tools/suites/*.go)
	$(GO) -C tools build -o ../$@ ./suites

# golangci-lint and the others that tools/go.mod locks: some minutes, once.
$(tools)/golangci-lint: tools/go.mod tools/go.sum
	$(GO) -C tools build -o ../$(tools)/ tool
	touch $@
