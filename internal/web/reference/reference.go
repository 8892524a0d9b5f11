// Package reference shows an OpenAPI document to people, as one page that loads nothing and runs nothing. The API calls it for its
// own. It does no I/O.
package reference

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var style string

var page = template.Must(template.New("page").Parse(pageSource))

// A Page is a document as HTML.
type Page struct {
	html   []byte
	policy string
}

// New writes the page of an OpenAPI 3.1 document. It returns an error for what is no such document.
func New(document []byte) (*Page, error) {
	var d documented
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document for its page: %w", err)
	}
	v := view{Title: d.Info.Title, Version: d.Info.Version, Text: paragraphs(d.Info.Description), Style: template.CSS(style)} //nolint:gosec // it is ours
	for _, t := range d.Tags {
		v.Chapters = append(v.Chapters, chapter{Name: t.Name, Slug: slug(t.Name), Text: paragraphs(t.Description), Operations: d.operationsOf(t.Name)})
	}
	v.Told, v.Schemas = d.told(), d.schemas()
	var html bytes.Buffer
	if err := page.Execute(&html, v); err != nil {
		return nil, fmt.Errorf("writing the page of the OpenAPI document: %w", err)
	}
	hash := sha256.Sum256([]byte(style))
	return &Page{html.Bytes(), "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}, nil
}

// ServeHTTP answers with the page.
func (p *Page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Security-Policy", p.policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(p.html) // the client is gone where this fails
}
