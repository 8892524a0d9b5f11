package console

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A myLeadView is one of an agent's leads, with what they can do about it.
type myLeadView struct {
	Here, Once           string
	Call, WhatsApp, Mail template.URL
	Contact, Answers     []part
	Received             shown
	// AnswerBy is until when it is to be answered, Answered when it was. Withdrawn is when it was taken back: nothing can be done then.
	AnswerBy, Answered, Withdrawn shown
	Late, Open                    bool
	Statuses                      []string
	Status, StatusError           string
	FollowUp                      shown
	Due                           bool
	When, Notes                   *form
	// Single says that a message's link opened it, and nothing beside it is shown.
	Single        bool
	Opportunities []myOpportunity
}

// A myOpportunity is one on a lead, as its page lists it.
type myOpportunity struct{ Href, Title, Stage, Amount string }

// dialable is a phone number that can be dialled from where the lead lives.
var dialable = regexp.MustCompile(`^\+?[0-9]{3,15}$`)

// reach says where the big buttons of a lead lead, nowhere for those that it has nothing for.
func (view *myLeadView) reach(one object) {
	phone, e164 := strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "").Replace(one.text("phone")), one.text("phone_e164")
	if dialable.MatchString(e164) && e164[0] == '+' {
		view.WhatsApp = template.URL("https://wa.me/" + e164[1:]) //nolint:gosec // digits only
		phone = e164
	}
	if dialable.MatchString(phone) {
		view.Call = template.URL("tel:" + phone) //nolint:gosec // digits only
	}
	if email := one.text("email"); strings.Count(email, "@") == 1 {
		view.Mail = template.URL("mailto:" + url.PathEscape(email)) //nolint:gosec // escaped
	}
}

// answer says whether a lead is to be answered still.
func (view *myLeadView) answer(v *visit, one object) {
	told := func(name string) (s shown) {
		if at := momentOf(one, name); !at.IsZero() {
			s = v.when(at)
		}
		return s
	}
	view.AnswerBy, view.Answered, view.Withdrawn = told("answer_by"), told("answered_at"), told("withdrawn_at")
	view.Open = view.Answered.Text == "" && view.Withdrawn.Text == ""
	view.Late = view.AnswerBy.Text != "" && momentOf(one, "answer_by").Before(v.now)
}

// acceptMyLead says that an agent takes a lead up.
func acceptMyLead(v *visit) (*page, error) {
	if uuid.Validate(v.PathValue("id")) != nil {
		return nil, errNoPage
	}
	if err := v.api.Call(v.Context(), http.MethodPost, "/v1/assigned-leads/"+v.PathValue("id")+"/accept", nil, nil); err != nil {
		return nil, err
	}
	return v.done(myHome+"leads/"+v.PathValue("id"), "accepted")
}

func myLead(v *visit) (*page, error) {
	one, err := v.item("assigned-leads")
	if err != nil {
		return nil, err
	}
	return v.myLeadPage(one, nil, nil, "")
}

// myLeadPage shows a lead; when and notes are forms that were sent and refused, wrong what is wrong with a status.
func (v *visit) myLeadPage(one object, when, notes *form, wrong string) (*page, error) {
	here := myHome + "leads/" + one.text("id")
	view := &myLeadView{
		Here: here, Once: v.newForm("", "", nil).Once, Received: v.when(momentOf(one, "assigned_at")), Statuses: statusesOf(v.workspaceRead),
		Status: one.text("status"), StatusError: wrong,
	}
	view.reach(one)
	view.answer(v, one)
	for _, name := range []string{"phone", "email"} {
		if text := one.text(name); text != "" {
			view.Contact = append(view.Contact, part{v.label(name), shown{Text: text}})
		}
	}
	if fields, is := one.get("fields").(object); is {
		for _, f := range fields {
			view.Answers = append(view.Answers, part{f.Name, plain(f.Value)})
		}
	}
	at := momentOf(one, "follow_up_at")
	if !at.IsZero() {
		view.FollowUp, view.Due = v.when(at), !at.After(v.now)
	}
	p := &page{Title: v.called(one), Template: "my-lead", Data: view, Up: &link{v.say("My leads"), myHome}}
	if view.Single = v.single; v.single {
		p.Up = nil
	}
	if when != nil || notes != nil || wrong != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	if when == nil {
		when = v.newForm(here+"/follow-up", here, url.Values{})
		if !at.IsZero() {
			when.values.Set("follow_up_at", at.In(v.zone).Format(localFormat))
		}
	}
	when.text("datetime-local", "follow_up_at", "Follow-up time", "You are reminded when it comes.")
	if notes == nil {
		notes = v.newForm(here+"/notes", here, url.Values{"notes": {one.text("notes")}})
	}
	notes.text("area", "notes", "Notes", "")
	view.When, view.Notes = when, notes
	if v.single {
		return p, nil
	}
	return p, v.myOpportunities(view, one.text("id"))
}

// myOpportunities reads what may become of a lead.
func (v *visit) myOpportunities(view *myLeadView, id string) error {
	read, err := v.read("opportunities", url.Values{"assigned_lead_id": {id}, "limit": {"20"}})
	for _, o := range read.Items {
		view.Opportunities = append(view.Opportunities, myOpportunity{
			myHome + "opportunities/" + o.text("id"), o.text("title"), o.text("stage"), worthOf(o),
		})
	}
	return err
}

// localFormat is a moment as a browser's field for one has it.
const localFormat = "2006-01-02T15:04"

