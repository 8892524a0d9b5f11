package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A report gathers what broke the contract, by kind: an operation and what was wrong.
type report struct {
	mu       sync.Mutex
	times    map[[2]string]int
	examples map[[2]string]string
	// statuses are how often each role was answered with each.
	statuses map[string]map[int]int
	// done are the operations that did what was asked at least once.
	done map[string]bool
}

func newReport() *report {
	return &report{times: map[[2]string]int{}, examples: map[[2]string]string{}, statuses: map[string]map[int]int{}, done: map[string]bool{}}
}

func (r *report) add(operation, wrong, example string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := [2]string{operation, wrong}
	if r.times[kind]++; r.times[kind] == 1 {
		r.examples[kind] = example
	}
}

func (r *report) count(role, operation string, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.statuses[role] == nil {
		r.statuses[role] = map[int]int{}
	}
	r.statuses[role][status]++
	if status < 300 {
		r.done[operation] = true
	}
}

// print writes what was found, each kind once with an example, and returns how many kinds there were.
func (r *report) print(out io.Writer, seed uint64, operations []*operation) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	kinds := slices.SortedFunc(maps.Keys(r.times), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, kind := range kinds {
		fmt.Fprintf(out, "✘ %s %s (%d times)\n%s\n\n", kind[0], kind[1], r.times[kind], r.examples[kind])
	}
	for _, role := range slices.Sorted(maps.Keys(r.statuses)) {
		all, said := 0, ""
		for _, status := range slices.Sorted(maps.Keys(r.statuses[role])) {
			all += r.statuses[role][status]
			said += fmt.Sprintf(" %d: %d", status, r.statuses[role][status])
		}
		fmt.Fprintf(out, "seed %d, as %s: %d requests, answered%s\n", seed, role, all, said)
	}
	var refused []string
	for _, o := range operations {
		if !r.done[o.id] {
			refused = append(refused, o.id)
		}
	}
	fmt.Fprintf(out, "seed %d: %d of %d operations did what was asked at least once", seed, len(r.done), len(operations))
	if len(refused) < len(operations)/4 { // a short run says little of the others
		fmt.Fprintf(out, "; not so %s", strings.Join(refused, ", "))
	}
	fmt.Fprintln(out)
	fmt.Fprintf(out, "seed %d: %d kinds of answers that break the contract\n", seed, len(kinds))
	return len(kinds)
}
