package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A shown is a value as a page shows it: one of its texts, its parts, or its table.
type shown struct {
	Text string
	// Tone colours the text as a badge: good, bad, warn or plain. Empty is no badge.
	Tone string
	// Href is where the value leads; Title says more of it.
	Href, Title string
	// After stands behind the text as a badge.
	After string
	// Next says that After marks who is next.
	Next bool
	// Machine is the moment that Text tells, as RFC 3339.
	Machine string
	// Long is text with lines of its own.
	Long  bool
	Parts []part
	Items []shown
	Table *table
}

type part struct {
	Label string
	Value shown
}

type table struct {
	Labels []string
	Rows   [][]shown
}

// tones are the badges of what an outcome, a state or a status can be. Those of assigned leads are the workspace's own.
var tones = map[string]string{
	"succeeded": "good", "sent": "good", "ok": "good", "completed": "good", "lead": "good",
	"failed": "bad", "owed": "plain", "token_dead": "bad", "permission": "bad", "refused": "bad", "undeliverable": "bad",
	"held": "warn", "unmapped": "warn", "throttled": "warn", "test": "warn", "unsubscribed": "warn",
	"cancelled": "warn", "withdrawn": "warn", "undone": "warn",
}

// heardFields are those in which the API says something in sentences.
var heardFields = []string{"detail", "disabled_reason", "error", "warning"}

// badges are the fields whose values are shown as badges.
var badges = []string{"outcome", "state", "status", "email_off", "fallback_from", "kind", "trigger", "pace"}

// show makes what a page shows of a field's value.
func (v *visit) show(name string, value any) shown {
	switch value := value.(type) {
	case nil:
		return shown{}
	case bool:
		return v.truth(name, value)
	case string:
		return v.text(name, value)
	case object:
		return v.object(name, value)
	case []any:
		return v.several(name, value)
	}
	return shown{Text: fmt.Sprint(value)}
}

// theirs are the fields that hold what people and platforms named themselves, which may look like names of ours.
var theirs = []string{"fields", "attribution", "consent", "metadata"}

func (v *visit) object(name string, value object) shown {
	parts := make([]part, 0, len(value))
	for _, f := range value {
		if slices.Contains(theirs, name) {
			parts = append(parts, part{f.Name, plain(f.Value)})
		} else {
			parts = append(parts, part{v.label(f.Name), v.show(f.Name, f.Value)})
		}
	}
	return shown{Parts: parts}
}

// plain shows a value without guessing what it means.
func plain(value any) shown {
	var all shown
	switch value := value.(type) {
	case nil:
	case object:
		for _, f := range value {
			all.Parts = append(all.Parts, part{f.Name, plain(f.Value)})
		}
	case []any:
		for _, one := range value {
			all.Items = append(all.Items, plain(one))
		}
	default:
		all.Text = fmt.Sprint(value)
		all.Long = strings.ContainsRune(all.Text, '\n')
	}
	return all
}

// truth shows a yes or no; what is out of the ordinary stands out.
func (v *visit) truth(name string, is bool) shown {
	switch {
	case name == "test" && !is, name == "retried" && !is:
		return shown{}
	case name == "test" && is, name == "retried" && is:
		return shown{Text: v.worded("", name), Tone: "warn"}
	case (name == "active" || name == "enabled") && !is:
		return shown{Text: v.say("off"), Tone: "bad"}
	case name == "active" || name == "enabled":
		return shown{Text: v.say("on"), Tone: "good"}
	case is:
		return shown{Text: v.say("yes")}
	}
	return shown{Text: v.say("no")}
}

// text shows a string as what its field's name says that it is.
func (v *visit) text(name, value string) shown {
	if value == "" {
		return shown{}
	}
	if collection, refers := refersTo[name]; refers {
		return v.reference(collection, value)
	}
	if name == "reason" {
		return shown{Text: v.worded(name, value), Tone: "bad", Title: v.reasonText(value)}
	}
	if slices.Contains(badges, name) {
		tone := tones[value]
		if tone == "" {
			tone = "plain"
		}
		return shown{Text: v.worded(name, value), Tone: tone}
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil && isTime(name) {
		return v.when(at)
	}
	if said[name] != nil {
		return shown{Text: v.worded(name, value)}
	}
	if slices.Contains(heardFields, name) {
		return shown{Text: v.heard(value), Long: strings.ContainsRune(value, '\n')}
	}
	if u, err := url.Parse(value); name == "url" && err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return shown{Text: value, Href: value}
	}
	return shown{Text: value, Long: name == "body" || strings.ContainsRune(value, '\n')}
}

// reference shows the thing of a collection that has an id.
func (v *visit) reference(collection, value string) shown {
	called, exists := v.names.of(collection, value)
	if !exists {
		return shown{Text: called, Title: v.say("This does not exist any more")}
	}
	if p, err := placeOf(collection, "", ""); err != nil || p.Unlisted {
		return shown{Text: called}
	}
	return shown{Text: called, Href: home + collection + "/" + url.PathEscape(value)}
}

// isTime says whether a field of this name holds a moment.
func isTime(name string) bool {
	return name == "at" || name == "failing_since" || name == "replanned_from" || name == "due_before" || name == "from" || name == "to" ||
		strings.HasSuffix(name, "_at")
}

