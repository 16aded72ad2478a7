# `make test` is all that a change must pass; CI runs it and nothing else.
# `go test ./...` alone works too: it skips what needs a part that this machine lacks, and says so.

.DEFAULT_GOAL := test
.PHONY: test prepare packages server axe slack check bench fuzz build image

# Where tests leave what a person may want to look at, such as screenshots.
export KANSTEST_OUT ?= $(CURDIR)/.ci/out

FUZZTIME ?= 10s

test: packages
	@mkdir -p $(KANSTEST_OUT)
	@$(MAKE) --no-print-directory -j2 server axe slack check
	go test -race -timeout 14m -parallel 4 ./...

# What the tests need besides Go: Debian packages, a Mattermost server built from its source, and packages from npm.
prepare: packages server axe slack

packages:
	@.ci/packages

server:
	@adapters/mattermost/testserver/build >/dev/null

axe:
	@.ci/axe

slack:
	@.ci/slack

check:
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "not as gofmt writes it: $$unformatted"; exit 1; }
	go vet ./...
	go tool -modfile=.ci/lint/go.mod staticcheck ./...

bench:
	go test -run '^$$' -bench . -benchmem -timeout 60m ./...

# Every fuzz target for a short while, one after the other: go test takes one at a time.
fuzz:
	@for package in $$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/kansbot ./bot

image:
	docker build -t kansbot .
