package ingest

import (
	"fmt"

	"github.com/google/uuid"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
)

// maxUnknownSources bounds the names of sources that an import's warnings list.
const maxUnknownSources = 100

// sourceOf is the source that a row names, by its id in lists of ours; a lead whose source is unknown or switched off comes
// in without one.
func (r *importRun) sourceOf(name string) uuid.UUID {
	id, offered := r.sources[contacts.NameKey(name)]
	if own, err := uuid.Parse(name); err == nil && !offered {
		for _, one := range r.sources {
			if one == own {
				return own
			}
		}
	}
	if !offered && !r.ownSource {
		r.unknown.note(name)
	}
	return id
}

// foreignSources says how many rows named another source than that to which the key is bound.
func (r *importRun) foreignSources() []string {
	if r.foreign == 0 {
		return nil
	}
	return []string{fmt.Sprintf("The API key is bound to a source, and rows name others; %s with the key's.", cameIn(r.foreign))}
}

// unknownSources counts the rows of each source that leads cannot have.
type unknownSources struct {
	names []string         // as first spelt, in the order of the file
	rows  map[string]int64 // by the key of its name
	more  int64            // rows of names beyond the limit
}

func (u *unknownSources) note(name string) {
	key := contacts.NameKey(name)
	if u.rows == nil {
		u.rows = make(map[string]int64)
	}
	if _, known := u.rows[key]; !known {
		if len(u.names) == maxUnknownSources {
			u.more++
			return
		}
		u.names = append(u.names, name)
	}
	u.rows[key]++
}

// warnings says which sources were left out and how often.
func (u *unknownSources) warnings() []string {
	var all []string
	for _, name := range u.names {
		all = append(all, fmt.Sprintf("The source %q is unknown or not offered for leads; %s without a source.", name, cameIn(u.rows[contacts.NameKey(name)])))
	}
	if u.more > 0 {
		all = append(all, fmt.Sprintf("More sources are unknown or not offered for leads; %s without a source.", cameIn(u.more)))
	}
	return all
}

func cameIn(rows int64) string {
	if rows == 1 {
		return "1 row came in"
	}
	return fmt.Sprintf("%d rows came in", rows)
}
