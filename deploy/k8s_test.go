package deploy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/leadwheel/leadwheel/internal/app"
)

// An object is one of Kubernetes', with what matters here of all kinds.
type object struct {
	Kind     string
	Metadata struct {
		Name, Namespace string
		Labels          map[string]string
	}
	Data map[string]string
	Spec struct {
		Replicas int
		Selector any
		Ports    []struct {
			Name       string
			TargetPort any
		}
		PodSelector    *struct{ MatchLabels map[string]string }
		Ingress        []struct{ Ports []struct{ Port any } }
		Template       struct{ pod }
		ScaleTargetRef struct{ Name string }
		Endpoints      []struct{ Port string }
		Triggers       []struct{ Metadata map[string]string }
		Groups         []any
	}
}

// A pod is what runs.
type pod struct {
	Metadata struct{ Labels map[string]string }
	Spec     struct {
		SecurityContext struct{ RunAsNonRoot bool }
		Volumes         []volume
		Containers      []struct {
			Image           string
			Args            []string
			Ports           []struct{ Name string }
			EnvFrom         []struct{ ConfigMapRef struct{ Name string } }
			StartupProbe    any
			LivenessProbe   any
			ReadinessProbe  any
			Resources       struct{ Requests, Limits map[string]string }
			SecurityContext struct {
				ReadOnlyRootFilesystem   bool
				AllowPrivilegeEscalation *bool
				Capabilities             struct{ Drop []string }
			}
			VolumeMounts []struct{ Name, MountPath string }
		}
	}
}

// A volume is what a pod mounts.
type volume struct {
	Name     string
	EmptyDir any
}

// kustomized builds a folder.
func kustomized(t *testing.T, folder string) (all []object) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-modfile=../internal/tools/kustomize/go.mod", "kustomize", "build", folder)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("kustomize build %s: %v\n%s", folder, err, &stderr)
	}
	documents := yaml.NewDecoder(bytes.NewReader(out))
	for {
		var one map[string]any
		if err := documents.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		var o object
		if err := json.Unmarshal(data, &o); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		all = append(all, o)
	}
}

func ofKind(all []object, kind string) []object {
	return slices.DeleteFunc(slices.Clone(all), func(o object) bool { return o.Kind != kind })
}

// TestKubernetes builds the base and the production overlay, and follows what their objects name.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	for folder, replicas := range map[string]map[string]int{
		"k8s/base":       {"leadwheel-api": 2, "leadwheel-worker": 2, "leadwheel-scheduler": 2},
		"k8s/production": {"leadwheel-api": 3, "leadwheel-worker": 0, "leadwheel-scheduler": 2}, // workers are KEDA's
	} {
		all := kustomized(t, folder)
		got := make(map[string]int)
		config := ofKind(all, "ConfigMap")[0]
		for name := range config.Data {
			checkSetting(t, folder, name)
		}
		for _, o := range slices.Concat(ofKind(all, "Deployment"), ofKind(all, "Job")) {
			if o.Kind == "Deployment" {
				got[o.Metadata.Name] = o.Spec.Replicas
			}
			checkPod(t, o, config.Metadata.Name)
		}
		if diff := cmp.Diff(replicas, got); diff != "" {
			t.Errorf("%s: replicas (-want +got):\n%s", folder, diff)
		}
		checkNames(t, folder, all)
	}
}

// checkPod looks at how a process is run.
func checkPod(t *testing.T, o object, config string) {
	t.Helper()
	c, of := o.Spec.Template.Spec.Containers[0], o.Kind+" "+o.Metadata.Name
	if o.Kind == "Deployment" {
		role, found := strings.CutPrefix(c.Args[1], "--roles=")
		if c.Args[0] != "serve" || !found || !slices.Contains(app.Roles(), app.Role(role)) {
			t.Errorf("%s runs %v", of, c.Args)
		}
		if c.StartupProbe == nil || c.LivenessProbe == nil || c.ReadinessProbe == nil {
			t.Errorf("%s lacks a probe", of)
		}
	}
	if s := c.SecurityContext; !o.Spec.Template.Spec.SecurityContext.RunAsNonRoot || !s.ReadOnlyRootFilesystem ||
		s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || !slices.Contains(s.Capabilities.Drop, "ALL") {
		t.Errorf("%s may do more than it needs: %+v", of, s)
	}
	scratch := slices.ContainsFunc(o.Spec.Template.Spec.Volumes, func(v volume) bool {
		return v.EmptyDir != nil && slices.Contains(c.VolumeMounts, struct{ Name, MountPath string }{v.Name, "/tmp"})
	})
	if slices.Contains(c.Args, "--roles="+string(app.RoleAPI)) && !scratch {
		t.Errorf("%s has nowhere to unpack the files that are imported: %+v", of, c.VolumeMounts)
	}
	if c.Resources.Limits["memory"] == "" || c.Resources.Requests["cpu"] == "" {
		t.Errorf("%s has no bounds: %+v", of, c.Resources)
	}
	if len(c.EnvFrom) != 1 || c.EnvFrom[0].ConfigMapRef.Name != config {
		t.Errorf("%s has its settings from %+v, and there is %s", of, c.EnvFrom, config)
	}
}

