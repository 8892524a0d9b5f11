package store

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A list is a statement that reads a page of records, newest first. Conditions are written out only where they are asked
// for, and as equalities: for each that few records may fulfil there is an index that goes on with the id, so that a page
// is read off its end.
type list struct {
	table, id string
	// where are conditions by which alone the newest records are read off an index: the workspace, the span of ids, and the
	// first equality, if led is set. others are the rest.
	where, others []string
	led           bool
	// each are conditions of which one has to hold. The page is taken from a page of each.
	each []string
	// terms are what is searched for, as words have it. basic is how many of args, the first of them, terms and where have.
	terms []string
	// shared is set for copies, which may have no words of their own and are then found by their leads'.
	shared bool
	args   []any
	basic  int
	// byCopies are the columns of copies that name what the first equality does, where entries of history are found by their copies.
	byCopies []string
	// few is set where only few records can fulfil the conditions, whatever Postgres supposes.
	few   bool
	limit int
	// byChange lists in the order of changes.
	byChange bool
}

// listOf lists a workspace's records beyond the page's cursor and between the ids of a span, and of these what has all the
// terms.
func listOf(table, id string, workspace uuid.UUID, p Page, low, high uuid.UUID, terms ...string) *list {
	l := &list{table: table, id: id, limit: p.Limit, byChange: p.ByChange, shared: table == "assigned_leads"}
	l.where = []string{"workspace_id = " + l.arg(workspace)}
	if !p.ByChange && (high == uuid.Nil || p.After != uuid.Nil && bytes.Compare(p.After[:], high[:]) < 0) {
		high = p.After
	}
	if high != uuid.Nil {
		l.where = append(l.where, id+" < "+l.arg(high))
	}
	if low != uuid.Nil {
		l.where = append(l.where, id+" >= "+l.arg(low))
	}
	for _, term := range terms {
		l.terms = append(l.terms, " @@ "+l.arg(term)+"::tsquery")
	}
	l.basic = len(l.args)
	l.withTimes("updated_at", p.Since, time.Time{})
	if p.ByChange && p.After != uuid.Nil {
		l.others = append(l.others, "(updated_at, "+id+") > ("+l.arg(p.AfterChange)+", "+l.arg(p.After)+")")
	}
	return l
}

// A peopleFilter is by what leads, copies and customers are narrowed alike.
type peopleFilter struct {
	source   uuid.UUID
	search   string
	from, to time.Time
}

// listOfPeople lists leads, copies or customers. Which equality comes first is the caller's to say, who gives the list the
// ids that the source is named by.
func (q Queries) listOfPeople(ctx context.Context, table, id string, workspace uuid.UUID, p Page, f peopleFilter) (l *list, named []uuid.UUID, err error) {
	if named, err = q.sourcesNamed(ctx, workspace, f.source); err != nil {
		return nil, nil, err
	}
	terms, err := q.search(ctx, workspace, f.search)
	if err != nil {
		return nil, nil, err
	}
	low, high := idSpan(f.from, f.to, idSlack)
	return listOf(table, id, workspace, p, low, high, terms...), named, nil
}

// order is how the list goes, by the columns of what alias names, with a dot.
func (l *list) order(alias string) string {
	if l.byChange {
		return alias + "updated_at, " + alias + l.id
	}
	return alias + l.id + " DESC"
}

// arg adds an argument and returns its place.
func (l *list) arg(value any) string {
	l.args = append(l.args, value)
	return "$" + strconv.Itoa(len(l.args))
}

// equals adds an equality that has an index. The first should be the one that fewest records fulfil, as far as one can
// tell beforehand.
func (l *list) equals(column string, value any) {
	condition := column + " = " + l.arg(value)
	if l.led || len(l.others)+len(l.each) > 0 {
		l.others = append(l.others, condition)
		return
	}
	l.where, l.basic, l.led = append(l.where, condition), len(l.args), true
}

func (l *list) withID(column string, id uuid.UUID) {
	if id != uuid.Nil {
		l.equals(column, id)
	}
}

func (l *list) withText(column, text string) {
	if text != "" {
		l.equals(column, text)
	}
}

func (l *list) withTimes(column string, from, to time.Time) {
	if !from.IsZero() {
		l.others = append(l.others, column+" >= "+l.arg(from))
	}
	if !to.IsZero() {
		l.others = append(l.others, column+" < "+l.arg(to))
	}
}

// withSource narrows to a source by all its ids.
func (l *list) withSource(named []uuid.UUID) {
	if len(named) == 1 {
		l.equals("source_id", named[0])
		return
	}
	for _, id := range named {
		l.each = append(l.each, "source_id = "+l.arg(id))
	}
}

func (l *list) rows(from string, conditions ...string) string {
	return "SELECT * FROM " + from + " WHERE " + strings.Join(slices.Concat(l.where, l.others, conditions), " AND ")
}

func (l *list) newest(rows string, limit int) string {
	return rows + " ORDER BY " + l.order("") + " LIMIT " + strconv.Itoa(limit)
}

// page is the rows of a page.
func (l *list) page() string {
	if l.few {
		return l.newest("SELECT * FROM ("+l.rows(l.table)+" OFFSET 0) AS found", l.limit)
	}
	var pages []string
	for _, one := range l.each {
		pages = append(pages, "("+l.newest(l.rows(l.table, one), l.limit)+")")
	}
	if len(l.byCopies) > 0 {
		pages = l.historyPages()
	}
	if len(pages) == 0 {
		return l.newest(l.rows(l.table), l.limit)
	}
	return l.newest("SELECT * FROM ("+strings.Join(pages, " UNION ALL ")+") AS pages", l.limit)
}

// read reads a page into all, a slice. The statement is what begins selects and ends with FROM, the page's rows, and what
// ends joins to them.
func (l *list) read(ctx context.Context, q Queries, all any, begins, alias, ends string) error {
	shape := func(page string) string {
		return begins + " (" + page + ") AS " + alias + " " + ends + " ORDER BY " + l.order(alias+".")
	}
	if l.byChange { // a search looks among the newest first, which here are the last
		l.others, l.terms = append(l.others, l.matches(l.words())...), nil
	}
	if len(l.terms) > 0 {
		return l.search(ctx, q, all, shape)
	}
	return translate(sqlx.SelectContext(ctx, q.q, all, shape(l.page()), l.args...))
}
