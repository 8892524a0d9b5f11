package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A composed service is one of compose.yaml's.
type composed struct {
	Image       string            `yaml:"image"`
	Command     []string          `yaml:"command"`
	ReadOnly    bool              `yaml:"read_only"`
	User        string            `yaml:"user"`
	CapDrop     []string          `yaml:"cap_drop"`
	SecurityOpt []string          `yaml:"security_opt"`
	Environment map[string]string `yaml:"environment"`
	Secrets     []string          `yaml:"secrets"`
	Volumes     []string          `yaml:"volumes"`
	Networks    []string          `yaml:"networks"`
	Ports       []string          `yaml:"ports"`
	Restart     string            `yaml:"restart"`
	Healthcheck struct {
		Test    []string `yaml:"test"`
		Disable bool     `yaml:"disable"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct{ Condition string } `yaml:"depends_on"`
	Deploy    struct {
		Replicas  int `yaml:"replicas"`
		Resources struct {
			Limits struct{ CPUs, Memory string } `yaml:"limits"`
		} `yaml:"resources"`
	} `yaml:"deploy"`
}

type composeFile struct {
	Services map[string]composed              `yaml:"services"`
	Secrets  map[string]struct{ File string } `yaml:"secrets"`
	Networks map[string]any                   `yaml:"networks"`
	Volumes  map[string]any                   `yaml:"volumes"`
}

// TestCompose looks at each service, and follows what it names.
func TestCompose(t *testing.T) {
	t.Parallel()
	file := readYAML[composeFile](t, "compose.yaml")
	for _, name := range []string{"postgres", "redis", "migrate", "api", "worker", "scheduler", "prometheus", "alertmanager", "grafana"} {
		if _, found := file.Services[name]; !found {
			t.Errorf("there is no %s", name)
		}
	}
	if n := file.Services["worker"].Deploy.Replicas; n != 2 {
		t.Errorf("there are %d workers", n)
	}
	made := readText(t, "secrets.sh")
	for name, s := range file.Services {
		ours := strings.HasPrefix(s.Image, "leadwheel:")
		if (len(s.Healthcheck.Test) == 0 && name != "migrate") || s.Restart == "" || s.Deploy.Resources.Limits.CPUs == "" || s.Deploy.Resources.Limits.Memory == "" {
			t.Errorf("%s lacks a health check, a limit or what to do when it ends: %+v", name, s)
		}
		if ours && (!s.ReadOnly || s.User != "65532:65532" || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true")) {
			t.Errorf("%s may do more than it needs: %+v", name, s)
		}
		if !ours && !regexp.MustCompile(`:v?\d`).MatchString(s.Image) {
			t.Errorf("%s runs %s, of no version", name, s.Image)
		}
		// What takes imports unpacks files, which needs a folder that can be written.
		if name == "api" && !slices.Contains(s.Volumes, "/tmp") {
			t.Errorf("%s has nowhere to unpack files: %v", name, s.Volumes)
		}
		for variable, value := range s.Environment {
			if ours {
				checkSetting(t, name, variable)
			}
			if secret, is := strings.CutPrefix(value, "/run/secrets/"); is && !slices.Contains(s.Secrets, secret) {
				t.Errorf("%s: %s names a secret that it is not given", name, variable)
			}
		}
		for _, secret := range s.Secrets {
			if file.Secrets[secret].File != "secrets/"+secret || !strings.Contains(made, "secret "+secret+" ") {
				t.Errorf("%s: nobody makes the secret %s", name, secret)
			}
		}
		for needed, how := range s.DependsOn {
			if _, found := file.Services[needed]; !found || how.Condition == "" {
				t.Errorf("%s waits for %s: %+v", name, needed, how)
			}
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if _, err := os.Stat(from); strings.HasPrefix(from, ".") && err != nil {
				t.Errorf("%s: %v", name, err)
			} else if _, found := file.Volumes[from]; !strings.HasPrefix(from, ".") && from != "/tmp" && !found {
				t.Errorf("%s: there is no volume %s", name, from)
			}
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s is open to the world at %s", name, port)
			}
		}
	}
	for _, name := range []string{"postgres", "redis"} {
		if networks := file.Services[name].Networks; !slices.Equal(networks, []string{"inside"}) {
			t.Errorf("%s is on %v", name, networks)
		}
	}
	if redis := strings.Join(file.Services["redis"].Command, " "); !strings.Contains(redis, "--appendonly yes") || !strings.Contains(redis, "--maxmemory-policy noeviction") {
		t.Errorf("Redis runs as %s", redis)
	}
}

// TestImage looks at what the image is made of.
func TestImage(t *testing.T) {
	t.Parallel()
	text := readText(t, "Dockerfile")
	for _, want := range []string{"CGO_ENABLED=0", "FROM scratch", "USER 65532:65532", "ca-certificates.crt", `ENTRYPOINT ["/leadwheel"]`, `"/leadwheel", "ready"`, "$(deploy/stamp ldflags)",
		`org.opencontainers.image.version="$VERSION"`, `org.opencontainers.image.revision="$COMMIT"`, `org.opencontainers.image.licenses="Apache-2.0"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile has no %s", want)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(readText(t, "../go.mod"))
	if !regexp.MustCompile(`golang:` + regexp.QuoteMeta(version[1]) + `\.\d+ AS build`).MatchString(text) {
		t.Errorf("the Dockerfile does not build with a patch of Go %s", version[1])
	}
}

// TestSecretsAreMadeOnce runs the script that makes the secrets, twice.
func TestSecretsAreMadeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "secrets.sh"), readText(t, "secrets.sh"))
	runTool(t, "sh", filepath.Join(dir, "secrets.sh"))
	url := readText(t, filepath.Join(dir, "secrets", "database_url"))
	if password := readText(t, filepath.Join(dir, "secrets", "database_password")); len(password) != 48 || !strings.Contains(url, ":"+password+"@postgres:5432/") {
		t.Errorf("the password is %s, the address %s", password, url)
	}
	runTool(t, "sh", filepath.Join(dir, "secrets.sh"))
	if again := readText(t, filepath.Join(dir, "secrets", "database_url")); again != url {
		t.Error("the secrets are others the second time")
	}
	info, err := os.Stat(filepath.Join(dir, "secrets"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is open: %v, %v", info.Mode(), err)
	}
}

// knownSettings are the variables of the configuration reference, which a test of the commands holds to them.
var knownSettings = sync.OnceValues(func() (string, error) {
	data, err := os.ReadFile("../docs/configuration.md")
	return string(data), err
})

// checkSetting fails the test for a variable that the program does not know.
func checkSetting(t *testing.T, of, name string) {
	t.Helper()
	text, err := knownSettings()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "| `"+strings.TrimSuffix(name, "_FILE")+"` |") {
		t.Errorf("%s sets %s, which no command knows", of, name)
	}
}
