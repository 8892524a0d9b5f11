package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// holders finds the leads that hold the ids of those at places.
func (k *known) holders(ctx context.Context, places []int) (map[int]holder, error) {
	var origins, ids []string
	for _, place := range places {
		origins, ids = append(origins, k.leads[place].Origin), append(ids, k.ids[place])
	}
	var rows []holder
	if err := sqlx.SelectContext(ctx, k.q, &rows, `
		SELECT n.place, l.lead_id, coalesce(l.name, '') AS name, coalesce(l.email, '') AS email, coalesce(l.phone, '') AS phone,
			l.former, l.deleted_at IS NOT NULL AS deleted, l.erased_at IS NOT NULL AS erased
		FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS n (origin, external_id, place)
		JOIN leads l ON l.workspace_id = $1 AND l.origin = n.origin AND l.external_id = n.external_id`,
		k.w.ID, texts(origins), texts(ids)); err != nil {
		return nil, fmt.Errorf("looking for leads by their external ids: %w", translate(err))
	}
	found := make(map[int]holder, len(rows))
	for _, h := range rows {
		h.who = contact.Identify(h.Email, h.Phone, k.w.Region)
		found[places[h.Place-1]] = h
	}
	return found, nil
}

// An other is a lead that has an id beside its holder.
type other struct {
	Place  int       `db:"place"`
	ID     uuid.UUID `db:"lead_id"`
	Erased bool      `db:"erased"`
}

// orHere is one that came in beside the holder just now, where there is none but of somebody who was erased.
func (o other) orHere(here map[string]uuid.UUID, marks []string) other {
	if o.ID != uuid.Nil && !o.Erased {
		return o
	}
	for _, mark := range marks {
		if there, is := here[mark]; is {
			o = other{ID: there}
		}
	}
	return o
}

// others finds, for the leads at places, the one that has the same id beside its holder and the same address or number:
// where there is no valid one, the same spelling. Where there is none, it finds one of somebody who was erased.
func (k *known) others(ctx context.Context, places []int) (map[int]other, error) {
	var origins, ids, e164s, emails, phones, names []string
	for _, place := range places {
		l, who := k.leads[place], k.people[place]
		origins, ids = append(origins, l.Origin), append(ids, k.ids[place])
		e164s, emails = append(e164s, who.Phone), append(emails, who.Email)
		phones, names = append(phones, l.Phone), append(names, l.Name)
	}
	const beside = ` l.workspace_id = $1 AND l.origin = n.origin AND l.also_id = n.id AND l.deleted_at IS NULL`
	var rows []other
	if err := sqlx.SelectContext(ctx, k.q, &rows, `
		SELECT DISTINCT ON (n.place) n.place, o.lead_id, o.erased
		FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY
			AS n (origin, id, e164, email, phone, name, place)
		CROSS JOIN LATERAL (
			SELECT l.lead_id, false AS erased FROM leads l WHERE n.e164 <> '' AND `+sameContact("phone_e164", "n.e164")+` AND`+beside+`
			UNION ALL
			SELECT l.lead_id, false FROM leads l WHERE n.email <> '' AND `+sameContact("email_key", "n.email")+` AND`+beside+`
			UNION ALL
			SELECT l.lead_id, false FROM leads l
			WHERE n.e164 = '' AND n.phone <> '' AND left(l.phone, 50) = left(n.phone, 50) AND l.phone = n.phone AND`+beside+`
			UNION ALL
			SELECT l.lead_id, false FROM leads l
			WHERE n.e164 = '' AND n.email = '' AND n.phone = '' AND left(l.phone, 50) IS NULL AND l.name = n.name AND`+beside+`
			UNION ALL
			(SELECT l.lead_id, true FROM leads l
			WHERE l.workspace_id = $1 AND l.origin = n.origin AND l.also_id = n.id AND l.erased_at IS NOT NULL
				AND left(l.phone, 50) IS NULL LIMIT 1)
		) o
		ORDER BY n.place, o.erased, o.lead_id`,
		k.w.ID, texts(origins), texts(ids), texts(e164s), texts(emails), texts(phones), texts(names)); err != nil {
		return nil, fmt.Errorf("looking for leads that share external ids: %w", translate(err))
	}
	found := make(map[int]other, len(rows))
	for _, o := range rows {
		found[places[o.Place-1]] = o
	}
	return found, nil
}

// release takes their ids from leads that were deleted, for others that come after them.
func (k *known) release(ctx context.Context, leads []uuid.UUID) error {
	if len(leads) == 0 {
		return nil
	}
	_, err := k.q.ExecContext(ctx, `
		UPDATE leads SET also_id = external_id, external_id = NULL
		WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[]) AND deleted_at IS NOT NULL AND erased_at IS NULL`, k.w.ID, uuids(leads))
	if err != nil {
		return fmt.Errorf("releasing the external ids of deleted leads: %w", translate(err))
	}
	return nil
}
