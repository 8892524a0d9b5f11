package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	graphVersion = "v25.0"
	// graphPage is how many leads a page of a form's list has.
	graphPage = 100
	// graphUsage tells, for each business, when the API can be used again.
	graphUsage = "X-Business-Use-Case-Usage"
)

// graph is Meta's Graph API.
type graph struct {
	base string
	http *http.Client
}

// lead implements platform.
func (g *graph) lead(ctx context.Context, a access, id string) (Lead, error) {
	body, err := g.get(ctx, a, url.PathEscape(id), url.Values{"fields": {strings.Join(metaFields, ",")}})
	if err != nil {
		return Lead{}, err
	}
	l, err := meta{}.lead(body)
	if err != nil || l.ID != id {
		return Lead{}, &RefusedError{Message: "Meta's answer is not the lead that was asked for"}
	}
	l.Raw = body
	return l, nil
}

// leads implements lister.
func (g *graph) leads(ctx context.Context, a access, form string, since time.Time, after string) (leadPage, error) {
	query := url.Values{
		"fields":    {strings.Join(metaFields, ",")},
		"limit":     {strconv.Itoa(graphPage)},
		"filtering": {fmt.Sprintf(`[{"field":"time_created","operator":"GREATER_THAN","value":%d}]`, since.Unix())},
	}
	if after != "" {
		query.Set("after", after)
	}
	body, err := g.get(ctx, a, url.PathEscape(form)+"/leads", query)
	if err != nil {
		return leadPage{}, err
	}
	var page struct {
		Data   *[]json.RawMessage `json:"data"`
		Paging struct {
			Cursors struct {
				After flexible `json:"after"`
			} `json:"cursors"`
		} `json:"paging"`
	}
	if err := decode(body, &page); err != nil || page.Data == nil {
		return leadPage{}, &RefusedError{Message: "Meta's answer is not a list of leads"}
	}
	p := leadPage{next: string(page.Paging.Cursors.After)}
	if len(*page.Data) == 0 || p.next == after {
		p.next = ""
	}
	for _, raw := range *page.Data {
		l, err := meta{}.lead(raw)
		if err != nil {
			sum := sha256.Sum256(raw)
			l = Lead{ID: "unread:" + hex.EncodeToString(sum[:]), Unread: notMetasLead}
		}
		l.Raw = raw
		p.leads = append(p.leads, l)
	}
	return p, nil
}

// get asks the Graph API.
func (g *graph) get(ctx context.Context, a access, path string, query url.Values) ([]byte, error) {
	status, header, body, err := askPlatform(ctx, g.http, g.base+"/"+graphVersion+"/"+path+"?"+query.Encode(), a.token, http.Header{})
	if err != nil {
		return nil, err
	}
	if refused := refusedByGraph(status, header, body); refused != nil {
		return nil, refused
	}
	return body, nil
}

// refusedByGraph reads what the Graph API refuses, nil where it does not. Its codes tell more than its statuses: throttling
// is a 400.
func refusedByGraph(status int, header http.Header, body []byte) *RefusedError {
	var answer struct {
		Error *struct {
			Message flexible    `json:"message"`
			Code    json.Number `json:"code"`
		} `json:"error"`
	}
	var mangled *UnmappedError
	if err := decode(body, &answer); errors.As(err, &mangled) || answer.Error == nil {
		switch {
		case err != nil && status < 500 && status != http.StatusTooManyRequests:
			return &RefusedError{Message: fmt.Sprintf("Meta answered %d and no JSON", status)}
		case status == http.StatusOK:
			return nil
		}
		return refusedStatus(status, header)
	}
	code, err := strconv.Atoi(answer.Error.Code.String())
	if err != nil {
		return refusedStatus(status, header)
	}
	e := &RefusedError{
		Message: fmt.Sprintf("Meta answered with error %d: %s", code, shorten(Clean(string(answer.Error.Message)), 300)),
		refusal: graphRefusal(code),
	}
	if e.refusal == refusedThrottled {
		e.wait = max(graphWait(header), retryAfter(header))
	}
	if e.refusal == refusedLead && status >= 500 {
		e.refusal = refusedNow
	}
	return e
}

// graphRefusal is what an error code means.
func graphRefusal(code int) refusal {
	switch {
	case slices.Contains([]int{1, 2, 341, 368}, code):
		return refusedNow
	case slices.Contains([]int{4, 17, 32, 613}, code), code >= 80000 && code < 80100:
		return refusedThrottled
	case code == 190, code == 102:
		return refusedToken
	case code == 10, code >= 200 && code <= 299:
		return refusedPermission
	}
	return refusedLead // 100 with subcode 33 among them: the lead cannot be seen, or was deleted as tests are
}

// graphWait is the longest time that any of the businesses in the header is to wait.
func graphWait(header http.Header) time.Duration {
	var usage map[string][]struct {
		Minutes json.Number `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(header.Get(graphUsage)), &usage) != nil {
		return 0
	}
	wait := 0.0
	for _, business := range usage {
		for _, use := range business {
			if minutes, err := use.Minutes.Float64(); err == nil {
				wait = max(wait, minutes)
			}
		}
	}
	return time.Duration(min(wait, 24*60) * float64(time.Minute))
}
