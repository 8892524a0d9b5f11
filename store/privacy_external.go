package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// externalDigest is what the external id of a lead is kept as when the person is erased and it tells who they are; see
// digestOfExternalID.
func externalDigest(origin, id string) string {
	digest := sha256.Sum256([]byte(origin + " " + id))
	return "erased:" + hex.EncodeToString(digest[:])
}

// recogniseErased puts their digests in the place of external ids that were erased, so that those leads are found and do
// not come back. Only ids that tell who somebody is are looked for: hardly any does, so this costs nothing.
func (t *Tx) recogniseErased(ctx context.Context, workspace uuid.UUID, rows []leadRow) error {
	var origins, digests []string
	places := make(map[string][]int)
	for i, l := range rows {
		if !telling(*l.NewLead) {
			continue
		}
		digest := externalDigest(l.Origin, l.ExternalID)
		origins, digests = append(origins, l.Origin), append(digests, digest)
		places[digest] = append(places[digest], i)
	}
	if len(digests) == 0 {
		return nil
	}
	var erased []string
	if err := sqlx.SelectContext(ctx, t.q, &erased, `
		SELECT l.external_id FROM unnest($2::text[], $3::text[]) AS n (origin, digest)
		JOIN leads l ON l.workspace_id = $1 AND l.origin = n.origin AND l.external_id = n.digest
		UNION ALL
		SELECT l.also_id FROM unnest($2::text[], $3::text[]) AS n (origin, digest)
		JOIN leads l ON l.workspace_id = $1 AND l.origin = n.origin AND l.also_id = n.digest`,
		workspace, texts(origins), texts(digests)); err != nil {
		return translate(err)
	}
	for _, digest := range erased {
		for _, i := range places[digest] {
			rows[i].external = digest
		}
	}
	return nil
}

// telling reports whether a lead's external id has its e-mail or phone in it.
func telling(l NewLead) bool {
	id := strings.ToLower(l.ExternalID)
	if email := strings.ToLower(strings.TrimSpace(l.Email)); email != "" && strings.Contains(id, email) {
		return true
	}
	phone := digits(l.Phone)
	return len(phone) >= 6 && strings.Contains(digits(id), phone[max(0, len(phone)-8):])
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
