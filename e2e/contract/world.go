package main

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// A role is somebody who asks. One without a key has not signed in; a person signs in again when their session was ended.
type role struct{ name, key, person string }

// A world is what there is on the server: ids by the collections that they are in. Callers share it.
type world struct {
	roles []role
	mu    sync.Mutex
	ids   map[string][]string
	// paths are those of items in collections that an item has, as a webhook its deliveries.
	paths map[string][]string
	// kept are ids without which a role could ask for nothing more: its key and its member.
	kept map[string]bool
}

// mostIDs is how many ids of a collection are remembered: the last ones.
const mostIDs = 300

func (w *world) add(collection, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := append(w.ids[collection], id)
	w.ids[collection] = all[max(0, len(all)-mostIDs):]
}

// pick is an id of a collection, empty where there is none.
func (w *world) pick(r *rand.Rand, collection string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.ids[collection]
	if len(all) == 0 {
		return ""
	}
	return all[r.IntN(len(all))]
}

// remember notes the items of a list that an item has, by its address.
func (w *world) remember(collection, target string, answer any) {
	address, _, _ := strings.Cut(target, "?")
	items, _ := object(answer)["items"].([]any)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, item := range items[:min(len(items), 5)] {
		if id, is := object(item)["id"].(string); is {
			all := append(w.paths[collection], address+"/"+id)
			w.paths[collection] = all[max(0, len(all)-mostIDs):]
		}
	}
}

// inside is the path of an item of a collection that an item has, empty where none is known.
func (w *world) inside(collection string, r *rand.Rand) string {
	if !strings.Contains(collection, "{") {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.paths[placeholder.ReplaceAllString(collection, "*")]
	if len(all) == 0 {
		return ""
	}
	return all[r.IntN(len(all))]
}

// collectionOf is where ids of a name are found, as group_id or member_ids in /v1/groups and /v1/members.
func collectionOf(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, "s"), "_id")
	switch name {
	case "source_lead":
		name = "lead"
	case "opportunity":
		return "/v1/opportunities"
	case "person":
		return "/v1/people"
	case "key":
		name = "api-key"
	}
	return "/v1/" + strings.ReplaceAll(name, "_", "-") + "s"
}

// collectionIn is the collection to which a path leads, as /v1/leads of /v1/leads/{id}/convert.
func collectionIn(path string) string {
	names := strings.SplitN(path, "/", 4)
	return strings.Join(names[:min(len(names), 3)], "/")
}

// learn remembers the ids in what a collection answered.
func (w *world) learn(collection string, answer any) {
	object, _ := answer.(map[string]any)
	if id, is := object["id"].(string); is {
		w.add(collection, id)
	}
	items, _ := object["items"].([]any)
	for _, item := range items[:min(len(items), 20)] {
		w.learn(collection, item)
	}
}

// furnish makes one of most things, and a key for each role.
func furnish(ctx context.Context, s *server) (*world, error) {
	w := &world{ids: map[string][]string{}, paths: map[string][]string{}, kept: map[string]bool{}}
	var failed error
	made := func(path string, body map[string]any) map[string]any {
		if failed != nil {
			return map[string]any{}
		}
		answer, err := s.ask(ctx, "POST", path, body)
		failed = err
		w.learn(path, answer)
		return answer
	}
	member := made("/v1/members", map[string]any{"name": "Fuzz", "email": "fuzz@example.com"})["id"]
	group := made("/v1/groups", map[string]any{"name": "Fuzz", "method": "round_robin", "slots": []any{map[string]any{"members": []any{map[string]any{"member_id": member}}}}})["id"]
	source := made("/v1/sources", map[string]any{"name": "Fuzz", "enabled": true, "for_leads": true, "for_customers": true})["id"]
	made("/v1/webhooks", map[string]any{"url": "https://crm.example.com/leads", "events": []any{"lead.assigned"}})
	hook := made("/v1/integrations", map[string]any{"kind": "generic", "name": "Fuzz", "group_id": group, "source_id": source})
	if url, is := hook["url"].(string); is && failed == nil {
		_, failed = s.ask(ctx, "POST", url[strings.Index(url, "/hooks/"):], map[string]any{"name": "Delivered", "phone": "+60123456780"})
	}
	if id, is := hook["id"].(string); is && failed == nil { // what was delivered is there to be replayed
		path := "/v1/integrations/" + id + "/events"
		var events map[string]any
		events, failed = s.ask(ctx, "GET", path, nil)
		w.remember("/v1/integrations/*/events", path, events)
	}
	made("/v1/people", map[string]any{"name": "Fuzz", "email": "person@example.com", "role": "manager"})
	lead := made("/v1/leads", map[string]any{"name": "Fuzz", "phone": "+60123456789", "distribute": map[string]any{"group_id": group}})["id"]
	made("/v1/leads", map[string]any{"name": "Later", "distribute": map[string]any{"group_id": group, "at": time.Now().Add(48 * time.Hour).Format(time.RFC3339)}})
	made("/v1/opportunities", map[string]any{"lead_id": lead, "title": "Fuzz"})
	for _, name := range []string{"admin", "manager", "member", "integration"} {
		body := map[string]any{"role": name, "name": "Fuzz"}
		if name == "member" {
			body["member_id"] = member
			if id, is := member.(string); is {
				w.kept[id] = true
			}
		}
		key := made("/v1/api-keys", body)
		secret, _ := key["api_key"].(string)
		w.roles = append(w.roles, role{name: name, key: secret})
	}
	person, _ := made("/v1/people", map[string]any{"name": "Agent", "email": "agent@example.com", "role": "agent", "member_id": member})["id"].(string)
	w.kept[person] = true
	if failed != nil {
		return nil, failed
	}
	keys, err := s.ask(ctx, "GET", "/v1/api-keys", nil)
	if err != nil {
		return nil, err
	}
	items, _ := keys["items"].([]any)
	for _, item := range items {
		if id, is := item.(map[string]any)["id"].(string); is {
			w.kept[id] = true
		}
	}
	agent := role{name: "agent", person: person}
	if err := agent.signIn(ctx, s); err != nil {
		return nil, err
	}
	w.roles = append(w.roles, agent, role{name: "nobody"})
	return w, nil
}

// signIn begins a session of a person, by a link.
func (r *role) signIn(ctx context.Context, s *server) error {
	link, err := s.ask(ctx, "POST", "/v1/people/"+r.person+"/sign-in-link", map[string]any{})
	if err != nil {
		return err
	}
	url, _ := link["url"].(string)
	session, err := s.ask(ctx, "POST", "/v1/sign-in", map[string]any{"link": url[strings.LastIndex(url, "/")+1:]})
	r.key, _ = session["token"].(string)
	return err
}
