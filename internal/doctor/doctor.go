// Package doctor checks configuration and connections, one by one, and says of each what to do about it. `leadwheel doctor` calls it.
// It may change nothing but a key of its own in Redis, and sends no message.
package doctor

import (
	"context"
	"slices"
	"time"

	"github.com/leadwheel/leadwheel/internal/openid"
)

// patience is how long a server has to answer.
const patience = 5 * time.Second

// State is how a check came out.
type State string

const (
	// OK means that all is well.
	OK State = "ok"
	// Warning means that Leadwheel runs, and that something is worth changing.
	Warning State = "warning"
	// Broken means that Leadwheel does not run, or not as it should.
	Broken State = "broken"
	// Skipped means that the check could not be made, because of one above that is broken or of what is not set.
	Skipped State = "skipped"
)

// A Check is one thing looked at.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Found is what there is, Advice what to do about it.
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"`
}

// Options are what to look at. What is empty is not looked at, and said so.
type Options struct {
	DatabaseURL string
	// ReplicaURL is that of a standby.
	ReplicaURL string
	RedisURL   string
	// SecretKeys seal the secrets of others; see secret.NewBox.
	SecretKeys string
	// URL is the public address of a running server.
	URL string
	// DataDir is where `leadwheel up` keeps its data.
	DataDir  string
	Messages Messages
	// OpenID are the settings of the provider of OpenID Connect.
	OpenID openid.Options
}

// Examine makes all checks.
func Examine(ctx context.Context, o Options) []Check {
	postgres := examinePostgres(ctx, o.DatabaseURL)
	return slices.Concat(postgres, examineReplica(ctx, o), []Check{examineSecrets(ctx, o, postgres)}, examineRedis(ctx, o.RedisURL), examineServer(ctx, o.URL),
		examineFiles(o.DataDir), examineMessages(ctx, o.Messages), examineOpenID(ctx, o.OpenID, o.Messages.Mail.PublicURL))
}

func skipped(found string, names ...string) []Check {
	checks := make([]Check, len(names))
	for i, name := range names {
		checks[i] = Check{Name: name, State: Skipped, Found: found}
	}
	return checks
}
