package console

import (
	"net/http"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
)

// An promisesView is what the last audit found. Kept are the promises that hold.
type promisesView struct {
	Words  string
	Broken []brokenPromise
	Kept   []string
}

// A brokenPromise says what was found and what to do.
type brokenPromise struct {
	Name, Promise, Found, Do string
	Examples                 []string
}

// auditRemedies say what to do about a promise that is broken.
var auditRemedies = map[string]language.Text{
	"wait":    "This should be seen to within a minute. Is there a scheduler that leads, and do workers run? See the page of the alert.",
	"repair":  "leadwheel audit --repair says what it would mend, and with --yes it mends it. Nothing is lost by that.",
	"restore": "Rows are gone that the program never deletes. Look who has access to the database, and get them from a backup.",
	"report":  "This is a defect, or somebody wrote to the database by hand. Look the examples up in the history, keep the logs, and report it.",
}

// showAudit shows what the last audit found to admins who have the installation to themselves.
func showAudit(v *visit) (*page, error) {
	var report struct {
		At     time.Time
		OK     bool
		Checks []struct {
			Name, Promise, Remedy string
			OK                    bool
			Found                 int
			Examples              []string
		}
	}
	view := promisesView{}
	p := &page{Title: v.say("Audit"), Template: "audit", Data: &view, Up: &link{v.say("Settings"), home + "settings"}}
	err := v.get("/v1/installation/audit", &report)
	switch {
	case client.IsStatus(err, http.StatusNotFound):
		view.Words = v.say("There was no audit yet. The scheduler makes one a day, the first some minutes after it begins; leadwheel audit makes one now.")
		return p, nil
	case err != nil:
		return nil, err
	}
	for _, c := range report.Checks {
		if c.OK {
			view.Kept = append(view.Kept, v.heard(c.Promise))
			continue
		}
		view.Broken = append(view.Broken, brokenPromise{c.Name, v.heard(c.Promise), v.say("Found: %d", c.Found), v.say(auditRemedies[c.Remedy]), c.Examples})
	}
	at := v.show("at", report.At.Format(time.RFC3339)).Text
	view.Words = v.say("Every promise was kept when it was last looked at, %s.", at)
	if !report.OK {
		view.Words = v.say("Broken promises: %d of %d, as last looked at, %s.", len(view.Broken), len(report.Checks), at)
	}
	return p, nil
}
