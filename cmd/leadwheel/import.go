package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/ingest"
)

// importsCmd is `leadwheel import`.
type importsCmd struct {
	File   importCmd       `cmd:"" default:"withargs" help:"Import leads from a CSV or XLSX file, or a zip archive of such. The word itself may be left out."`
	List   importListCmd   `cmd:"" help:"List imports and how far they are."`
	Cancel importCancelCmd `cmd:"" help:"Cancel an import that runs or waits."`
	Undo   importUndoCmd   `cmd:"" help:"Undo an import: what it distributed, and its leads."`
}

// Help gives examples.
func (importsCmd) Help() string {
	return `leadwheel import FILE imports a file; leadwheel import file --help lists its flags.

Examples:

  leadwheel import leads.csv --group Sales --source Expo

  leadwheel import leads.xlsx --dry-run

  leadwheel import cancel 019ac5a1-6e7c-7f0a-8a35-3f0f2a8a5d11`
}

// importCmd is `leadwheel import FILE`.
type importCmd struct {
	File        string   `arg:"" type:"existingfile" help:"CSV or XLSX file with a header line, or a zip archive of such; - for standard input."`
	Group       string   `xor:"to" help:"Distribution group that the leads go to, by id or exact name. Without one they are stored only, or go where the API key says."`
	Route       bool     `xor:"to" help:"Let the workspace's rules say to which group each lead goes, instead of --group."`
	Source      string   `help:"Source of leads that name none themselves, by id or exact name."`
	Integration string   `help:"Integration whose leads these are, by id or exact name: a row and the delivery of the same lead are one lead."`
	Pace        string   `enum:",${paces}" default:"" placeholder:"PACE" help:"Spread the leads over days: slow (4-6 a day for each member), normal (5-7) or fast (8-12). Without it they go out at once."`
	Map         []string `placeholder:"TARGET=HEADING" sep:"none" help:"Which column holds the name, email, phone or external_id, as in --map phone=\"Contact No.\", or the other way round. Several of one target are joined. Without it the headings tell, or what is in the columns."`
	DryRun      bool     `help:"Read the file and report what an import would find in it; send nothing."`
	Rejects     string   `placeholder:"FILE" help:"Where to write rejected rows, with line and reason. Default: the file's name with .rejects.csv."`

	client.Flags
	jsonFlag
}

// Help gives examples.
func (importCmd) Help() string {
	return `Sends the file to a Leadwheel server, row by row as it is read. A file may be sent again, whole or where it broke
off: rows that are there already are recognised and add nothing.

Examples:
  leadwheel import leads.csv --group Sales --source Expo
  leadwheel import old-leads.csv --group Sales --pace slow
  leadwheel import leads.xlsx --dry-run
  leadwheel import leads.csv --map name="Given" --map name="Family" --map phone="Reach at"
  leadwheel import leads.zip --group Sales
  zstdcat leads.csv.zst | leadwheel import - --group Sales`
}

// Run sends the file, or only reads it.
func (c *importCmd) Run(ctx context.Context, s streams) error {
	mapping, err := parseMap(c.Map)
	if err != nil {
		return err
	}
	file, size, err := c.open(s)
	if err != nil {
		return err
	}
	defer file.Close()
	p := newProgress(file, size, s.err, s.terminal)
	defer p.finish()
	if c.DryRun {
		return c.dryRun(ctx, p, mapping, s)
	}
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	group, err := find(ctx, api, "distribution group", "/v1/groups", c.Group)
	if err != nil {
		return err
	}
	source, err := find(ctx, api, "source", "/v1/sources", c.Source)
	if err != nil {
		return err
	}
	integration, err := find(ctx, api, "integration", "/v1/integrations", c.Integration)
	if err != nil {
		return err
	}
	settings := client.NewImport{Group: group, Route: c.Route, Source: source, Integration: integration, Pace: c.Pace, Mapping: mapping, FileName: c.fileName()}
	p.watch(ctx, api, settings)
	imp, err := api.Import(ctx, p, size, settings)
	p.finish()
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("importing %s: %w; what the server has of it still comes in, unless `leadwheel import cancel` ends it", c.File, err)
	case err != nil:
		return fmt.Errorf("importing %s: %w", c.File, err)
	}
	return c.report(ctx, api, imp, s)
}

