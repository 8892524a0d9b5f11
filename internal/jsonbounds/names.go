package jsonbounds

import (
	"bytes"
	"hash/maphash"
)

// Names counts names that differ: what a name means takes long to tell the first time. Those that are numbers mean nothing.
type Names struct {
	most, bytes int
	seed        maphash.Seed
	seen        map[uint64]struct{}
}

// NewNames counts up to so many names of so many bytes together. A limit of 0 is none.
func NewNames(most, bytes int) *Names {
	return &Names{most: most, bytes: bytes, seed: maphash.MakeSeed()}
}

// Add reports whether there is room for a name, or it is there.
func (n *Names) Add(name []byte) bool {
	if n.most <= 0 && n.bytes <= 0 || len(bytes.Trim(name, "0123456789")) == 0 {
		return true
	}
	sum := maphash.Bytes(n.seed, name)
	if _, there := n.seen[sum]; there {
		return true
	}
	if n.seen == nil {
		n.seen = make(map[uint64]struct{})
	}
	n.seen[sum] = struct{}{}
	if n.bytes > 0 {
		if n.bytes -= len(name); n.bytes <= 0 {
			n.bytes = -1
		}
	}
	return n.bytes >= 0 && (n.most <= 0 || len(n.seen) <= n.most)
}
