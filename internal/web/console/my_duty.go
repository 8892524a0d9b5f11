package console

import (
	"net/http"
	"strings"
)

// A dutyView is whether an agent takes leads now.
type dutyView struct {
	Once string
	// Words say so, Away what keeps them, if something does.
	Words string
	On    bool
	Tone  string
	// Hours are when they work, Absences those to come.
	Hours    shown
	Absences []string
}

// myDuty reads whether an agent takes leads now, and when they work.
func (v *visit) myDuty() (*dutyView, error) {
	var now object
	if err := v.get("/v1/me/availability", &now); err != nil {
		return nil, err
	}
	d := &dutyView{Once: v.newForm("", "", nil).Once, On: now.is("on_duty"), Words: v.say("On duty"), Tone: "good", Hours: v.hoursInWords(now)}
	switch reason := now.text("reason"); {
	case !d.On:
		d.Words, d.Tone = v.say("Off duty: no leads come"), "warn"
	case reason != "":
		d.Words, d.Tone = v.say("On duty, %s", v.worded("reason", reason)), "plain"
		if until := momentOf(now, "until"); !until.IsZero() {
			d.Words = v.say("%s until %s", d.Words, v.shortly(until))
		}
	}
	absences, _ := now.get("absences").([]any)
	for _, a := range absences {
		one, _ := a.(object)
		d.Absences = append(d.Absences, strings.TrimSuffix(v.say("%s to %s", one.text("from"), one.text("to"))+", "+one.text("note"), ", "))
	}
	return d, nil
}

// changeMyDuty has an agent go on or off duty.
func changeMyDuty(v *visit) (*page, error) {
	if err := v.readForm(maxFilled); err != nil {
		return nil, err
	}
	body := map[string]any{"on_duty": v.PostForm.Get("on") != ""}
	if err := v.api.Call(v.Context(), http.MethodPatch, "/v1/me/availability", body, nil); err != nil {
		return nil, err
	}
	return v.done(myHome, "saved")
}
