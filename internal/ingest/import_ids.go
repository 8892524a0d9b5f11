package ingest

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// maxSharedIDs bounds the lines that an import's warnings list of each kind.
const maxSharedIDs = 100

// sharedIDs are the rows, by their lines only since ids may tell of people, whose external id is another person's too, and those whose id is that of a person who was erased.
type sharedIDs struct {
	lines        []string
	more, erased int64
}

func (s *sharedIDs) note(a store.AddedLead, line int64) {
	switch {
	case a.Erased:
		s.erased++
	case a.Beside == uuid.Nil:
	case len(s.lines) < maxSharedIDs:
		s.lines = append(s.lines, fmt.Sprintf("Line %d: the external id is another person's too; the row came in as a lead of its own.", line))
	default:
		s.more++
	}
}

// add adds those of a chunk that was committed.
func (s *sharedIDs) add(chunk sharedIDs) {
	room := min(maxSharedIDs-len(s.lines), len(chunk.lines))
	s.lines = append(s.lines, chunk.lines[:room]...)
	s.more += chunk.more + int64(len(chunk.lines)-room)
	s.erased += chunk.erased
}

// warnings says which rows they are.
func (s *sharedIDs) warnings() []string {
	all := s.lines
	if s.more > 0 {
		all = append(all, fmt.Sprintf("More external ids are another person's too; %s as leads of their own.", cameIn(s.more)))
	}
	if s.erased > 0 {
		all = append(all, fmt.Sprintf("%d rows have the external id of a person whose data was erased at their request; they did not come in.", s.erased))
	}
	return all
}
