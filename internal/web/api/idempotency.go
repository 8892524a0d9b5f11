package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

const (
	idempotencyHeader = "Idempotency-Key"
	maxIdempotencyKey = 255
)

// idempotencyKeyOf is the request's idempotency key, empty where it has none.
func idempotencyKeyOf(r *http.Request) (string, *problem.Problem) {
	values := r.Header.Values(idempotencyHeader)
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	good := len(values) == 1 && key != "" && len(key) <= maxIdempotencyKey
	for _, b := range []byte(key) {
		good = good && 0x20 <= b && b < 0x7f
	}
	if good {
		return key, nil
	}
	const message = "an idempotency key is 1 to 255 printable ASCII characters"
	return "", problem.New(http.StatusUnprocessableEntity, message, problem.Field{Location: "header." + idempotencyHeader, Message: message})
}

// posted answers a POST with a T, kept as the bytes that a repeated request gets again.
type posted[T any] struct {
	Status int
	Body   answer[T]
}

// replay has it be what was answered before.
func (p *posted[T]) replay(kept *store.KeptAnswer) {
	*p = posted[T]{kept.Status, answer[T]{kept.Answer}}
}

// A replayable is an output that can be what was answered before.
type replayable interface{ replay(kept *store.KeptAnswer) }

// An answer is a T's JSON.
type answer[T any] struct{ data json.RawMessage }

// MarshalJSON implements json.Marshaler.
func (a answer[T]) MarshalJSON() ([]byte, error) { return a.data, nil }

func (a answer[T]) bytes() json.RawMessage { return a.data }

// Schema implements huma.SchemaProvider: an answer is described as what it holds.
func (answer[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// An effect is what a POST did: its answer, and what the audit log says of it.
type effect[T any] struct {
	status int
	body   T
	secret bool        // the answer shows what nobody may see again
	count  *int        // how many it acted on, where it acts on many
	ids    []uuid.UUID // what it acted on, beside what its body is
}

// once does a POST in one transaction. With an idempotency key the transaction claims it first and keeps the answer in
// the end, so that the effect, the key and the answer are there together or not at all.
func once[T any](ctx context.Context, a *API, c *call, do func(*store.Tx) (effect[T], error)) (*posted[T], error) {
	var out posted[T]
	var did effect[T]
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error {
		if kept, err := c.claim(ctx, tx); err != nil {
			return err
		} else if kept != nil {
			out.replay(kept)
			return nil
		}
		var err error
		if did, err = do(tx); err != nil {
			return err
		}
		acted(c, did)
		if out, err = post(did.status, did.body); err != nil {
			return err
		}
		return c.keep(ctx, tx, out.Status, out.Body.data, did.secret)
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func post[T any](status int, body T) (posted[T], error) {
	var data bytes.Buffer
	if err := huma.DefaultJSONFormat.Marshal(&data, body); err != nil {
		return posted[T]{}, err
	}
	return posted[T]{status, answer[T]{bytes.TrimSpace(data.Bytes())}}, nil
}

// claim claims the call's idempotency key, if it has one. It returns the answer kept for it where there is one.
func (c *call) claim(ctx context.Context, tx *store.Tx) (*store.KeptAnswer, error) {
	c.replayed = false // the transaction may run again
	if c.idempotencyKey == "" {
		return nil, nil
	}
	kept, err := tx.ClaimKey(ctx, c.Workspace, c.scopedKey(), c.hash)
	if err != nil || kept == nil {
		return nil, err
	}
	if !bytes.Equal(kept.RequestHash, c.hash) {
		return nil, keyUsed()
	}
	if string(kept.Answer) == "null" {
		const message = "what this request was answered has been erased with the person it was about; it is not done again"
		return nil, problem.New(http.StatusUnprocessableEntity, message, problem.Field{Location: "header." + idempotencyHeader, Message: message})
	}
	c.void(true)
	c.replayed = true
	if kept.Answer, err = c.open(kept.Answer); errors.Is(err, errSealed) {
		const message = "this was done, and its answer showed a secret to the key or session that asked; it is not shown to another"
		return nil, problem.New(http.StatusUnprocessableEntity, message, problem.Field{Location: "header." + idempotencyHeader, Message: message})
	}
	return kept, err
}

// doneBefore has out be what the call was answered when it came before with its idempotency key, where it did, and reports whether. It is for a
// call that is refused now: what it asked for may be over since, as a time is that it named, and what it named be gone.
func (a *API) doneBefore(ctx context.Context, c *call, refusal error, out any) bool {
	to, is := out.(replayable)
	if !is || c.idempotencyKey == "" || problem.From(refusal).Status >= http.StatusInternalServerError {
		return false
	}
	return a.Store.WithTx(ctx, func(tx *store.Tx) error {
		kept, err := c.claim(ctx, tx)
		if err == nil && kept == nil {
			err = store.ErrNotFound // which gives the key back
		}
		if err == nil {
			to.replay(kept)
		}
		return err
	}) == nil
}

// keyUsed refuses a key that came with another request before.
func keyUsed() error {
	const message = "this idempotency key was used for another request; use a new one for each request"
	return problem.New(http.StatusUnprocessableEntity, message, problem.Field{Location: "header." + idempotencyHeader, Message: message})
}

// keep keeps the answer to the call, if it has an idempotency key.
func (c *call) keep(ctx context.Context, tx *store.Tx, status int, data json.RawMessage, secret bool) (err error) {
	if c.idempotencyKey == "" {
		return nil
	}
	if secret {
		if data, err = c.seal(data); err != nil {
			return err
		}
	}
	return tx.KeepAnswer(ctx, c.Workspace, c.scopedKey(), status, data)
}

// scopedKey keeps the callers of a workspace from meeting each other's answers. A caller stays the same when their key is rotated.
func (c *call) scopedKey() string { return c.FirstID.String() + " " + c.idempotencyKey }
