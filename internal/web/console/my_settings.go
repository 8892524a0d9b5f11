package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A mySettingsView is how an agent is told of their leads, and by what they sign in.
type mySettingsView struct {
	Told     *form
	Once     string
	Telegram string
	// Connect says that their Telegram chat can be connected; Link is where, once they asked.
	Connect  bool
	Link     string
	Password *form
	Passkeys passkeysView
	// Problem is why a passkey was not taken, empty where none was refused.
	Problem string
	// Duty is when they work.
	Duty *dutyView
}

func mySettings(v *visit) (*page, error) { return v.mySettingsPage(nil, nil, "") }

// mySettingsPage shows the settings; told and password are forms that were sent and refused, address one at which Telegram is connected.
func (v *visit) mySettingsPage(told, password *form, address string) (*page, error) {
	m, err := v.who()
	if err != nil {
		return nil, err
	}
	var now object
	if err := v.get("/v1/me/messages", &now); err != nil {
		return nil, err
	}
	p := &page{Title: v.say("Settings"), Template: "my-settings"}
	if told != nil || password != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	view := mySettingsView{Once: v.newForm("", "", nil).Once, Link: address, Telegram: v.say("Your Telegram is not connected.")}
	if view.Connect = now.is("channels.telegram"); now.is("telegram") {
		view.Telegram = v.say("Your Telegram is connected.")
	}
	if view.Duty, err = v.myDuty(); err != nil {
		return nil, err
	}
	if told == nil {
		told = v.newForm(myHome+"settings", myHome+"settings", url.Values{
			"notify_by": {toldBy(now)}, "from": {now.text("quiet_hours.from")}, "to": {now.text("quiet_hours.to")}, "timezone": {now.text("timezone")}, "language": {now.text("language")},
		})
	}
	v.toldFields(told, now, m.Timezone)
	if view.Told = told; m.Person != nil {
		view.Password = v.myPassword(password, m.Person.HasPassword)
		if view.Passkeys, err = v.ownPasskeys(); err != nil {
			return nil, err
		}
	}
	p.Data = view
	return p, nil
}

// myPasskeysRefused shows the settings with why a passkey was not taken or changed.
func (v *visit) myPasskeysRefused(why string) (*page, error) {
	p, err := v.mySettingsPage(nil, nil, "")
	if err != nil {
		return nil, err
	}
	view := p.Data.(mySettingsView)
	view.Problem = why
	p.Data, p.Status = view, http.StatusUnprocessableEntity
	return p, nil
}

// toldBy is the choice of channels as the form has it.
func toldBy(now object) string {
	by, chosen := now.get("notify_by").([]any)
	if !chosen {
		return ""
	}
	var channels []string
	for _, channel := range by {
		channels = append(channels, channel.(string))
	}
	slices.Sort(channels)
	if len(channels) == 0 {
		return "none"
	}
	return strings.Join(channels, ",")
}

// toldFields offers the channels that there are.
func (v *visit) toldFields(f *form, now object, zone string) {
	email, telegram := now.is("channels.email"), now.is("channels.telegram")
	options := []option{{Label: f.say("by Telegram where connected, else by e-mail")}}
	if address := now.text("email"); email && address != "" {
		options = append(options, option{Value: "email", Label: f.say("by e-mail to %s", address)})
	}
	if telegram {
		options = append(options, option{Value: "telegram", Label: f.say("by Telegram")})
	}
	if email && telegram {
		options = append(options, option{Value: "email,telegram", Label: f.say("by both")})
	}
	options = append(options, option{Value: "none", Label: f.say("not at all")})
	hint := ""
	switch {
	case !email && !telegram:
		hint = f.say("No messages are set up here yet; ask your manager.")
	case now.text("email_off") != "":
		hint = f.say("Nothing is sent to your e-mail address: %s. Saving has it used again.", v.worded("email_off", now.text("email_off")))
	}
	f.add(input{Kind: "select", Name: "notify_by", Label: v.say("Told of new leads"), Hint: hint, Options: options})
	f.text("time", "from", "Quiet from", "No messages from this time …")
	f.text("time", "to", "Quiet until", "… until this one. Leave both empty for messages at any time.")
	f.add(input{Kind: "text", Name: "timezone", Label: f.say("Time zone"), Hint: f.say("Your clock. Empty: your company’s. Now it is %s.", zone), Suggested: zones})
	f.languageField(v.workspaceRead)
}

func saveMySettings(v *visit) (*page, error) {
	f, err := v.sentForm(myHome)
	if err != nil {
		return nil, err
	}
	body := memberBody(f)
	for name := range body {
		if !slices.Contains([]string{"notify_by", "quiet_hours", "timezone", "language"}, name) {
			delete(body, name)
		}
	}
	err = v.api.Call(v.Context(), http.MethodPatch, "/v1/me/messages", body, nil)
	if err != nil && f.refused(err, memberField) {
		return v.mySettingsPage(f, nil, "")
	}
	if err != nil {
		return nil, err
	}
	return v.done(myHome+"settings", "saved")
}

// connectMyTelegram makes an address at which Telegram is connected. It is good once, so it is shown and not led to.
func connectMyTelegram(v *visit) (*page, error) {
	f, err := v.sentForm(myHome)
	if err != nil {
		return nil, err
	}
	f.does(v)
	var made struct{ URL string }
	if err := v.api.Call(v.Context(), http.MethodPost, "/v1/me/telegram-link", nil, &made); err != nil {
		return nil, err
	}
	return v.mySettingsPage(nil, nil, made.URL)
}

// myPassword is the form by which an agent gives themselves a password.
func (v *visit) myPassword(f *form, has bool) *form {
	if f == nil {
		f = v.newForm(myHome+"settings/password", myHome, url.Values{})
	}
	f.passwordFields(has, f.say("a link"))
	return f
}

// passwordFields ask for a new password, and for the one before where there is one. link is what signs in whoever has none.
func (f *form) passwordFields(has bool, link string) {
	if f.Save = f.say("Set password"); has {
		f.Save = f.say("Change password")
		f.add(input{Kind: "password", Name: "current", Label: f.say("Present password")})
	}
	f.add(input{Kind: "password", Name: "password", Label: f.say("New password"), Hint: f.say("12 characters or more. Whoever else is signed in as you is then signed out. Without one, %s signs you in.", link)})
}

func setMyPassword(v *visit) (*page, error) {
	f, err := v.sentForm(myHome)
	if err != nil {
		return nil, err
	}
	err = v.sendPassword(f)
	if err != nil && f.refused(err, passwordField) {
		return v.mySettingsPage(nil, f, "")
	}
	if err != nil {
		return nil, err
	}
	return v.done(myHome+"settings", "password")
}

// sendPassword sends the password of a form, and has no page show it again.
func (v *visit) sendPassword(f *form) error {
	body := map[string]string{"password": v.PostForm.Get("password")} // spaces belong to a password
	if current := v.PostForm.Get("current"); current != "" {
		body["current"] = current
	}
	f.values = url.Values{}
	return v.api.Call(v.Context(), http.MethodPut, "/v1/me/password", body, nil)
}

// endMySessions signs an agent out everywhere else.
func endMySessions(v *visit) (*page, error) {
	f, err := v.sentForm(myHome)
	if err != nil {
		return nil, err
	}
	f.does(v)
	if err := v.api.Call(v.Context(), http.MethodPost, "/v1/sessions/end-all", nil, nil); err != nil {
		return nil, err
	}
	return v.done(myHome+"settings", "ended")
}