// patchMyLead changes the lead that an address names. Where that is refused, again shows it with what is wrong.
func (v *visit) patchMyLead(f *form, change map[string]any, again func(one object) (*page, error)) (*page, error) {
	one, err := v.item("assigned-leads")
	if err != nil {
		return nil, err
	}
	if len(f.errors) == 0 {
		err = v.api.Call(v.Context(), http.MethodPatch, "/v1/assigned-leads/"+one.text("id"), change, nil)
		if err == nil {
			return v.done(myHome+"leads/"+one.text("id"), "saved")
		}
		if !f.refused(err, same) {
			return nil, err
		}
	}
	return again(one)
}

func saveMyStatus(v *visit) (*page, error) {
	f, err := v.sentForm("")
	if err != nil {
		return nil, err
	}
	return v.patchMyLead(f, map[string]any{"status": f.value("status")}, func(one object) (*page, error) {
		return v.myLeadPage(one, nil, nil, f.errors["status"]+f.Problem)
	})
}

func saveMyNotes(v *visit) (*page, error) {
	f, err := v.sentForm("")
	if err != nil {
		return nil, err
	}
	return v.patchMyLead(f, map[string]any{"notes": strings.ReplaceAll(f.value("notes"), "\r\n", "\n")}, func(one object) (*page, error) {
		return v.myLeadPage(one, nil, f, "")
	})
}

// morning is when a lead is followed up that is put off by days.
const morning = 9

// soon are the times that one press chooses, by the names of their buttons.
var soon = map[string]func(now time.Time) time.Time{
	"hour": func(now time.Time) time.Time { return now.Add(time.Hour).Truncate(time.Minute) },
	"tomorrow": func(now time.Time) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+1, morning, 0, 0, 0, now.Location())
	},
	"week": func(now time.Time) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+7, morning, 0, 0, 0, now.Location())
	},
}

func saveMyFollowUp(v *visit) (*page, error) {
	f, err := v.sentForm("")
	if err != nil {
		return nil, err
	}
	change := map[string]any{"follow_up_at": nil}
	switch choose, text := soon[f.value("in")], f.value("follow_up_at"); {
	case choose != nil:
		change["follow_up_at"] = choose(v.now.In(v.zone))
	case f.value("in") == "never":
	default:
		at, err := time.ParseInLocation(localFormat, text, v.zone)
		if err != nil {
			f.errors["follow_up_at"] = v.say("Choose a day and a time.")
		}
		change["follow_up_at"] = at
	}
	return v.patchMyLead(f, change, func(one object) (*page, error) { return v.myLeadPage(one, f, nil, "") })
}

func convertMyLead(v *visit) (*page, error) {
	f, err := v.sentForm("")
	if err != nil {
		return nil, err
	}
	f.does(v)
	if uuid.Validate(v.PathValue("id")) != nil {
		return nil, errNoPage
	}
	if err := v.api.Call(v.Context(), http.MethodPost, "/v1/assigned-leads/"+v.PathValue("id")+"/convert", nil, nil); err != nil {
		return nil, err
	}
	return v.done(myHome+"leads/"+v.PathValue("id"), "converted")
}

func newMyOpportunity(v *visit) (*page, error) {
	one, err := v.item("assigned-leads")
	if err != nil {
		return nil, err
	}
	here := myHome + "leads/" + one.text("id")
	return opportunityPage(v.say("New opportunity"), v.newForm(here+"/opportunity", here, url.Values{}), &link{v.called(one), here}), nil
}

func addMyOpportunity(v *visit) (*page, error) {
	one, err := v.item("assigned-leads")
	if err != nil {
		return nil, err
	}
	here := myHome + "leads/" + one.text("id")
	f, err := v.sentForm(here)
	if err != nil {
		return nil, err
	}
	f.does(v)
	body := without(opportunityBody(f))
	body["assigned_lead_id"] = one.text("id")
	if len(f.errors) > 0 {
		return opportunityPage(v.say("New opportunity"), f, &link{v.called(one), here}), nil
	}
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/opportunities", body, nil)
	if err != nil && f.refused(err, opportunityField) {
		return opportunityPage(v.say("New opportunity"), f, &link{v.called(one), here}), nil
	}
	if err != nil {
		return nil, err
	}
	return v.done(here, "added")
}

func editMyOpportunity(v *visit) (*page, error) {
	one, err := v.item("opportunities")
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	for _, name := range opportunityFields {
		values.Set(name, one.text(name))
	}
	back := v.myBackOf(one)
	return opportunityPage(v.say("Edit opportunity"), v.newForm(v.URL.Path, back.Href, values), back), nil
}

// myBackOf is the lead that an opportunity is on.
func (v *visit) myBackOf(opportunity object) *link {
	if id := opportunity.text("assigned_lead_id"); id != "" {
		return &link{v.say("The lead"), myHome + "leads/" + id}
	}
	return &link{v.say("My leads"), myHome}
}

func saveMyOpportunity(v *visit) (*page, error) {
	one, err := v.item("opportunities")
	if err != nil {
		return nil, err
	}
	back := v.myBackOf(one)
	f, err := v.sentForm(back.Href)
	if err != nil {
		return nil, err
	}
	body := opportunityBody(f)
	if len(f.errors) > 0 {
		return opportunityPage(v.say("Edit opportunity"), f, back), nil
	}
	err = v.api.Call(v.Context(), http.MethodPatch, "/v1/opportunities/"+one.text("id"), body, nil)
	if err != nil && f.refused(err, opportunityField) {
		return opportunityPage(v.say("Edit opportunity"), f, back), nil
	}
	if err != nil {
		return nil, err
	}
	return v.done(back.Href, "saved")
}
