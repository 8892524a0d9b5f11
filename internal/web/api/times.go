package api

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// Times come in any zone that RFC 3339 can write, and in any year. Postgres takes fewer zones, keeps microseconds, and rounds what is
// finer, which leads out of the years that JSON can have. So operations get times in UTC, cut to what is kept, and within its years.

var timeType = reflect.TypeFor[time.Time]()

// maxOffset is the most by which a zone can be written to differ from UTC.
const maxOffset = 24*time.Hour - time.Second

// A timeFinder finds the times in a value of its type, which stands at a place of the request, and makes them such as can be kept.
type timeFinder func(v reflect.Value, at string, r *timeReader)

// A timeReader gathers what is wrong with the times of a request.
type timeReader struct {
	query url.Values
	wrong []problem.Field
}

// tidyTimes makes the times of an input such as can be kept, and refuses it where there is none such.
func tidyTimes(find timeFinder, in any, query url.Values) error {
	if find == nil {
		return nil
	}
	r := timeReader{query: query}
	find(reflect.ValueOf(in).Elem(), "", &r)
	if len(r.wrong) == 0 {
		return nil
	}
	return problem.New(http.StatusUnprocessableEntity, "the request has fields that are not right; errors names them",
		r.wrong[:min(len(r.wrong), maxErrors)]...)
}

// keptTime is a time as it is kept, and says what is wrong with one that cannot be.
func keptTime(t time.Time) (kept time.Time, wrong string) {
	if _, offset := t.Zone(); time.Duration(offset).Abs()*time.Second > maxOffset {
		return t, "a time's zone is at the most 23:59 from UTC"
	}
	kept = t.UTC().Truncate(time.Microsecond)
	if kept.Year() < 1 || kept.Year() > 9999 || kept.IsZero() {
		return t, "a time lies in the years 1 to 9999, by UTC"
	}
	return kept, ""
}

// read makes a time such as can be kept. A plain one that was not given is zero.
func (r *timeReader) read(v reflect.Value, at string, given bool) {
	t := v.Interface().(time.Time)
	if t.IsZero() && !given {
		return
	}
	kept, wrong := keptTime(t)
	if wrong != "" {
		r.wrong = append(r.wrong, problem.Field{Location: at, Message: wrong})
		return
	}
	v.Set(reflect.ValueOf(kept))
}

// patched is a *Patch: a value that may be there.
type patched interface {
	patch() (value reflect.Value, set bool)
}

// patch gives the value of a field of a patch, and whether there is one.
func (p *Patch[T]) patch() (reflect.Value, bool) {
	return reflect.ValueOf(&p.value).Elem(), p.set && !p.null
}

// timesOf is how times are found in values of a type, nil where it has none. None of ours has itself within.
func timesOf(t reflect.Type) timeFinder {
	if p, is := reflect.New(t).Interface().(patched); is {
		value, _ := p.patch()
		return within(timesOf(value.Type()), func(v reflect.Value) (reflect.Value, bool) { return v.Addr().Interface().(patched).patch() })
	}
	if t == timeType {
		return func(v reflect.Value, at string, r *timeReader) {
			name, inQuery := strings.CutPrefix(at, "query.")
			r.read(v, at, inQuery && r.query.Get(name) != "")
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return within(timesOf(t.Elem()), func(v reflect.Value) (reflect.Value, bool) { return v.Elem(), !v.IsNil() })
	case reflect.Slice:
		return timesOfItems(t)
	case reflect.Struct:
		if home := t.PkgPath(); home == "" || home == timeReaderHome {
			return timesOfFields(t)
		}
	}
	return nil
}

// timeReaderHome is where the types of inputs are from. Others hold no times of a request, but may hold themselves.
var timeReaderHome = reflect.TypeFor[timeReader]().PkgPath()

// within finds times in a value that another may hold. There a time is given, however it looks.
func within(find timeFinder, inner func(reflect.Value) (reflect.Value, bool)) timeFinder {
	if find == nil {
		return nil
	}
	return func(v reflect.Value, at string, r *timeReader) {
		switch value, there := inner(v); {
		case !there:
		case value.Type() == timeType:
			r.read(value, at, true)
		default:
			find(value, at, r)
		}
	}
}

func timesOfItems(t reflect.Type) timeFinder {
	find := timesOf(t.Elem())
	if find == nil {
		return nil
	}
	return func(v reflect.Value, at string, r *timeReader) {
		for i := range v.Len() {
			find(v.Index(i), fmt.Sprintf("%s[%d]", at, i), r)
		}
	}
}

func timesOfFields(t reflect.Type) timeFinder {
	type field struct {
		index int
		name  string
		find  timeFinder
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		if find := timesOf(f.Type); find != nil {
			fields = append(fields, field{i, placeOf(f), find})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return func(v reflect.Value, at string, r *timeReader) {
		for _, f := range fields {
			place := strings.Trim(at+"."+f.name, ".")
			f.find(v.Field(f.index), place, r)
		}
	}
}

// placeOf is how problems name a field of an input, empty for one that is part of what it stands in.
func placeOf(f reflect.StructField) string {
	if name, is := f.Tag.Lookup("query"); is {
		name, _, _ = strings.Cut(name, ",")
		return "query." + name
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name != "":
		return name
	case f.Name == "Body":
		return "body"
	}
	return ""
}
