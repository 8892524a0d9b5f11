package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// defaultOpsListen is where `up` may move away from when it is taken.
const defaultOpsListen = "127.0.0.1:9090"

// databaseFlags are for commands that work on the database itself.
type databaseFlags struct {
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" required:"" placeholder:"ADDRESS" help:"Postgres, as in postgres://user:password@host:5432/name, or with host1:5432,host2:5432 where a standby may take over."`
}

// open connects to a database that has this program's schema. Close the store.
func (f databaseFlags) open(ctx context.Context) (*store.Store, error) {
	if err := store.CheckSchema(ctx, f.DatabaseURL); err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Options{DatabaseURL: f.DatabaseURL, MaxConns: 2})
}

// replicaFlag is for commands that read lists.
type replicaFlag struct {
	ReplicaURL string `name:"replica-url" env:"LEADWHEEL_REPLICA_URL" placeholder:"ADDRESS" help:"A standby of the database, from which lists, exports and simulations are read. Default: none."`
}

// redisFlags are for commands that work on the queue itself.
type redisFlags struct {
	RedisURL string `name:"redis-url" env:"REDIS_URL" required:"" placeholder:"ADDRESS" help:"Redis, as in redis://host:6379/0; also rediss://, redis-sentinel:// and redis-cluster://."`
}

// serverFlags are for commands that serve.
type serverFlags struct {
	Listen        string        `env:"LEADWHEEL_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Public address: the API. Default ${default}."`
	OpsListen     string        `env:"LEADWHEEL_OPS_LISTEN" default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Operators' address: metrics, health, queue dashboard, profiles, log level. Default ${default}."`
	OpsKey        string        `env:"LEADWHEEL_OPS_KEY" placeholder:"KEY" help:"Opens the queue dashboard, the metrics that have ids, profiles and the log level; needed where others reach the operators' address."`
	PrometheusURL string        `name:"prometheus-url" env:"LEADWHEEL_PROMETHEUS_URL" placeholder:"URL" help:"Prometheus, for the graphs of the queue dashboard. Default: none."`
	AuditEvery    time.Duration `env:"LEADWHEEL_AUDIT_EVERY" default:"24h" placeholder:"DURATION" help:"How often the leading scheduler checks the promises on the live data, for metrics and alerts; 0 for never. Default ${default}."`
	metricFlags
	TracesURL string `name:"traces-url" env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"OpenTelemetry collector to which traces are sent by OTLP over HTTP, as in http://collector:4318. Default: none are made."`
	replicaFlag
	QueueShards tasks.Shards `env:"LEADWHEEL_QUEUE_SHARDS" default:"1" help:"Into how many queues each queue is cut, by workspace, so that a Redis Cluster spreads them. Default ${default}."`
	MaxConns    int          `env:"LEADWHEEL_MAX_CONNS" default:"16" help:"Connections to Postgres at the most. Default ${default}."`
	hookFlags
	importFlags
	limitFlags
	platformFlags
	messageFlags
	signInFlags
	webhookFlags
	LogLevel  slog.Level `env:"LEADWHEEL_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error; leadwheel log-level changes it while a process runs. Default ${default}."`
	LogFormat string     `env:"LEADWHEEL_LOG_FORMAT" default:"auto" enum:"auto,json,text" placeholder:"FORMAT" help:"json or text. Default: text for up on a terminal, else json."`
}

// Validate refuses what would mean nothing.
func (f serverFlags) Validate() error {
	return errors.Join(checkShards(f.QueueShards), f.hookFlags.check(), f.importFlags.check(), f.limitFlags.check(), f.metricFlags.check(), f.signInFlags.check())
}

func checkShards(n tasks.Shards) error {
	if n < 1 || n > tasks.MaxShards {
		return fmt.Errorf("a queue can be cut into 1 to %d shards, not into %d; see --queue-shards", tasks.MaxShards, n)
	}
	return nil
}

// config is how to run, apart from what.
func (f serverFlags) config(log *slog.Logger, level *slog.LevelVar) app.Config {
	return app.Config{
		Listen: f.Listen, OpsListen: f.OpsListen, OpsKey: f.OpsKey, PrometheusURL: f.PrometheusURL, AuditEvery: f.AuditEvery, Shown: f.shown(), TracesURL: f.TracesURL,
		ReplicaURL: f.ReplicaURL, QueueShards: f.QueueShards, MaxConns: f.MaxConns, SecretKeys: f.SecretKey, Hooks: f.limits(), API: f.api(f.MaxConns), Imports: f.importLimits(),
		Platforms: f.platforms(), Messages: f.messages(), OpenID: f.openID(),
		WebhookAllow: f.WebhookAllow, Version: version(), Log: log, LogLevel: level,
	}
}

