package api

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// maxPage is the largest page of a list, and the size of the pages in which CSV is streamed.
const maxPage = 500

// Paging are the parameters that all lists share.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many items at the most."`
	Cursor Cursor `query:"cursor" doc:"The next_cursor of the page before; absent for the newest."`
	Format string `query:"format" enum:"json,csv" doc:"csv: all items as CSV, where the list is to be had so, as with an Accept header that prefers text/csv."`
}

func (p Paging) page() store.Page { return store.Page{Limit: p.Limit, After: uuid.UUID(p.Cursor)} }

// Search is what lists of contacts take where people search.
type Search struct {
	Q string `query:"q" maxLength:"200" doc:"Words of a name or an e-mail address, each by its beginning, or a phone in any spelling, whole or its first digits, with or without its country or trunk prefix, or its last ones."`
}

// A Cursor is where a page begins. What it holds is nobody's business but ours.
type Cursor uuid.UUID

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Cursor) UnmarshalText(text []byte) error {
	data, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil || len(data) != len(c) {
		return errBadCursor
	}
	copy(c[:], data)
	return nil
}

// Schema implements huma.SchemaProvider.
func (Cursor) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

var errBadCursor = errors.New("this cursor is not one that a list gave out")

// An item of a list knows the id by which the list goes.
type item interface{ itemID() uuid.UUID }

// A List is a page of items, newest first.
type List[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" doc:"Where the next page begins; null on the last."`
}

// listOutput writes a list as JSON or CSV.
type listOutput struct{ Body func(huma.Context) }

// listInput is the input of a list: Paging, and filters beside it.
type listInput interface{ page() store.Page }

// registerList adds a list of items. Lists with columns are to be had as CSV too, which has all items.
func registerList[I listInput, T item](a *API, op huma.Operation, columns []column[T], fetch func(context.Context, *call, *I, store.Page) ([]T, error)) {
	op.Method = http.MethodGet
	content := map[string]*huma.MediaType{
		"application/json": {Schema: listSchema[T](a.huma.OpenAPI().Components.Schemas)},
	}
	if columns != nil {
		content[csvType] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: "All items, with a line of column names."}}
	}
	op.Errors = append(op.Errors, http.StatusUnprocessableEntity)
	op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: content}}
	register(a, op, func(ctx context.Context, c *call, in *I) (*listOutput, error) {
		pages := func(ctx context.Context, p store.Page) (items []T, err error) {
			err = a.reading(ctx, c, p.After != uuid.Nil && c.wantsCSV, func(ctx context.Context) error {
				items, err = fetch(ctx, c, in, p)
				return err
			})
			return items, err
		}
		if columns != nil && c.wantsCSV {
			return streamCSV(ctx, a, c, op.OperationID, shownTo(c, columns), pages)
		}
		return a.listJSON(pageOf(ctx, (*in).page(), pages))
	})
}

func listSchema[T any](r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[List[T]](), true, "")
}

// pageOf fetches a page, and one item more to know whether there is another.
func pageOf[T item](ctx context.Context, p store.Page, pages func(context.Context, store.Page) ([]T, error)) (any, error) {
	items, err := pages(ctx, store.Page{Limit: p.Limit + 1, After: p.After})
	if err != nil {
		return nil, err
	}
	list := List[T]{Items: items}
	if len(items) > p.Limit {
		list.Items = items[:p.Limit]
		last := list.Items[p.Limit-1].itemID()
		next := base64.RawURLEncoding.EncodeToString(last[:])
		list.NextCursor = &next
	}
	if list.Items == nil {
		list.Items = []T{}
	}
	return list, nil
}

func (a *API) listJSON(list any, err error) (*listOutput, error) {
	if err != nil {
		return nil, err
	}
	return &listOutput{func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "application/json")
		ctx.SetStatus(http.StatusOK)
		_ = a.huma.Marshal(ctx.BodyWriter(), "application/json", list) // the client is gone where this fails
	}}, nil
}

// each turns the store's rows into bodies. It never gives nil, which JSON would have as null.
func each[From, To any](all []From, to func(From) To) []To {
	bodies := make([]To, len(all))
	for i, one := range all {
		bodies[i] = to(one)
	}
	return bodies
}
