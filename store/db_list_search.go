package store

import (
	"context"
	"reflect"
	"slices"
	"strconv"
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
	// seldomShare is one in how many has one that more of the newest records would not fill a page with.
	seldomShare = 400
)

// search reads a page of what has all terms. The index of words gives records in no order: whoever takes the newest from
// it reads all that match, which for words that many have takes a second. Those are found soon among the newest records,
// in a known time, so these are read first. If they do not fill the page, what is sought is rare, or was common once, and
// the index finds it: by those of its words that are rare. The others are looked for in what these find, since the index
// goes through all that have them.
//
// Of copies that have their leads' words each is read with its lead, which takes six times as long. So fewer are read at first,
// and more only where these promise that it is worth it.
func (l *list) search(ctx context.Context, q Queries, all any, shape func(page string) string) error {
	if len(l.each) > 0 {
		l.others = append(l.others, "("+strings.Join(l.each, " OR ")+")")
	}
	window := min(recentRows+recentPages*l.limit, recentMost)
	first := window
	if l.shared {
		first = min(first, recentRows)
	}
	full, err := l.searchNewest(ctx, q, all, shape, first)
	if full || err != nil {
		return err
	}
	have, rows, err := l.countTerms(ctx, q, first)
	if err != nil || rows < first {
		return err // where there are no others these were all
	}
	if first < window && slices.Min(have) > int64(rows/seldomShare) {
		if full, err = l.searchNewest(ctx, q, all, shape, window); full || err != nil {
			return err
		}
	}
	reflect.ValueOf(all).Elem().SetZero()
	return translate(sqlx.SelectContext(ctx, q.q, all,
		shape(l.newest("SELECT * FROM ("+l.lookUp(have, rows)+" OFFSET 0) AS found", l.limit)), l.args...))
}

// searchNewest reads a page of what has all terms among a number of the newest records, and reports whether it is full.
func (l *list) searchNewest(ctx context.Context, q Queries, all any, shape func(page string) string, window int) (full bool, err error) {
	found := reflect.ValueOf(all).Elem()
	found.SetZero()
	rows := "SELECT * FROM " + l.recent(window, l.others...) + " WHERE " + strings.Join(l.matches("sought_in"), " AND ")
	if err := sqlx.SelectContext(ctx, q.q, all, shape(l.newest(rows, l.limit)), l.args...); err != nil {
		return false, translate(err)
	}
	return found.Len() == l.limit, nil
}

// words are what a record is found by, in SQL over the row of its table.
func (l *list) words() string {
	if l.shared {
		return copyWords
	}
	return "words"
}

// matches are the conditions that words have each term.
func (l *list) matches(words string) []string {
	all := make([]string, len(l.terms))
	for i, term := range l.terms {
		all[i] = words + term
	}
	return all
}

// recent is those of the newest records that fulfil conditions, each with what a search looks in. That is put together once a
// record, as far as the page needs it: the order is said again, or Postgres sorts them all before it takes the first.
func (l *list) recent(window int, conditions ...string) string {
	newest := l.newest("SELECT * FROM "+l.table+" WHERE "+strings.Join(l.where, " AND "), window)
	return "(SELECT *, " + l.words() + " AS sought_in FROM (" + newest + ") AS " + l.table +
		" WHERE " + strings.Join(append([]string{"true"}, conditions...), " AND ") + " ORDER BY " + l.order("") + " OFFSET 0) AS recent"
}

// countTerms counts how many of the newest records have each term, and the records.
func (l *list) countTerms(ctx context.Context, q Queries, window int) (have []int64, rows int, err error) {
	var counts strings.Builder
	for _, match := range l.matches("sought_in") {
		counts.WriteString("count(*) FILTER (WHERE " + match + "), ")
	}
	var all pq.Int64Array
	if err := sqlx.GetContext(ctx, q.q, &all, "SELECT ARRAY["+counts.String()+"count(*)] FROM "+l.recent(window), l.args[:l.basic]...); err != nil {
		return nil, 0, translate(err)
	}
	return all[:len(l.terms)], int(all[len(l.terms)]), nil
}

// lookUp is the rows of what has all terms, by way of those that are rare in a sample, at least the rarest. Where that is
// rare indeed it is found first, and what else is asked for looked for in that: other indexes would only be read beside.
func (l *list) lookUp(have []int64, sample int) string {
	rare, rarest := int64(sample/rareShare), slices.Min(have)
	conditions := slices.Concat(l.where, l.others)
	if l.shared && rarest > rare {
		return l.rows(l.table, l.matches(l.words())...)
	}
	for i, one := range conditions {
		if i > 0 && rarest <= rare {
			conditions[i] = filterOnly(one)
		}
	}
	terms := l.matches("words")
	for i, term := range terms {
		if have[i] > max(rare, rarest) {
			terms[i] = filterOnly(term)
		}
	}
	own := "SELECT * FROM " + l.table + " WHERE " + strings.Join(slices.Concat(conditions, terms), " AND ")
	if l.shared {
		return own + " UNION ALL (" + l.lookUpShared(terms) + ")"
	}
	return own
}

// lookUpShared is the page's rows of copies whose leads have all terms. First only the copies' ids are read, which the index that
// finds the copies of a lead has too, then the copies themselves, newest first, until the page is full. Without statistics, as after a
// restore, Postgres takes a member to have as few copies as a lead has, and would go through all of the member's for each lead.
func (l *list) lookUpShared(terms []string) string {
	leads := "SELECT lead_id FROM leads WHERE " + strings.Join(append([]string{filterOnly("workspace_id = $1")}, terms...), " AND ")
	of := slices.Clone(l.where)
	if l.led {
		of[len(of)-1] = filterOnly(of[len(of)-1])
	}
	copies := "SELECT assigned_lead_id FROM assigned_leads WHERE source_lead_id = l.lead_id AND " + strings.Join(of, " AND ")
	ids := "SELECT c.assigned_lead_id FROM (" + leads + ") AS l CROSS JOIN LATERAL (" + copies + ") AS c ORDER BY 1 DESC OFFSET 0"
	one := l.rows(l.table, "assigned_lead_id = k.assigned_lead_id", "words IS NULL", "erased_at IS NULL")
	return "SELECT a.* FROM (" + ids + ") AS k CROSS JOIN LATERAL (" + one + ") AS a ORDER BY a.assigned_lead_id DESC LIMIT " + strconv.Itoa(l.limit)
}

// filterOnly keeps Postgres from answering a condition by an index.
func filterOnly(condition string) string { return "(" + condition + ") IS TRUE" }
