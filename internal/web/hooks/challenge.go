package hooks

import (
	"net/http"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// challenge answers a platform that checks an address before it delivers to it.
func (h *hooks) challenge(w http.ResponseWriter, r *http.Request) {
	kind := lead.Kind(r.PathValue("kind"))
	hook, err := h.Store.Hook(r.Context(), kind, r.PathValue("token"))
	if err != nil {
		h.fail(w, r, kind, err)
		return
	}
	answer, err := h.Receiver.Challenge(hook, r.URL.Query())
	if refused := ingest.Unsigned(err); refused != nil {
		problem.New(http.StatusForbidden, refused.Message).Write(w)
		return
	}
	if err != nil {
		h.fail(w, r, kind, err)
		return
	}
	w.Header().Set("Content-Type", answer.ContentType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(answer.Body) // the platform is gone where this fails, and asks again
}
