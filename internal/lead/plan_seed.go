package lead

import "time"

// seedBits is how many of a seed's bits are random: with 32 for the time it stays within 53, which every JSON reader
// keeps exactly.
const seedBits = 21

// Seed decides what a plan draws, and remembers when it was first planned: the same seed gives the plan of a preview
// again only where Now is what it was then. Any number is a seed; only those of NewSeed tell a true time. All of those
// are below 2^53.
type Seed uint64

// NewSeed makes the seed of a plan made now, different for each random number (of which the lower 21 bits are used).
func NewSeed(now time.Time, random uint64) Seed {
	return Seed(uint64(uint32(now.Unix()))<<seedBits | random&(1<<seedBits-1))
}

// Time is the moment for which the seed was made, in whole seconds UTC. A plan made with it as Now is the one made with
// the Now given to NewSeed. Clients send seeds back, so use it only where it is recent, and not in the future.
func (s Seed) Time() time.Time { return time.Unix(int64(uint32(s>>seedBits)), 0).UTC() }
