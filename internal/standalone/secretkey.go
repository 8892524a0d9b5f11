//go:build unix

package standalone

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leadwheel/leadwheel/internal/secret"
)

// secretKeyFile is the file in the data folder with the key that seals secrets: without it they cannot be read again.
const secretKeyFile = "secret-key"

// secretKey reads the key from its file, or makes one. A second line is another key, as after a rotation by hand.
func secretKey(dir string) (string, error) {
	path := filepath.Join(dir, secretKeyFile)
	text, err := os.ReadFile(path)
	if err == nil {
		return strings.Join(strings.Fields(string(text)), ","), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the key that seals secrets (was it written by another user?): %w", err)
	}
	key := make([]byte, secret.KeySize)
	rand.Read(key) // never fails
	encoded := base64.StdEncoding.EncodeToString(key)
	return encoded, writePrivately(path, encoded+"\n")
}
