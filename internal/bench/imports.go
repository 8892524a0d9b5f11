package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"
)

// importRows imports a CSV file that is written while it is sent.
func (i *installation) importRows(ctx context.Context, n int) (*Import, error) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(writeRows(w, n)) }()
	began := time.Now()
	if err := i.client.Upload(ctx, "/v1/imports?group_id="+i.group.String(), "text/csv", r, -1, nil); err != nil {
		return nil, err
	}
	result := &Import{Rows: n, Rate: rate(n, time.Since(began))}
	err := i.untilDistributed(ctx, patience)
	result.AllRate = rate(n, time.Since(began))
	return result, err
}

func writeRows(w io.Writer, n int) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "Full Name,Email,Phone,Interest,Budget,Campaign")
	for k := range n {
		fmt.Fprintf(out, "Person %d,person%d@example.com,+6019%07d,condo,500k,January\n", k, k, k)
	}
	return out.Flush()
}