// parseMap reads TARGET=HEADING pairs, several of one target as those that are joined. HEADING=TARGET is one too where it can
// be nothing else.
func parseMap(pairs []string) (ingest.Mapping, error) {
	m := make(ingest.Mapping)
	for _, pair := range pairs {
		target, heading, found := strings.Cut(pair, "=")
		if !found {
			return nil, usageError{fmt.Errorf("--map %s names no heading; write it as in --map phone=\"Contact No.\"", pair)}
		}
		if at := strings.LastIndex(pair, "="); !slices.Contains(ingest.MappingTargets, target) && slices.Contains(ingest.MappingTargets, pair[at+1:]) {
			target, heading = pair[at+1:], pair[:at]
		}
		m[target] = append(m[target], heading)
	}
	if err := m.Check(); err != nil {
		return nil, usageError{fmt.Errorf("--map: %w", err)}
	}
	return m, nil
}

// open returns the file and its size, -1 where that is not known.
func (c *importCmd) open(s streams) (io.ReadCloser, int64, error) {
	if c.File == "-" {
		return io.NopCloser(s.in), -1, nil
	}
	file, err := os.Open(c.File)
	if err != nil {
		return nil, 0, fmt.Errorf("opening the file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("opening the file: %w", err), file.Close())
	}
	if !info.Mode().IsRegular() { // a pipe's size says nothing
		return file, -1, nil
	}
	return file, info.Size(), nil
}

func find(ctx context.Context, api *client.Client, kind, path, idOrName string) (uuid.UUID, error) {
	if idOrName == "" {
		return uuid.Nil, nil
	}
	return api.Find(ctx, kind, path, idOrName)
}

// report prints how the import ended and fetches its rejects. It returns an error for one that failed.
func (c *importCmd) report(ctx context.Context, api *client.Client, imp client.Import, s streams) error {
	result := struct {
		client.Import
		RejectsFile string `json:"rejects_file,omitempty"`
	}{Import: imp}
	if imp.Rejected > 0 {
		result.RejectsFile = c.rejectsFile()
		if err := fetchRejects(ctx, api, imp.ID, result.RejectsFile); err != nil {
			return err
		}
	}
	if c.JSON {
		if err := printJSON(s.out, result); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(s.out, "%d rows: %d imported, %d here already, %d rejected\n", imp.Rows, imp.Imported, imp.Duplicates, imp.Rejected)
		if kept := keptAsFields(imp.Columns); kept != "" {
			fmt.Fprintln(s.out, "kept as custom fields:", kept)
		}
		for _, w := range imp.Warnings {
			fmt.Fprintln(s.out, "warning:", w)
		}
		if result.RejectsFile != "" {
			fmt.Fprintln(s.out, "the rejected rows, each with its line and the reason, are in", result.RejectsFile)
		}
	}
	switch {
	case imp.Error != nil:
		return fmt.Errorf("importing %s: %s", c.File, *imp.Error)
	case imp.Status == "cancelled":
		return fmt.Errorf("importing %s: it was cancelled; what had come in by then stays", c.File)
	}
	return nil
}

// keptAsFields names the columns that are none of the lead's own, empty where there are none.
func keptAsFields(columns []client.Column) string {
	var kept []string
	for _, column := range columns {
		if column.Becomes == "field" {
			kept = append(kept, strconv.Quote(column.Heading))
		}
	}
	return strings.Join(kept, ", ")
}

// fileName is what the file is called, empty for standard input.
func (c *importCmd) fileName() string {
	if c.File == "-" {
		return ""
	}
	name := []rune(filepath.Base(c.File))
	return string(name[:min(len(name), 200)])
}

func (c *importCmd) rejectsFile() string {
	switch {
	case c.Rejects != "":
		return c.Rejects
	case c.File == "-":
		return "import.rejects.csv"
	default:
		return c.File + ".rejects.csv"
	}
}

// fetchRejects writes rejects to a file that only its owner may read: they are people's data.
func fetchRejects(ctx context.Context, api *client.Client, id uuid.UUID, name string) (err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing the rejected rows: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := api.ImportRejects(ctx, id, file); err != nil {
		return fmt.Errorf("fetching the rejected rows of import %s: %w", id, err)
	}
	return nil
}
