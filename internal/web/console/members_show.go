package console

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
)

// A memberView is a member with what waits for them and what they got.
type memberView struct {
	Facts []part
	Acts  []*act
	Form  formView
	ID    string
	Edit  string
	// Untold says why the member cannot be told of leads, and Doomed what will fail that is planned for them; empty where that is not so.
	Untold, Doomed string
	// Telegram is a link by which they connect their Telegram, empty where it was not asked for.
	Telegram string
	Absences []absenceView
	Sections []*listView
}

func showMember(v *visit) (*page, error) { return v.memberPage("") }

// linkTelegram makes a link by which a member connects their Telegram.
func linkTelegram(v *visit) (*page, error) {
	if uuid.Validate(v.PathValue("id")) != nil {
		return nil, errNoPage
	}
	var made struct{ URL string }
	if err := v.api.Call(v.Context(), http.MethodPost, "/v1/members/"+v.PathValue("id")+"/telegram-link", nil, &made); err != nil {
		return nil, err
	}
	return v.memberPage(made.URL)
}

func (v *visit) memberPage(telegram string) (*page, error) {
	one, err := v.item("members")
	if err != nil {
		return nil, err
	}
	p, err := placeOf("members", "", "")
	if err != nil {
		return nil, err
	}
	here := home + "members/" + one.text("id")
	view := memberView{Acts: p.fitting(one), Form: v.form("members"), ID: one.text("id"), Edit: here + "/edit", Telegram: telegram, Untold: v.untold(one)}
	planned, _ := strconv.Atoi(one.text("pending.count")) // 0 where there is none
	if planned > 0 && !one.is("active") {
		view.Doomed = v.say("%s planned for them will fail when due, unless they are active again by then.", v.leads(planned))
	}
	zone := shown{Text: one.text("timezone")}
	if zone.Text == "" {
		zone.Text = v.say("%s, the workspace’s", v.zone.String())
	}
	next := shown{Text: v.say("nothing")}
	if planned > 0 {
		next = v.show("next_due_at", one.get("pending.next_due_at"))
		next.Text = v.say("%s, the next %s", v.leads(planned), next.Text)
	}
	quiet := shown{Text: v.say("none")}
	if one.get("quiet_hours") != nil {
		quiet.Text = v.say("%s to %s", one.text("quiet_hours.from"), one.text("quiet_hours.to"))
	}
	view.Facts = []part{
		{v.say("Receives leads"), v.receives(one)}, {v.say("Planned for them"), next}, {v.say("Told of leads"), v.toldBy(one)}, {v.say("Email"), v.show("email", one.get("email"))},
		{v.say("Telegram"), v.show("telegram_chat_id", one.get("telegram_chat_id"))}, {v.say("Time zone"), zone},
		{v.say("Works"), v.hoursInWords(one)}, {v.say("At the most"), v.capsInWords(one)}, {v.say("Quiet hours"), quiet}, {v.say("Added"), v.show("created_at", one.get("created_at"))},
	}
	view.Facts = append(view.Facts, v.keptElsewhere(one)...)
	if view.Absences, err = v.absencesOf(one.text("id")); err != nil {
		return nil, err
	}
	if view.Sections, err = v.sections(p, one.text("id")); err != nil {
		return nil, err
	}
	return &page{Title: v.called(one), Template: "member", Data: view, Up: v.way(toMembers)}, nil
}

// keptElsewhere is what other systems call a thing, and keep with it.
func (v *visit) keptElsewhere(one object) (all []part) {
	for _, name := range []string{"external_id", "metadata"} {
		if value := v.show(name, one.get(name)); !value.Empty() {
			all = append(all, part{v.label(name), value})
		}
	}
	return all
}

// receives says whether a member receives leads.
func (v *visit) receives(one object) shown {
	switch {
	case one.is("active") && one.is("on_duty"):
		return shown{Text: v.say("active"), Tone: "good"}
	case one.is("active"):
		return shown{Text: v.say("off duty"), Tone: "warn"}
	}
	return shown{Text: v.say("deactivated"), Tone: "bad"}
}

// untold says that a member cannot be told of their leads, and why; empty where they can, or are not to be.
func (v *visit) untold(one object) string {
	if why := v.unreached(one); why != "" {
		return v.say("They cannot be told of their leads: %s", why)
	}
	return ""
}

// unreached says why nothing reaches a member who is to be told of their leads, empty where something does.
func (v *visit) unreached(one object) string {
	by, chosen := one.get("notify_by").([]any)
	switch email, telegram := one.text("email") != "", one.text("telegram_chat_id") != ""; {
	case chosen && len(by) == 0:
		return ""
	case !email && !telegram:
		return v.say("there is neither an e-mail address nor a Telegram chat. Add one under Edit.")
	case email && one.text("email_off") != "" && !telegram:
		return v.say("nothing is sent to the e-mail address any more, since it is %s. Give another under Edit.", v.worded("email_off", one.text("email_off")))
	}
	return ""
}

// toldBy says how a member is told of their leads.
func (v *visit) toldBy(one object) shown {
	by, chosen := one.get("notify_by").([]any)
	switch {
	case chosen && len(by) == 0:
		return shown{Text: v.say("not at all")}
	case v.unreached(one) != "":
		return shown{Text: v.say("cannot be told"), Tone: "warn"}
	case chosen:
		var names []string
		for _, channel := range by {
			names = append(names, v.worded("channel", channel.(string)))
		}
		return shown{Text: v.and(names)}
	case one.text("telegram_chat_id") != "":
		return shown{Text: v.say("Telegram")}
	}
	return shown{Text: v.say("e-mail")}
}

// memberHref is a member's page.
func memberHref(id string) string { return home + "members/" + url.PathEscape(id) }

func (s *site) serveMembers(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/members/new", s.page(newMember))
	pages.HandleFunc("POST /console/members/new", s.page(addMember))
	pages.HandleFunc("GET /console/members/{id}", s.page(showMember))
	pages.HandleFunc("GET /console/members/{id}/edit", s.page(editMember))
	pages.HandleFunc("POST /console/members/{id}/edit", s.page(saveMember))
	pages.HandleFunc("POST /console/members/{id}/telegram", s.page(linkTelegram))
	pages.HandleFunc("GET /console/members/{id}/hours", s.page(editHours))
	pages.HandleFunc("POST /console/members/{id}/hours", s.page(saveHours))
	pages.HandleFunc("GET /console/members/{id}/absences/new", s.page(newAbsence))
	pages.HandleFunc("POST /console/members/{id}/absences/new", s.page(addAbsence))
	pages.HandleFunc("POST /console/members/{id}/absences/{absence}/remove", s.page(removeAbsence))
}
