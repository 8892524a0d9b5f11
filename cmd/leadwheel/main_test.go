package main

import (
	"os"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// asProgram makes the test binary be the program, so that tests can run it as a process of its own.
const asProgram = "TEST_RUNS_AS_LEADWHEEL"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	testenv.Main(m)
}
