package store

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const (
	// recentRows, and recentPages for each item of the page up to recentMost in all, are how many of the newest records a
	// search reads before it asks the index of words. A thousand take less than half a millisecond; as many that the index
	// finds, each on a page of its own, take five.
	recentRows, recentPages, recentMost = 2000, 200, 30_000
	// rareShare is one in how many records has a word that is worth looking up where there is a rarer one.
	rareShare = 50
)

// search reads a page of what has all terms. The index of words gives records in no order: whoever takes the newest from
// it reads all that match, which for words that many have takes a second. Those are found soon among the newest records,
// in a known time, so these are read first. If they do not fill the page, what is sought is rare, or was common once, and
// the index finds it: by those of its words that are rare. The others are looked for in what these find, since the index
// goes through all that have them.
func (l *list) search(ctx context.Context, q Queries, all any, shape func(page string) string) error {
	if len(l.each) > 0 {
		l.others = append(l.others, "("+strings.Join(l.each, " OR ")+")")
	}
	window := min(recentRows+recentPages*l.limit, recentMost)
	recent := "(" + l.newest("SELECT * FROM "+l.table+" WHERE "+strings.Join(l.where, " AND "), window) + ") AS recent"
	if err := sqlx.SelectContext(ctx, q.q, all, shape(l.newest(l.rows(recent, l.terms...), l.limit)), l.args...); err != nil {
		return translate(err)
	}
	found := reflect.ValueOf(all).Elem()
	if found.Len() == l.limit {
		return nil
	}
	have, rows, err := l.countTerms(ctx, q, recent)
	if err != nil || rows < window {
		return err // where there are no others these were all
	}
	found.SetZero()
	return translate(sqlx.SelectContext(ctx, q.q, all,
		shape(l.newest("SELECT * FROM ("+l.lookUp(have, rows)+" OFFSET 0) AS found", l.limit)), l.args...))
}

// countTerms counts how many of some rows have each term, and the rows.
func (l *list) countTerms(ctx context.Context, q Queries, from string) (have []int64, rows int, err error) {
	var counts strings.Builder
	for _, term := range l.terms {
		counts.WriteString("count(*) FILTER (WHERE " + term + "), ")
	}
	var all pq.Int64Array
	if err := sqlx.GetContext(ctx, q.q, &all, "SELECT ARRAY["+counts.String()+"count(*)] FROM "+from, l.args[:l.basic]...); err != nil {
		return nil, 0, translate(err)
	}
	return all[:len(l.terms)], int(all[len(l.terms)]), nil
}

// lookUp is the rows of what has all terms, by way of those that are rare in a sample, at least the rarest. Where that is
// rare indeed it is found first, and what else is asked for looked for in that: other indexes would only be read beside.
func (l *list) lookUp(have []int64, sample int) string {
	rare, rarest := int64(sample/rareShare), slices.Min(have)
	conditions := slices.Concat(l.where, l.others)
	for i, one := range conditions {
		if i > 0 && rarest <= rare {
			conditions[i] = filterOnly(one)
		}
	}
	for i, term := range l.terms {
		if have[i] > max(rare, rarest) {
			term = filterOnly(term)
		}
		conditions = append(conditions, term)
	}
	return "SELECT * FROM " + l.table + " WHERE " + strings.Join(conditions, " AND ")
}

// filterOnly keeps Postgres from answering a condition by an index.
func filterOnly(condition string) string { return "(" + condition + ") IS TRUE" }
