# Everything a person or a machine does with this tree. `make run` and
# `make test` need nothing but Go; they install the rest or name it.

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w
TAGS     := migrated_fynedo,no_emoji,nodynamic
CORE     := ./internal/... ./overlay/... ./filelayer/... ./imagelib/... ./app/... ./cmd/... ./assets/...
FUZZTIME ?= 20s
ARGS     ?=

LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FYNE := fyne.io/tools/cmd/fyne@v1.7.2
NFPM := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0

.PHONY: run test check race lint fmt bench compare fuzz e2e package pictures demo build deps clean help

help: ## say what there is
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: build ## open the gallery (under Xvfb, with a screenshot, where there is no screen); ARGS="--home DIR"
	@scripts/run bin/paul $(ARGS)

build: deps ## make bin/paul (the gallery) and bin/pauld (the same without a screen)
	go build -tags $(TAGS) -ldflags '$(LDFLAGS) -X main.release=$(VERSION)' -o bin/paul .
	CGO_ENABLED=0 go build -tags nodynamic -ldflags '$(LDFLAGS) -X main.release=$(VERSION)' -o bin/pauld ./cmd/pauld

deps:
	@scripts/deps build

# The same random steps each time; 0 takes others.
test race: export RAPID_SEED ?= 1
test: deps ## every test but the end-to-end ones under a screen
	@scripts/deps lab
	CGO_ENABLED=0 go test -timeout 30m $(CORE)
	CGO_ENABLED=0 go test -timeout 30m -tags $(TAGS) ./ui/...
	go test -tags $(TAGS) .

race: export GORACE := suppressions='$(CURDIR)/cmd/pauld/testdata/races.txt'
race: deps ## the tests with the race detector
	go test -race -timeout 40m $(CORE)
	go test -race -timeout 40m -tags $(TAGS) ./ui/...

fmt: ## format the code
	go run $(LINT) fmt

lint: deps ## format check and linters
	go run $(LINT) run --timeout 15m
	go run $(LINT) fmt --diff

check: lint test race ## format, lint, test, race

bench: deps ## the speed and memory figures, each as a ratio against a named peer
	scripts/bench

compare: ## how Paul's overlay and Pinecone move to a direct link and back: the table in docs/network.md
	CGO_ENABLED=0 go test -run '^$$' -bench Switchover -benchtime 12x -timeout 20m ./overlay
	cd overlay/comparison/pinecone && CGO_ENABLED=0 go test -run '^$$' -bench Switchover -benchtime 12x -timeout 20m .

fuzz: deps ## every fuzz target for FUZZTIME each
	scripts/fuzz $(FUZZTIME)

e2e: build ## the real gallery under Xvfb, driven by mouse and keyboard
	@scripts/deps screen
	go test -tags e2e -count=1 -timeout 15m ./e2e/...

pictures: build ## take the pictures of docs/screenshots again
	@scripts/deps screen
	PAUL_PICTURES=$(CURDIR)/docs/screenshots go test -tags e2e -count=1 -run TestPictures -timeout 15m ./e2e

demo: build ## two devices with made-up photos, paired, both windows open
	@scripts/demo bin

package: build ## packages for Linux, and for Windows where mingw is installed, in dist/
	@FYNE=$(FYNE) NFPM=$(NFPM) TAGS=$(TAGS) VERSION=$(VERSION) scripts/package

clean: ## remove what was built
	rm -rf bin dist
