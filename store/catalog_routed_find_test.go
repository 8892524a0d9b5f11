package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A routing finds to which workspace each table of a statement is restricted. Its places are the columns of what a query reads, the columns
// that a query returns, parameters and constants. An edge leads from one place to another that is equal to it in all rows that
// matter, where those in which it is not are left out of the second. So the condition of a LEFT JOIN leads to its right side and never to its left,
// and what a sub-select is compared with leads into it only where it has no LIMIT and the like.
type routing struct {
	catalog  shardCatalog
	queries  int
	edges    map[string][]string
	merges   map[string][]string // restricted as all of these are: results of UNION, rows of VALUES
	assumed  []assumption
	wanted   []wantedPlace
	local    []string // tables that are not distributed
	wrong    []string
	sublinks map[*treeNode]*querying
}

// A wantedPlace is the workspace_id of a table, which must be restricted.
type wantedPlace struct{ place, table string }

// An assumption is an edge from the first part of a recursive query, which holds where the recursive part agrees.
type assumption struct{ from, to, again string }

// A querying is a query of a statement, or within another.
type querying struct {
	*treeNode
	id        int
	parent    *querying
	ctes      map[string]*querying
	tables    []*treeNode
	recursive bool
}

// A reading is a place that an expression reads: a column of the table n of a query, or neither.
type reading struct {
	place string
	of    *querying
	n     int
}

func (q *querying) column(table, column int) string {
	return fmt.Sprintf("%d.%d.%d", q.id, table, column)
}
func (q *querying) output(column int) string { return fmt.Sprintf("%d>%d", q.id, column) }

// targets are what a query returns.
func (q *querying) targets() []*treeNode {
	if q.num("commandType") == 1 {
		return nodesOf(q.list("targetList"))
	}
	return nodesOf(q.list("returningList"))
}

// passes reports whether a query returns the same for a value of a column if it reads only what has that value.
func (q *querying) passes(target *treeNode) bool {
	if q.num("commandType") != 1 || q.one("limitCount") != nil || q.one("limitOffset") != nil || q.one("rowMarks") != nil ||
		q.one("groupingSets") != nil || q.is("hasWindowFuncs") || q.is("hasDistinctOn") || q.is("hasTargetSRFs") {
		return false
	}
	grouped := q.list("groupClause")
	return len(grouped) == 0 && !q.is("hasAggs") || target.num("ressortgroupref") > 0 &&
		slices.ContainsFunc(nodesOf(grouped), func(g *treeNode) bool { return g.num("tleSortGroupRef") == target.num("ressortgroupref") })
}

// unrouted says why a statement would not go to one shard; nothing where it would, or reads nothing that is distributed.
func (c shardCatalog) unrouted(s loggedTree) []string {
	r := &routing{catalog: c, edges: map[string][]string{}, merges: map[string][]string{}, sublinks: map[*treeNode]*querying{}}
	for _, n := range s.queries {
		if n.one("utilityStmt") == nil {
			r.read(r.newQuery(n, nil))
		} else if verb, _, _ := strings.Cut(strings.ToUpper(s.text), " "); !slices.Contains(harmless, strings.TrimSuffix(verb, ";")) {
			r.wrong = append(r.wrong, "it is a "+verb+", which this test does not look into")
		}
	}
	return append(r.wrong, r.judge()...)
}

// harmless begin the statements beside queries that touch no table.
var harmless = []string{"BEGIN", "START", "COMMIT", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "SET", "SHOW", "RESET", "DISCARD", "DEALLOCATE"}

// distributed reports whether a statement has a distributed table anywhere.
func (c shardCatalog) distributed(s loggedTree) (found bool) {
	for _, q := range s.queries {
		walk(q, func(n *treeNode) bool {
			found = found || n.one("rtekind") != nil && c.tables[n.num("relid")] != ""
			return true
		})
	}
	return found
}

// walk calls see for a node and all below it, unless see returns false.
func walk(v any, see func(*treeNode) bool) {
	switch v := v.(type) {
	case *treeNode:
		if v == nil || !see(v) {
			return
		}
		for _, values := range v.fields {
			walk(values, see)
		}
	case []any:
		for _, child := range v {
			walk(child, see)
		}
	}
}

func (r *routing) edge(from, to string) {
	if from != "" && to != "" {
		r.edges[from] = append(r.edges[from], to)
	}
}

func (r *routing) newQuery(n *treeNode, parent *querying) *querying {
	r.queries++
	return &querying{treeNode: n, id: r.queries, parent: parent, ctes: map[string]*querying{}, tables: nodesOf(n.list("rtable"))}
}

