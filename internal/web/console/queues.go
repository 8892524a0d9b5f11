package console

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// QueuesPath is where the console has the queue's dashboard.
const QueuesPath = "/console/queues"

// remedies say what to do about work of a kind that was given up on.
var remedies = map[string]language.Text{
	"lead:ingest":     "The leads in it are not stored. Whoever runs the installation gives it to the queue again with leadwheel dead retry, once the cause is mended.",
	"lead:distribute": "Nothing: what is owed stays in the database and is found again within a minute.",
	"lead:fetch":      "Nothing: the leads are asked for again. If it goes on, look at the integration’s page.",
	"member:notify":   "Nothing: the messages are tried again. If it goes on, look under Messages.",
	"webhook:deliver": "Nothing: the deliveries are tried again. If it goes on, look at the webhook’s page.",
}

// serveQueues serves the dashboard to admins who have the installation to themselves: it shows the work of all workspaces, by ids.
func (s *site) serveQueues(mux *http.ServeMux) {
	if s.dashboard == nil {
		return
	}
	policy := policyOf(s.dashboard)
	mux.Handle("GET "+QueuesPath+"/", guarded(s.page(func(v *visit) (*page, error) {
		if err := v.adminsOnly(); err != nil {
			return nil, err
		}
		seen, err := v.seesQueues()
		if err == nil && !seen {
			err = &client.Problem{Status: http.StatusForbidden, Code: "forbidden", Detail: v.say("other workspaces are on this installation too, and its queues hold the work of all; its operators see them at their own address")}
		}
		if err != nil {
			return nil, err
		}
		v.w.Header().Set("Content-Security-Policy", policy)
		s.dashboard.ServeHTTP(v.w, v.Request)
		return nil, nil
	})))
}

// seesQueues says whether whoever looks may see the queues.
func (v *visit) seesQueues() (bool, error) {
	if v.site.dashboard == nil {
		return false, nil
	}
	m, err := v.who()
	if err != nil || m.Role != lead.RoleAdmin {
		return false, err
	}
	var installation struct{ Shared bool }
	err = v.get("/v1/installation", &installation)
	return !installation.Shared, err
}

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// policyOf lets the dashboard's own page run, which has scripts in it: those, by their digests, and no others. It writes its styles itself.
func policyOf(dashboard http.Handler) string {
	shown := &answer{header: http.Header{}, status: http.StatusOK}
	dashboard.ServeHTTP(shown, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: QueuesPath + "/"}, Header: http.Header{}, Body: http.NoBody})
	scripts := []string{"'self'"}
	for _, found := range inlineScript.FindAllStringSubmatch(shown.body.String(), -1) {
		sum := sha256.Sum256([]byte(found[1]))
		scripts = append(scripts, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return "default-src 'none'; script-src " + strings.Join(scripts, " ") + "; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
}
