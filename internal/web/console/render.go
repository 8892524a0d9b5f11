package console

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/web/problem"
)

//go:embed views
var views embed.FS

// pages are the templates in a language, each within the frame, by what they show. Each language's are made once.
func pages(t tongue) map[string]*template.Template {
	made, _ := pagesIn.LoadOrStore(t, sync.OnceValue(func() map[string]*template.Template { return pagesFor(t) }))
	return made.(func() map[string]*template.Template)()
}

// pagesIn are what makes, or has made, the pages of a language.
var pagesIn sync.Map

func pagesFor(t tongue) map[string]*template.Template {
	frame := template.New("").Funcs(template.FuncMap{
		"asset": assetAddress, "seat": seatOf, "say": t.Say, "many": t.Many, "language": t.Tag,
	})
	parse := func(into *template.Template, pattern string) *template.Template {
		files, err := fs.Glob(views, pattern)
		for _, file := range files {
			err = errors.Join(err, addTemplates(into, file, t))
		}
		return template.Must(into, err)
	}
	parse(frame, "views/frame.html")
	parse(frame, "views/parts/*.html")
	all := map[string]*template.Template{}
	files, err := fs.Glob(views, "views/pages/*.html")
	template.Must(frame, err)
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		all[name] = parse(template.Must(frame.Clone()), file)
	}
	return all
}

// addTemplates adds the templates of a file in a language.
func addTemplates(into *template.Template, file string, t tongue) error {
	text, err := views.ReadFile(file)
	if err != nil {
		return err
	}
	read, err := t.Parse(path.Base(file), language.Template(text))
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	for name, tree := range read {
		if _, err := into.AddParseTree(name, tree); err != nil {
			return fmt.Errorf("adding %s: %w", name, err)
		}
	}
	return nil
}

// render writes a page in a language.
func render(w http.ResponseWriter, t tongue, p *page) {
	var out bytes.Buffer
	if err := pages(t)[p.Template].ExecuteTemplate(&out, "frame", p); err != nil {
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
