package console

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	rulesHref = home + "rules"
	rulesPath = "/v1/rules"
)

// A rulesView is the rules as they are edited.
type rulesView struct {
	*form
	Rows []ruleView
	// Theirs are the rules as somebody else saved them meanwhile, in words.
	Theirs []string
	// Tried is what they would have come to on last month's leads.
	Tried *tried
}

// A ruleView is a rule's fields as they are shown, and the condition that they make.
type ruleView struct {
	ruleRow
	Number      int
	First, Last bool
	Inputs      []input
	Condition   string
}

func showRules(v *visit) (*page, error) {
	var now object
	if err := v.get(rulesPath, &now); err != nil {
		return nil, err
	}
	f := v.newForm(rulesHref, home+"groups", url.Values{})
	f.opened(v.tags[rulesPath], f.values)
	return v.rulesPage(f, ruleRowsFrom(now), nil)
}

// changeOrSaveRules does what a button of the form says.
func changeOrSaveRules(v *visit) (*page, error) {
	f, err := v.sentForm(home + "groups")
	if err != nil {
		return nil, err
	}
	rows := ruleRowsOf(f.values)
	do := f.value("do")
	if do != "save" && !isTrial(do) {
		return v.rulesPage(f, changeRules(rows, do), nil)
	}
	for _, r := range rows {
		if r.To == "" {
			f.errors["to."+r.Key] = v.say("Choose a group, or nobody.")
		}
		if r.By == ruleOfField && r.Of == "" {
			f.errors["of."+r.Key] = v.say("Say which field it is, as in budget.")
		}
	}
	if len(f.errors) > 0 {
		return v.rulesPage(f, rows, nil)
	}
	if isTrial(do) {
		return v.tryRules(f, rows, do)
	}
	var theirs object
	again, err := v.edit(f, edit{
		http.MethodPut, rulesPath, map[string]any{"rules": ruleBodies(rows)}, "list of rules",
		func(now object) url.Values { theirs = now; return url.Values{} },
		func(field string) string { return ruleField(field, rows) },
	})
	if again {
		return v.rulesPage(f, rows, theirs)
	}
	if err != nil {
		return nil, err
	}
	return v.done(rulesHref, "saved")
}

var ruleLocation = regexp.MustCompile(`^rules\[(\d+)\]\.(name|when|then)`)

// ruleField is the form's field for one of the API's.
func ruleField(field string, rows []ruleRow) string {
	m := ruleLocation.FindStringSubmatch(field)
	if m == nil {
		return ""
	}
	i, err := strconv.Atoi(m[1])
	if err != nil || i >= len(rows) {
		return ""
	}
	switch r := rows[i]; {
	case m[2] == "then":
		return "to." + r.Key
	case m[2] == "when" && r.By == ruleWritten:
		return "when." + r.Key
	case m[2] == "when":
		return "by." + r.Key
	default:
		return "name." + r.Key
	}
}

