package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/doctor"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestListsOfAReplica pushes leads to a server that reads lists from a standby, and asks for each at once, as JSON and as CSV: it is there
// whether the standby is, is killed or comes back, which readiness, metrics and the doctor tell.
func TestListsOfAReplica(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t, testenv.WithStandby())
	s := newScene(t, &d.Env, 1)
	standby := d.NewStandby(t)
	a := s.startWith(func(c *app.Config) { c.ReplicaURL = standby.URLAt(standby.Addr) }, app.RoleAPI)
	pushed := 0
	// saved pushes a lead, and lists it.
	saved := func() {
		t.Helper()
		pushed++
		email := fmt.Sprintf("lead%d@example.com", pushed)
		status, err := s.post("/v1/leads", map[string]any{"name": "Aina", "email": email}, nil)
		if err != nil || status != http.StatusCreated {
			t.Fatal(status, err)
		}
		for _, path := range []string{"/v1/leads?limit=1", "/v1/leads?format=csv&limit=1"} {
			if status, body := s.send(http.MethodGet, path, nil, nil); status != http.StatusOK || !strings.Contains(string(body), email) {
				t.Fatalf("%s was answered with %d, without %s: %s", path, status, email, body)
			}
		}
	}
	// told waits until readiness, metrics and the doctor say the same of the replica.
	told := func(ready, up string, state doctor.State) {
		t.Helper()
		testenv.Eventually(t, 20*time.Second, func() error {
			saved()
			status, body := get(t, a.OpsURL()+"/readyz")
			if status != http.StatusOK || !strings.Contains(body, `"replica":"`+ready+`"`) {
				return fmt.Errorf("readiness is %d %s", status, body)
			}
			if _, body := get(t, a.OpsURL()+"/metrics"); !strings.Contains(body, `leadwheel_dependency_up{dependency="replica"} `+up+"\n") {
				return errors.New("metrics do not say so")
			}
			for _, c := range doctor.Examine(t.Context(), doctor.Options{DatabaseURL: s.DatabaseURL, ReplicaURL: standby.URLAt(standby.Addr), RedisURL: s.RedisURL}) {
				if c.Name == "database replica" && c.State != state {
					return fmt.Errorf("the doctor says %+v", c)
				}
			}
			return nil
		})
	}
	// by is how many lists a server had.
	by := func(server string) int {
		t.Helper()
		_, body := get(t, a.OpsURL()+"/metrics")
		found := regexp.MustCompile(`leadwheel_replica_reads_total\{by="` + server + `"\} (\d+)\n`).FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("metrics do not tell of the reads of %s", server)
		}
		n, err := strconv.Atoi(found[1])
		s.must(err)
		return n
	}

	told("ok", "1", doctor.OK)
	before, instead := by("replica"), by("database")
	asked := 0
	testenv.Eventually(t, 20*time.Second, func() error { // on a busy machine it may be behind each lead at first
		for range 20 {
			saved()
			asked += 2
		}
		had, rest := by("replica")-before, by("database")-instead
		if had+rest != asked {
			t.Fatalf("the replica had %d of %d lists, and the database %d", had, asked, rest)
		}
		if had == 0 {
			return fmt.Errorf("the replica had none of %d lists", asked)
		}
		return nil
	})
	standby.Kill()
	told("degraded", "0", doctor.Warning)
	before = by("replica")
	saved()
	if by("replica") != before {
		t.Error("a replica that was killed is said to have been read")
	}
	standby.Start()
	told("ok", "1", doctor.OK)
}
