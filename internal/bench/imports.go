package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

// imports stores the rows of a CSV file that is written while it is sent, and has Postgres COPY the same rows into a table like leads.
func imports(ctx context.Context, i *installation, t *tally) error {
	if err := i.serve(ctx); err != nil {
		return err
	}
	first := t.round() * i.cfg.Leads
	if first == 0 {
		if _, err := i.db.ExecContext(ctx, "DROP TABLE IF EXISTS leads_copied; CREATE TABLE leads_copied (LIKE leads INCLUDING ALL)"); err != nil {
			return fmt.Errorf("making a table like leads: %w", err)
		}
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	var made struct {
		ID       uuid.UUID `json:"id"`
		Imported int       `json:"imported"`
	}
	var took time.Duration
	costs, err := i.costsOf(ctx, "import", i.cfg.Leads, func() error {
		began := time.Now()
		err := i.client.Upload(ctx, "/v1/imports", "text/csv", rows(first, i.cfg.Leads), -1, &made)
		took = time.Since(began)
		return err
	})
	if err != nil {
		return err
	}
	if made.Imported != i.cfg.Leads {
		return fmt.Errorf("of %d rows %d came in", i.cfg.Leads, made.Imported)
	}
	copied, ofCopy, err := i.copyImported(ctx, made.ID)
	if err != nil {
		return fmt.Errorf("COPY of the same rows: %w", err)
	}
	const byCopy = "COPY of the same rows"
	t.rates(byCopy, rate(i.cfg.Leads, copied))
	t.rates(byLeadwheel, rate(i.cfg.Leads, took), byCopy)
	t.work(byCopy, ofCopy)
	t.work(byLeadwheel, costs, byCopy)
	t.costs("imported", costs)
	t.add("copied, write-ahead log", "B/lead", ofCopy.WAL)
	return nil
}

// copyImported writes the leads of an import to a file of Postgres' own, and measures how long it takes to read them from there.
func (i *installation) copyImported(ctx context.Context, id uuid.UUID) (took time.Duration, costs Costs, err error) {
	var folder string
	if err := i.db.GetContext(ctx, &folder, "SHOW data_directory"); err != nil {
		return 0, costs, err
	}
	file := fmt.Sprintf("'%s/leads.copy'", folder)
	if _, err := i.db.ExecContext(ctx, fmt.Sprintf("COPY (SELECT * FROM leads WHERE import_id = '%s' ORDER BY lead_id) TO %s", id, file)); err != nil {
		return 0, costs, err
	}
	if err := i.settleDown(ctx); err != nil {
		return 0, costs, err
	}
	costs, err = i.costs(ctx, i.cfg.Leads, func() error {
		began := time.Now()
		_, err := i.db.ExecContext(ctx, "COPY leads_copied FROM "+file)
		took = time.Since(began)
		return err
	})
	return took, costs, err
}

// rows is a file of n rows that are no others', from one on.
func rows(first, n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriter(w)
		fmt.Fprintln(out, "Full Name,Email,Phone,Interest,Budget")
		for k := first; k < first+n; k++ {
			fmt.Fprintf(out, "Person %d,person%d@example.com,+6019%07d,condo,500k\n", k, k, k%1e7)
		}
		w.CloseWithError(out.Flush())
	}()
	return r
}
