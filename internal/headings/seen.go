package headings

import "sync"

// remembered bounds the headings whose readings are kept.
const remembered = 10_000

// seen is what was read of headings that came before: the same come with every delivery.
type seen[T any] struct {
	sync.Mutex
	all map[string]T
}

var (
	readings seen[Reading]
	times    seen[Moment]
)

func (s *seen[T]) get(heading string) (T, bool) {
	s.Lock()
	defer s.Unlock()
	r, found := s.all[heading]
	return r, found
}

// put keeps a reading. When there are too many, all are forgotten: what comes often soon is there again.
func (s *seen[T]) put(heading string, r T) {
	s.Lock()
	defer s.Unlock()
	if s.all == nil || len(s.all) >= remembered {
		s.all = make(map[string]T)
	}
	s.all[heading] = r
}
