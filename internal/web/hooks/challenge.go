package hooks

import (
	"errors"
	"net/http"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// look shows a form's own page, or answers a platform that checks an address before it delivers to it. Other addresses are
// not to be looked at.
func (h *hooks) look(w http.ResponseWriter, r *http.Request) {
	hook, ok := h.find(w, r)
	if !ok {
		return
	}
	r = within(r, hook)
	if hook.Kind == lead.KindForm {
		showForm(w, r, hook)
		return
	}
	answer, err := h.Receiver.Challenge(hook, r.URL.Query())
	refused := ingest.Unsigned(err)
	switch {
	case refused != nil:
		problem.New(http.StatusForbidden, refused.Message).Write(w)
	case errors.Is(err, store.ErrNotFound):
		w.Header().Set("Allow", "POST, PUT")
		refuse(w, r, problem.New(http.StatusMethodNotAllowed, "leads are delivered here with POST"))
	case err != nil:
		h.fail(w, r, err)
	default:
		w.Header().Set("Content-Type", answer.ContentType)
		_, _ = w.Write(answer.Body) // the platform is gone where this fails, and asks again
	}
}
