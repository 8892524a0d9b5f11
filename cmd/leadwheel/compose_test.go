package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestComposedProcesses starts the processes of ../../deploy/compose.yaml as it says, with their commands, environments and
// secrets, on an empty database, and sees a lead through. Only addresses are others.
func TestComposedProcesses(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	secrets := map[string]string{
		"database_url": emptyDatabase(t, env), "redis_url": env.RedisURL, "ops_key": "operators",
		"secret_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	}
	services := composedServices(t)
	public, ops := "127.0.0.1:"+freePort(t), make(map[string]string)
	settings := func(name string) []string {
		ops[name] = "127.0.0.1:" + freePort(t)
		return composedEnvironment(t, services[name].Environment, secrets, map[string]string{
			"LEADWHEEL_LISTEN": public, "LEADWHEEL_OPS_LISTEN": ops[name],
		})
	}
	migrate := start(t, settings("migrate"), services["migrate"].Command...)
	if code := migrate.wait(patience); code != exitOK {
		t.Fatalf("migrate ended with %d: %s", code, &migrate.stderr)
	}
	var running []*program
	for _, name := range []string{"api", "worker", "worker", "scheduler"} {
		p := start(t, settings(name), services[name].Command...)
		running = append(running, p)
		p.until(&p.stderr, `"msg":"serving"`)
		// What compose asks for its health is asked of the same program.
		if check := services[name].Healthcheck.Test; check[0] != "CMD" || check[1] != "/leadwheel" {
			t.Fatalf("the health of %s is asked by %v", name, check)
		} else if answer, _ := command(t, exitOK, []string{"LEADWHEEL_OPS_URL=http://" + ops[name]}, check[2:]...); !strings.Contains(answer, `"postgres":"ok"`) {
			t.Errorf("%s says of its health: %s", name, answer)
		}
	}
	seeLeadThrough(t, settings("api"), "http://"+public)
	for _, p := range slices.Backward(running) {
		p.stop(syscall.SIGTERM)
	}
	command(t, exitFailed, []string{"LEADWHEEL_OPS_URL=http://" + ops["api"]}, "ready")
}

type composedService struct {
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
}

func composedServices(t *testing.T) map[string]composedService {
	t.Helper()
	data, err := os.ReadFile("../../deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]composedService `yaml:"services"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Services
}

// composedEnvironment is a service's environment with secrets in files of the test's, and some values replaced.
func composedEnvironment(t *testing.T, given, secrets, instead map[string]string) (all []string) {
	t.Helper()
	dir := t.TempDir()
	for name, secret := range secrets {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	values := maps.Clone(given)
	for name, value := range instead {
		if values[name] == "" {
			t.Errorf("compose does not set %s", name)
		}
		values[name] = value
	}
	for name, value := range values {
		all = append(all, name+"="+strings.Replace(value, "/run/secrets", dir, 1))
	}
	return all
}

// seeLeadThrough makes a workspace by command and the rest by the API, and pushes a lead.
func seeLeadThrough(t *testing.T, settings []string, base string) {
	t.Helper()
	made := commandJSON[struct {
		Key string `json:"api_key"`
	}](t, settings, "workspace", "create", "Acme", "--timezone", "Asia/Kuala_Lumpur", "--region", "MY")
	api, err := client.New(base, made.Key)
	if err != nil {
		t.Fatal(err)
	}
	post := func(path string, body any) (id string) {
		t.Helper()
		var answer struct{ ID string }
		if err := api.Call(t.Context(), http.MethodPost, path, body, &answer); err != nil {
			t.Fatal(err)
		}
		return answer.ID
	}
	member := post("/v1/members", map[string]any{"name": "Aisyah"})
	group := post("/v1/groups", map[string]any{"name": "Sales", "method": "round_robin", "slots": []any{
		map[string]any{"members": []any{map[string]any{"member_id": member}}},
	}})
	pushed := post("/v1/leads", map[string]any{"name": "Siti", "distribute": map[string]any{"group_id": group}})
	testenv.Eventually(t, patience, func() error {
		var copies struct {
			Items []struct {
				SourceLeadID string `json:"source_lead_id"`
			}
		}
		if err := api.Get(t.Context(), "/v1/assigned-leads", &copies); err != nil {
			return err
		}
		if len(copies.Items) != 1 || copies.Items[0].SourceLeadID != pushed {
			return fmt.Errorf("copies are %+v", copies)
		}
		return nil
	})
}
