package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A maker makes values by schemas.
type maker struct {
	r        *rand.Rand
	document *document
	world    *world
	// of is the collection that is asked, whose ids are meant by id and ids.
	of string
	// odd is how likely a value is one that is seldom thought of, wrong how likely one that the schema does not allow.
	odd, wrong float64
}

func (m *maker) chance(p float64) bool { return m.r.Float64() < p }

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

// Values that break what did not expect them.
var (
	oddTexts = []string{
		"", " ", "0", "null", "-1", "=1+1", "<b>&\"'", "%00%ff", "../..", "😀👩‍👩‍👧", "مرحبا", "a\u0301\u202e\u200b\ufeff", "ﷺ", "İıſ", "٣", "Robert'); DROP TABLE leads;--", "\t\r\n",
		"{{name}}", "${x}", "%", "_", "\\", "\x00", "\u0085", "\ufffd", "lw_x", "+60 12-345 6789", "a@b", "nan", "Infinity",
	}
	wrongValues = []any{
		nil, true, 0, -1, 1.5, json.Number("1e400"), json.Number("9223372036854775808"), json.Number("-0"), json.Number("1E-400"), "", "x", "\x00", []any{}, []any{nil}, []any{[]any{}},
		map[string]any{}, map[string]any{"": nil}, strings.Repeat("x", 70_000),
	}
	oddTimes = []string{
		"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-02-29T00:00:00Z", "2024-02-29T23:59:60Z", "2026-01-01T00:00:00+15:59", "2026-01-01T00:00:00-23:59", "2026-01-01T00:00:00+24:00",
		"2026-01-01 00:00:00", "2026-01-01T24:00:00Z", "1969-12-31T23:59:59.9999999Z", "0000-01-01T00:00:00Z", "2026-01-01t00:00:00z",
	}
)

// value is a value for a schema; name is what it is called where it is used, which tells what ids it may be.
func (m *maker) value(schema map[string]any, name string, depth int) any {
	if m.chance(m.wrong) {
		return pick(m.r, wrongValues)
	}
	schema = m.document.resolve(schema)
	if all, is := schema["enum"].([]any); is {
		return pick(m.r, all)
	}
	if value, is := schema["const"]; is {
		return value
	}
	for _, word := range []string{"oneOf", "anyOf"} {
		if all, is := schema[word].([]any); is {
			return m.value(object(pick(m.r, all)), name, depth)
		}
	}
	kind, _ := schema["type"].(string)
	if kinds, is := schema["type"].([]any); is {
		kind, _ = pick(m.r, kinds).(string)
	}
	if examples, is := schema["examples"].([]any); is && m.chance(0.3) && kind != "null" {
		return pick(m.r, examples)
	}
	return m.ofKind(kind, schema, name, depth)
}

// ofKind is a value of one of JSON's kinds.
func (m *maker) ofKind(kind string, schema map[string]any, name string, depth int) any {
	switch kind {
	case "null":
		return nil
	case "boolean":
		return m.chance(0.5)
	case "integer", "number":
		return m.number(schema, kind)
	case "string":
		return m.text(schema, name)
	case "array":
		return m.array(schema, name, depth)
	case "object":
		return m.object(schema, name, depth)
	}
	return pick(m.r, []any{"text", 1, true, nil, map[string]any{"a": 1}})
}

// id is an id of what a name means, empty where there is none.
func (m *maker) id(name string) string {
	switch name {
	case "id", "ids", "into", "into_id":
		return m.world.pick(m.r, m.of)
	}
	return m.world.pick(m.r, collectionOf(name))
}

// adapted is an example with ids that are there in the places of its own.
func (m *maker) adapted(example any, name string) any {
	switch v := example.(type) {
	case map[string]any:
		made := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			made[key] = m.adapted(v[key], key)
		}
		return made
	case []any:
		made := make([]any, len(v))
		for i, one := range v {
			made[i] = m.adapted(one, name)
		}
		return made
	case string:
		if len(v) == 36 && strings.Count(v, "-") == 4 {
			if id := m.id(name); id != "" {
				return id
			}
		}
	}
	return example
}

