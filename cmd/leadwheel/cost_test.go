package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// What a request may cost before it is refused, and what many of the worst at once may have the process hold.
const (
	mostMemory   = 32 << 20
	mostCPU      = 500 * time.Millisecond
	mostResident = 256 << 20
	// atOnce is how many of the worst are sent at once; with LEADWHEEL_SOAK in the environment so many of each are: soakAtOnce.
	atOnce, soakAtOnce = 12, 100
)

// An attack is a request that costs more than it is worth.
type attack struct{ name, method, path, kind, body string }

// attacks are what was tried, on the addresses that anybody knows and on those for keys.
func attacks(form, generic, google, lead string) []attack {
	fill := func(size int, text string) string { return strings.Repeat(text, size/len(text)) }
	const hook, body = 1<<20 - 200, 8<<20 - 200
	var all []attack
	for name, text := range map[string]string{
		"ones": "[" + fill(hook, "1,") + "1]", "objects": fill(hook, "{}"), "objects in a list": "[" + fill(hook, "{},") + "{}]",
		"members": "{" + fill(hook, `"a":1,`) + `"a":1}`, "nesting": fill(hook, "["), "nested members": fill(hook, `{"a":`),
		"escapes": `{"name":"` + fill(hook-20, `\u0041`) + `"}`, "a long name": `{"` + fill(hook/2, "n") + `":[` + fill(hook/2-9, "1,") + "\x00]}",
		"dense":       "[" + fill(6*27_006, "["+fill(3*9_000, "{},")+"{}],") + "{}]",
		"backslashes": `{"name":"` + fill(hook-20, `\\`) + `"}`, "words": fill(hook, "1 "),
	} {
		for _, path := range []string{form, generic, google} {
			all = append(all, attack{name, "POST", path, "application/json", text})
		}
	}
	const urlencoded = "application/x-www-form-urlencoded"
	parts := fill(hook-20, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n") + "--x--"
	all = append(all,
		attack{"ampersands", "POST", form, urlencoded, fill(hook, "&")}, attack{"fields", "POST", form, urlencoded, fill(hook, "a&")},
		attack{"percent signs", "POST", form, urlencoded, "a=" + fill(hook-9, "%zz")}, attack{"lines", "POST", form, "text/plain", fill(hook, "a\n")},
		attack{"long lines", "POST", form, "text/plain", "\n" + fill(hook-9, "abcdefgh ")}, attack{"parts", "POST", form, "multipart/form-data; boundary=x", parts},
		attack{"headers of a part", "POST", form, "multipart/form-data; boundary=x", "--x\r\n" + fill(hook-9, "A: b\r\n")},
		attack{"deep XML", "POST", form, "text/xml", "<adf><prospect>" + fill(hook-50, "<abcdefghijklmnopqrstuvwxyz>x")},
		attack{"attributes", "POST", form, "text/xml", "<adf " + fill(hook-9, `a="" `) + ">"},
		attack{"JSON in a field", "POST", form, urlencoded, "rawRequest=[" + fill(hook-40, "1,") + "1]"},
		attack{"leads with a long query", "POST", generic + "?" + fill(8<<10, "utm_source=1&")[:6400], "application/json", "[" + fill(60<<10, `{"name":"a"},`) + `{}]`},
		attack{"a query", "GET", "/v1/leads?" + fill(14<<10, "a=1&"), "", ""},
		attack{"ones for leads", "POST", "/v1/leads/batch", "application/json", `{"leads":[` + fill(4<<20, "1,") + "1]}"},
		attack{"objects for leads", "POST", "/v1/leads/batch", "application/json", `{"leads":[` + fill(body-99, "{},") + "{}]}"},
		attack{"as many values as may be", "POST", "/v1/leads/batch", "application/json", `{"leads":[` + fill(12_000, `{"fields":{"a":1,"b":[{}]}},`)[:12_000/28*28] + "{}]}"},
		attack{"unknown members of many leads", "POST", "/v1/leads/batch", "application/json", `{"leads":[` + fill(900*450, "{"+fill(440, `"zz":1,`)+`"y":1},`) + "{}]}"},
		attack{"ids", "POST", "/v1/pending-leads/delete", "application/json", `{"ids":[` + fill(99_000*4, `"a",`) + `"a"]}`},
		attack{"unknown members", "PATCH", lead, "application/json", "{" + fill(body-99, `"abc":1,`) + `"a":1}`},
		attack{"a long name before a NUL", "POST", "/v1/leads", "application/json", `{"` + fill(1<<20, "n") + `":[` + fill(1<<20, "1,") + "\"\x00\"]}"},
		attack{"large fields", "POST", "/v1/leads", "application/json", `{"name":"x","fields":{` + fill(body-99, `"a":"`+fill(400<<10, "x")+`",`) + `"b":1}}`},
		attack{"one text", "PATCH", lead, "application/json", `{"name":"` + fill(body-99, "x") + `"}`},
		attack{"escapes", "POST", "/v1/members", "application/json", `{"name":"` + fill(body-99, `\u0041`) + `"}`},
		attack{"nesting", "PUT", "/v1/message-template", "application/json", fill(body, "[")},
	)
	return all
}

// A costly process is one whose memory and time are measured.
type costly struct {
	t            testing.TB
	pid          int
	address, key string
	client       *http.Client
}

// TestNoRequestCostsMoreThanItMay sends each attack to the program alone, with the collector's help before, and measures its peak of
// memory and its own clock; and then many of the worst at once.
func TestNoRequestCostsMoreThanItMay(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this needs Linux' account of a process")
	}
	c, all := newCostly(t)
	c.measure() // what is made once
	worst := map[string]string{}
	for round := range 2 {
		var memory int64
		var cpu time.Duration
		for _, a := range all {
			usedMemory, usedCPU := c.cost(func() { c.send(a, round == 0) })
			if round == 0 {
				continue // the first of each makes what the next use again
			}
			if t.Logf("%-32s %-24s %5.1f MB %6s", a.name, where(a), float64(usedMemory)/(1<<20), usedCPU); usedMemory > memory {
				memory, worst["memory"] = usedMemory, a.name
			}
			if usedCPU > cpu {
				cpu, worst["CPU"] = usedCPU, a.name
			}
			if usedMemory > mostMemory || usedCPU > mostCPU {
				t.Errorf("%s at %s cost %d MB and %s", a.name, where(a), usedMemory>>20, usedCPU)
			}
		}
	}
	t.Logf("the worst are %v", worst)
	n, soak := atOnce, os.Getenv("LEADWHEEL_SOAK") != ""
	if soak {
		n = soakAtOnce
	}
	for _, a := range all {
		if !a.costs() && !soak {
			continue
		}
		var sent sync.WaitGroup
		for range n {
			sent.Go(func() { c.send(a, false) })
		}
		sent.Wait()
		resident, cpu := c.measure()
		t.Logf("%d of %-32s %-24s peak %4d MB, %s in all", n, a.name, where(a), resident>>20, cpu)
		if resident > mostResident {
			t.Fatalf("%d of %s at %s at once had the process hold %d MB", n, a.name, where(a), resident>>20)
		}
	}
	if status := c.status("GET", "/v1/workspace", "", ""); status != http.StatusOK {
		t.Errorf("afterwards it answers %d", status)
	}
}

