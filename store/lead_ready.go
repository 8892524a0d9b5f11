package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// Ready is a lead with what it is found by and matched with worked out, and without what other programs put around its texts. AddLeads
// does that for leads for which it was not done; whoever brings in many does it before, so that no transaction waits for it.
func (w Workspace) Ready(l NewLead) NewLead {
	if l.keys == nil {
		l.clean()
	}
	keys := keysOf(w.ID, w.Region, l.Name, l.Email, l.Phone)
	l.keys = &keys
	return l
}

// allReady are leads that are ready. What was so by another region is worked out anew.
func (w Workspace) allReady(leads []NewLead) []NewLead {
	leads = slices.Clone(leads)
	for i, l := range leads {
		if l.keys == nil || l.keys.workspace != w.ID || l.keys.region != w.Region {
			leads[i] = w.Ready(l)
		}
	}
	return leads
}

// clean takes from a lead what other programs put around its texts, and its external id if that is none.
func (l *NewLead) clean() {
	l.Name, l.Email, l.Phone = contact.Unguard(l.Name), contact.Unguard(l.Email), contact.Number(l.Phone)
	id := contact.ID(l.ExternalID)
	if id == "" && l.ExternalID != "" && strings.HasPrefix(l.Origin, queueOrigin) {
		id = contentID(*l)
	}
	l.ExternalID = id
}

// queueOrigin begins the origins of leads that come through the queue. It may bring them twice, so that they are never
// without an id: where theirs is none, their content is it.
const queueOrigin = "queue:"

func contentID(l NewLead) string {
	sum := sha256.New()
	for _, text := range []string{l.ExternalID, l.Name, l.Email, l.Phone, string(l.Fields)} {
		fmt.Fprintf(sum, "%d %s", len(text), text)
	}
	return "content:" + hex.EncodeToString(sum.Sum(nil)[:16])
}
