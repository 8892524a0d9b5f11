package api_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/store"
)

// TestErasedWhileAnImportWaits erases somebody whose row is in a file that waits for its turn, and was made before.
func TestErasedWhileAnImportWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	queue := store.ImportQueue{AtOnce: 1}
	importer := ingest.NewImporter(s.Store, metrics.New(prometheus.NewRegistry()), slog.New(slog.DiscardHandler)).Within(ingest.ImportLimits{Queue: queue})
	queued := func() (imp store.Import) {
		t.Helper()
		if err := s.Store.WithTx(t.Context(), func(tx *store.Tx) (err error) {
			imp, err = tx.QueueImport(t.Context(), s.workspace, store.NewImport{}, queue)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return imp
	}
	first, second := queued(), queued()
	if second.Status != store.ImportWaiting {
		t.Fatalf("behind another it is %s", second.Status)
	}
	ended := make(chan store.Import, 1)
	go func() {
		imp, err := importer.Run(t.Context(), s.workspace, second, strings.NewReader("name,email\nSecret,SECRET@example.com\nAda,ada@example.com\n"))
		if err != nil {
			t.Error(err)
		}
		ended <- imp
	}()
	s.post("/v1/leads", `{"name":"Secret","email":"secret@example.com"}`).is(201)
	s.post("/v1/privacy/erase", `{"email":"secret@example.com"}`).is(200)
	if _, err := importer.Run(t.Context(), s.workspace, first, io.LimitReader(nil, 0)); err != nil {
		t.Fatal(err)
	}
	if imp := <-ended; imp.Status != store.ImportCompleted || imp.Imported != 1 || imp.Rejected != 1 {
		t.Errorf("the import ended as %+v", imp)
	}
	if text := s.everything(); strings.Contains(text, "Secret") || strings.Contains(strings.ToLower(text), "secret@") {
		t.Error("the person is there again")
	}
}
