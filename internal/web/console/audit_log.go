package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
)

// An auditView is the audit log in sentences.
type auditView struct {
	Filters             []filterView
	Href                string
	Narrowed            bool
	Entries             []auditLine
	Newest, Older, File string
}

// An auditLine is a sentence: who did what to which things, and when.
type auditLine struct {
	Who, What string
	Things    []shown
	More      int
	Note      string
	When      shown
}

// auditFilters narrow the log to whom, to what and to when.
var auditFilters = []filter{{"person_id", "Person", "people", nil}, {"api_key_id", "Key", "api-keys", nil}, byFrom, byUntil, {"id", "Only about", "id", nil}}

func showAuditLog(v *visit) (*page, error) {
	asked := v.URL.Query()
	chosen := v.chosen(auditFilters, asked)
	if asked.Has("file") {
		return nil, v.download("/v1/audit-log", "audit-log", chosen)
	}
	m, err := v.who()
	if err != nil {
		return nil, err
	}
	query := url.Values{"limit": {"50"}}
	if cursor := asked.Get("cursor"); cursor != "" {
		query.Set("cursor", cursor)
	}
	for param, values := range chosen {
		query[param] = values
	}
	read, err := v.read("audit-log", query)
	if err != nil {
		return nil, err
	}
	v.learnActs(read.Items)
	view := auditView{Href: home + "audit-log"}
	for _, e := range read.Items {
		view.Entries = append(view.Entries, v.auditLine(e))
	}
	kept := url.Values{}
	for _, f := range auditFilters {
		if value := asked.Get(f.Param); value != "" {
			kept.Set(f.Param, value)
			view.Narrowed = true
		}
		if f.Kind != "id" {
			view.Filters = append(view.Filters, v.filterView(f, asked.Get(f.Param)))
		}
	}
	with := func(name, value string) string {
		query := copied(kept)
		query.Set(name, value)
		return view.Href + "?" + query.Encode()
	}
	if view.File = with("file", "csv"); read.NextCursor != "" {
		view.Older = with("cursor", read.NextCursor)
	}
	if asked.Get("cursor") != "" {
		view.Newest = view.Href + "?" + kept.Encode()
	}
	return &page{Title: v.say("Audit log"), Template: "audit-log", Data: view, Views: v.settingsViews(m.Role)}, nil
}

// copied copies a query.
func copied(query url.Values) url.Values {
	all := url.Values{}
	for name, values := range query {
		all[name] = values
	}
	return all
}

// things are what the operations of the API are about, by the last word of their names.
var things = map[string]struct {
	collection string
	one        language.Text
}{
	"member": {"members", "member"}, "group": {"groups", "group"}, "source": {"sources", "source"}, "lead": {"leads", "lead"}, "leads": {"leads", "lead"},
	"integration": {"integrations", "integration"}, "person": {"people", "person"}, "key": {"api-keys", "key"}, "webhook": {"", "webhook"},
	"customer": {"", "customer"}, "opportunity": {"", "opportunity"}, "import": {"", "import"}, "session": {"", "session"},
}

// deeds say what operations do; the things that they do it to come after it. What has no row is told by verbs.
var deeds = map[string]language.Text{
	"patch-workspace": "changed the workspace’s settings", "rename-status": "renamed a status", "put-message-template": "changed what messages say",
	"post-assignment": "assigned leads", "delete-pending-leads": "deleted pending leads", "delete-pending-lead": "deleted a pending lead",
	"distribute-pending-leads-now": "sent out pending leads at once", "patch-pending-lead": "moved a pending lead", "retry-history": "tried a failed distribution again",
	"post-absence": "added an absence of", "delete-absence": "deleted an absence of", "patch-my-availability": "went on or off duty",
	"retry-histories": "tried failed distributions again", "post-member-pending": "settled what was planned for", "post-telegram-link": "made a Telegram link for",
	"post-test-notification": "sent a test message to", "resend-notification": "sent a message again", "sign-in": "signed in", "open-message-link": "opened a lead by the link in a message", "post-session": "signed in",
	"delete-session": "ended a session", "end-sessions": "ended sessions", "put-my-password": "set their password", "patch-me": "changed their own name", "post-my-passkey": "added a passkey", "patch-my-passkey": "renamed a passkey",
	"delete-my-passkey": "removed a passkey", "passkey-copied": "was refused with a passkey that seems to be copied", "post-person-link": "made a sign-in link for", "post-person": "invited", "delete-person": "removed", "post-member": "added",
	"delete-member": "removed", "rotate-api-key": "rotated the key", "revoke-api-key": "revoked the key", "post-api-key": "made the key",
	"rotate-webhook-secret": "gave a new secret to", "reconcile-integration": "looked for missed leads of", "try-integration": "sent a test lead to", "replay-event": "took a delivery in again",
	"redeliver": "made a delivery again", "test-webhook": "sent a test to", "redeliver-failed": "made failed deliveries again", "export-person": "exported all that is known of a person",
	"erase-person": "erased a person", "post-import": "imported a file", "cancel-import": "cancelled an import", "merge-source": "merged the source",
	"list-leads": "exported leads", "list-history": "exported history", "list-assigned-leads": "exported assigned leads", "list-customers": "exported customers",
	"list-members": "exported members", "list-audit-log": "exported the audit log", "convert-lead": "made a customer of the lead", "convert-assigned-lead": "made a customer of a copy",
	"patch-assigned-lead": "changed a member’s copy of a lead", "up": "set the workspace up", "apikey create": "made a key", "apikey revoke": "revoked a key", "workspace create": "made the workspace",
	"accept-assigned-lead": "accepted a lead", "accept-offer": "accepted an offer", "undo-assignment": "undid an assignment",
	"undo-import": "undid an import", "patch-my-messages": "changed how they are told", "post-my-telegram-link": "made a Telegram link for themselves",
	"move-pending-leads": "moved pending leads", "put-rules": "changed the rules", "post-next-lead": "took the next lead",
	"dead retry": "gave the queue again what it had given up on", "dead delete": "deleted what the queue had given up on",
	"list-api-keys": "exported keys", "list-assignments": "exported assignments", "list-assigned-lead-timeline": "exported the story of a copy",
	"list-dead-tasks": "exported what the queue gave up on", "list-groups": "exported groups", "list-group-lanes": "exported the lanes of a group",
	"list-imports": "exported imports", "list-integrations": "exported integrations", "list-events": "exported what was delivered to an integration",
	"list-my-passkeys": "exported their passkeys", "list-absences": "exported the absences of", "list-notifications": "exported messages",
	"list-offers": "exported offers", "list-my-offers": "exported their offers", "list-opportunities": "exported opportunities",
	"list-pending-leads": "exported pending leads", "list-pending-days": "exported what is planned, by day", "list-people": "exported people",
	"list-sessions": "exported sessions", "list-simulations": "exported simulations", "list-sources": "exported sources",
	"list-webhooks": "exported webhooks", "list-webhook-deliveries": "exported deliveries to a webhook",
	"person invite": "invited somebody", "person link": "made a sign-in link for somebody", "person remove": "removed somebody",
}

