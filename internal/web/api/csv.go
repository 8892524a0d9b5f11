package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const csvType = "text/csv"

// A column is one column of a list's CSV.
type column[T any] struct {
	name string
	cell func(T) string
}

// notForMembers are the columns of what members are not shown.
var notForMembers = []string{"member_id", "lead_id", "source_lead_id", "group_id"}

// shownTo leaves out the columns that would be empty for a member's key, whose header alone would tell what there is.
func shownTo[T any](c *call, columns []column[T]) []column[T] {
	if c.Role != lead.RoleMember {
		return columns
	}
	return slices.DeleteFunc(slices.Clone(columns), func(one column[T]) bool { return slices.Contains(notForMembers, one.name) })
}

// streamCSV writes all items of a list, page by page, so that no list is too long. The first page is fetched before
// anything is written: its errors are answers still. Later ones break the connection off, lest half a list look whole.
func streamCSV[T item](ctx context.Context, a *API, operation string, columns []column[T], pages func(context.Context, store.Page) ([]T, error)) (*listOutput, error) {
	page, err := pages(ctx, store.Page{Limit: maxPage})
	if err != nil {
		return nil, err
	}
	return &listOutput{func(out huma.Context) {
		out.SetHeader("Content-Type", csvType+"; charset=utf-8")
		out.SetStatus(http.StatusOK)
		w := csv.NewWriter(out.BodyWriter())
		writeRow(w, columns, func(c column[T]) string { return c.name })
		for {
			for _, it := range page {
				writeRow(w, columns, func(c column[T]) string { return c.cell(it) })
			}
			if w.Flush(); len(page) < maxPage || w.Error() != nil {
				return
			}
			if page, err = pages(ctx, store.Page{Limit: maxPage, After: page[len(page)-1].itemID()}); err != nil {
				if ctx.Err() == nil { // or it is only that the client has gone
					a.logFailure(ctx, operation, err)
				}
				panic(http.ErrAbortHandler)
			}
		}
	}}, nil
}

// writeRow leaves errors to the writer's Error.
func writeRow[T any](w *csv.Writer, columns []column[T], cell func(column[T]) string) {
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = safeCell(cell(c))
	}
	_ = w.Write(row)
}

var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// safeCell keeps spreadsheets from taking a cell for a formula.
func safeCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) && !plainNumber.MatchString(text) {
		return "'" + text
	}
	return text
}

// wantsCSV reports whether a request's Accept header asks for CSV.
func wantsCSV(accept string) bool {
	return slices.ContainsFunc(strings.Split(accept, ","), func(one string) bool {
		name, _, _ := strings.Cut(one, ";")
		return strings.EqualFold(strings.TrimSpace(name), csvType)
	})
}

func cellOfID(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

func cellOfText(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func cellOfTime(t time.Time) string { return t.Format(time.RFC3339Nano) }
