package console

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/web/problem"
)

//go:embed views
var views embed.FS

// pages are the templates in each language, within the frame, by what they show.
var pages = language.NewEach(func(t tongue) map[string]*template.Template {
	frame := template.New("").Funcs(t.Funcs()).Funcs(template.FuncMap{"asset": assetAddress, "seat": seatOf})
	for _, pattern := range []string{"views/frame.html", "views/parts/*.html"} {
		addViews(frame, t, pattern)
	}
	all := map[string]*template.Template{}
	files, err := views.ReadDir("views/pages")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, f := range files {
		all[strings.TrimSuffix(f.Name(), ".html")] = addViews(template.Must(frame.Clone()), t, path.Join("views/pages", f.Name()))
	}
	return all
})

// addViews adds the templates of files in a language to others.
func addViews(others *template.Template, t tongue, pattern string) *template.Template {
	files, err := fs.Glob(views, pattern)
	for _, file := range files {
		text, unread := views.ReadFile(file)
		err = errors.Join(err, unread, t.AddTo(others, path.Base(file), language.Template(text)))
	}
	return template.Must(others, err) // they are embedded
}

// render writes a page in a language.
func render(w http.ResponseWriter, t tongue, p *page) {
	var out bytes.Buffer
	if err := pages.In(t)[p.Template].ExecuteTemplate(&out, "frame", p); err != nil {
		problem.From(err).Write(w)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(cmp.Or(p.Status, http.StatusOK))
	_, _ = out.WriteTo(w) // the client is gone where this fails
}

// assets are what pages load: the stylesheet and the scripts, by name.
var assets = func() map[string]asset {
	all := map[string]asset{}
	files, err := views.ReadDir("views/assets")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, f := range files {
		data, err := views.ReadFile("views/assets/" + f.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		all[f.Name()] = asset{data, hex.EncodeToString(sum[:6])}
	}
	return all
}()

// An asset is a file with what tells its versions apart.
type asset struct {
	data    []byte
	version string
}

// assetAddress is where an asset is. A new version has a new address, so that no browser shows new pages with an old style.
func assetAddress(name string) string {
	return home + "assets/" + name + "?v=" + assets[name].version
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	a, is := assets[r.PathValue("name")]
	if !is {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".png": "image/png", ".webmanifest": "application/manifest+json"}[path.Ext(r.PathValue("name"))])
	_, _ = w.Write(a.data) // the client is gone where this fails
}
