//go:build unix

package standalone

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/localservices"
)

// startServers starts the servers for which cfg has no address, and writes their addresses into it.
func (s *Standalone) startServers(ctx context.Context, cfg *app.Config) error {
	if cfg.DatabaseURL == "" {
		s.log.Info("starting a private Postgres", "dir", s.Dir)
		server, err := localservices.StartPostgres(ctx, localservices.PostgresOptions{Dir: filepath.Join(s.Dir, "postgres")})
		if err != nil {
			return err
		}
		s.took("DATABASE_URL", server)
		cfg.DatabaseURL = server.URL
	}
	if cfg.RedisURL == "" {
		server, err := startRedis(ctx, filepath.Join(s.Dir, "redis"))
		if err != nil {
			return err
		}
		s.took("REDIS_URL", server)
		cfg.RedisURL = server.URL
	}
	return nil
}

func (s *Standalone) took(setting string, server *localservices.Server) {
	s.log.Info("started a private server", "server", server.Name(), "pid", server.Pid())
	s.servers = append(s.servers, server)
	s.Notes = append(s.Notes, server.Notes...)
	s.Settings = append(s.Settings, setting+"='"+server.URL+"'")
}

func startRedis(ctx context.Context, dir string) (*localservices.Server, error) {
	server, err := localservices.StartRedis(ctx, localservices.RedisOptions{Dir: dir})
	var missing *localservices.NotInstalledError
	if errors.As(err, &missing) {
		return localservices.StartEmbeddedRedis()
	}
	return server, err
}
