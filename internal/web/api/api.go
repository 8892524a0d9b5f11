// Package api is Leadwheel's HTTP API under /v1, a file a resource. Programs, commands and the console call it. It decides who may call what
// and how it looks; what happens is the store's to decide. Its answers are JSON as its own OpenAPI document describes it.
package api

import (
	"log/slog"
	"net/netip"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/jsonbounds"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/telegram"
	"github.com/leadwheel/leadwheel/internal/openid"
	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/internal/web/inflight"
	"github.com/leadwheel/leadwheel/internal/web/quota"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// Deps are what the API works with.
type Deps struct {
	Store    *store.Store
	Intake   *ingest.Intake
	Importer Importer
	// ImportQueue is how many of a workspace's imports run at once and wait.
	ImportQueue store.ImportQueue
	Receiver    *ingest.Receiver
	Secrets     *secret.Box
	// Snapchat allows integrations of that kind.
	Snapchat bool
	// Webhooks says which addresses webhooks may have.
	Webhooks webhooks.Addresses
	// Waiting are the leads that were pushed through the queue and are not stored yet.
	Waiting *tasks.Waiting
	// Telegram is the installation's bot; nil where it has none.
	Telegram *telegram.Client
	// Posters send people links to sign in with, by channel; without any, an administrator hands links out. PublicURL is where those
	// lead to.
	Posters   map[lead.Channel]notify.Poster
	PublicURL string
	// OpenID vouches for people who sign in, nil where nobody does.
	OpenID *openid.Provider
	// Limits are how much callers may ask, which is counted in Redis.
	Limits Limits
	Redis  redis.UniversalClient
	// Proxies are the networks of whoever hands requests on to this server, and is believed where they came from.
	Proxies []netip.Prefix
	Metrics *metrics.Metrics
	Log     *slog.Logger
}

// An API serves /v1. Close it after the last request.
type API struct {
	Deps
	huma huma.API
	used *lastUsed
	room *inflight.Room
	// quotas are what callers have left, and reads the places of those who read what may take long; see reading.
	quotas    *quota.Quotas
	reads     *inflight.Pool
	passwords *passwords
	mail      *mailroom
	// party asks browsers for passkeys, nil where they give it none.
	party *webauthn.WebAuthn
	// limits are what bodies may hold, by operation.
	limits map[string]jsonbounds.Limits
	// forms are what requests may ask, by operation.
	forms map[string]form
	// readers read items, by the path at which they are read, and answers are what operations answer that answer an item.
	readers map[string]itemReader
	answers map[string]answered
	// places are the paths at which what operations make is read.
	places map[string]string
}

// New registers the API's routes with mux.
func New(mux humago.Mux, d Deps) *API {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    info(),
			Servers: servers(),
			Tags:    tags,
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry(schemaRef, huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer", BearerFormat: "lw_…"}},
			},
		},
		Formats:       formats(),
		DefaultFormat: "application/json",
	}
	for _, w := range words {
		w.register(config.Components.Schemas)
	}
	a := &API{
		Deps: d, used: newLastUsed(d.Store, d.Log),
		room: inflight.NewRoom(MaxBody, roomWork, roomWait), limits: make(map[string]jsonbounds.Limits), forms: make(map[string]form),
		quotas: quota.New(d.Redis, d.Log), reads: d.Limits.places(), passwords: newPasswords(),
		readers: make(map[string]itemReader), answers: make(map[string]answered), places: make(map[string]string),
	}
	config.Transformers = []huma.Transformer{a.finish}
	a.huma = humago.New(mux, config)
	a.mail, a.party = a.newMailroom(), relyingParty(d.PublicURL)
	a.huma.UseMiddleware(a.authenticate, a.readBody, a.takeBack, a.recordAct, a.conditional)
	a.registerWorkspace()
	a.registerStatuses()
	a.registerMembers()
	a.registerGroups()
	a.registerRules()
	a.registerSources()
	a.registerSourceUse()
	a.registerLeads()
	a.registerAssignments()
	a.registerPending()
	a.registerActivity()
	a.registerFairness()
	a.registerSimulations()
	a.registerHistory()
	a.registerAssignedLeads()
	a.registerTimeline()
	a.registerCustomers()
	a.registerOpportunities()
	a.registerImports()
	a.registerAPIKeys()
	a.registerSessions()
	a.registerPeople()
	a.registerSignIn()
	a.registerSignInLink()
	a.registerPasskeys()
	a.registerOpenID()
	a.registerMyMessages()
	a.registerMyAvailability()
	a.registerNextLead()
	a.registerOffers()
	a.registerAuditLog()
	a.registerIntegrations()
	a.registerEvents()
	a.registerWebhooks()
	a.registerWebhookDeliveries()
	a.registerPrivacy()
	a.registerInstallation()
	a.registerNotifications()
	a.registerMessageTemplate()
	a.describeItems()
	a.describeAnswers()
	a.describeWebhooks()
	a.serveDocument(mux)
	return a
}

// Close ends what the API does beside serving requests.
func (a *API) Close() {
	a.mail.close()
	a.used.close()
}