// checkNames follows selectors and ports to what they mean.
func checkNames(t *testing.T, folder string, all []object) {
	t.Helper()
	pods := slices.Concat(ofKind(all, "Deployment"), ofKind(all, "Job"))
	selected := func(labels map[string]string, among []object, of func(object) map[string]string) (found []object) {
		for _, o := range among {
			matches := len(labels) > 0
			for k, v := range labels {
				matches = matches && of(o)[k] == v
			}
			if matches {
				found = append(found, o)
			}
		}
		return found
	}
	template := func(o object) map[string]string { return o.Spec.Template.Metadata.Labels }
	for _, o := range all {
		labels := selectorOf(o)
		of := folder + ": " + o.Kind + " " + o.Metadata.Name
		if labels == nil {
			continue
		}
		if o.Kind == "ServiceMonitor" {
			services := selected(labels, ofKind(all, "Service"), func(o object) map[string]string { return o.Metadata.Labels })
			if len(services) != 1 || services[0].Spec.Ports[0].Name != o.Spec.Endpoints[0].Port || services[0].Metadata.Labels["app.kubernetes.io/name"] != "leadwheel" {
				t.Errorf("%s watches %+v", of, services)
			}
			continue
		}
		found := selected(labels, pods, template)
		if len(found) == 0 {
			t.Errorf("%s is for pods with %v, and there are none", of, labels)
			continue
		}
		var ports []any
		for _, p := range o.Spec.Ports {
			ports = append(ports, p.TargetPort)
		}
		for _, in := range o.Spec.Ingress {
			for _, p := range in.Ports {
				ports = append(ports, p.Port)
			}
		}
		for _, name := range ports {
			if !slices.ContainsFunc(found[0].Spec.Template.Spec.Containers[0].Ports, func(p struct{ Name string }) bool { return p.Name == name }) {
				t.Errorf("%s: %s has no port %v", of, found[0].Metadata.Name, name)
			}
		}
	}
	for _, o := range ofKind(all, "ScaledObject") {
		if !slices.ContainsFunc(pods, func(p object) bool { return p.Metadata.Name == o.Spec.ScaleTargetRef.Name }) {
			t.Errorf("%s: KEDA scales %s, which is not there", folder, o.Spec.ScaleTargetRef.Name)
		}
	}
}

// selectorOf are the labels that an object selects by, nil where it does not.
func selectorOf(o object) map[string]string {
	if o.Spec.PodSelector != nil {
		return o.Spec.PodSelector.MatchLabels
	}
	selector, is := o.Spec.Selector.(map[string]any)
	if !is {
		return nil
	}
	if inner, is := selector["matchLabels"].(map[string]any); is {
		selector = inner
	}
	labels := make(map[string]string)
	for k, v := range selector {
		labels[k], _ = v.(string)
	}
	return labels
}

// TestKubernetesHasTheRules compares the operator's copy of the rules with the rules.
func TestKubernetesHasTheRules(t *testing.T) {
	t.Parallel()
	type wrapped struct {
		Spec struct{ Groups []any }
	}
	const path = "k8s/monitoring/rules.yaml"
	if *update {
		text := readText(t, rulesFile)
		head, _, _ := strings.Cut(readText(t, path), "  groups:\n")
		_, groups, _ := strings.Cut(text, "groups:\n")
		indented := strings.ReplaceAll("\n"+strings.TrimSuffix(groups, "\n"), "\n", "\n  ")[1:]
		writeText(t, path, head+"  groups:\n"+indented+"\n")
	}
	want := readYAML[struct{ Groups []any }](t, rulesFile).Groups
	if diff := cmp.Diff(want, readYAML[wrapped](t, path).Spec.Groups); diff != "" {
		t.Errorf("run `make docs` (-rules.yaml +k8s):\n%s", diff)
	}
}