// costs reports whether an attack is among those that were the worst when all were measured a hundred at once.
func (a attack) costs() bool {
	return !strings.HasPrefix(a.path, "/hooks/form") && !strings.HasPrefix(a.path, "/hooks/google") &&
		slices.Contains([]string{"dense", "large fields", "unknown members of many leads"}, a.name)
}

func where(a attack) string {
	path, _, _ := strings.Cut(a.path, "?")
	return path[:min(len(path), 24)]
}

func newCostly(t *testing.T) (*costly, []attack) {
	env := testenv.New(t)
	settings := []string{
		"LEADWHEEL_FORM_ADDRESS_RATE=0", "LEADWHEEL_FORM_RATE=0", "LEADWHEEL_SECRET_KEY=" + strings.Repeat("A", 43) + "=",
		"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL,
	}
	made := commandJSON[struct {
		APIKey string `json:"api_key"`
	}](t, settings, "workspace", "create", "acme", "--timezone", "Asia/Kuala_Lumpur", "--region", "MY")
	address := "127.0.0.1:" + freePort(t)
	p := startShipped(t, settings, "serve", "--roles=api", "--listen", address, "--ops-listen", "127.0.0.1:0")
	p.until(&p.stderr, "serving")
	c := &costly{t: t, pid: p.cmd.Process.Pid, address: address, key: made.APIKey, client: &http.Client{Timeout: time.Minute}}
	url := func(kind, more string) string {
		return parse[struct{ URL string }](t, c.call("POST", "/v1/integrations", `{"kind":"`+kind+`","name":"x"`+more+`}`)).URL
	}
	lead := parse[struct{ ID string }](t, c.call("POST", "/v1/leads", `{"name":"x"}`)).ID
	return c, attacks(url("form", ""), url("generic", ""), url("google", `,"secret":"s"`), "/v1/leads/"+lead)
}

