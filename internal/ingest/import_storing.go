package ingest

import "context"

// A storing stores a chunk of rows while the next ones are read, so that neither Postgres nor the reading waits for the other.
type storing struct {
	chunk chunk      // the one that is being stored, or was last
	done  chan error // nil where none is being stored
	err   error      // why one was not stored, after which none is
}

// commit has a chunk stored, once the one before it is, and empties it. What could not be stored it tells of the next time, and
// until then the file is not read on.
func (r *importRun) commit(ctx context.Context, c *chunk) error {
	if err := r.stored(); err != nil || c.rows() == 0 {
		return err
	}
	full, done := *c, make(chan error, 1)
	*c = r.storing.chunk
	c.reset()
	r.storing.chunk, r.storing.done = full, done
	go func() {
		err := r.settle(ctx, full)
		if err != nil {
			r.stop(err)
		}
		done <- err
	}()
	return nil
}

// commitLast stores a chunk that none follows.
func (r *importRun) commitLast(ctx context.Context, c *chunk) error {
	if err := r.commit(ctx, c); err != nil {
		return err
	}
	return r.stored()
}

// stored waits until nothing is being stored.
func (r *importRun) stored() error {
	if b := &r.storing; b.done != nil {
		b.err, b.done = <-b.done, nil
	}
	return r.storing.err
}
