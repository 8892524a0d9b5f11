package ingest

import (
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/leadfile"
	"github.com/leadwheel/leadwheel/store"
)

const (
	importChannel = string(lead.WayImport)

	// A chunk of an import is one transaction. It ends with whatever comes first, so that neither many rows nor large or
	// slow ones keep much in memory, where two chunks are at a time, and a slow upload's progress shows.
	chunkRows  = 2000
	chunkBytes = 2 << 20
	// pacedChunkRows is chunkRows where leads are planned at a pace: planning a chunk takes all that its members have planned
	// into account, so it is done less often.
	pacedChunkRows = 5000
	chunkAge       = 5 * time.Second
)

// A chunk is rows that are committed together.
type chunk struct {
	leads   []store.NewLead
	origins []rowOrigin // of the leads
	records []byte      // the leads' rows as they stand in the file, one after another
	rejects []store.ImportReject
	unkept  int // rejects that are counted only
	bytes   int
	since   time.Time
}

// A rowOrigin is where a lead stands in the file: its line, and its row in the chunk's records.
type rowOrigin struct {
	line       int64
	start, end int
}

// chunkRows is how many rows the import's chunks have at the most.
func (r *importRun) chunkRows() int {
	if r.imp.Pace != "" {
		return pacedChunkRows
	}
	return chunkRows
}

func (c *chunk) add(row Row, lead store.NewLead) {
	c.begin()
	start := len(c.records)
	c.records = append(c.records, row.Record...)
	c.leads = append(c.leads, lead)
	c.origins = append(c.origins, rowOrigin{row.Line, start, len(c.records)})
	c.bytes += 2 * len(row.Record) // as record and as lead
}

func (c *chunk) reject(r leadfile.Reject) {
	c.begin()
	c.rejects = append(c.rejects, store.ImportReject(r))
	c.bytes += len(r.Record)
}

// count counts a reject that is not kept.
func (c *chunk) count() {
	c.begin()
	c.unkept++
}

func (c *chunk) begin() {
	if c.rows() == 0 {
		c.since = time.Now()
	}
}

func (c *chunk) rows() int { return len(c.leads) + c.rejected() }

func (c *chunk) rejected() int { return len(c.rejects) + c.unkept }

func (c *chunk) full(rows int) bool {
	return c.rows() >= rows || c.bytes >= chunkBytes || time.Since(c.since) >= chunkAge
}

// reset empties the chunk and keeps its memory for the next one.
func (c *chunk) reset() {
	clear(c.leads)
	clear(c.rejects)
	*c = chunk{leads: c.leads[:0], origins: c.origins[:0], records: c.records[:0], rejects: c.rejects[:0]}
}

// halves splits a chunk's leads in two; the rejects go with the first half.
func (c *chunk) halves() (first, second chunk) {
	n := len(c.leads) / 2
	first = chunk{leads: c.leads[:n], origins: c.origins[:n], records: c.records, rejects: c.rejects, unkept: c.unkept}
	second = chunk{leads: c.leads[n:], origins: c.origins[n:], records: c.records}
	return first, second
}

// refused is a chunk of one lead, which the database refuses, with that as a reject.
func (c *chunk) refused() chunk {
	o := c.origins[0]
	reject := store.ImportReject{
		Line: o.line, Record: leadfile.RecordText(c.records[o.start:o.end]),
		Reason: "The database refuses this row; look for text that a lead should not have, mend it and send it again.",
	}
	return chunk{rejects: append(c.rejects[:len(c.rejects):len(c.rejects)], reject), unkept: c.unkept}
}
