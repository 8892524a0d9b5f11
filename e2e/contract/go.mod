// The fuzzer of the contract has a module of its own, so that what it checks answers with stays out of Leadwheel's.
module github.com/leadwheel/leadwheel/e2e/contract

go 1.26.0

require github.com/santhosh-tekuri/jsonschema/v6 v6.0.2

require golang.org/x/text v0.43.0
