package store_test

import (
	"flag"
	"os"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

func TestMain(m *testing.M) {
	// Each step of a property test is several transactions; the command line can ask for more of them.
	checks := "8"
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		checks = "15"
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		panic(err)
	}
	testenv.Main(m)
}
