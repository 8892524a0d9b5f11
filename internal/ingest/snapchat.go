package ingest

import (
	"encoding/hex"

	"github.com/leadwheel/leadwheel/store"
)

// snapchat reads Snapchat's lead webhooks as others found them to be: flat JSON, signed with a time. Snapchat documents no
// such delivery, so it is behind a switch.
type snapchat struct{}

const (
	snapSignature = "Signature"
	snapTime      = "T"
)

// Headers implements Provider.
func (snapchat) Headers() []string { return []string{snapSignature, snapTime} }

// Verify implements Provider.
func (snapchat) Verify(s Secrets, r Request) error {
	if s.Secret == "" {
		return errNoSecret
	}
	if !same(r.Header.Get(snapSignature), hex.EncodeToString(hmacSHA256(s.Secret, []byte(r.Header.Get(snapTime)+"."), r.Body))) {
		return &UnsignedError{"the signature in " + snapSignature + " is missing or not made with the integration's secret"}
	}
	return nil
}

// Parse implements Provider.
func (snapchat) Parse(settings store.IntegrationSettings, r Request) (Parsed, error) {
	mapping := mappingOf(settings)
	if mapping["external_id"] == nil {
		mapping["external_id"] = []string{"lead_id"}
	}
	trees, err := jsonTrees(r.Body, mapping)
	if err != nil {
		return Parsed{}, err
	}
	var p Parsed
	for _, tree := range trees {
		l := mapped(tree, mapping)
		l.Attribution["platform"] = "snapchat"
		p.add(r, l)
	}
	return p, nil
}