// read enters a query and all within it.
func (r *routing) read(q *querying) {
	if q.one("mergeActionList") != nil {
		r.wrong = append(r.wrong, "it is a MERGE, which this test does not look into")
	}
	r.readWith(q)
	for i, table := range q.tables {
		r.readTable(q, i+1, table)
	}
	for _, field := range []string{"targetList", "returningList", "jointree", "onConflict", "havingQual", "limitOffset", "limitCount", "windowClause"} {
		r.readSublinks(q, q.one(field))
	}
	from := r.readJoins(q, q.node("jointree"))
	if set := q.node("setOperations"); set != nil {
		r.readUnion(q, set)
	} else {
		for j, target := range q.targets() {
			at := r.readingOf(q, target.node("expr"))
			r.edge(at.place, q.output(j+1))
			if at.of == q && from[at.n] {
				r.edge(q.output(j+1), at.place)
			}
		}
	}
	r.readWritten(q, from)
	for n := range from {
		oid := q.tables[n-1].num("relid")
		if name := r.catalog.others[oid]; name != "" {
			r.local = append(r.local, name)
		}
		if name := r.catalog.tables[oid]; name != "" {
			r.wanted = append(r.wanted, wantedPlace{q.column(n, r.catalog.columns[oid]), name})
		}
	}
}

// readWith enters the queries of a WITH.
func (r *routing) readWith(q *querying) {
	ctes := nodesOf(q.list("cteList"))
	for _, cte := range ctes {
		c := r.newQuery(cte.node("ctequery"), q)
		c.recursive = cte.is("cterecursive")
		q.ctes[cte.text("ctename")] = c
	}
	for _, cte := range ctes {
		r.read(q.ctes[cte.text("ctename")])
	}
}

// The kinds of what a query reads, by their numbers in Postgres.
const (
	kindSubselect, kindJoin, kindValues, kindWith, kindGroup = 1, 2, 5, 6, 9
)

// readTable enters the n-th of what a query reads.
func (r *routing) readTable(q *querying, n int, table *treeNode) {
	switch table.num("rtekind") {
	case kindSubselect:
		s := r.newQuery(table.node("subquery"), q)
		r.read(s)
		for j, target := range s.targets() {
			r.edge(s.output(j+1), q.column(n, j+1))
			if s.passes(target) {
				r.edge(q.column(n, j+1), s.output(j+1))
			}
		}
	case kindWith:
		in := q
		for range table.num("ctelevelsup") {
			in = in.parent
		}
		c := in.ctes[table.text("ctename")]
		for j := range c.targets() {
			r.edge(c.output(j+1), q.column(n, j+1))
		}
	case kindValues:
		r.readSublinks(q, table.one("values_lists"))
		for _, row := range table.list("values_lists") {
			for j, expr := range nodesOf(row.([]any)) {
				r.merges[q.column(n, j+1)] = append(r.merges[q.column(n, j+1)], r.readingOf(q, expr).place)
			}
		}
	default:
		r.readSublinks(q, table.one("functions"))
		r.readSublinks(q, table.one("tablefunc"))
	}
}

// readUnion enters what a UNION returns.
func (r *routing) readUnion(q *querying, set *treeNode) {
	var parts []int
	walk(set, func(n *treeNode) bool {
		if n.tag == "RANGETBLREF" {
			parts = append(parts, n.num("rtindex"))
		}
		return true
	})
	slices.Sort(parts)
	for j := range q.targets() {
		out := q.output(j + 1)
		if q.recursive {
			r.assumed = append(r.assumed, assumption{q.column(parts[0], j+1), out, q.column(parts[1], j+1)})
			continue
		}
		for _, part := range parts {
			r.edge(out, q.column(part, j+1))
			r.merges[out] = append(r.merges[out], q.column(part, j+1))
		}
	}
}

// readWritten enters the table that a query writes into.
func (r *routing) readWritten(q *querying, from map[int]bool) {
	n := q.num("resultRelation")
	if n == 0 {
		return
	}
	column := r.catalog.columns[q.tables[n-1].num("relid")]
	from[n] = true
	if excluded := q.node("onConflict").num("exclRelIndex"); excluded > 0 {
		r.edge(q.column(n, column), q.column(excluded, column))
	}
	for _, target := range nodesOf(q.list("targetList")) {
		switch {
		case column == 0 || target.num("resno") != column || target.is("resjunk"):
		case q.num("commandType") == 3:
			r.edge(r.readingOf(q, target.node("expr")).place, q.column(n, column))
		default:
			r.wrong = append(r.wrong, "it changes a workspace_id")
		}
	}
}

