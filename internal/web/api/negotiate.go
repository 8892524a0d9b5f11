package api

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

const jsonType = "application/json"

// kindsOf are the media types of an operation's success, JSON first, none where it answers with nothing.
func kindsOf(op *huma.Operation) (kinds []string) {
	for status, response := range op.Responses {
		if status[0] != '2' {
			continue
		}
		for kind := range response.Content {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// negotiate chooses among what an operation answers with, by the parameter format or else by Accept, as RFC 9110, 12.5.1 has it. Where
// two are as welcome it is JSON, unless the other is asked for by its own name. It is empty where nothing can be had that was asked for.
func negotiate(kinds []string, format, accept string) string {
	if named := map[string]string{"csv": csvType, "json": jsonType}[format]; slices.Contains(kinds, named) {
		return named
	}
	if strings.TrimSpace(accept) == "" || len(kinds) == 0 {
		return jsonType
	}
	wanted := rangesOf(accept)
	if !slices.Contains(kinds, jsonType) { // its refusals are JSON: whoever takes that is none to be sent away
		if _, fit := wanted.weigh(jsonType); fit > 0 {
			return kinds[0]
		}
	}
	best, most := "", 0.0
	for _, kind := range kinds {
		weight, fit := wanted.weigh(kind)
		if weight > most || weight == most && most > 0 && fit == byItself {
			best, most = kind, weight
		}
	}
	return best
}

// mediaRanges are what an Accept header lists, each with its weight.
type mediaRanges map[string]float64

func rangesOf(accept string) mediaRanges {
	ranges := mediaRanges{}
	for one := range strings.SplitSeq(accept, ",") {
		name, parameters, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		weight, err := strconv.ParseFloat(parameters["q"], 64)
		if err != nil || weight < 0 || weight > 1 {
			weight = 1
		}
		ranges[name] = max(ranges[name], weight)
	}
	return ranges
}

// byItself is the fit of a media type that is named itself.
const byItself = 3

// weigh is how welcome a media type is, by what names it most closely: itself, its family, or everything. It is 0 where nothing does.
func (m mediaRanges) weigh(kind string) (weight float64, fit int) {
	family, _, _ := strings.Cut(kind, "/")
	for i, name := range []string{kind, family + "/*", "*/*"} {
		if weight, named := m[name]; named {
			return weight, byItself - i
		}
	}
	return 0, 0
}

// notAcceptable refuses a request that asks for its answer in a form in which there is none.
func notAcceptable(kinds []string) *problem.Problem {
	return problem.New(http.StatusNotAcceptable, "this is not to be had in a form that Accept lists, but as "+strings.Join(kinds, " or ")+"; ask for that, or leave Accept out",
		problem.Field{Location: "header.Accept", Message: "this lists nothing that can be answered"})
}
