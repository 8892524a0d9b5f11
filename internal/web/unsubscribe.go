package web

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/store"
)

// unsubscribePage asks whoever follows the link in an e-mail, and answers them. Following it changes nothing yet: programs
// that look for harmful links do so too.
var unsubscribePage = language.Page(`<!doctype html>
<html lang="{{language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{say .Title}}</title>
<style>body{font:1.1em/1.5 system-ui,sans-serif;max-width:30em;margin:3em auto;padding:0 1em}button{font:inherit;padding:.5em 1em}</style>
</head>
<body>
<h1>{{say .Title}}</h1>
<p>{{say .Text}}</p>
{{if .Ask}}<form method="post"><button>Get no more e-mails</button></form>{{end}}
</body>
</html>
`)

type unsubscribeView struct {
	Title, Text language.Text
	Ask         bool
}

// serveUnsubscribe serves the address in the List-Unsubscribe header of e-mails, as RFC 8058 has it.
func serveUnsubscribe(mux *http.ServeMux, s *store.Store, log *slog.Logger) {
	mux.HandleFunc("GET /unsubscribe/{token}", func(w http.ResponseWriter, r *http.Request) {
		writePage(w, r, http.StatusOK, unsubscribeView{
			"Get no more e-mails?", "You are then not told of new leads by e-mail. Your leads still come to you.", true,
		})
	})
	mux.HandleFunc("POST /unsubscribe/{token}", func(w http.ResponseWriter, r *http.Request) {
		switch err := s.Unsubscribe(r.Context(), r.PathValue("token")); {
		case errors.Is(err, store.ErrNotFound):
			writePage(w, r, http.StatusNotFound, unsubscribeView{Title: "This link is not valid", Text: "Take the one in the latest e-mail."})
		case err != nil:
			log.ErrorContext(r.Context(), "unsubscribing failed", "error", err)
			writePage(w, r, http.StatusServiceUnavailable, unsubscribeView{Title: "That did not work", Text: "Please try again shortly."})
		default:
			writePage(w, r, http.StatusOK, unsubscribeView{
				Title: "Done", Text: "You get no more e-mails about leads. Whoever manages your team can switch them on again.",
			})
		}
	})
}

// writePage writes a page in the language that its address has, which the e-mail was in, or that the browser asks for.
func writePage(w http.ResponseWriter, r *http.Request, status int, v unsubscribeView) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	t := language.In(r.URL.Query().Get("lang"), language.Accepted(r.Header.Get("Accept-Language")))
	_ = unsubscribePage.In(t).Execute(w, v) // the client is gone where this fails
}