// readSublinks enters the sub-selects in expressions.
func (r *routing) readSublinks(q *querying, v any) {
	walk(v, func(n *treeNode) bool {
		if n.tag == "SUBLINK" && r.sublinks[n] == nil {
			r.sublinks[n] = r.newQuery(n.node("subselect"), q)
			r.read(r.sublinks[n])
			r.readSublinks(q, n.one("testexpr"))
		}
		return n.tag != "SUBLINK"
	})
}

// The kinds of joins, by their numbers in Postgres.
const (
	joinInner, joinLeft, joinRight = 0, 1, 3
)

// readJoins enters the conditions of a FROM and WHERE, and returns the numbers of the tables below.
func (r *routing) readJoins(q *querying, n *treeNode) map[int]bool {
	tables := map[int]bool{}
	switch {
	case n == nil:
	case n.one("rtindex") != nil && n.one("jointype") == nil:
		tables[n.num("rtindex")] = true
	case n.one("jointype") == nil:
		for _, child := range nodesOf(n.list("fromlist")) {
			maps.Copy(tables, r.readJoins(q, child))
		}
		r.readCondition(q, n.node("quals"), tables)
	default:
		left, right := r.readJoins(q, n.node("larg")), r.readJoins(q, n.node("rarg"))
		maps.Copy(tables, left)
		maps.Copy(tables, right)
		switch n.num("jointype") {
		case joinInner:
			r.readCondition(q, n.node("quals"), tables)
		case joinLeft:
			r.readCondition(q, n.node("quals"), right)
		case joinRight:
			r.readCondition(q, n.node("quals"), left)
		}
	}
	return tables
}

// readCondition enters the equalities of a condition, by which rows of these tables are left out.
func (r *routing) readCondition(q *querying, n *treeNode, tables map[int]bool) {
	switch {
	case n == nil:
	case n.tag == "BOOLEXPR" && n.text("boolop") == "and":
		for _, arg := range nodesOf(n.list("args")) {
			r.readCondition(q, arg, tables)
		}
	case n.tag == "SUBLINK" && n.one("testexpr") != nil && r.equality(n.node("testexpr")):
		r.readIn(q, n, n.node("testexpr"), tables)
	case n.tag == "OPEXPR" && n.num("opno") == r.catalog.equals:
		args := nodesOf(n.list("args"))
		a, b := r.readingOf(q, args[0]), r.readingOf(q, args[1])
		if b.of == q && tables[b.n] {
			r.edge(a.place, b.place)
		}
		if a.of == q && tables[a.n] {
			r.edge(b.place, a.place)
		}
	}
}

// equality reports whether the test of a sub-select is that of IN.
func (r *routing) equality(test *treeNode) bool {
	return test.tag == "OPEXPR" || test.tag == "BOOLEXPR" && test.text("boolop") == "and"
}

// readIn enters the equalities of an IN with a sub-select.
func (r *routing) readIn(q *querying, link, n *treeNode, tables map[int]bool) {
	if n.tag == "BOOLEXPR" {
		for _, arg := range nodesOf(n.list("args")) {
			r.readIn(q, link, arg, tables)
		}
		return
	}
	args := nodesOf(n.list("args"))
	if link.num("subLinkType") != 2 || n.num("opno") != r.catalog.equals || args[1].tag != "PARAM" {
		return
	}
	s, j, a := r.sublinks[link], args[1].num("paramid"), r.readingOf(q, args[0])
	if a.of == q && tables[a.n] {
		r.edge(s.output(j), a.place)
	}
	if s.passes(s.targets()[j-1]) {
		r.edge(a.place, s.output(j))
	}
}

// readingOf is the place that an expression reads, none where it is more than that.
func (r *routing) readingOf(q *querying, expr *treeNode) reading {
	switch {
	case expr == nil:
	case expr.tag == "PARAM" && expr.num("paramkind") == 0:
		return reading{place: "$" + expr.text("paramid")}
	case expr.tag == "CONST" && !expr.is("constisnull"):
		return reading{place: fmt.Sprint("constant ", expr.fields["constvalue"])}
	case expr.tag == "RELABELTYPE":
		return r.readingOf(q, expr.node("arg"))
	case expr.tag == "VAR" && expr.num("varattno") > 0:
		for range expr.num("varlevelsup") {
			q = q.parent
		}
		n, column := expr.num("varno"), expr.num("varattno")
		switch table := q.tables[n-1]; table.num("rtekind") {
		case kindJoin:
			return r.readingOf(q, nodesOf(table.list("joinaliasvars"))[column-1])
		case kindGroup:
			return r.readingOf(q, nodesOf(table.list("groupexprs"))[column-1])
		}
		return reading{q.column(n, column), q, n}
	}
	return reading{}
}
