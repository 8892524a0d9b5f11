package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A word that the domain gains is described and taken at once, wherever it may stand.
func TestWordsAreDescribedByTheDomain(t *testing.T) {
	type body struct {
		Kind   lead.Kind        `json:"kind"`
		Kinds  []lead.Kind      `json:"kinds"`
		Reason *lead.Reason     `json:"reason" nullable:"true"`
		Pace   Patch[lead.Pace] `json:"pace"`
	}
	r := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
	for _, w := range words {
		w.register(r)
	}
	s := r.Schema(reflect.TypeFor[body](), false, "")
	for name, one := range map[string]struct {
		schema *huma.Schema
		values int
	}{
		"kind": {s.Properties["kind"], len(lead.Kinds())}, "kinds": {s.Properties["kinds"].Items, len(lead.Kinds())},
		"reason": {s.Properties["reason"], len(lead.Reasons())}, "pace": {s.Properties["pace"], len(lead.Paces)},
	} {
		if one.schema.Type != huma.TypeString || len(one.schema.Enum) != one.values {
			t.Errorf("%s is described as a %s of %v", name, one.schema.Type, one.schema.Enum)
		}
	}
	if !s.Properties["reason"].Nullable || !s.Properties["pace"].Nullable {
		t.Error("what may be null is not described so")
	}
}

// No tag says again what the domain lists: it would be right until the domain gains a word.
func TestNoTagListsWordsOfTheDomain(t *testing.T) {
	var lists [][]any
	for _, w := range words {
		r := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
		w.register(r)
		lists = append(lists, r.Schema(reflect.TypeOf(w).Field(0).Type.Elem(), false, "").Enum)
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			field, is := n.(*ast.Field)
			if !is || field.Tag == nil {
				return true
			}
			tag, err := strconv.Unquote(field.Tag.Value)
			values := strings.Split(reflect.StructTag(tag).Get("enum"), ",")
			if err != nil || len(values) < 2 {
				return true
			}
			for _, list := range lists {
				if !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(list, any(v)) }) {
					t.Errorf("%s: the tag of %s lists %v, which the domain does: give the field the domain's type", file, field.Names, values)
				}
			}
			return true
		})
	}
}
