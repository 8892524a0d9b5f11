//go:build unix

package localservices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// findBinaries looks for an installed Postgres, and fetches one into the data folder where there is none.
func (p *postgres) findBinaries(ctx context.Context, major string) (string, error) {
	bin, err := findPostgres(major)
	var missing *NotInstalledError
	if !errors.As(err, &missing) {
		return bin, err
	}
	fetched := filepath.Join(p.dir, "postgres")
	if isPostgresDir(filepath.Join(fetched, "bin")) {
		return filepath.Join(fetched, "bin"), nil
	}
	if missing.Err = p.fetch(ctx, fetched); missing.Err != nil {
		return "", missing
	}
	return filepath.Join(fetched, "bin"), nil
}

// fetch downloads and unpacks Postgres into the folder. The library has no call for that alone: it also tries to start
// what it fetched, which fails for root and on a taken port, so the programs' being there is what counts.
func (p *postgres) fetch(ctx context.Context, into string) error {
	scratch, err := os.MkdirTemp("", "leadwheel-fetch-")
	if err != nil {
		return err
	}
	server := embedded.NewDatabase(embedded.DefaultConfig().
		Version(embedded.V15).Port(0).Logger(io.Discard).
		BinariesPath(into).CachePath(scratch).
		RuntimePath(filepath.Join(scratch, "run")).DataPath(filepath.Join(scratch, "data")))
	result := make(chan error, 1)
	go func() { result <- errors.Join(server.Start(), os.RemoveAll(scratch)) }()
	select {
	case err = <-result:
	case <-ctx.Done(): // the download knows no context; it ends with the program
		return ctx.Err()
	}
	if stopErr := server.Stop(); stopErr != nil && !errors.Is(stopErr, embedded.ErrServerNotStarted) {
		return fmt.Errorf("ending the trial start: %w", stopErr)
	}
	if !isPostgresDir(filepath.Join(into, "bin")) {
		return err
	}
	return nil
}