// verbs are what operations are called by that are told by the thing which they are about.
var verbs = map[string]language.Text{"post": "made the %s", "patch": "changed the %s", "put": "changed the %s", "delete": "deleted the %s"}

// switches say which way a switch went, by what the log has of it.
var switches = map[string]language.Text{
	"active=false": "deactivated", "active=true": "activated", "enabled=false": "switched off", "enabled=true": "switched on", "on_duty=false": "went off duty", "on_duty=true": "went on duty",
	"by=link": "signed in by a link", "by=password": "signed in with a password", "by=passkey": "signed in with a passkey", "by=oidc": "signed in by another account",
}

// auditLine tells of an entry.
func (v *visit) auditLine(e object) auditLine {
	op := e.text("operation")
	verb, rest, _ := strings.Cut(op, "-")
	thing := things[rest[strings.LastIndex(rest, "-")+1:]]
	if strings.HasSuffix(rest, "assigned-lead") {
		thing.collection = "assigned-leads"
	}
	line := auditLine{Who: v.actor(e), When: v.show("at", e.get("at")), What: v.deed(e, op, verb, thing.one)}
	ids, _ := e.get("ids").([]any)
	if n := number(e, "count"); n > 0 {
		line.Note = grouped(n)
		return line
	}
	if thing.collection != "" && len(ids) > 0 {
		line.Things = append(line.Things, v.thing(thing.collection, ids[0]))
	}
	return line
}

// deed is what was done, by an operation that begins with a verb, to one thing.
func (v *visit) deed(e object, op, verb string, one language.Text) string {
	switch {
	case switches[e.text("filter")] != "" && (verb == "patch" || op == "sign-in"):
		return v.say(switches[e.text("filter")])
	case deeds[op] != "":
		return v.say(deeds[op])
	case verbs[verb] == "" || one == "":
		return strings.ReplaceAll(op, "-", " ")
	}
	if changed := v.changed(e); verb == "patch" && changed != "" {
		return v.say("changed %s of", changed)
	}
	return v.say(verbs[verb], v.say(one))
}

// changed says which fields of a thing were changed, as far as that is known.
func (v *visit) changed(e object) string {
	fields, _ := e.get("fields").([]any)
	var names []string
	for _, f := range fields {
		if name, is := f.(string); is {
			names = append(names, strings.ToLower(v.label(name)))
		}
	}
	return strings.Join(names, ", ")
}

// actor is who did what an entry tells of.
func (v *visit) actor(e object) string {
	if name := e.text("person"); name != "" {
		return name
	}
	if key := e.text("api_key_id"); key != "" {
		if one := v.names.one("api-keys", key); one != nil {
			return v.keyName(one)
		}
		return v.say("A key")
	}
	return v.say("An operator")
}

// keyName is what a key is called where it acts.
func (v *visit) keyName(key object) string {
	if name := key.text("name"); name != "" {
		return v.say("The key “%s”", name)
	}
	return capital(v.unnamed(key))
}

// thing is one of those that an entry is about, by name.
func (v *visit) thing(collection string, id any) shown {
	text, _ := id.(string)
	name, exists := v.names.of(collection, text)
	if !exists || collection == "api-keys" {
		return shown{Text: name}
	}
	return shown{Text: name, Href: home + collection + "/" + url.PathEscape(text)}
}

// learnActs reads the names of all leads that entries are about at once; other things are few.
func (v *visit) learnActs(entries []object) {
	var rows []object
	for _, e := range entries {
		op := e.text("operation")
		ids, _ := e.get("ids").([]any)
		if len(ids) > 0 && e.get("count") == nil && slices.Contains([]string{"lead", "leads"}, op[strings.LastIndex(op, "-")+1:]) {
			rows = append(rows, object{{"lead_id", ids[0]}})
		}
	}
	v.names.learn(rows)
}
