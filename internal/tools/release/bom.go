package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeBOM writes the list of parts, in the form of CycloneDX. binary is the program that is made of them, if it is built.
func (r *release) writeBOM(path string, p platform, parts map[string]*part, binary string) error {
	self := r.component(parts[program])
	self.Type, self.Version, self.PackageURL = cdx.ComponentTypeApplication, r.version, "pkg:golang/"+program+"@v"+r.version
	self.Properties = &[]cdx.Property{{Name: "platform", Value: p.String()}, {Name: "commit", Value: r.commit}}
	if binary != "" {
		sum, err := sumOf(binary)
		if err != nil {
			return err
		}
		self.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum}}
	}
	list := cdx.NewBOM()
	list.SerialNumber = r.serial(p)
	list.Metadata = &cdx.Metadata{Timestamp: r.at.Format(time.RFC3339), Component: &self}
	components, dependencies := []cdx.Component{}, []cdx.Dependency{}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if one := parts[name]; name != program {
			components = append(components, r.component(one))
		}
		uses := slices.Sorted(maps.Keys(parts[name].uses))
		dependencies = append(dependencies, cdx.Dependency{Ref: name, Dependencies: &uses})
	}
	list.Components, list.Dependencies = &components, &dependencies
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	err = cdx.NewBOMEncoder(file, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(list, cdx.SpecVersion1_6)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing the list of parts: %w", err)
	}
	return nil
}

// component is a part as the list has it.
func (r *release) component(p *part) cdx.Component {
	c := cdx.Component{BOMRef: p.name, Type: cdx.ComponentTypeLibrary, Name: p.name, Version: p.version, PackageURL: "pkg:golang/" + p.name + "@" + p.version}
	licences := cdx.Licenses{}
	for _, id := range p.licences {
		licence := cdx.License{ID: id}
		if id == publicDomain {
			licence = cdx.License{Name: id}
		}
		licences = append(licences, cdx.LicenseChoice{License: &licence})
	}
	c.Licenses = &licences
	// A sum of go.sum is a SHA-256 in base64, over the names and sums of the part's files.
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.sum, "h1:")); err == nil && len(sum) == sha256.Size {
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: fmt.Sprintf("%x", sum)}}
	}
	return c
}

// serial is a UUID that belongs to this build alone, and is the same when it is built again.
func (r *release) serial(p platform) string {
	u := sha256.Sum256([]byte(r.version + " " + r.commit + " " + p.String()))
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80 // version 8, whose content is its maker's
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
