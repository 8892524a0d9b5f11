package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/store"
)

// TestSourcesAreCountedAsInThePlainModel has leads come from sources that are merged into each other, some of them tests, some deleted and
// some converted, and counts them by source, a page at a time.
func TestSourcesAreCountedAsInThePlainModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names, into := map[uuid.UUID]string{}, map[uuid.UUID]uuid.UUID{}
	var sources []uuid.UUID // the oldest first, those that were merged too
	for i := range 4 {
		id := w.source(fmt.Sprint("source ", i), nil)
		sources, names[id] = append(sources, id), fmt.Sprint("source ", i)
	}
	leads, customers := map[uuid.UUID]int{}, map[uuid.UUID]int{}
	checkFew(t, 30, func(r *rapid.T) {
		switch rapid.SampledFrom([]string{"lead", "lead", "lead", "converted", "deleted", "test", "merge"}).Draw(r, "what") {
		case "merge":
			a, b := rapid.SampledFrom(sources).Draw(r, "one"), rapid.SampledFrom(sources).Draw(r, "other")
			if a == b || into[a] != uuid.Nil || into[b] != uuid.Nil || len(into) >= 2 {
				return
			}
			w.must(func(ctx context.Context, t *store.Tx) error {
				_, err := t.MergeSource(ctx, w.workspace, a, b)
				return err
			})
			into[a] = b
			for before, target := range into {
				if target == a {
					into[before] = b
				}
			}
			leads[b], customers[b] = leads[b]+leads[a], customers[b]+customers[a]
		case "test":
			w.push(store.NewLead{Name: "Siti", Channel: "api", Origin: "api", SourceID: sources[0], Test: true})
		case "deleted":
			w.deleteLead(w.push(store.NewLead{Name: "Siti", Channel: "api", Origin: "api", SourceID: sources[1]})[0].ID)
		case "converted":
			id := w.push(store.NewLead{Name: "Siti", Channel: "api", Origin: "api", SourceID: sources[2]})[0].ID
			_, _, err := w.convert(id)
			w.fine(err)
			of := sources[2]
			if into[of] != uuid.Nil {
				of = into[of]
			}
			leads[of]++
			customers[of]++
		default:
			of := rapid.SampledFrom(append([]uuid.UUID{uuid.Nil}, sources...)).Draw(r, "source")
			w.push(store.NewLead{Name: "Siti", Channel: "api", Origin: "api", SourceID: of})
			if into[of] != uuid.Nil {
				of = into[of]
			}
			leads[of]++
		}
		var want []string
		for i := len(sources) - 1; i >= 0; i-- {
			if id := sources[i]; into[id] == uuid.Nil {
				want = append(want, fmt.Sprint(names[id], " ", leads[id], " ", customers[id]))
			}
		}
		want = append(want, fmt.Sprint(" ", leads[uuid.Nil], " ", customers[uuid.Nil]))
		var got []string
		for page := (store.Page{Limit: 2}); ; {
			found, err := w.Store.CountBySource(t.Context(), w.workspace, page)
			if err != nil {
				r.Fatal(err)
			}
			for _, c := range found {
				got = append(got, fmt.Sprint(c.Name, " ", c.Leads, " ", c.Customers))
			}
			if len(found) < page.Limit || found[len(found)-1].SourceID == uuid.Nil {
				break
			}
			page.After = found[len(found)-1].SourceID
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			r.Fatalf("counted are %q, want %q", got, want)
		}
	})
}
