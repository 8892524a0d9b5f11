package headings

import "sync"

// remembered bounds the headings whose readings are kept.
const remembered = 10_000

// seen are readings of headings that came before: the same come with every delivery.
type seen struct {
	sync.Mutex
	all map[string]Reading
}

var readings seen

func (s *seen) get(heading string) (Reading, bool) {
	s.Lock()
	defer s.Unlock()
	r, found := s.all[heading]
	return r, found
}

// put keeps a reading. When there are too many, all are forgotten: what comes often soon is there again.
func (s *seen) put(heading string, r Reading) {
	s.Lock()
	defer s.Unlock()
	if s.all == nil || len(s.all) >= remembered {
		s.all = make(map[string]Reading)
	}
	s.all[heading] = r
}
