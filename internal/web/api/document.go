package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// document adds to an operation what all have in common, and what its roles are.
func document(op *huma.Operation) {
	roles := rolesOf(op.OperationID)
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	op.Tags = []string{chapterOf(op.Path).tag}
	op.Security = []map[string][]string{{"key": {}}}
	if open(op.OperationID) {
		names, op.Security = []string{"anybody"}, []map[string][]string{{}}
	}
	op.Extensions = map[string]any{"x-roles": names}
	op.Description = strings.TrimSpace(op.Description + "\n\nRoles: " + strings.Join(names, ", ") + ".")
	common := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotAcceptable,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	if strings.Contains(op.Path, "{") {
		common = append(common, http.StatusNotFound)
	}
	switch op.Method {
	case http.MethodPost:
		op.Parameters = append(op.Parameters, idempotencyParam())
		fallthrough
	case http.MethodPut, http.MethodPatch:
		common = append(common, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	op.Errors = slices.Compact(slices.Sorted(slices.Values(append(op.Errors, common...))))
}

func idempotencyParam() *huma.Param {
	longest := maxIdempotencyKey
	return &huma.Param{
		Name: idempotencyHeader, In: "header",
		Description: "Makes it safe to send the request again: for 24 hours the same key gets the same answer and has no second effect.",
		Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
	}
}

// amend describes what huma's registration cannot: ids in paths are UUIDs (others are not found, rather than invalid), PATCH takes
// the media type of merge patches as well, bodies have examples, and whatever else an answer may be is a problem.
func amend(path *huma.PathItem) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		op := operationOf(path, method)
		if op == nil {
			continue
		}
		for _, param := range op.Parameters {
			if param.In == "path" && param.Schema.Format == "" {
				described := *param.Schema
				described.Format = "uuid"
				param.Schema = &described
			}
			if param.In == "path" && param.Description == "" {
				param.Description = pathParamText(op.Path, param.Name)
			}
		}
		op.Responses["default"] = &huma.Response{
			Description: "Another refusal, or a fault of the server's.", Content: op.Responses["401"].Content,
		}
		exemplify(op)
		if op == path.Patch {
			op.RequestBody.Content[mergePatch] = op.RequestBody.Content["application/json"]
		}
	}
}

// operationOf is a path's operation by a method, nil where it has none.
func operationOf(path *huma.PathItem, method string) *huma.Operation {
	switch method {
	case http.MethodGet:
		return path.Get
	case http.MethodPost:
		return path.Post
	case http.MethodPut:
		return path.Put
	case http.MethodPatch:
		return path.Patch
	}
	return path.Delete
}
