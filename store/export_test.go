package store

// HasViolation reports whether breaking the constraint has a meaning for callers.
func HasViolation(constraint string) bool {
	_, known := violations[constraint]
	return known
}
