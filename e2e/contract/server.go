package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// A server is the program with everything of its own: `leadwheel up` in a folder.
type server struct {
	url, key string
	dir      string
	cmd      *exec.Cmd
	said     *logged
	client   http.Client
}

// A logged keeps what is written to it.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (s *server) log() string {
	s.said.mu.Lock()
	defer s.said.mu.Unlock()
	return s.said.text.String()
}

// serve starts the program, and waits until it announces itself.
func serve(ctx context.Context, program string) (*server, error) {
	dir, err := os.MkdirTemp("", "leadwheel-contract-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, said: &logged{}}
	s.client.Transport = &http.Transport{MaxIdleConnsPerHost: 16}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.cmd = exec.CommandContext(ctx, program, "up", "--json", "--data-dir", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
		"--log-level", "warn", "--api-rate", "0", "--person-rate", "0", "--guess-address-rate", "0", "--guess-rate", "0", "--sign-in-rate", "0",
		// Passkeys need an address with a name, and some operations a way to send messages, which nobody takes here.
		"--public-url", "https://leads.example.com", "--smtp-url", "smtp://127.0.0.1:1?tls=off", "--mail-from", "leads@example.com")
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	for _, setting := range os.Environ() { // whatever the environment says of other servers, this one has its own
		if !strings.HasPrefix(setting, "LEADWHEEL_") && !strings.HasPrefix(setting, "DATABASE_URL") && !strings.HasPrefix(setting, "REDIS_URL") {
			s.cmd.Env = append(s.cmd.Env, setting)
		}
	}
	s.cmd.Stderr = s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w; run `make build` first", err)
	}
	var announced struct {
		URL    string `json:"url"`
		APIKey string `json:"api_key"`
	}
	if err := json.NewDecoder(out).Decode(&announced); err != nil {
		s.stop()
		return nil, fmt.Errorf("waiting for the server: %w\n%s", err, s.log())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	s.url, s.key = announced.URL, announced.APIKey
	return s, nil
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

// ask sends a request that has to be answered with 2xx, and reads the answer.
func (s *server) ask(ctx context.Context, method, path string, body any) (map[string]any, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s is answered %d: %s", method, path, response.StatusCode, answer)
	}
	var read map[string]any
	return read, errors.Join(json.Unmarshal(answer, &read))
}
