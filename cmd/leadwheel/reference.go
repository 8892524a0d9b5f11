package main

import "net/url"

// referenceFlags say what another system calls a thing, and what it keeps with it.
type referenceFlags struct {
	ExternalID *string  `name:"external-id" placeholder:"ID" help:"What another system calls it. Empty: nothing."`
	Metadata   []string `sep:"none" placeholder:"NAME=TEXT" help:"A text that another system keeps with it, as often as needed. An empty one takes the name away."`
}

// into puts them into a request, where they were given.
func (f referenceFlags) into(v values) error {
	v.text("external_id", f.ExternalID)
	given, err := pairs("metadata", f.Metadata)
	if err != nil || len(given) == 0 {
		return err
	}
	metadata := make(values)
	for name, text := range given {
		metadata.text(name, &text)
	}
	v["metadata"] = metadata
	return nil
}

// byExternalID narrows a list to what another system calls so.
type byExternalID struct {
	ExternalID string `name:"external-id" placeholder:"ID" help:"Only the one that another system calls so."`
}

// query is the list's, with that in it.
func (f byExternalID) query() url.Values {
	query := make(url.Values)
	if f.ExternalID != "" {
		query.Set("external_id", f.ExternalID)
	}
	return query
}
