package console

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
)

// A form of something that two people may edit says what that was when the form was made: its tag in the API, and a digest of what each
// field held. Who saves over another's change is told of it, keeps what they wrote themselves, and takes over the other's fields
// that they left alone.

// opened notes what a form is made of: an item with a tag, whose fields hold values.
func (f *form) opened(tag string, values url.Values) {
	all := []string{strings.Trim(tag, `"`)}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, name+":"+held(values[name]))
	}
	f.Seen = strings.Join(all, " ")
}

// base is what was noted: the item's tag, and what each field held.
func (f *form) base() (tag string, fields map[string]string) {
	fields = map[string]string{}
	for i, text := range strings.Fields(f.Seen) {
		if name, digest, is := strings.Cut(text, ":"); is {
			fields[name] = digest
		} else if i == 0 {
			tag = `"` + text + `"`
		}
	}
	return tag, fields
}

// held is short text that is another for other values of a field.
func held(values []string) string {
	text := strings.TrimSpace(strings.ReplaceAll(strings.Join(values, "\x00"), "\r\n", "\n"))
	if text == "" {
		return "" // an empty field and none are the same
	}
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// An edit is what a form makes of an item.
type edit struct {
	method, path string
	body         any
	// one is what the item is called, values what a form of it holds, field the form's field for one of the API's, nil where the caller sees to what is refused.
	one    language.Text
	values func(object) url.Values
	field  func(string) string
}

// save changes an item by a form and goes on to its page, or shows the form again.
func (v *visit) save(f *form, e edit, here string, show func() (*page, error)) (*page, error) {
	if len(f.errors) > 0 {
		return show()
	}
	again, err := v.edit(f, e)
	if again {
		return show()
	}
	if err != nil {
		return nil, err
	}
	return v.done(here, "saved")
}

// edit changes an item by a form. again says that the form is to be shown again: what it holds was refused, or somebody else has changed
// the item since the form was made.
func (v *visit) edit(f *form, e edit) (again bool, err error) {
	carrier := v.site.carrier(v.Request, "")
	carrier.match, _ = f.base()
	err = client.Over(carrier, v.token).Call(v.Context(), e.method, e.path, e.body, nil)
	refused := &client.Problem{}
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &refused) && refused.Status == http.StatusPreconditionFailed:
		var now object
		if err := v.get(e.path, &now); err != nil {
			return false, err
		}
		f.meanwhile(e.one, v.tags[e.path], e.values(now))
		return true, nil
	case e.field != nil && f.refused(err, e.field):
		return true, nil
	}
	return false, err
}

// meanwhile sets what somebody else has changed beside what was filled in.
func (f *form) meanwhile(one language.Text, tag string, now url.Values) {
	_, was := f.base()
	f.values = maps.Clone(f.values)
	for name := range now {
		switch theirs, mine := held(now[name]), held(f.values[name]); {
		case theirs == was[name] || theirs == mine:
		case mine == was[name]:
			f.values[name] = now[name]
			f.theirs[name] = their{value: now.Get(name), taken: true}
		default:
			f.theirs[name] = their{value: now.Get(name)}
		}
	}
	f.Problem = f.say("Somebody else has changed this %s since you opened it. What you wrote is kept; look at both, and save again.", f.say(one))
	f.opened(tag, now)
}

// A their is what somebody else has made of a field, and whether it was taken over.
type their struct {
	value string
	taken bool
}

// note says of a field what somebody else has made of it.
func (t their) note(f *form, i input) string {
	value := strings.TrimSpace(t.value)
	switch at := slices.IndexFunc(i.Options, func(o option) bool { return o.Value == t.value }); {
	case t.taken:
		return f.say("Somebody else has changed this meanwhile, and you had not: theirs is shown.")
	case i.Kind == "check":
		return f.say("Somebody else has switched this meanwhile. Saving replaces that with yours.")
	case at >= 0:
		value = i.Options[at].Label
	}
	if value == "" {
		return f.say("Somebody else has emptied this meanwhile. Saving replaces that with yours.")
	}
	return f.say("Somebody else has made this “%s” meanwhile. Saving replaces that with yours.", value)
}
