package headings

import "sync"

// remembered is half of how many readings are kept.
const remembered = 5_000

// seen is what was read of headings that came before: the same come with every delivery.
type seen[T any] struct {
	sync.Mutex
	all, before map[string]T
}

var (
	readings seen[Reading]
	times    seen[Moment]
)

func (s *seen[T]) get(heading string) (T, bool) {
	s.Lock()
	defer s.Unlock()
	r, found := s.all[heading]
	if !found {
		r, found = s.before[heading]
	}
	return r, found
}

// put keeps a reading. When there are too many, those are forgotten that came before the last ones: what comes often soon is there
// again.
func (s *seen[T]) put(heading string, r T) {
	s.Lock()
	defer s.Unlock()
	if s.all == nil || len(s.all) >= remembered {
		s.all, s.before = make(map[string]T), s.all
	}
	s.all[heading] = r
}
