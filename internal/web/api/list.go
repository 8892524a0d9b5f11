package api

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// maxPage is the largest page of a list, and the size of the pages in which CSV is streamed.
const maxPage = 500

// Paging are the parameters that all lists share.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many items at the most. CSV has all from the cursor on where this is not given."`
	Cursor Cursor `query:"cursor" doc:"The next_cursor of the page before; absent for the first."`
	Format string `query:"format" enum:"json,csv" doc:"csv: the items as CSV, as with an Accept header that prefers text/csv. Where limit leaves some out, the header Link has where the next are."`
}

func (p Paging) page() store.Page {
	return store.Page{Limit: p.Limit, After: p.Cursor.id, AfterChange: p.Cursor.changed}
}

// Changes are the parameters of lists whose items tell when they were changed.
type Changes struct {
	Paging
	UpdatedSince time.Time `query:"updated_since" doc:"Only what was made or changed then or later, by updated_at. What was deleted is in no list."`
	Sort         string    `query:"sort" enum:"updated_at" doc:"updated_at: what changed longest ago comes first, and last what changed last. Who follows changes by it reads to the end, and begins the next time with updated_since five minutes before the last updated_at that it saw: a change may be stored a moment after the time that it has."`
}

func (p Changes) page() store.Page {
	page := p.Paging.page()
	page.Since, page.ByChange = p.UpdatedSince, p.Sort != ""
	return page
}

// Search is what lists of contacts take where people search.
type Search struct {
	Q string `query:"q" maxLength:"200" doc:"Words of a name or an e-mail address, each by its beginning, or a phone in any spelling, whole or its first digits, with or without its country or trunk prefix, or its last ones."`
}

// A Cursor is where a page begins. What it holds is nobody's business but ours.
type Cursor struct {
	id uuid.UUID
	// changed is set where the list goes by it.
	changed time.Time
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Cursor) UnmarshalText(text []byte) error {
	data, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil || len(data) != len(c.id) && len(data) != len(c.id)+8 {
		return errBadCursor
	}
	if rest := data[copy(c.id[:], data):]; len(rest) > 0 {
		c.changed = time.UnixMicro(int64(binary.BigEndian.Uint64(rest))).UTC()
	}
	return nil
}

// cursorAfter is where the page after an item begins.
func cursorAfter[T item](last T, p store.Page) string {
	id := last.itemID()
	data := slices.Clone(id[:])
	if p.ByChange {
		data = binary.BigEndian.AppendUint64(data, uint64(changedAt(last).UnixMicro()))
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// Schema implements huma.SchemaProvider.
func (Cursor) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

var errBadCursor = errors.New("this cursor is not one that a list gave out")

// An item of a list knows the id by which the list goes.
type item interface{ itemID() uuid.UUID }

// changedAt is when an item was changed, for lists that may go by that.
func changedAt(it item) time.Time {
	if it, is := it.(interface{ changedAt() time.Time }); is {
		return it.changedAt()
	}
	return time.Time{}
}

// A List is a page of items, newest first.
type List[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" doc:"Where the next page begins; null on the last."`
}

// listOutput writes a list as JSON or CSV.
type listOutput struct{ Body func(huma.Context) }

// listInput is the input of a list: Paging, and filters beside it.
type listInput interface{ page() store.Page }

// registerList adds a list of items, as JSON and as CSV, whose columns are the items' fields unless others are given.
func registerList[I listInput, T item](a *API, op huma.Operation, columns []column[T], fetch func(context.Context, *call, *I, store.Page) ([]T, error)) {
	op.Method = http.MethodGet
	if columns == nil {
		columns = columnsOf[T]()
	}
	content := map[string]*huma.MediaType{
		jsonType: {Schema: listSchema[T](a.huma.OpenAPI().Components.Schemas)},
		csvType:  {Schema: &huma.Schema{Type: huma.TypeString, Description: "The items, below a line of column names: all of them, unless limit is given."}},
	}
	op.Errors = append(op.Errors, http.StatusUnprocessableEntity)
	op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: content}}
	register(a, op, func(ctx context.Context, c *call, in *I) (*listOutput, error) {
		pages := func(ctx context.Context, p store.Page) (items []T, err error) {
			err = a.listing(ctx, c, p.After != uuid.Nil && c.wantsCSV, func(ctx context.Context) error {
				items, err = fetch(ctx, c, in, p)
				return err
			})
			return items, err
		}
		p := (*in).page()
		if p.After != uuid.Nil && p.ByChange == p.AfterChange.IsZero() {
			return nil, badQuery("query.cursor", "this cursor is of a list in another order; begin again without it")
		}
		if c.wantsCSV {
			whole := !c.query.Has("limit")
			if whole {
				p.Limit = maxPage
			}
			return streamCSV(ctx, a, c, op, shownTo(c, columns), p, whole, pages)
		}
		return a.listJSON(pageOf(ctx, p, pages))
	})
}

func listSchema[T any](r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[List[T]](), true, "")
}

// pageOf fetches a page, and one item more to know whether there is another.
func pageOf[T item](ctx context.Context, p store.Page, pages func(context.Context, store.Page) ([]T, error)) (any, error) {
	limit := p.Limit
	p.Limit++
	items, err := pages(ctx, p)
	if err != nil {
		return nil, err
	}
	list := List[T]{Items: items}
	if len(items) > limit {
		list.Items = items[:limit]
		next := cursorAfter(items[limit-1], p)
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
