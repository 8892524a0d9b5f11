package store

import (
	"sync"

	"github.com/google/uuid"
)

// An openLane is a lane that is open for a value, and its first turn in a version of a ring.
type openLane struct {
	Value string `db:"value"`
	Lane  int    `db:"lane"`
	First int64  `db:"first_turn"`
}

// laneCache remembers which lanes are open in rings. What it knows of a ring stays true: lanes are closed only with turns that are given back,
// by which the ring's returns go up, and edits make another version.
type laneCache struct {
	mu    sync.Mutex
	rings map[ringKey]*knownLanes
}

// ringKey names a ring as long as its lanes only become more.
type ringKey struct {
	workspace, group uuid.UUID
	version, returns int
}

// maxRingsKnown bounds the cache: where there are more rings it begins anew.
const maxRingsKnown = 200

type knownLanes struct {
	mu    sync.Mutex
	lanes map[string]openLane
}

func newLaneCache() *laneCache { return &laneCache{rings: make(map[ringKey]*knownLanes)} }

// of is what is known of a ring.
func (c *laneCache) of(workspace uuid.UUID, row ringRow) *knownLanes {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := ringKey{workspace, row.GroupID, row.Version, row.Returns}
	known := c.rings[key]
	if known == nil {
		if len(c.rings) >= maxRingsKnown {
			clear(c.rings)
		}
		known = &knownLanes{lanes: make(map[string]openLane)}
		c.rings[key] = known
	}
	return known
}

// find looks values up, and returns those that are not known.
func (k *knownLanes) find(values []string) (found map[string]openLane, missing []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found = make(map[string]openLane, len(values))
	for _, v := range values {
		if l, is := k.lanes[v]; is {
			found[v] = l
		} else {
			missing = append(missing, v)
		}
	}
	return found, missing
}

func (k *knownLanes) add(found []openLane) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range found {
		k.lanes[l.Value] = l
	}
}
