package jsonbounds

import (
	"errors"
	"testing"
)

func TestNamesThatDiffer(t *testing.T) {
	t.Parallel()
	for text, over := range map[string]bool{
		`{"a":1,"b":2,"c":3}`: false, `[{"a":1},{"a":1},{"a":1},{"a":1}]`: false, `{"a":1,"b":2,"c":3,"d":4}`: true, `[{"a":1},{"b":{"c":{"d":1}}}]`: true,
		`{"1":1,"2":2,"3":3,"4":4,"5":5}`: false, `{"0123456789":1,"a":1}`: false, `{"abcdefghi":1}`: false, `{"abcde":1,"fghij":2}`: true, `["a","b","c","d"]`: false,
	} {
		var e *Excess
		if err := Check([]byte(text), Limits{Names: 3, NameBytes: 10}); errors.As(err, &e) != over || over && e.Way != ManyNames {
			t.Errorf("%s: %v", text, err)
		}
	}
}
