package console

import (
	"net/http"
)

// asksUndo has the page that asks whether a run is to be undone say how much that is.
const asksUndo = "undo"

// An undone is what came of undoing a run.
type undone struct {
	Deleted   int `json:"deleted"`
	Withdrawn int `json:"withdrawn"`
}

// undoRun undoes a run, and leads to its page, which says what came of that.
func undoRun(v *visit, item string, _ *order) (int, error) {
	var done undone
	err := v.api.Call(v.Context(), http.MethodPost, item+"/undo", nil, &done)
	return done.Deleted + done.Withdrawn, err
}

// willUndo says how much of a run there is to undo.
func (v *visit) willUndo(o *order) string {
	if runs := v.items(o.place, o.IDs[:min(len(o.IDs), 1)]); len(runs) > 0 {
		one := runs[0]
		if o.path == "imports" {
			return v.say("Its %s are deleted too, but for those that somebody else has, or has done something with.", v.leads(number(one, "imported")))
		}
		return v.say("Pending are %s. Of what was given, %s, all is taken back that nobody has touched.",
			grouped(number(one, "pending")), grouped(number(one, "given")))
	}
	return ""
}

// withUndone adds what came of undoing a run, where it was.
func (v *visit) withUndone(below []section, p place, id string, one object) ([]section, error) {
	if one.text("undone_at") == "" {
		return below, nil
	}
	var came object
	if err := v.get("/v1/"+p.item(id)+"/undo", &came); err != nil {
		return below, err
	}
	return append(below, section{v.say("What came of undoing it"), v.show("undone", renamed(came, "why", "because"))}), nil
}

// renamed is a value in which a field goes by another name: "why" is what history says of an outcome.
func renamed(value any, from, to string) any {
	switch value := value.(type) {
	case object:
		all := make(object, len(value))
		for i, f := range value {
			if all[i] = (field{f.Name, renamed(f.Value, from, to)}); f.Name == from {
				all[i].Name = to
			}
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, one := range value {
			all[i] = renamed(one, from, to)
		}
		return all
	}
	return value
}
