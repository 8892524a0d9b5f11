package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A caller asks as one role.
type caller struct {
	server   *server
	document *document
	world    *world
	role     role
	r        *rand.Rand
	report   *report
	// shut are the operations that this role was refused, and open those that it was not: it seldom asks for what it may not.
	shut, open map[string]bool
	// seen is what was read of items, by their paths.
	seen map[string]map[string]any
}

func newCaller(s *server, d *document, w *world, role role, seed uint64, report *report) *caller {
	return &caller{s, d, w, role, rand.New(rand.NewPCG(seed, 0)), report, map[string]bool{}, map[string]bool{}, map[string]map[string]any{}}
}

// featuresEvery is after how many requests the workspace's features are switched on again, so that not all is refused.
const featuresEvery = 250

// call sends requests, and checks what they are answered with.
func (c *caller) call(ctx context.Context, requests int) {
	for n := range requests {
		if ctx.Err() != nil {
			return
		}
		if n%featuresEvery == featuresEvery-1 {
			_, _ = c.server.ask(ctx, "PATCH", "/v1/workspace", map[string]any{"features": map[string]any{"leads_distribution": true, "scheduled_distribution": true}})
		}
		o := pick(c.r, c.document.operations)
		for c.shut[o.id] && !c.open[o.id] && c.r.IntN(20) > 0 {
			o = pick(c.r, c.document.operations)
		}
		q := c.request(o)
		for q == nil {
			q = c.request(o)
		}
		c.send(ctx, o, q)
	}
}

// A request is what is sent: kept so that it can be shown.
type request struct {
	method, target string
	header         http.Header
	body           []byte
	// strict says that the body is JSON to which the schema of what the operation takes has to be held. A change may name all that was
	// read: what cannot be changed is no mistake as long as it is as it was, and the schema knows nothing of that.
	strict bool
}

// oddIDs are what ids in addresses may be by mistake.
var oddIDs = []string{"00000000-0000-0000-0000-000000000000", "x", "%00", "..%2f..", "01935F3A-8C1E-7B52-9D04-2F6F0D1C7A11", "01935f3a-8c1e-7b52-9d04-2f6f0d1c7a11", "😀"}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// request makes a request for an operation: a third are as the document has it, a third odd, a third wrong somewhere. It makes none that
// would take the fuzzer's own keys away.
func (c *caller) request(o *operation) *request {
	m := &maker{r: c.r, document: c.document, world: c.world, of: collectionIn(o.path), odd: 0.02}
	switch c.r.IntN(3) {
	case 1:
		m.odd = 0.4
	case 2:
		m.odd, m.wrong = 0.2, 0.08
	}
	path, kept := c.address(o, m)
	if kept && o.method != http.MethodGet {
		return nil
	}
	q := &request{method: o.method, target: path, header: http.Header{}}
	if query := c.query(o, m); query != "" {
		q.target += "?" + query
	}
	if c.role.key != "" {
		q.header.Set("Authorization", "Bearer "+c.role.key)
	}
	c.conditions(o, q)
	if len(o.bodies) > 0 && (o.required || m.chance(0.5)) && !m.chance(m.wrong) {
		c.body(o, m, q)
	}
	return q
}

// address makes an operation's path, and tells whether it is of something that has to stay.
func (c *caller) address(o *operation, m *maker) (path string, kept bool) {
	collection := ""
	path = placeholder.ReplaceAllStringFunc(o.path, func(name string) string {
		collection = o.path[:strings.Index(o.path, name)-1]
		id := c.world.pick(c.r, placeholder.ReplaceAllString(collection, "*"))
		if id == "" || m.chance(0.05) {
			id = pick(c.r, oddIDs)
		}
		kept = kept || c.world.kept[id]
		return id
	})
	if beside := c.world.inside(collection, c.r); beside != "" && m.chance(0.8) { // of two ids the first is that in which the second is
		path = beside + o.path[strings.LastIndex(o.path, "}")+1:]
	}
	return path, kept
}

// query makes a query string.
func (c *caller) query(o *operation, m *maker) string {
	query := url.Values{}
	for _, p := range o.parameters {
		if p.in != "query" || !p.required && !m.chance(0.15) {
			continue
		}
		value := m.value(p.schema, p.name, 0)
		if all, is := value.([]any); is {
			texts := make([]string, len(all))
			for i, one := range all {
				texts[i] = fmt.Sprint(one)
			}
			value = strings.Join(texts, ",")
		}
		if text := fmt.Sprint(value); len(text) < 4000 { // longer ones are refused as a whole
			query.Add(p.name, text)
		}
		if m.chance(m.wrong) {
			query.Add(p.name, "twice")
		}
	}
	if m.chance(m.wrong) {
		query.Set(pick(c.r, []string{"unknown", "Limit", "limit ", "\x00"}), "1")
	}
	return query.Encode()
}

