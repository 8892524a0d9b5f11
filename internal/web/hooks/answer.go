package hooks

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// answer tells a sender what became of its delivery, which is kept by now.
func answer(w http.ResponseWriter, r *http.Request, h store.Hook, got ingest.Received) {
	switch {
	case got.Rejected != nil:
		refuse(w, r, problem.New(got.Rejected.Status, got.Rejected.Message))
	case got.Outcome == lead.EventRefused:
		refuse(w, r, problem.New(http.StatusUnauthorized, got.Detail))
	case h.Kind == lead.KindForm && got.Outcome == lead.EventUnmapped: // who sent it is there to fill in more
		refuse(w, r, problem.New(http.StatusUnprocessableEntity, incomplete))
	case h.Kind == lead.KindForm && got.Redirect != "":
		w.Header().Set("Location", got.Redirect)
		w.WriteHeader(http.StatusSeeOther)
	case h.Kind == lead.KindForm && wantsPage(r):
		showThanks(w, r, h)
	case ingest.AnswerOf(h.Kind) == ingest.AnswerGoogle:
		writeJSON(w, http.StatusOK, struct{}{})
	default:
		writeJSON(w, http.StatusOK, map[string]any{"outcome": got.Outcome, "event_id": got.ID})
	}
}

// refuse answers a delivery that is not taken, in the words that its sender shows to people.
func refuse(w http.ResponseWriter, r *http.Request, p *problem.Problem) {
	kind := kindOf(r)
	switch {
	case ingest.AnswerOf(kind) == ingest.AnswerGoogle:
		writeHeaders(w, p)
		writeJSON(w, p.Status, map[string]string{"message": p.Detail})
	case kind == lead.KindForm && wantsPage(r):
		writeHeaders(w, p)
		showProblem(w, r, p)
	default:
		p.Write(w)
	}
}

// wantsPage reports whether a browser waits for something to show.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

func writeHeaders(w http.ResponseWriter, p *problem.Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone where this fails
}
