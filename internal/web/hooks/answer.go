package hooks

import (
	"encoding/json"
	"net/http"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// answer tells a sender what became of its delivery, which is kept by now.
func answer(w http.ResponseWriter, kind lead.Kind, e store.Event) {
	switch {
	case e.Outcome == lead.EventRefused:
		refuse(w, kind, problem.New(http.StatusUnauthorized, e.Detail))
	case kind == lead.KindGoogle:
		writeJSON(w, http.StatusOK, struct{}{})
	default:
		writeJSON(w, http.StatusOK, map[string]any{"outcome": e.Outcome, "event_id": e.ID})
	}
}

// refuse answers a delivery that is not taken, in the words that its sender shows to people.
func refuse(w http.ResponseWriter, kind lead.Kind, p *problem.Problem) {
	if kind != lead.KindGoogle {
		p.Write(w)
		return
	}
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	writeJSON(w, p.Status, map[string]string{"message": p.Detail})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone where this fails
}