// several shows an array: objects as a table, all else as a list of what each would be alone.
func (v *visit) several(name string, values []any) shown {
	var all shown
	switch {
	case name == "notify_by" && len(values) == 0:
		return shown{Text: v.say("not at all")}
	case name == "given_to":
		return v.givenTo(values)
	}
	var columns []string
	var rows []object
	for _, value := range values {
		row, is := value.(object)
		if !is {
			all.Items = append(all.Items, v.show(strings.TrimSuffix(name, "s"), value))
			continue
		}
		rows = append(rows, row)
		for _, f := range row {
			if !slices.Contains(columns, f.Name) {
				columns = append(columns, f.Name)
			}
		}
	}
	if len(rows) > 0 {
		all.Table = v.table(columns, rows)
	}
	return all
}

// maxHolders is how many of those who have a lead are named in a list.
const maxHolders = 5

// givenTo shows who has copies of a lead; each name leads to the copy.
func (v *visit) givenTo(values []any) shown {
	var all shown
	for i, value := range values {
		if i == maxHolders {
			all.Items = append(all.Items, shown{Text: v.say("%d more", len(values)-i)})
			break
		}
		if copied, is := value.(object); is {
			name, _ := v.names.of("members", copied.text("member_id"))
			all.Items = append(all.Items, shown{Text: name, Href: home + "assigned-leads/" + url.PathEscape(copied.text("assigned_lead_id"))})
		}
	}
	return all
}

func (v *visit) table(columns []string, rows []object) *table {
	t := &table{}
	for _, name := range columns {
		t.Labels = append(t.Labels, v.label(name))
	}
	for _, row := range rows {
		var cells []shown
		for _, path := range columns {
			if compute := v.computed(path); compute != nil {
				cells = append(cells, compute(row))
				continue
			}
			cells = append(cells, v.show(path[strings.LastIndex(path, ".")+1:], row.get(path)))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// dueOrWaiting is when a pending lead is due, or that it waits for somebody who can take it.
func (v *visit) dueOrWaiting(o object) shown {
	if o.text("state") == "waiting" {
		return shown{Text: v.say("waits for somebody"), Tone: "warn"}
	}
	if o.text("state") == "offered" {
		to, _ := o.get("offered_to").([]any)
		words := v.say("offered to %s", strconv.Itoa(len(to)))
		if by := momentOf(o, "answer_by"); !by.IsZero() {
			words = v.say("%s until %s", words, v.shortly(by))
		}
		return shown{Text: words}
	}
	return v.show("due_at", o.get("due_at"))
}

// computed is a column that is made of more than one field, nil where the column is a field.
func (v *visit) computed(column string) func(object) shown {
	switch column {
	case "receives":
		return v.receives
	case "told by":
		return v.toldBy
	case "receivers":
		return v.receiversInOrder
	case "why":
		return v.whyItEnded
	case "due":
		return v.dueOrWaiting
	case "turn":
		return v.turnShown
	case "begun with":
		return v.begunWith
	case "what to do":
		return func(o object) shown { return shown{Text: v.say(remedies[o.text("kind")])} }
	case "worth":
		return func(o object) shown { return shown{Text: worthOf(o)} }
	case "opened by":
		return func(s object) shown { return shown{Text: v.browserName(s.text("browser")), Title: s.text("browser")} }
	case "key":
		return func(key object) shown { return shown{Text: v.called(key)} }
	}
	return nil
}

// whyItEnded says what else there is to an outcome: why it failed, who was passed over, for whom it was planned, and whether it was tried again.
func (v *visit) whyItEnded(e object) shown {
	var all shown
	if e.text("reason") != "" {
		all.Items = append(all.Items, v.show("reason", e.get("reason")))
	}
	skipped, _ := e.get("skipped").([]any)
	for _, s := range skipped {
		one, _ := s.(object)
		name, _ := v.names.of("members", one.text("member_id"))
		all.Items = append(all.Items, shown{Text: v.say("%s passed over: %s", name, v.worded("reason", one.text("reason")))})
	}
	if from := e.text("moved_from"); from != "" {
		name, _ := v.names.of("members", from)
		all.Items = append(all.Items, shown{Text: v.say("planned for %s before", name)})
	}
	if e.is("retried") {
		all.Items = append(all.Items, shown{Text: v.say("tried again"), Tone: "warn"})
	}
	if by := e.text("cancelled_by_name"); by != "" {
		all.Items = append(all.Items, shown{Text: v.say("by %s", by)})
	}
	return all
}

// reasonText says more of a reason, as the API does.
func (v *visit) reasonText(reason string) string { return v.heard(lead.Reason(reason).Text()) }

// Away says that the value leads out of the console.
func (s shown) Away() bool { return !strings.HasPrefix(s.Href, home) }

// Empty says that there is nothing to show.
func (s shown) Empty() bool {
	return s.Text == "" && len(s.Parts) == 0 && len(s.Items) == 0 && s.Table == nil
}

// label is a field's name as people write it.
func (v *visit) label(name string) string { return v.tongue.Word(fieldWord(name)) }

// fieldWord is a field's name as people write it in English.
func fieldWord(name string) string {
	name = name[strings.LastIndex(name, ".")+1:]
	if called := fieldNames[name]; called != "" {
		return string(called)
	}
	if refersTo[name] != "" {
		name = strings.TrimSuffix(name, "_id")
	}
	words := strings.Split(strings.TrimSuffix(strings.Replace(name, "_ids", "s", 1), "_at"), "_")
	for i, word := range words {
		if word == "id" || word == "api" || word == "url" {
			words[i] = strings.ToUpper(word)
		}
	}
	return capital(strings.Join(words, " "))
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// uncapital begins text with a small letter.
func uncapital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(first)) + text[size:]
}

// sentence is an error's text as a sentence.
func sentence(text string) string { return strings.TrimSuffix(capital(text), ".") + "." }
