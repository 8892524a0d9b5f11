package console

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/web/heard"
)

// A form is what somebody fills in, and what was wrong with it when they sent it.
type form struct {
	// Once makes what the form does be done once, however often it is sent.
	Once string
	// Action is where it is sent, Back where Cancel leads.
	Action, Back string
	// Save is what its button is called.
	Save string
	// Fields are those that it shows, in their order.
	Fields []input
	// Note is what is to be known before it is sent, empty where that is nothing.
	Note string
	// Problem is what is wrong with no single field.
	Problem string
	// Wrong are the fields that are wrong, for whoever cannot see them all at once, and Meanwhile those that somebody else has changed.
	Wrong, Meanwhile []input
	// Seen is what was edited when the form was made; see opened.
	Seen string

	tongue tongue
	values url.Values
	errors map[string]string
	theirs map[string]their
}

// An input is a field of a form as it is shown.
type input struct {
	Name, Label, Hint, Value, Error string
	// Note says what somebody else has made of it meanwhile.
	Note string
	// Kind is text, email, tel, time, datetime-local, area, select or check.
	Kind    string
	Options []option
	// Suggested are values that can be chosen from, or left for others.
	Suggested []string
	Checked   bool
	// Wide inputs take a line of their own.
	Wide bool
}

// ID is the input's in the page.
func (i input) ID() string { return "f-" + i.Name }

// DescribedBy are the ids of what says more of the input.
func (i input) DescribedBy() string {
	var ids []string
	if i.Error != "" {
		ids = append(ids, i.ID()+"-error")
	}
	if i.Note != "" {
		ids = append(ids, i.ID()+"-note")
	}
	if i.Hint != "" {
		ids = append(ids, i.ID()+"-hint")
	}
	return strings.Join(ids, " ")
}

// newForm is a form that holds what there is so far.
func (v *visit) newForm(action, back string, values url.Values) *form {
	return &form{Once: rand.Text(), Action: action, Back: back, Save: v.say("Save"), tongue: v.tongue, values: values, errors: map[string]string{}, theirs: map[string]their{}}
}

// maxFilled bounds a form that is filled in, in bytes: a group may have a thousand receivers, and custom fields have 64 KiB.
const maxFilled = 512 << 10

// sentForm is a form as it was sent.
func (v *visit) sentForm(back string) (*form, error) {
	if err := v.readForm(maxFilled); err != nil {
		return nil, err
	}
	f := v.newForm(v.URL.Path, back, v.PostForm)
	if once := v.PostForm.Get("once"); once != "" {
		f.Once = once
	}
	f.Seen = v.PostForm.Get("seen")
	return f, nil
}

// openItem reads the item that an address names, and fills the form of one of its pages with what it holds.
func (v *visit) openItem(collection, what string, values func(object) url.Values) (object, *form, error) {
	one, err := v.item(collection)
	if err != nil {
		return nil, nil, err
	}
	here := home + collection + "/" + one.text("id")
	f := v.newForm(here+"/"+what, here, values(one))
	f.opened(v.tags["/v1/"+collection+"/"+one.text("id")], f.values)
	return one, f, nil
}

// sentItem reads the item that an address names, where its page is, and the form about it that was sent.
func (v *visit) sentItem(collection string) (one object, here string, f *form, err error) {
	if one, err = v.item(collection); err != nil {
		return nil, "", nil, err
	}
	here = home + collection + "/" + one.text("id")
	f, err = v.sentForm(here)
	return one, here, f, err
}

// does has the visit's calls made once for the form.
func (f *form) does(v *visit) { v.api = v.site.client(v.Request, v.token, f.Once) }

// value is what a field holds, without the space around it.
func (f *form) value(name string) string { return strings.TrimSpace(f.values.Get(name)) }

// made is a field with what it holds and what is wrong with it.
func (f *form) made(i input) input {
	i.Error = f.errors[i.Name]
	if i.Value == "" {
		i.Value = f.values.Get(i.Name)
	}
	if i.Error != "" {
		f.Wrong = append(f.Wrong, i)
	}
	if t, is := f.theirs[i.Name]; is {
		i.Note = t.note(f, i)
		f.Meanwhile = append(f.Meanwhile, i)
	}
	return i
}

// say is a text in the language of whoever fills it in.
func (f *form) say(text language.Text, args ...any) string { return f.tongue.Say(text, args...) }

func (f *form) add(i input) { f.Fields = append(f.Fields, f.made(i)) }

func (f *form) text(kind, name string, label, hint language.Text) {
	f.add(input{Kind: kind, Name: name, Label: f.say(label), Hint: f.say(hint)})
}

func (f *form) choose(name string, label, hint language.Text, options []option) {
	f.add(input{Kind: "select", Name: name, Label: f.say(label), Hint: f.say(hint), Options: options})
}

func (f *form) check(name string, label, hint language.Text) {
	f.add(input{Kind: "check", Name: name, Label: f.say(label), Hint: f.say(hint), Value: "yes", Checked: f.values.Get(name) != ""})
}

// refused puts what the API says of a form's fields beside them, and says whether that is all there is to the error. as
// finds the form's name for a field of the API's, empty where the form has none.
func (f *form) refused(err error, as func(field string) string) bool {
	p := &client.Problem{}
	if !errors.As(err, &p) || !p.Refused() || p.Status == http.StatusUnauthorized || p.Status == http.StatusForbidden && p.Code == "forbidden" {
		return false
	}
	for _, e := range p.Errors {
		_, field, _ := strings.Cut(e.Location, ".")
		name := as(field)
		if name == "" {
			f.Problem = f.heard(e.Message)
			continue
		}
		f.errors[name] = f.heard(e.Message)
	}
	if len(f.errors) == 0 && f.Problem == "" {
		f.Problem = f.heard(p.Detail)
	}
	return true
}

// same is for forms whose fields are called as the API's.
func same(field string) string { return field }

// heard is what the API said, as a sentence in the language of whoever fills it in.
func (f *form) heard(said string) string { return sentence(heard.Say(f.tongue, said)) }

// formPage shows a form on a page of its own.
func formPage(title string, f *form, up *link) *page {
	p := &page{Title: title, Template: "form", Data: f, Up: up}
	if len(f.errors) > 0 || f.Problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p
}

// done leads to a page and has it say what was done.
func (v *visit) done(address, what string) (*page, error) {
	http.Redirect(v.w, v.Request, address+"?done="+what, http.StatusSeeOther)
	return nil, nil
}

// told are the words for what was done from pages of their own.
var told = map[string]language.Text{"added": "Added.", "saved": "Saved.", "password": "Your password is set.", "removed": "Removed.", "reset": "Signed out everywhere. A new link lets them in again.", "ended": "Signed out there.", "accepted": "This lead is yours to follow up.", "taken": "Taken: somebody else was first.", "converted": "They are a customer now.", "merged": "Merged: what had the other source has this one now.", "imported": "The file was read. Here is what became of its rows.", "assigned": "Accepted. Here is how far they have come."}
