package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// A keptImport is what is kept under an idempotency key of the import that it began: which it is and, once its file was
// read, that file's hash.
type keptImport struct {
	ID   uuid.UUID `json:"id"`
	File []byte    `json:"file_sha256,omitempty"`
}

// isOf refuses a file that is not the one with which the key came first. Files stream, so that shows when all of it was
// read. While the first is still being read nothing is known of it, and no file is refused.
func (k *keptImport) isOf(body io.Reader) error {
	if k.File == nil {
		return nil
	}
	file := newHashedFile(body)
	if _, err := io.Copy(io.Discard, file); err != nil {
		return problem.New(http.StatusBadRequest, "the body could not be read to its end")
	}
	if !bytes.Equal(file.hash.Sum(nil), k.File) {
		return keyUsed()
	}
	return nil
}

// keepFile keeps the hash of an import's file. One that failed is not held against its file: it is sent again mended. Of one that
// was cancelled not all was read.
func (a *API) keepFile(ctx context.Context, c *call, imp store.Import, file *hashedFile) error {
	if c.idempotencyKey == "" || imp.Status != store.ImportCompleted {
		return nil
	}
	kept, err := post(http.StatusAccepted, keptImport{imp.ID, file.hash.Sum(nil)})
	if err != nil {
		return err
	}
	return a.Store.WithTx(ctx, func(tx *store.Tx) error { return c.keep(ctx, tx, kept.Status, kept.Body.data, false) })
}

// A hashedFile hashes a file while it is read.
type hashedFile struct {
	body io.Reader
	hash hash.Hash
	read bool // to its end
}

func newHashedFile(body io.Reader) *hashedFile { return &hashedFile{body: body, hash: sha256.New()} }

// Read implements io.Reader.
func (f *hashedFile) Read(data []byte) (int, error) {
	n, err := f.body.Read(data)
	f.hash.Write(data[:n])
	f.read = f.read || errors.Is(err, io.EOF)
	return n, err
}

// Interrupt implements ingest.Interrupter.
func (f *hashedFile) Interrupt() {
	if i, is := f.body.(ingest.Interrupter); is {
		i.Interrupt()
	}
}
