package console

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"path"
	"strings"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

//go:embed views
var views embed.FS

// pages are the templates, each within the frame, by what they show.
var pages = func() map[string]*template.Template {
	frame := template.Must(template.ParseFS(views, "views/frame.html", "views/parts.html"))
	all := map[string]*template.Template{}
	files, err := views.ReadDir("views/pages")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".html")
		all[name] = template.Must(template.Must(frame.Clone()).ParseFS(views, path.Join("views/pages", f.Name())))
	}
	return all
}()

// render writes a page.
func render(w http.ResponseWriter, p *page) {
	var out bytes.Buffer
	if err := pages[p.Template].ExecuteTemplate(&out, "frame", p); err != nil {
		problem.From(err).Write(w)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(cmp.Or(p.Status, http.StatusOK))
	_, _ = out.WriteTo(w) // the client is gone where this fails
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=300")
	http.ServeFileFS(w, r, views, "views/style.css")
}
