package store

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// What is written into many columns is written by their names: statements with a dozen numbers in a row are read wrong.

// A value is what a row gets in a column; it may be an expr.
type value struct {
	column string
	v      any
}

// An expr is what SQL makes of a value, with ? in its place.
type expr struct {
	sql string
	v   any
}

// A row is the values of one row.
type row []value

// insert begins a statement that inserts the row. A condition, or what is to be returned, may follow it.
func (r row) insert(into string) (statement string, args []any) {
	columns, places := make([]string, len(r)), make([]string, len(r))
	for i, v := range r {
		columns[i], places[i], args = v.column, v.place(i+1), append(args, v.arg())
	}
	return "INSERT INTO " + into + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")", args
}

// update is a statement that changes the rows of a table to which a condition with these args applies.
func (r row) update(table, condition string, args ...any) (statement string, all []any) {
	sets := make([]string, len(r))
	for i, v := range r {
		args = append(args, v.arg())
		sets[i] = v.column + " = " + v.place(len(args))
	}
	return "UPDATE " + table + " SET " + strings.Join(sets, ", ") + " WHERE " + condition, args
}

func (v value) place(n int) string {
	place := fmt.Sprintf("$%d", n)
	if e, is := v.v.(expr); is {
		return strings.ReplaceAll(e.sql, "?", place)
	}
	return place
}

func (v value) arg() any {
	if e, is := v.v.(expr); is {
		return e.v
	}
	return v.v
}

// A column is the values of many rows in one column.
type column struct {
	name   string
	values array
}

// unnest gives many rows, a column an array, as what a statement selects from under an alias; one column more, "ordinal", has
// their order. Their parameters come behind the others that the statement has.
func unnest(alias string, args []any, columns ...column) (from string, all []any) {
	arrays, names := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		args = append(args, c.values)
		arrays[i], names[i] = fmt.Sprintf("$%d::%s", len(args), c.values.typ()), c.name
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") WITH ORDINALITY AS " + alias + " (" + strings.Join(names, ", ") + ", ordinal)", args
}

// typ is the array's type in SQL.
func (a array) typ() string { return typeNames[binary.BigEndian.Uint32(a[8:])] }

var typeNames = map[uint32]string{
	oidBytea: "bytea[]", oidInt8: "bigint[]", oidInt4: "int[]", oidText: "text[]", oidTimestamptz: "timestamptz[]",
	oidUUID: "uuid[]", oidJSONB: "jsonb[]",
}

// pluck gives what rows have in a column.
func pluck[R, V any](rows []R, of func(*R) V) []V {
	all := make([]V, len(rows))
	for i := range rows {
		all[i] = of(&rows[i])
	}
	return all
}

// unlessEmpty leaves out a column in which every row is empty. The database fills it up with NULLs, which mean the same,
// and most columns of most requests need not be sent.
func unlessEmpty[T comparable](column []T) []T {
	var none T
	for _, v := range column {
		if v != none {
			return column
		}
	}
	return nil
}
