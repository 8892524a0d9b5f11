package console_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

func TestImportsAreCancelled(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	imp, err := s.Store.CreateImport(t.Context(), s.workspace, store.NewImport{APIKeyID: uuid.New()})
	if err != nil {
		t.Fatal(err)
	}
	own := s.get("/console/imports/"+imp.ID.String()).is(http.StatusOK).shows("running", "Cancel import")
	asked := s.post("/console/acts/cancel-import", own.form(imp.ID.String())).is(http.StatusOK).shows("No more rows of the file come in")
	sure := asked.form(imp.ID.String())
	for range 2 { // somebody clicks twice
		s.leadsTo(s.post("/console/acts/cancel-import", sure), "Imports cancelled: 1.")
	}
	s.get("/console/imports/" + imp.ID.String()).is(http.StatusOK).shows("cancelled").lacks("Cancel import")

	done, err := s.Store.CreateImport(t.Context(), s.workspace, store.NewImport{APIKeyID: uuid.New()})
	if err != nil {
		t.Fatal(err)
	}
	late := s.get("/console/imports/" + done.ID.String()).is(http.StatusOK).form(done.ID.String())
	if _, err := s.Store.FinishImport(t.Context(), s.workspace, done.ID, nil, ""); err != nil {
		t.Fatal(err)
	}
	late.Set("sure", "1")
	s.post("/console/acts/cancel-import", late).is(http.StatusConflict).shows("has ended already")
}