// call makes a request that is answered with a success.
func (c *costly) call(method, path, body string) string {
	c.t.Helper()
	response, err := c.do(method, path, "application/json", body)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		c.t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, text, err)
	}
	return string(text)
}

func (c *costly) do(method, path, kind, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+c.address+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Content-Type", kind)
	return c.client.Do(r)
}

func (c *costly) status(method, path, kind, body string) int {
	response, err := c.do(method, path, kind, body)
	if err != nil {
		return 0 // it was cut off, which is an answer too
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	if n > 64<<10 && err == nil {
		c.t.Errorf("%s %s is answered with %d bytes", method, path, n)
	}
	return response.StatusCode
}

// send makes an attack. It may be taken or refused, and is no trouble of ours.
func (c *costly) send(a attack, tell bool) {
	status := c.status(a.method, a.path, a.kind, a.body)
	if status == http.StatusInternalServerError {
		c.t.Errorf("%s at %s is answered %d", a.name, where(a), status)
	}
	if tell {
		c.t.Logf("%-32s %-24s %d", a.name, where(a), status)
	}
}

// cost is what the process' peak of memory rose by and how much of its clock went while something was done.
func (c *costly) cost(do func()) (memory int64, cpu time.Duration) {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", c.pid), []byte("5"), 0); err != nil { // the peak is what is held now
		c.t.Skip("the peak of a process' memory cannot be set back here: ", err)
	}
	before, began := c.measure()
	do()
	after, ended := c.measure()
	return after - before, ended - began
}

// measure is the process' peak of memory and what it used of its clock.
func (c *costly) measure() (peak int64, cpu time.Duration) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.pid))
	if err != nil {
		c.t.Fatal("the program has ended: ", err)
	}
	for line := range strings.Lines(string(status)) {
		if size, is := strings.CutPrefix(line, "VmHWM:"); is {
			if _, err := fmt.Sscan(size, &peak); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	times, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.pid))
	if err != nil {
		c.t.Fatal(err)
	}
	fields := strings.Fields(string(times[bytes.LastIndexByte(times, ')')+1:]))
	for _, ticks := range fields[11:13] { // in user's and in system's mode, hundredths of a second
		n, err := strconv.ParseInt(ticks, 10, 64)
		if err != nil {
			c.t.Fatal(err)
		}
		cpu += time.Duration(n) * 10 * time.Millisecond
	}
	return peak << 10, cpu
}
