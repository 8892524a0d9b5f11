// Command contract sends a server requests that are made at random of its OpenAPI document, valid, odd and wrong ones, as each role, and
// checks each answer against the same document by a library of JSON Schema. `make fuzz-contract` runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "contract:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	program := flag.String("program", "../../bin/leadwheel", "the program that serves")
	path := flag.String("document", "../../docs/openapi.json", "its OpenAPI document")
	requests := flag.Int("requests", 5000, "how many requests a role")
	seeds := flag.String("seeds", "seeds.txt", "a file of seeds, one a line, each of which is run; what is behind # says why it is kept")
	seed := flag.Uint64("seed", 0, "run this seed instead")
	flag.Parse()
	document, err := readDocument(*path)
	if err != nil {
		return err
	}
	all := []uint64{*seed}
	if *seed == 0 {
		if all, err = readSeeds(*seeds); err != nil {
			return err
		}
	}
	found := 0
	for _, seed := range all {
		n, err := fuzz(ctx, *program, document, seed, *requests)
		if err != nil {
			return err
		}
		found += n
	}
	if found > 0 {
		return fmt.Errorf("%d kinds of answers break the contract", found)
	}
	return nil
}

func readSeeds(path string) (seeds []uint64, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		seed, err := strconv.ParseUint(line, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("reading seeds in %s: %w", path, err)
		}
		seeds = append(seeds, seed)
	}
	if len(seeds) == 0 {
		return nil, fmt.Errorf("there are no seeds in %s", path)
	}
	return seeds, nil
}

// fuzz runs one seed against a server of its own, all roles at once, and returns how many kinds of answers broke the contract.
func fuzz(ctx context.Context, program string, document *document, seed uint64, requests int) (int, error) {
	s, err := serve(ctx, program)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	w, err := furnish(ctx, s)
	if err != nil {
		return 0, fmt.Errorf("making what there is to ask for: %w", err)
	}
	report := newReport()
	var roles sync.WaitGroup
	for i, role := range w.roles {
		roles.Go(func() {
			newCaller(s, document, w, role, seed+uint64(i)<<32, report).call(ctx, requests)
		})
	}
	roles.Wait()
	if log := s.log(); strings.Contains(log, "panic") {
		report.add("the server", "panicked", log[max(0, strings.Index(log, "panic")-200):])
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	return report.print(os.Stdout, seed, document.operations), nil
}
