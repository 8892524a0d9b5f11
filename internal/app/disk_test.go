package app_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestAFullDisk has no room be left where Postgres keeps its data while leads come in: they are refused at once, to be sent again, readiness
// says so within seconds, and says when there is room again. Whatever was acknowledged is there, and was given once.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	disk := testenv.NewDisk(t, 200)
	d := testenv.NewDedicated(t, testenv.WithPostgresOn(disk.Folder))
	s := newScene(t, &d.Env, 4)
	s.start(app.RoleAPI, app.RoleWorker, app.RoleScheduler)
	ready := func() int {
		t.Helper()
		status, _ := get(t, s.app.URL()+"/readyz")
		return status
	}
	if status := ready(); status != http.StatusOK {
		t.Fatalf("at first readiness is %d", status)
	}
	taken, refused := 0, 0
	// Until it is full, leads find room in what the tables have already: large ones soon need more.
	push := func() (status int) {
		t.Helper()
		began := time.Now()
		status, err := s.post("/v1/leads", map[string]any{
			"name": fmt.Sprint("lead ", taken, refused), "fields": map[string]string{"text": noise()}, "distribute": map[string]any{"group_id": s.group},
		}, nil)
		s.must(err)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("an answer of %d took %s", status, took)
		}
		switch status {
		case http.StatusCreated:
			taken++
		case http.StatusServiceUnavailable:
			refused++
		default:
			t.Errorf("a lead is answered with %d", status)
		}
		return status
	}
	push()
	disk.Fill()
	for range 2000 {
		if push() == http.StatusServiceUnavailable {
			break
		}
	}
	if refused == 0 {
		t.Fatal("2,000 leads found room on a full disk")
	}
	if status := ready(); status != http.StatusServiceUnavailable {
		t.Errorf("with no room readiness is %d", status)
	}
	for range 20 {
		push()
	}
	disk.Empty()
	testenv.Eventually(t, 15*time.Second, func() error {
		if status := ready(); status != http.StatusOK {
			return fmt.Errorf("with room again readiness is %d", status)
		}
		return nil
	})
	if status := push(); status != http.StatusCreated {
		t.Errorf("with room again a lead is answered with %d", status)
	}
	s.untilIdle(time.Minute)
	var stored int
	s.must(s.DB.Get(&stored, `SELECT count(*) FROM leads`))
	if stored != taken || s.copies() != taken {
		t.Errorf("of %d leads that were acknowledged %d are stored, and %d were given", taken, stored, s.copies())
	}
	s.audit()
}

// noise is a text of 8 KiB that cannot be told in fewer bytes than half of that.
func noise() string {
	bytes := make([]byte, 4<<10)
	rand.Read(bytes) // never fails
	return hex.EncodeToString(bytes)
}
