package store

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// A contact is what a record is found by and matched with, worked out once when it is written.
type contactKeys struct {
	workspace   uuid.UUID
	e164, email string
	// words are for string_to_array(…, ' ') and array_to_tsvector.
	words string
	// region is that by which the phone was read.
	region string
}

// keysOf works out a contact's keys, its phone being the region's where it has no country's prefix.
func keysOf(workspace uuid.UUID, region, name, email, phone string) contactKeys {
	e164 := contact.Phone(phone, region)
	return contactKeys{workspace: workspace, e164: e164, email: contact.Email(email), region: region, words: wordsOf(workspace, name, email, phone, e164)}
}

// wordsOf are the words that a contact is found by, marked, with spaces between them.
func wordsOf(workspace uuid.UUID, name, email, phone, e164 string) string {
	return mark(workspace) + strings.Join(contact.Words(name, email, phone, e164), " "+mark(workspace))
}

// wordsPlace is how a statement takes words, where ? stands for them.
const wordsPlace = "array_to_tsvector(string_to_array(?, ' '))"

// keysOf works out a contact's keys as the workspace now reads phones.
func (t *Tx) keysOf(ctx context.Context, workspace uuid.UUID, name, email, phone string) (contactKeys, error) {
	var region string
	err := sqlx.GetContext(ctx, t.q, &region, `SELECT region FROM workspaces WHERE workspace_id = $1`, workspace)
	return keysOf(workspace, region, name, email, phone), translate(err)
}

// mark is what all words of a workspace begin with, so that a search reads the index of its own words. Workspaces that
// have the same one cost each other time, and nothing else: every query names its workspace.
func mark(workspace uuid.UUID) string {
	return base64.RawURLEncoding.EncodeToString(workspace[len(workspace)-3:])
}

// search is what people look for, each term as Postgres takes it, none where they look for nothing. What no contact can
// have finds none.
func (q Queries) search(ctx context.Context, workspace uuid.UUID, text string) ([]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var region string
	if err := sqlx.GetContext(ctx, q.q, &region, `SELECT region FROM workspaces WHERE workspace_id = $1`, workspace); err != nil {
		return nil, translate(err)
	}
	terms := contact.Terms(text, region)
	if len(terms) == 0 {
		terms = []contact.Term{{" "}}
	}
	return tsqueries(workspace, terms), nil
}

func tsqueries(workspace uuid.UUID, terms []contact.Term) []string {
	quote := strings.NewReplacer(`'`, `''`, `\`, `\\`)
	all := make([]string, len(terms))
	for i, term := range terms {
		starts := make([]string, len(term))
		for k, start := range term {
			starts[k] = "'" + quote.Replace(mark(workspace)+start) + "':*"
		}
		all[i] = strings.Join(starts, " | ")
	}
	return all
}
