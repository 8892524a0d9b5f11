package console

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// compressed sends pages, the stylesheet and scripts smaller to browsers that take them so. Files that are streamed to be
// kept go as they are.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !takesGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

// takesGzip says whether an Accept-Encoding header has gzip, and does not rule it out.
func takesGzip(header string) bool {
	for one := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(one, ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		weight = strings.TrimRight(strings.TrimPrefix(strings.TrimSpace(weight), "q="), "0.")
		return weight != "" || !strings.Contains(one, ";")
	}
	return false
}

// A compressor compresses what is text for browsers.
type compressor struct {
	http.ResponseWriter
	zip     *gzip.Writer
	decided bool
}

func (c *compressor) WriteHeader(status int) {
	if !c.decided {
		c.decided = true
		h := c.Header()
		kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
		if kind == "text/html" || kind == "text/css" || kind == "text/javascript" {
			h.Set("Content-Encoding", "gzip")
			h.Add("Vary", "Accept-Encoding")
			h.Del("Content-Length")
			c.zip = gzip.NewWriter(c.ResponseWriter)
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressor) Write(data []byte) (int, error) {
	if !c.decided {
		c.WriteHeader(http.StatusOK)
	}
	if c.zip == nil {
		return c.ResponseWriter.Write(data)
	}
	return c.zip.Write(data)
}

func (c *compressor) close() {
	if c.zip != nil {
		_ = c.zip.Close() // the client is gone where this fails
	}
}

// Unwrap is for http.ResponseController.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }
