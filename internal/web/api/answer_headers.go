package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// replayedHeader is on answers that were kept with an idempotency key, and are given again.
const replayedHeader = "Idempotent-Replayed"

// finish gives an answer what goes around it: where that is what was made, whether it is given again, and of a problem its request's id.
func (a *API) finish(ctx huma.Context, status string, body any) (any, error) {
	if p, is := body.(*problem.Problem); is {
		_, w := humago.Unwrap(ctx)
		return p.Of(w.Header()), nil
	}
	if c, is := ctx.Context().Value(callKey{}).(*call); is && c.replayed {
		ctx.SetHeader(replayedHeader, "true")
	}
	if status == strconv.Itoa(http.StatusCreated) {
		if at := addressOf(a.places[ctx.Operation().OperationID], ctx, body); at != "" {
			ctx.SetHeader("Location", at)
		}
	}
	return body, nil
}

// addressOf fills in a path at which something is read that an operation made. It is empty where there is none.
func addressOf(template string, ctx huma.Context, body any) string {
	kept, is := body.(interface{ bytes() json.RawMessage })
	if !is || template == "" {
		return ""
	}
	// An item's own path has its id last; what stands before it was in the request's path.
	if collection, own := strings.CutSuffix(template, "/{id}"); own {
		var made struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(kept.bytes(), &made) != nil || made.ID == "" {
			return ""
		}
		return collection + "/" + made.ID
	}
	return strings.ReplaceAll(template, "{id}", ctx.Param("id"))
}

// describeAnswers finds for each operation that makes something where that can be read, and describes the headers of answers: an item
// where it has an address, and else the list that it is in.
func (a *API) describeAnswers() {
	text := func(doc string) *huma.Param {
		return &huma.Param{Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	paths := a.huma.OpenAPI().Paths
	for path, item := range paths {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			op := operationOf(item, method)
			if op == nil {
				continue
			}
			if made := op.Responses["201"]; made != nil {
				if place := a.madeAt(path, op); place != "" {
					a.places[op.OperationID] = place
					headersOf(made)["Location"] = text("Where it can be read, or the list that it is in.")
				}
			}
			for status, response := range op.Responses {
				if method == http.MethodPost && status[0] == '2' {
					headersOf(response)[replayedHeader] = text("true: this was answered before to the same Idempotency-Key, and nothing was done again.")
				}
			}
		}
	}
}

// madeAt is the path at which what an operation makes is read, empty where it is read nowhere.
func (a *API) madeAt(path string, op *huma.Operation) string {
	if it, is := a.answers[op.OperationID]; is && strings.HasSuffix(it.path, "/{id}") {
		return it.path
	}
	for _, list := range []string{path, strings.TrimSuffix(path, "/batch")} {
		if item := a.huma.OpenAPI().Paths[list]; item != nil && item.Get != nil && strings.HasPrefix(item.Get.OperationID, "list-") {
			return list
		}
	}
	return ""
}

func headersOf(r *huma.Response) map[string]*huma.Param {
	if r.Headers == nil {
		r.Headers = make(map[string]*huma.Param)
	}
	return r.Headers
}