// rulesPage shows the rules. theirs are those that somebody else saved meanwhile, nil where nobody did.
func (v *visit) rulesPage(f *form, rows []ruleRow, theirs object) (*page, error) {
	view := rulesView{form: f}
	to := append([]option{{Label: v.say("Choose…")}}, v.names.options("groups")...)
	to = append(to, option{Value: toNobody, Label: v.say("nobody")})
	for i, r := range rows {
		one := ruleView{ruleRow: r, Number: i + 1, First: i == 0, Last: i == len(rows)-1, Condition: r.condition()}
		add := func(in input) {
			in.Name += "." + r.Key
			one.Inputs = append(one.Inputs, f.made(in))
		}
		add(input{Kind: "text", Name: "name", Label: v.say("Name"), Value: r.Name})
		add(input{Kind: "select", Name: "by", Label: v.say("Field"), Value: r.By, Options: v.optionsOf(ruleFields...)})
		if r.By == ruleOfField {
			add(input{Kind: "text", Name: "of", Label: v.say("Name of the field"), Value: r.Of})
		}
		switch r.By {
		case ruleAll:
		case ruleWritten:
			add(input{Kind: "area", Name: "when", Label: v.say("Condition"), Value: r.When})
		default:
			add(input{Kind: "select", Name: "is", Label: v.say("Is"), Value: r.Is, Options: v.optionsOf(ruleComparisons...)})
			add(input{Kind: "text", Name: "value", Label: v.say("Value"), Value: r.Value, Suggested: v.suggested(r.By, len(rows))})
		}
		add(input{Kind: "select", Name: "to", Label: v.say("Goes to"), Value: r.To, Options: v.missingGroup(to, r.To)})
		add(input{Kind: "check", Name: "on", Label: v.say("In use"), Value: "yes", Checked: r.On})
		view.Rows = append(view.Rows, one)
	}
	for i, r := range ruleRowsFrom(theirs) {
		view.Theirs = append(view.Theirs, fmt.Sprintf("%d. %s: %s → %s", i+1, r.Name, r.condition(), v.goesTo(r.To)))
	}
	p := &page{Title: v.say("Rules"), Template: "rules", Data: view, Views: groupViews(v)}
	if len(f.errors) > 0 || f.Problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// maxSuggested bounds what is suggested for a value, and in how many rules, since each has a list of its own in the page.
const maxSuggested = 50

// suggested are values that a field can have, where the workspace knows a few.
func (v *visit) suggested(by string, rules int) (values []string) {
	collection := map[string]string{"source": "sources", "integration": "integrations"}[by]
	if collection == "" || rules > maxSuggested {
		return nil
	}
	options := v.names.options(collection)
	for _, o := range options[:min(len(options), maxSuggested)] {
		values = append(values, o.Label)
	}
	return values
}

// missingGroup are the options with one for a group that was deleted, where a rule has such.
func (v *visit) missingGroup(options []option, group string) []option {
	if group == "" || slices.ContainsFunc(options, func(o option) bool { return o.Value == group }) {
		return options
	}
	return append(slices.Clone(options), option{Value: group, Label: v.say("a group that was deleted")})
}

// goesTo is where a rule sends leads, in words.
func (v *visit) goesTo(group string) string {
	if group == toNobody {
		return v.say("nobody")
	}
	name, _ := v.names.of("groups", group)
	return name
}

func groupViews(v *visit) []viewLink {
	return v.views(link{v.say("Groups"), home + "groups"}, link{v.say("Rules"), rulesHref})
}

// byRules is the choice of the rules where leads can go to groups, none where there are no rules.
func (v *visit) byRules() ([]option, error) {
	var now object
	if err := v.get(rulesPath, &now); err != nil {
		return nil, err
	}
	if rules, _ := now.get("rules").([]any); len(rules) == 0 {
		return nil, nil
	}
	return []option{{Value: routed, Label: v.say("by the rules")}}, nil
}

// routed is the value of the choice of the rules in a list of groups.
const routed = "route"

// ruleTroubles tells of rules that take no leads any more, since their group was deleted.
func ruleTroubles(v *visit) ([]trouble, error) {
	var now object
	if err := v.get(rulesPath, &now); err != nil {
		return nil, err
	}
	var idle []string
	for _, r := range ruleRowsFrom(now) {
		if _, there := v.names.of("groups", r.To); r.On && r.To != toNobody && !there {
			idle = append(idle, r.Name)
		}
	}
	if len(idle) == 0 {
		return nil, nil
	}
	return []trouble{{
		v.say("Rules whose group was deleted: %s", strings.Join(idle[:min(len(idle), 5)], ", ")), v.say("They take no leads; the rules after them do."), rulesHref, v.say("Choose other groups"),
	}}, nil
}

// tellRule tells by which rule a lead went, and which could not be worked out for it; there is nothing to tell of most.
func (v *visit) tellRule(one object) (lines []storyLine) {
	version := one.text("rules_version")
	if version == "" {
		return nil
	}
	at := momentOf(one, "created_at")
	tell := func(tone, text string) {
		lines = append(lines, storyLine{At: v.when(at), when: at, Tone: tone, Words: []shown{{Text: text}}})
	}
	broken, _ := one.get("rules_broken").([]any)
	for _, b := range broken {
		rule, _ := b.(object)
		tell("warn", v.say("The rule “%s” was left out: %s.", rule.text("rule"), v.heard(rule.text("why"))))
	}
	if rule := one.text("rule"); rule != "" {
		tell("plain", v.say("The rule “%s” took it, of version %s of the rules.", rule, version))
	} else {
		tell("warn", v.say("No rule of version %s took it.", version))
	}
	return lines
}
