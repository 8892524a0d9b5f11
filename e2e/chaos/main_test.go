// Package chaos_test drives real processes of the program, all roles of them, through all ways in, while faults strike them, Postgres,
// Redis and the lines between. It keeps a record of its own of whatever was acknowledged, and holds the database against it.
//
// `make test-upgrade` replaces processes by those of other versions instead, behind a balancer.
//
// `make chaos` runs it for ten minutes, and `make soak` for two. `make chaos-check` runs it on
// programs that break a promise each, which it must see.
package chaos_test

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// Where a connection ends while what is wrong with it is taken away, toxiproxy leaves behind a goroutine that hands on to nobody.
func TestMain(m *testing.M) {
	testenv.Main(m, goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/stream.(*ChanWriter).Write"))
}

// settings say what to run. They come from the environment, where make writes them.
type settings struct {
	seed     uint64
	duration time.Duration
	// faults are the kinds that strike; empty is all.
	faults []string
	// brisk has everybody ask more often.
	brisk bool
	// standby has Postgres' commits wait for a standby, which may take over.
	standby bool
	// disks are where those keep their data, none where they may not be filled.
	disks []*testenv.Disk
	// strict has a request fail the test that is not answered at once.
	strict bool
}

const (
	seedVariable     = "CHAOS_SEED"
	durationVariable = "CHAOS_DURATION"
	faultsVariable   = "CHAOS_FAULTS"
	mutantVariable   = "CHAOS_MUTANT"
	programVariable  = "CHAOS_PROGRAM"
	logsVariable     = "CHAOS_LOGS"
)

// short is how long faults strike where nobody says, and long in `make soak`.
const (
	short = 10 * time.Second
	long  = 2 * time.Minute
)

// settingsOf reads the environment.
func settingsOf(t *testing.T) settings {
	t.Helper()
	s := settings{duration: short}
	if list := os.Getenv(faultsVariable); list != "" {
		s.faults = strings.Split(list, ",")
	}
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		s.duration, s.brisk = long, true
	}
	var err error
	if text := os.Getenv(durationVariable); text != "" {
		if s.duration, err = time.ParseDuration(text); err != nil {
			t.Fatalf("DURATION=%s: write it as in 10m: %v", text, err)
		}
		s.brisk = true
	}
	if s.seed, err = strconv.ParseUint(cmp.Or(os.Getenv(seedVariable), anySeed()), 10, 64); err != nil {
		t.Fatalf("SEED=%s: write a whole number: %v", os.Getenv(seedVariable), err)
	}
	return s
}

// anySeed is one that nobody has tried.
func anySeed() string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // it never fails
	return strconv.Itoa(int(binary.BigEndian.Uint16(b[:])))
}
