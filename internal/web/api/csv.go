package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const csvType = "text/csv"

// A column is one column of a list's CSV.
type column[T any] struct {
	name string
	cell func(T) string
}

// notForMembers are the columns of what members are not shown, and of whom an opportunity is on, which the copies in theirs tell.
var notForMembers = []string{"member_id", "lead_id", "source_lead_id", "group_id", "contact", "external_id", "metadata"}

// shownTo leaves out the columns that would be empty for a member's key, whose header alone would tell what there is.
func shownTo[T any](c *call, columns []column[T]) []column[T] {
	if c.Role != lead.RoleMember {
		return columns
	}
	return slices.DeleteFunc(slices.Clone(columns), func(one column[T]) bool { return slices.Contains(notForMembers, one.name) })
}

// streamCSV writes the items of a list, page by page where it is to be whole, so that no list is too long. The first page is fetched
// before anything is written: its errors are answers still. Later ones break the connection off, lest half a list look whole.
// However it ends, the audit log has how many items went out.
func streamCSV[T item](ctx context.Context, a *API, c *call, op huma.Operation, columns []column[T], p store.Page, whole bool, pages func(context.Context, store.Page) ([]T, error)) (*listOutput, error) {
	limit := p.Limit
	if !whole {
		p.Limit++
	}
	page, err := pages(ctx, p)
	if err != nil {
		return nil, err
	}
	next := ""
	if !whole && len(page) > limit {
		page = page[:limit]
		next = nextLink(c, cursorAfter(page[limit-1], p))
	}
	return &listOutput{func(out huma.Context) {
		if next != "" {
			out.SetHeader("Link", next)
		}
		beginCSV(out, op.OperationID)
		w, sent := csv.NewWriter(out.BodyWriter()), 0
		defer func() { a.noteExport(ctx, c, op.OperationID, sent) }()
		writeRow(w, columns, func(c column[T]) string { return c.name })
		for {
			for _, it := range page {
				writeRow(w, columns, func(c column[T]) string { return c.cell(it) })
			}
			sent += len(page)
			if w.Flush(); !whole || len(page) < p.Limit || w.Error() != nil {
				return
			}
			pass(out)
			last := page[len(page)-1]
			p.After, p.AfterChange = last.itemID(), changedAt(last)
			if page, err = pages(ctx, p); err != nil {
				if ctx.Err() == nil { // or it is only that the client has gone
					a.logFailure(ctx, op.OperationID, err)
				}
				panic(http.ErrAbortHandler)
			}
		}
	}}, nil
}

// pass sends on what was written, while the next page is fetched.
func pass(out huma.Context) {
	_, w := humago.Unwrap(out)
	_ = http.NewResponseController(w).Flush() // the console keeps what it asks for
}

// nextLink is a Link header (RFC 8288) to what comes after a cursor in the list that was asked for.
func nextLink(c *call, cursor string) string {
	query := maps.Clone(c.query)
	query.Set("cursor", cursor)
	return "<" + c.path + "?" + query.Encode() + `>; rel="next"`
}

// columnsOf are the fields of a list's items as columns, in their order. What holds more than one value is JSON in its cell.
func columnsOf[T any]() (columns []column[T]) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" || name == "-" {
			continue
		}
		columns = append(columns, column[T]{name, func(it T) string {
			value, err := reflect.ValueOf(it).FieldByIndexErr(f.Index)
			if err != nil {
				return ""
			}
			return cellOfJSON(value.Interface())
		}})
	}
	return columns
}

// cellOfJSON is a value as JSON has it: text without its quotes, and nothing for null.
func cellOfJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil || string(data) == "null" {
		return ""
	}
	var text string
	if json.Unmarshal(data, &text) == nil {
		return text
	}
	return string(data)
}

// beginCSV begins an answer that is a file: a browser saves it, and shows nothing of it as if it were ours.
func beginCSV(out huma.Context, operation string) {
	name := strings.TrimPrefix(strings.TrimPrefix(operation, "list-"), "get-")
	out.SetHeader("Content-Type", csvType+"; charset=utf-8")
	out.SetHeader("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	out.SetStatus(http.StatusOK)
}

// noteTimeout is how long the audit log may take for an entry whose request may be over.
const noteTimeout = 10 * time.Second

// noteExport writes to the audit log that a list was read as a whole: by which filters, and how many items of it.
func (a *API) noteExport(ctx context.Context, c *call, operation string, items int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	act := c.newAct(operation)
	act.Count, act.Filter = &items, c.filter()
	if err := a.Store.Perform(ctx, act, func(*store.Tx) error { return nil }); err != nil {
		a.logFailure(ctx, operation, err)
	}
}

// searched are the filters whose values may tell of a person.
var searched = []string{"q", "email", "external_id"}

// filter is what a list was narrowed by, as the audit log may have it.
func (c *call) filter() string {
	shown := url.Values{}
	for name, values := range c.query {
		switch {
		case slices.Contains([]string{"format", "limit", "cursor"}, name):
		case slices.Contains(searched, name):
			shown.Set(name, "…")
		default:
			shown[name] = values
		}
	}
	text, err := url.QueryUnescape(shown.Encode())
	if err != nil {
		return shown.Encode()
	}
	return text
}

// writeRow leaves errors to the writer's Error.
func writeRow[T any](w *csv.Writer, columns []column[T], cell func(column[T]) string) {
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = contact.Guard(cell(c))
	}
	_ = w.Write(row)
}

func cellOfID(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// contactCells are who a record is about.
type contactCells struct {
	id                       uuid.UUID
	name, email, phone, e164 *string
	fields                   Fields
}

// contactColumns are the first columns of records about people.
func contactColumns[T any](of func(T) contactCells) []column[T] {
	return []column[T]{
		{"id", func(r T) string { return of(r).id.String() }},
		{"name", func(r T) string { return cellOfText(of(r).name) }},
		{"email", func(r T) string { return cellOfText(of(r).email) }},
		{"phone", func(r T) string { return cellOfText(of(r).phone) }},
		{"phone_e164", func(r T) string { return cellOfText(of(r).e164) }},
		{"fields", func(r T) string { return string(of(r).fields) }},
	}
}

func cellOfText[T ~string](text *T) string {
	if text == nil {
		return ""
	}
	return string(*text)
}

// cellOfObject is an object as JSON, empty where it has no members.
func cellOfObject[V any](object map[string]V) string {
	if len(object) == 0 {
		return ""
	}
	text, _ := json.Marshal(object) // it came from JSON
	return string(text)
}

func cellOfTime(t time.Time) string { return t.Format(time.RFC3339Nano) }
