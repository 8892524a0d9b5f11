//go:build unix

package standalone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// keyFile is the admin key's file in the data folder. The database has only a hash of it, and so could not show it again.
const keyFile = "admin-key"

// prepareKey finds the admin key in its file, or makes one where there is none that opens the workspace.
func (s *Standalone) prepareKey(ctx context.Context, st *store.Store) error {
	s.KeyFile = filepath.Join(s.Dir, keyFile)
	text, err := os.ReadFile(s.KeyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the admin key (was it written by another user?): %w", err)
	}
	s.AdminKey = strings.TrimSpace(string(text))
	caller, err := st.Authenticate(ctx, s.AdminKey)
	if err != nil && !errors.Is(err, store.ErrBadKey) {
		return err
	}
	if err == nil && caller.Workspace == s.Workspace.ID && caller.Role == lead.RoleAdmin {
		return nil
	}
	act := &store.Act{Workspace: s.Workspace.ID, Operation: "up"}
	err = st.Perform(ctx, act, func(t *store.Tx) error {
		var k store.APIKey
		k, s.AdminKey, err = t.CreateAPIKey(ctx, s.Workspace.ID, store.APIKey{Role: lead.RoleAdmin})
		act.IDs = []uuid.UUID{k.ID}
		return err
	})
	if err != nil {
		return fmt.Errorf("making an admin key: %w", err)
	}
	return writePrivately(s.KeyFile, s.AdminKey+"\n")
}

// writePrivately replaces a file, which only its owner may read, in one step.
func writePrivately(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*") // it has mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}
