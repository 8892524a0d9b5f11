package console

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A ruleRow is a rule as a form has it. Most conditions are a field, how it is compared, and a value; others are written out.
type ruleRow struct {
	// Key tells it from the others, wherever it moves.
	Key, Name string
	// By is the field that is asked for, ruleAll for none and ruleWritten for a condition that is written out, When. Of is the name of one of
	// the lead's own fields.
	By, Of, Is, Value, When string
	// To is the group that gets the leads, or toNobody.
	To string
	On bool
}

const (
	ruleAll     = "all"
	ruleOfField = "fields"
	ruleWritten = "text"
	toNobody    = "none"
	everyLead   = "true"
)

// ruleFields are what a simple condition can ask for.
var ruleFields = []namedValue{
	{Value: ruleAll, Name: "everything else"}, {Value: "source", Name: "Source"}, {Value: ruleOfField, Name: "A field of the lead"},
	{Value: "integration", Name: "Integration"}, {Value: "channel", Name: "Came in by"}, {Value: "campaign_id", Name: "Campaign"},
	{Value: "form_id", Name: "Form"}, {Value: "platform", Name: "Platform"}, {Value: "phone_country", Name: "Country of the phone"},
	{Value: "email_domain", Name: "Domain of the e-mail"}, {Value: "language", Name: "Language"}, {Value: ruleWritten, Name: "written out"},
}

var ruleComparisons = []namedValue{
	{Value: "==", Name: "is"}, {Value: "!=", Name: "is not"}, {Value: "contains", Name: "contains"}, {Value: "startsWith", Name: "begins with"},
}

// condition is the rule's, as the API takes it.
func (r ruleRow) condition() string {
	field := r.By
	switch r.By {
	case ruleAll, "":
		return everyLead
	case ruleWritten:
		return strings.TrimSpace(strings.ReplaceAll(r.When, "\r\n", "\n"))
	case ruleOfField:
		field = "fields[" + strconv.Quote(r.Of) + "]"
	}
	return field + " " + r.Is + " " + strconv.Quote(r.Value)
}

const quotedText = `"(?:[^"\\]|\\.)*"`

// simple is a condition of three boxes.
var simple = regexp.MustCompile(`^([a-z_]+)(?:\[(` + quotedText + `)\])? (==|!=|contains|startsWith) (` + quotedText + `)$`)

// take has the row hold a condition, in boxes where it fits in them.
func (r *ruleRow) take(condition string) {
	if r.Is = "=="; condition == everyLead {
		r.By = ruleAll
		return
	}
	m := simple.FindStringSubmatch(condition)
	if m != nil && (m[1] == ruleOfField) == (m[2] != "") && slices.ContainsFunc(ruleFields, func(o namedValue) bool { return o.Value == m[1] && m[1] != ruleAll && m[1] != ruleWritten }) {
		of, _ := strconv.Unquote(m[2])
		value, err := strconv.Unquote(m[4])
		boxed := ruleRow{By: m[1], Of: of, Is: m[3], Value: value}
		if err == nil && boxed.condition() == condition { // nothing of it is lost
			r.By, r.Of, r.Is, r.Value = boxed.By, boxed.Of, boxed.Is, boxed.Value
			return
		}
	}
	r.By, r.When = ruleWritten, condition
}

// ruleRowsOf reads the rules that a form has.
func ruleRowsOf(sent url.Values) (rows []ruleRow) {
	for _, key := range sent["row"] {
		at := func(name string) string { return sent.Get(name + "." + key) }
		rows = append(rows, ruleRow{
			Key: key, Name: strings.TrimSpace(at("name")), By: at("by"), Of: strings.TrimSpace(at("of")), Is: at("is"), Value: strings.TrimSpace(at("value")),
			When: at("when"), To: at("to"), On: at("on") != "",
		})
	}
	for i := range rows {
		r := &rows[i]
		if !slices.ContainsFunc(ruleComparisons, func(o namedValue) bool { return o.Value == r.Is }) {
			r.Is = "=="
		}
		if r.By == ruleWritten && strings.TrimSpace(r.When) == "" && r.Value != "" { // what was in boxes is where writing begins
			boxed := *r
			boxed.By = sent.Get("was." + r.Key)
			r.When = boxed.condition()
		}
	}
	return rows
}

// ruleRowsFrom are rules that there are, to be edited.
func ruleRowsFrom(rules object) (rows []ruleRow) {
	all, _ := rules.get("rules").([]any)
	for i, one := range all {
		rule, _ := one.(object)
		r := ruleRow{Key: strconv.Itoa(i), Name: rule.text("name"), To: rule.text("then.group_id"), On: rule.is("enabled")}
		if r.take(rule.text("when")); rule.is("then.none") {
			r.To = toNobody
		}
		rows = append(rows, r)
	}
	return rows
}

// changeRules does to the rows what a button of their form says.
func changeRules(rows []ruleRow, do string) []ruleRow {
	what, key, _ := strings.Cut(do, ":")
	i := slices.IndexFunc(rows, func(r ruleRow) bool { return r.Key == key })
	switch {
	case what == "add":
		blank := ruleRow{Key: freeKey(rows, func(r ruleRow) string { return r.Key }), By: "source", Is: "==", On: true}
		at := len(rows)
		if at > 0 && rows[at-1].By == ruleAll { // everything else stays last
			at--
		}
		rows = slices.Insert(rows, at, blank)
	case i < 0:
	case what == "up" && i > 0:
		rows[i-1], rows[i] = rows[i], rows[i-1]
	case what == "down" && i < len(rows)-1:
		rows[i+1], rows[i] = rows[i], rows[i+1]
	case what == "drop":
		rows = slices.Delete(rows, i, i+1)
	}
	return rows
}

// ruleBodies are the rows for the API.
func ruleBodies(rows []ruleRow) []map[string]any {
	bodies := []map[string]any{}
	for _, r := range rows {
		then := map[string]any{"group_id": r.To}
		if r.To == toNobody {
			then = map[string]any{"none": true}
		}
		bodies = append(bodies, map[string]any{"name": r.Name, "when": r.condition(), "then": then, "enabled": r.On})
	}
	return bodies
}
