package ingest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// follow makes columns what a mapping says. It returns a *leadfile.Error where it names one that the file has not.
func (h *header) follow(m Mapping) error {
	if len(m) == 0 {
		return nil
	}
	h.mapped = make(map[role]bool, len(m))
	places := make(map[role][]int, len(m))
	for _, target := range MappingTargets {
		for _, heading := range m[target] {
			place := h.find(heading)
			if place < 0 {
				return &leadfile.Error{Message: fmt.Sprintf("The mapping says that %q is the lead's %s, but no column of the file has that heading. Its columns are: %s", shorten(heading, 100), target, h.shown())}
			}
			r := mappedRoles[target]
			h.mapped[r] = true
			places[r] = append(places[r], place)
		}
	}
	for place, c := range h.columns {
		if r := role(c.Role); h.mapped[r] || h.mapped[roleName] && slices.Contains(nameRoles, r) {
			h.setRole(place, roleNone, "")
		}
	}
	for _, target := range MappingTargets {
		for _, place := range places[mappedRoles[target]] {
			h.setRole(place, mappedRoles[target], byMapping)
		}
	}
	for r, all := range places {
		h.roles[r] = all // in their order; and a column may be a part of two
	}
	h.settleFields()
	return nil
}

// find is the column of a heading: as it stands, or else without regard to case, spaces, underscores and hyphens; -1 where
// there is none.
func (h *header) find(heading string) int {
	heading = strings.TrimSpace(heading)
	for _, like := range []func(Column) bool{
		func(c Column) bool { return c.Header == heading },
		func(c Column) bool { return strings.EqualFold(c.Header, heading) },
		func(c Column) bool { return plainHeader(c.Header) == plainHeader(heading) },
	} {
		if place := slices.IndexFunc(h.columns, like); place >= 0 {
			return place
		}
	}
	return -1
}
