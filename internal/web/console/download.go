package console

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/client"
)

// download sends what the API has at path as a file, straight to the browser, however long it is. The error is what the API
// refused it with.
func (v *visit) download(path, name string, chosen url.Values) error {
	r := v.Clone(v.Context())
	r.Method, r.Body, r.ContentLength = http.MethodGet, http.NoBody, 0
	r.URL = &url.URL{Path: path, RawQuery: chosen.Encode()}
	r.RequestURI = r.URL.RequestURI()
	r.Header = http.Header{
		"Authorization": {"Bearer " + v.token}, "Accept": {"text/csv"}, "User-Agent": {v.UserAgent()}, "X-Forwarded-For": v.Header.Values("X-Forwarded-For"),
	}
	f := &file{w: v.w, name: name, refused: answer{header: http.Header{}, status: http.StatusOK}}
	v.site.api.ServeHTTP(f, r)
	if !f.sent {
		refused := &client.Problem{Status: f.refused.status, RetryAfter: f.refused.header.Get("Retry-After")}
		if json.Unmarshal(f.refused.body.Bytes(), refused) != nil || refused.Detail == "" {
			refused.Detail = v.say("the file could not be made; please try again")
		}
		return refused
	}
	return nil
}

// A file lets a success through as a file with a name, and keeps all else.
type file struct {
	w       http.ResponseWriter
	name    string
	sent    bool
	refused answer
}

func (f *file) Header() http.Header { return f.refused.header }

func (f *file) WriteHeader(status int) {
	if status != http.StatusOK {
		f.refused.WriteHeader(status)
		return
	}
	f.sent = true
	for name, values := range f.refused.header {
		f.w.Header()[name] = values
	}
	f.w.Header().Set("Content-Disposition", `attachment; filename="`+f.name+`.csv"`)
	f.w.WriteHeader(status)
}

func (f *file) Write(data []byte) (int, error) {
	if !f.sent && !f.refused.written {
		f.WriteHeader(http.StatusOK)
	}
	if !f.sent {
		return f.refused.Write(data)
	}
	return f.w.Write(data)
}

// Unwrap is for http.ResponseController.
func (f *file) Unwrap() http.ResponseWriter { return f.w }
