package lead

// A span is the seconds from..to-1, counted from 1970.
type span struct{ from, to int64 }

// spans are ascending, and do not overlap.
type spans []span

// length is in seconds.
func (s spans) length() int64 {
	var n int64
	for _, one := range s {
		n += one.to - one.from
	}
	return n
}

// at is the n-th second of the spans, from 0.
func (s spans) at(n int64) int64 {
	for _, one := range s {
		if size := one.to - one.from; n >= size {
			n -= size
			continue
		}
		return one.from + n
	}
	panic("lead: a second past the end of its spans")
}

// without takes the seconds from..to-1 out.
func (s spans) without(from, to int64) spans {
	rest := make(spans, 0, len(s)+1)
	for _, one := range s {
		for _, part := range [2]span{{one.from, min(one.to, from)}, {max(one.from, to), one.to}} {
			if part.from < part.to {
				rest = append(rest, part)
			}
		}
	}
	return rest
}

// after is what is left of the spans from a second on.
func (s spans) after(from int64) spans {
	if len(s) == 0 || from <= s[0].from {
		return s
	}
	return s.without(s[0].from, from)
}
