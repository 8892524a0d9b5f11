package ingest

import "github.com/leadwheel/leadwheel/store"

// erasedRow is why the row of somebody who was erased while the file came in is left out.
const erasedRow = "The person's data was erased while the file was being imported, at their request."

// without gives the chunk with the rows of people who were erased meanwhile as rejects that say nothing of them. The
// chunk itself stays as it is.
func (c chunk) without(erased store.Erased) chunk {
	if erased.None() {
		return c
	}
	kept := chunk{records: c.records, unkept: c.unkept}
	for i, l := range c.leads {
		if erased.Has(l.Email, l.Phone) {
			kept.rejects = append(kept.rejects, store.ImportReject{Line: c.origins[i].line, Reason: erasedRow})
			continue
		}
		kept.leads, kept.origins = append(kept.leads, l), append(kept.origins, c.origins[i])
	}
	for _, r := range c.rejects {
		if erased.In(r.Record) {
			r.Record, r.Reason = "", erasedRow
		}
		kept.rejects = append(kept.rejects, r)
	}
	return kept
}
