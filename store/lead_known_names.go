package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// maxNamesakes bounds the leads without a contact that are looked at by their names for one id.
const maxNamesakes = 100

// A namesake is a lead without an address or a number that has an id beside its holder.
type namesake struct {
	ID     uuid.UUID     `db:"lead_id"`
	Name   string        `db:"name"`
	Former pq.Int64Array `db:"former"`
}

// namesakes are such leads by their ids: only their names tell them apart.
type namesakes map[namedID][]namesake

func (n namesakes) add(id namedID, one namesake) {
	if len(n[id]) < maxNamesakes {
		n[id] = append(n[id], one)
	}
}

// of finds the one that a lead is, nil where it is none.
func (n namesakes) of(id namedID, l NewLead) uuid.UUID {
	for _, one := range n[id] {
		if !otherName(one.Name, one.Former, l) {
			return one.ID
		}
	}
	return uuid.Nil
}

// namesakes finds them for the leads at places which have no contact, and are others than the holders of their ids.
func (k *known) namesakes(ctx context.Context, places []int, holders map[int]holder) (namesakes, error) {
	found := make(namesakes)
	var origins, ids []string
	for _, place := range places {
		l, who, h := k.leads[place], k.people[place], holders[place]
		if id := (namedID{l.Origin, k.ids[place]}); h.byName(l, who) {
			if _, there := found[id]; !there {
				found[id], origins, ids = nil, append(origins, id.origin), append(ids, id.id)
			}
		}
	}
	if len(ids) == 0 {
		return found, nil
	}
	var rows []struct {
		Place int `db:"place"`
		namesake
	}
	if err := sqlx.SelectContext(ctx, k.q, &rows, `
		SELECT n.place, s.lead_id, coalesce(s.name, '') AS name, s.former
		FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS n (origin, id, place)
		CROSS JOIN LATERAL (
			SELECT l.lead_id, l.name, l.former FROM leads l
			WHERE l.workspace_id = $1 AND l.also_id = n.id AND l.origin = n.origin AND left(l.phone, 50) IS NULL
				AND l.email IS NULL AND l.deleted_at IS NULL
			ORDER BY l.lead_id LIMIT $4
		) s
		ORDER BY n.place, s.lead_id`, k.w.ID, texts(origins), texts(ids), maxNamesakes); err != nil {
		return nil, fmt.Errorf("looking for leads that share external ids, by their names: %w", translate(err))
	}
	for _, r := range rows {
		found.add(namedID{origins[r.Place-1], ids[r.Place-1]}, r.namesake)
	}
	return found, nil
}
