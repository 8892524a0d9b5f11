package store_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"
)

// A shardCatalog says which tables would be distributed, and what a statement's tree calls them.
type shardCatalog struct {
	tables  map[int]string // by oid
	others  map[int]string // that are of the whole installation
	columns map[int]int    // the number of workspace_id in each
	equals  int            // the operator uuid = uuid
}

// readShardCatalog takes the tables that have a workspace_id: TestTablesCouldBeDistributed and TestEveryKeyLeadsWithTheWorkspace
// hold the others to a list.
func readShardCatalog(t testing.TB, db *sqlx.DB) shardCatalog {
	t.Helper()
	c := shardCatalog{tables: map[int]string{}, others: map[int]string{}, columns: map[int]int{}}
	var rows []struct {
		OID    int    `db:"oid"`
		Name   string `db:"name"`
		Column int    `db:"number"`
	}
	if err := db.Select(&rows, `
		SELECT c.oid::int, c.relname AS name, coalesce(a.attnum, 0) AS number FROM pg_class c
		LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Column == 0 {
			c.others[r.OID] = r.Name
			continue
		}
		c.tables[r.OID], c.columns[r.OID] = r.Name, r.Column
	}
	if err := db.Get(&c.equals, `SELECT '=(uuid,uuid)'::regoperator::oid::int`); err != nil {
		t.Fatal(err)
	}
	return c
}

// judge says which of the wanted places are not restricted to one workspace, the same for all.
func (r *routing) judge() (wrong []string) {
	bound := r.bound()
	var common map[string]bool
	for _, w := range r.wanted {
		keys := bound[w.place]
		if len(keys) == 0 {
			wrong = append(wrong, w.table+" is not restricted to one workspace")
			continue
		}
		if common == nil {
			common = maps.Clone(keys)
		}
		maps.DeleteFunc(common, func(key string, _ bool) bool { return !keys[key] })
	}
	if len(wrong) == 0 && len(r.wanted) > 0 && len(common) == 0 {
		wrong = append(wrong, "its tables are restricted to workspaces that need not be the same")
	}
	if len(r.wanted) > 0 && len(r.local) > 0 {
		wrong = append(wrong, r.local[0]+", which is not distributed, is read together with what is")
	}
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

// bound finds to which parameters and constants each place is equal. What is assumed of recursive queries and found not to hold it
// takes back.
func (r *routing) bound() map[string]map[string]bool {
	for {
		bound := r.spread()
		held := slices.DeleteFunc(slices.Clone(r.assumed), func(a assumption) bool {
			for key := range bound[a.from] {
				if !bound[a.again][key] {
					return true
				}
			}
			return false
		})
		if len(held) == len(r.assumed) {
			return bound
		}
		r.assumed = held
	}
}

func (r *routing) spread() map[string]map[string]bool {
	bound := map[string]map[string]bool{}
	for from := range r.edges {
		if from[0] == '$' || from[0] == 'c' {
			bound[from] = map[string]bool{from: true}
		}
	}
	for _, parts := range r.merges {
		for _, part := range parts {
			if part != "" && (part[0] == '$' || part[0] == 'c') {
				bound[part] = map[string]bool{part: true}
			}
		}
	}
	changed := true
	add := func(to, key string) {
		if bound[to] == nil {
			bound[to] = map[string]bool{}
		}
		changed = changed || !bound[to][key]
		bound[to][key] = true
	}
	for changed {
		changed = false
		for from, all := range r.edges {
			for _, to := range all {
				for key := range bound[from] {
					add(to, key)
				}
			}
		}
		for _, a := range r.assumed {
			for key := range bound[a.from] {
				add(a.to, key)
			}
		}
		for to, parts := range r.merges {
			for key := range bound[parts[0]] {
				if !slices.ContainsFunc(parts, func(part string) bool { return !bound[part][key] }) {
					add(to, key)
				}
			}
		}
	}
	return bound
}
