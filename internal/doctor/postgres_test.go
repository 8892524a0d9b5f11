package doctor_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/doctor"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestServersOfAnAddress looks at two servers, of which one freezes: the other is looked at all the same.
func TestServersOfAnAddress(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t, testenv.WithStandby())
	standby := d.NewStandby(t)
	o := doctor.Options{DatabaseURL: standby.URLAt(standby.Addr + "," + d.PostgresServer.Addr)}
	states := func() map[string]doctor.State {
		all := map[string]doctor.State{}
		for _, c := range doctor.Examine(t.Context(), o) {
			all[c.Name] = c.State
		}
		return all
	}
	if got := states(); got["database servers"] != doctor.OK || got["database writes"] == doctor.Broken || got["database schema"] != doctor.OK {
		t.Errorf("with a standby that follows: %v", got)
	}
	standby.FreezeWhole()
	defer standby.Thaw()
	if got := states(); got["database servers"] != doctor.Warning || got["database connection"] != doctor.OK || got["database schema"] != doctor.OK {
		t.Errorf("with a standby that is frozen: %v", got)
	}
}