func (m *maker) number(schema map[string]any, kind string) any {
	bound := func(name string, otherwise float64) float64 {
		if n, is := schema[name].(json.Number); is {
			otherwise, _ = n.Float64()
		}
		return otherwise
	}
	low, high := bound("minimum", -10), bound("maximum", 1000)
	if m.chance(m.odd) {
		return pick(m.r, []any{low, high, 0, low - 1, high + 1, json.Number("9007199254740993"), json.Number("1e3"), json.Number("2147483648"), json.Number("0.1")})
	}
	n := low + m.r.Float64()*(min(high, low+1000)-low)
	if kind == "integer" {
		return int64(n)
	}
	return float64(int64(n*100)) / 100
}

func (m *maker) text(schema map[string]any, name string) string {
	switch schema["format"] {
	case "uuid":
		if id := m.id(name); id != "" && m.chance(0.85) {
			return id
		}
		return pick(m.r, []string{"00000000-0000-0000-0000-000000000000", "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a11", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "x", ""})
	case "date-time":
		if m.chance(m.odd) {
			return pick(m.r, oddTimes)
		}
		return time.Now().Add(time.Duration(m.r.IntN(60*24)-24*30) * time.Hour).In(time.FixedZone("", 8*3600)).Format(time.RFC3339)
	case "date":
		if m.chance(m.odd) {
			return pick(m.r, []string{"0000-00-00", "9999-12-31", "2026-02-30", "26-1-1", "-0001-01-01"})
		}
		return time.Now().AddDate(0, 0, m.r.IntN(60)-30).Format(time.DateOnly)
	case "email":
		return fmt.Sprintf("fuzz%d@example.com", m.r.IntN(1000))
	case "uri":
		return "https://crm.example.com/" + fmt.Sprint(m.r.IntN(100))
	}
	if m.chance(m.odd) {
		if most, is := schema["maxLength"].(json.Number); is && m.chance(0.3) {
			n, _ := most.Int64()
			return strings.Repeat(pick(m.r, []string{"x", "é", "😀"}), int(min(n, 70_000))+m.r.IntN(2))
		}
		return pick(m.r, oddTexts)
	}
	return m.named(name)
}

// named is a text that may be what a name says.
func (m *maker) named(name string) string {
	switch {
	case strings.Contains(name, "zone"):
		return pick(m.r, []string{"Asia/Kuala_Lumpur", "UTC", "America/St_Johns", "Mars/Phobos"})
	case name == "from" || name == "to":
		return fmt.Sprintf("%02d:%02d", m.r.IntN(25), m.r.IntN(61))
	case strings.Contains(name, "phone"):
		return fmt.Sprintf("+6012%07d", m.r.IntN(100))
	case strings.Contains(name, "email"):
		return fmt.Sprintf("fuzz%d@example.com", m.r.IntN(100))
	case name == "region":
		return pick(m.r, []string{"MY", "SG", "XX"})
	case name == "when":
		return pick(m.r, []string{"", `source == "Fair"`, `fields["size"] > 3`, `name contains "a"`, "1/0", strings.Repeat("(", 200), `email matches "("`})
	}
	return pick(m.r, []string{"Aisyah", "Villa form", "new", "x", "Penang", "Fuzz " + fmt.Sprint(m.r.IntN(50))})
}

func (m *maker) array(schema map[string]any, name string, depth int) any {
	least := 0
	if n, is := schema["minItems"].(json.Number); is {
		i, _ := n.Int64()
		least = int(i)
	}
	n := least + m.r.IntN(3)
	if m.chance(m.odd / 3) {
		n = pick(m.r, []int{0, 1, 50, 1001})
	}
	if depth > 6 {
		n = min(n, 1)
	}
	all := make([]any, 0, n)
	for range n {
		all = append(all, m.value(object(schema["items"]), name, depth+1))
	}
	return all
}

func (m *maker) object(schema map[string]any, name string, depth int) any {
	made := map[string]any{}
	var required []string
	list, _ := schema["required"].([]any)
	for _, one := range list {
		required = append(required, one.(string))
	}
	properties := object(schema["properties"])
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		property := object(properties[key])
		needed := slices.Contains(required, key)
		if needed && !m.chance(m.wrong) || !needed && m.chance(0.35/float64(1+depth/3)) {
			made[key] = m.value(property, key, depth+1)
		}
	}
	if more, is := schema["additionalProperties"]; is && more != false {
		for range m.r.IntN(3) {
			made[pick(m.r, append(oddTexts, "city", "size", "campaign"))] = m.value(object(more), name, depth+2)
		}
	}
	if m.chance(m.wrong) {
		made[pick(m.r, []string{"unknown", "id", "", "\x00", "__proto__"})] = pick(m.r, wrongValues)
	}
	return made
}
