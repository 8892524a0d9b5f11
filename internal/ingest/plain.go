package ingest

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// MaxBody is the largest delivery, in bytes, as it is sent and as it is once it is unpacked.
const MaxBody = 1 << 20

// A RejectedError says why a delivery is not taken, in words for its sender, who has to send something else.
type RejectedError struct {
	// Status is that of HTTP.
	Status  int
	Message string
}

func (e *RejectedError) Error() string { return e.Message }

// plain is a request whose body is unpacked and, where it is text, UTF-8, with headers that say so. What a platform signs
// is the body as it was sent. It returns a *RejectedError for a body that cannot be unpacked.
func plain(r Request) (Request, error) {
	body, err := unpacked(r)
	if err != nil {
		return r, err
	}
	header := r.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	header.Del("Content-Encoding")
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind, params = strings.TrimSpace(strings.ToLower(header.Get("Content-Type"))), nil
		kind, _, _ = strings.Cut(kind, ";")
	}
	if text, changed := textOf(kind, params["charset"], body); changed {
		body = text
		header.Set("Content-Type", mime.FormatMediaType(kind, map[string]string{"charset": "utf-8"}))
		if header.Get("Content-Type") == "" { // it was none that can be written
			header.Set("Content-Type", "text/plain; charset=utf-8")
		}
	}
	r.Header, r.Body = header, body
	return r, nil
}

// maxEncodings bounds how often a body may be packed.
const maxEncodings = 3

// unpacked undoes a body's content encodings.
func unpacked(r Request) ([]byte, error) {
	encodings := strings.FieldsFunc(strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ",")), func(c rune) bool {
		return c == ',' || c == ' ' || c == '\t'
	})
	if len(encodings) > maxEncodings {
		return nil, &RejectedError{http.StatusUnsupportedMediaType, "the body is packed too often; send it plain, or as gzip"}
	}
	body := r.Body
	for _, encoding := range slices.Backward(encodings) {
		var err error
		switch encoding {
		case "identity", "none", "utf-8", "aws-chunked":
		case "gzip", "x-gzip":
			if isGzip(body) || len(body) == 0 { // else a proxy has unpacked it and left the header
				body, err = unpack(body, func(in io.Reader) (io.Reader, error) { return gzip.NewReader(in) })
			}
		case "zstd":
			if isZstd(body) { // else a proxy has unpacked it and left the header
				body, err = unpack(body, openZstd)
			}
		case "deflate", "x-deflate":
			body, err = inflate(body)
		default:
			err = &RejectedError{http.StatusUnsupportedMediaType, fmt.Sprintf("the Content-Encoding %q is not taken; send the body plain, or as gzip", shorten(Clean(encoding), 50))}
		}
		if err != nil {
			return nil, err
		}
	}
	if len(encodings) == 0 && isGzip(body) { // no text begins so
		return unpack(body, func(in io.Reader) (io.Reader, error) { return gzip.NewReader(in) })
	}
	return body, nil
}

func isGzip(body []byte) bool { return bytes.HasPrefix(body, []byte{0x1f, 0x8b, 8}) }

func isZstd(body []byte) bool { return bytes.HasPrefix(body, []byte{0x28, 0xb5, 0x2f, 0xfd}) }

// openZstd reads no further back than eight times the limit of a delivery, which is as far as RFC 9659 lets senders go. It is not closed: it
// has no goroutines, and nothing that the garbage collector does not take.
func openZstd(in io.Reader) (io.Reader, error) {
	return zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8*MaxBody))
}

// inflate unpacks deflate, which is zlib's format and, as some send it, what is in that.
func inflate(body []byte) ([]byte, error) {
	plain, err := unpack(body, openZlib)
	var rejected *RejectedError
	if err == nil || errors.As(err, &rejected) && rejected.Status == http.StatusRequestEntityTooLarge {
		return plain, err
	}
	plain, err = unpack(body, func(in io.Reader) (io.Reader, error) { return flate.NewReader(in), nil })
	if err == nil || errors.As(err, &rejected) && rejected.Status == http.StatusRequestEntityTooLarge {
		return plain, err
	}
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && bytes.IndexByte([]byte("{[<\""), trimmed[0]) >= 0 {
		return body, nil // a proxy has unpacked it and left the header
	}
	return nil, err
}

func openZlib(in io.Reader) (io.Reader, error) { return zlib.NewReader(in) }

// unpack reads what is packed, up to the limit of a delivery.
func unpack(body []byte, open func(io.Reader) (io.Reader, error)) ([]byte, error) {
	damaged := &RejectedError{http.StatusBadRequest, "the body is not packed as its Content-Encoding says, or is damaged; send it again"}
	in, err := open(bytes.NewReader(body))
	if err != nil {
		return nil, damaged
	}
	plain, err := io.ReadAll(io.LimitReader(in, MaxBody+1))
	switch {
	case len(plain) > MaxBody:
		return nil, &RejectedError{http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB once it is unpacked"}
	case err != nil:
		return nil, damaged
	}
	return plain, nil
}