// platformFlags are for commands that fetch leads from ad platforms.
type platformFlags struct {
	MetaURL         string `env:"LEADWHEEL_META_URL" default:"https://graph.facebook.com" placeholder:"URL" help:"Address of Meta's Graph API, without version. Default ${default}."`
	LinkedInURL     string `name:"linkedin-url" env:"LEADWHEEL_LINKEDIN_URL" default:"https://api.linkedin.com" placeholder:"URL" help:"Address of LinkedIn's API. Default ${default}."`
	LinkedInVersion string `name:"linkedin-version" env:"LEADWHEEL_LINKEDIN_VERSION" default:"202610" placeholder:"YYYYMM" help:"Version of LinkedIn's API; each lasts a year. Default ${default}."`
}

func (f platformFlags) platforms() ingest.Platforms {
	return ingest.Platforms{
		MetaURL: strings.TrimRight(f.MetaURL, "/"), LinkedInURL: strings.TrimRight(f.LinkedInURL, "/"), LinkedInVersion: f.LinkedInVersion,
	}
}

// hookFlags are for commands that take deliveries from ad platforms and forms.
type hookFlags struct {
	SecretKey       string         `env:"LEADWHEEL_SECRET_KEY" placeholder:"BASE64,…" help:"Keys that seal the secrets of integrations and webhooks, each 32 bytes in base64. The first seals; all open. Without one no secret can be stored; up makes one."`
	HookRate        float64        `env:"LEADWHEEL_HOOK_RATE" default:"10000" help:"Requests a second that an integration takes, unless it has a limit of its own; 0 is no limit. Default ${default}."`
	HookAddressRate float64        `env:"LEADWHEEL_HOOK_ADDRESS_RATE" default:"10000" help:"Requests a second to integrations from one address; 0 is no limit. Default ${default}."`
	FormRate        float64        `env:"LEADWHEEL_FORM_RATE" default:"600" help:"Leads a minute that a form takes, unless it has a limit of its own; 0 is no limit. Default ${default}."`
	FormAddressRate float64        `env:"LEADWHEEL_FORM_ADDRESS_RATE" default:"20" help:"Leads a minute that a form takes from one address; 0 is no limit. Default ${default}."`
	HookKeptMB      int64          `env:"LEADWHEEL_HOOK_KEPT_MB" default:"64" help:"Megabytes a day that an integration keeps of what is refused or ignored and of what nobody signed; forms take leads all the same. 0 is no limit. Default ${default}."`
	TrustedProxies  []netip.Prefix `env:"LEADWHEEL_TRUSTED_PROXIES" placeholder:"CIDR" help:"Networks of the proxies that stand before this server, as in 10.0.0.0/8: what these say in X-Forwarded-For is where a request came from, for all that is counted or shown by address. Default: none, a proxy counts as one address."`
	HookKeepDays    int            `env:"LEADWHEEL_HOOK_KEEP_DAYS" default:"30" help:"Days for which what was delivered to integrations is kept, to look at and to read again; 0 is for ever. Default ${default}."`
	Snapchat        bool           `env:"LEADWHEEL_SNAPCHAT" help:"Allow integrations of kind snapchat, which Snapchat does not document."`
}

func (f hookFlags) limits() app.HookLimits {
	return app.HookLimits{
		Rate: f.HookRate, AddressRate: f.HookAddressRate, FormRate: f.FormRate, FormAddressRate: f.FormAddressRate,
		KeptBytes: f.HookKeptMB << 20, Proxies: f.TrustedProxies, KeepDays: f.HookKeepDays, Snapchat: f.Snapchat,
	}
}

// check refuses what would mean nothing.
func (f hookFlags) check() error {
	if f.HookRate < 0 || f.HookAddressRate < 0 || f.FormRate < 0 || f.FormAddressRate < 0 || f.HookKeptMB < 0 || f.HookKeepDays < 0 {
		return errors.New("the limits of deliveries are 0 or more")
	}
	return nil
}

// call makes a client of the API.
func call(f client.Flags) (*client.Client, error) {
	c, err := f.Client()
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// callForGroup is call for a command about a group, by its id or name.
func callForGroup(ctx context.Context, f client.Flags, group string) (*client.Client, uuid.UUID, error) {
	api, err := call(f)
	if err != nil {
		return nil, uuid.Nil, err
	}
	id, err := find(ctx, api, "distribution group", "/v1/groups", group)
	return api, id, err
}

// jsonFlag is for commands that print data.
type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// alwaysJSON is for commands that print nothing else, so that every command that prints data takes the flag.
type alwaysJSON struct {
	JSON bool `name:"json" help:"Print JSON, as it does without."`
}
