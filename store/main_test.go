package store_test

import (
	"flag"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

func TestMain(m *testing.M) {
	// Each step of a property test is several transactions; the command line can ask for more of them.
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
	testenv.Main(m)
}