// conditions sets headers that change what is answered.
func (c *caller) conditions(o *operation, q *request) {
	if c.r.IntN(10) == 0 {
		q.header.Set("Accept", pick(c.r, []string{"application/json", "text/csv", "text/csv;q=0.5, application/json", "*/*", "application/problem+json", "image/png", "text/csv;q=x", ""}))
	}
	if o.method == http.MethodPost && c.r.IntN(6) == 0 {
		q.header.Set("Idempotency-Key", fmt.Sprintf("k%d", c.r.IntN(40)))
	}
	if c.r.IntN(12) == 0 {
		q.header.Set(pick(c.r, []string{"If-Match", "If-None-Match"}), pick(c.r, []string{"*", `"x"`, "x", `W/"x"`, `"x", "y"`, ""}))
	}
	if c.r.IntN(30) == 0 {
		q.header.Set("traceparent", pick(c.r, []string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x"}))
	}
}

const sheet = "name,email,phone\nAisyah,aisyah@example.com,0123456789\n=1+1,x,y\n\"broken"

// body makes a body, which some mistake in how it is written may spoil.
func (c *caller) body(o *operation, m *maker, q *request) {
	media := pick(c.r, slices.Sorted(maps.Keys(o.bodies)))
	q.header.Set("Content-Type", media)
	if !isJSON(media) {
		q.body = []byte(pick(c.r, []string{sheet, sheet[:len(sheet)-8], "", "\x00\xff", "name\n", strings.Repeat("a,", 5000)}))
		return
	}
	value := m.value(o.bodies[media], "", 0)
	if example := o.examples[media]; example != nil && m.chance(0.4) {
		value = c.likeExample(m, example, value)
	}
	seen := c.seen[q.target]
	if seen != nil && m.chance(0.3) { // what was read, changed somewhere
		changed := maps.Clone(seen)
		maps.Copy(changed, object(value))
		value = changed
	} else {
		seen = nil
	}
	if id, is := object(value)["member_id"].(string); is && c.world.kept[id] && strings.Contains(o.id, "erase") {
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		text = []byte("{}")
	}
	q.body, q.strict = text, seen == nil
	if m.chance(m.wrong) {
		c.spoil(q, text)
	}
}

// likeExample is an example with ids that are there, and at times something else in one place.
func (c *caller) likeExample(m *maker, example, other any) any {
	adapted := m.adapted(example, "")
	if one, is := adapted.(map[string]any); is && m.chance(m.odd+m.wrong) {
		if names := slices.Sorted(maps.Keys(object(other))); len(names) > 0 {
			name := pick(c.r, names)
			one[name] = object(other)[name]
		}
	}
	return adapted
}

// spoil makes a mistake in how a body is written.
func (c *caller) spoil(q *request, text []byte) {
	q.strict = false
	switch c.r.IntN(8) {
	case 0:
		q.body = text[:len(text)/2]
	case 1:
		q.body = append(text, text...)
	case 2:
		q.body = append([]byte("\ufeff"), text...)
	case 3:
		q.body = bytes.ReplaceAll(text, []byte(`"`), []byte("\"\xff"))
	case 4:
		q.body = []byte(strings.Repeat(`{"a":`, 20_000))
	case 5:
		q.header.Set("Content-Type", pick(c.r, []string{"text/xml", "application/json; charset=latin1", "x", ""}))
	case 6:
		q.body = []byte(pick(c.r, []string{"null", "[]", "1", `"x"`, " ", "{", "{}}"}))
	case 7:
		q.header.Set("Content-Encoding", "gzip")
	}
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 64 << 20

func (c *caller) send(ctx context.Context, o *operation, q *request) {
	r, err := http.NewRequestWithContext(ctx, q.method, c.server.url+q.target, bytes.NewReader(q.body))
	if err != nil { // no client could send it
		return
	}
	r.Header = q.header
	response, err := c.server.client.Do(r)
	if err != nil {
		if ctx.Err() == nil {
			c.report.add(o.id, "is not answered", fmt.Sprintf("%v\n%s", err, q))
		}
		return
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		c.report.add(o.id, "is cut off", fmt.Sprintf("%v\n%s", err, q))
		return
	}
	for _, wrong := range o.check(q, response, text) {
		c.report.add(o.id, wrong, fmt.Sprintf("as %s: %s\nis answered %s %s\n%.1500s", c.role.name, q, response.Status, response.Header.Get("Content-Type"), text))
	}
	c.report.count(c.role.name, o.id, response.StatusCode)
	c.heed(ctx, o, response.StatusCode)
	var read any
	if response.StatusCode < 300 && json.Unmarshal(text, &read) == nil {
		c.learn(o, q, read)
	}
}

// heed notes what the role may do, and has a person whose session was ended sign in again.
func (c *caller) heed(ctx context.Context, o *operation, status int) {
	if status == http.StatusForbidden || status == http.StatusUnauthorized {
		c.shut[o.id] = true
	} else {
		c.open[o.id] = true
	}
	if c.role.person != "" && status == http.StatusUnauthorized && !strings.HasPrefix(o.path, "/v1/sign-in") {
		if err := c.role.signIn(ctx, c.server); err != nil {
			c.report.add(o.id, "ended the session of a person who cannot sign in again", err.Error())
		}
	}
}

// learn notes what was read, and what there is by now.
func (c *caller) learn(o *operation, q *request, read any) {
	if _, list := object(read)["items"]; !list && o.method == http.MethodGet {
		c.seen[q.target] = object(read)
	}
	of := o.path
	if last := strings.LastIndex(of, "/{"); o.method != http.MethodPost && last > 0 && strings.HasSuffix(of, "}") {
		of = of[:last]
	}
	c.world.learn(placeholder.ReplaceAllString(of, "*"), read)
	if strings.Contains(of, "{") && o.method == http.MethodGet && of == o.path {
		c.world.remember(placeholder.ReplaceAllString(of, "*"), q.target, read)
	}
}

// String is the request in a form that can be sent again by hand.
func (q *request) String() string {
	text := fmt.Sprintf("%s %s", q.method, q.target)
	for _, name := range slices.Sorted(maps.Keys(q.header)) {
		if name != "Authorization" {
			text += fmt.Sprintf("\n%s: %s", name, q.header.Get(name))
		}
	}
	return text + fmt.Sprintf("\n%.1500q", q.body)
}
