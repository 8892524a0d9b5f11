package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// An Importer stores the leads of a file.
type Importer interface {
	// Run reads the file into a new import and returns that as it ended; an error is trouble on our side.
	Run(ctx context.Context, workspace uuid.UUID, imp store.Import, file io.Reader) (store.Import, error)
}

// Import is a file of leads that was sent, and what became of its rows.
type Import struct {
	ID            uuid.UUID          `json:"id" format:"uuid"`
	Status        store.ImportStatus `json:"status" doc:"An import waits while as many others of the workspace run as may. What a failed or cancelled one had imported stays; send the file again: rows already here are recognised."`
	FileName      *string            `json:"file_name" doc:"What the file was called where it came from; null where its sender did not say."`
	Rows          int64              `json:"rows" doc:"Rows read so far: the sum of imported, duplicates and rejected."`
	Imported      int64              `json:"imported"`
	Duplicates    int64              `json:"duplicates" doc:"Rows whose external id, or else whose whole content, was imported before."`
	Rejected      int64              `json:"rejected" doc:"Rows to be had, with line and reason, from this import's rejects."`
	Columns       []Column           `json:"columns" doc:"What the columns of the file became, in their order; of an archive those of all of its files."`
	Mapping       Mapping            `json:"mapping" doc:"Which columns its sender said to be the name, the email, the phone and the external id."`
	Warnings      []string           `json:"warnings"`
	Error         *string            `json:"error" doc:"Why the import failed."`
	GroupID       *uuid.UUID         `json:"group_id" format:"uuid" nullable:"true" doc:"The group to which its leads are distributed."`
	Route         bool               `json:"route" doc:"Whether the rules say to which group each of its leads goes."`
	SourceID      *uuid.UUID         `json:"source_id" format:"uuid" nullable:"true" doc:"The source of rows that name none."`
	IntegrationID *uuid.UUID         `json:"integration_id" format:"uuid" nullable:"true" doc:"The integration whose external ids its leads share."`
	Pace          *lead.Pace         `json:"pace" nullable:"true" doc:"How its leads are spread over days."`
	CreatedAt     time.Time          `json:"created_at"`
	FinishedAt    *time.Time         `json:"finished_at"`
	Undoable
}

// Column is a column of an import's file.
type Column struct {
	Heading string `json:"heading"`
	Becomes string `json:"becomes" doc:"name, first name, middle name, last name, second last name, email, phone, external_id, source, attribution. and what of it; or field, under its heading." example:"phone"`
	By      string `json:"by,omitempty" enum:"mapping,content" doc:"How that is known where its heading does not tell."`
}

func (i Import) itemID() uuid.UUID { return i.ID }

type importOutput struct{ Body Import }

type importInput struct {
	GroupID       string    `query:"group_id" doc:"The distribution group to which the leads go."`
	Route         bool      `query:"route" doc:"The rules say to which group each lead goes; instead of group_id."`
	SourceID      string    `query:"source_id" doc:"The source of rows that name none."`
	IntegrationID string    `query:"integration_id" doc:"The integration whose leads these are: a row and the delivery of the same lead are one lead, and a column id holds the platform's ids. For admins, and for keys that are bound to this integration."`
	Pace          lead.Pace `query:"pace" doc:"Spreads the leads over days; needs a group, or the rules."`
	Mapping       string    `query:"mapping" maxLength:"20000" doc:"Which columns hold what, as JSON: an object of name, email, phone and external_id, each a heading or a list of headings whose texts are joined. Case does not matter. Without it the headings tell, or else what is in the columns." example:"{\"name\":[\"First\",\"Last\"],\"phone\":\"Contact No.\"}"`
	FileName      string    `query:"file_name" maxLength:"200" doc:"What the file is called, to be found again by."`
	Upload        Body
}

// importTypes are the content types of files as browsers and programs name them.
var importTypes = []string{
	csvType, "text/plain", "text/tab-separated-values", "application/csv", "application/octet-stream", "application/vnd.ms-excel",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip", "application/x-zip-compressed",
}

// importFile is a body that is a file of leads.
func importFile() *huma.RequestBody {
	content := make(map[string]*huma.MediaType)
	for _, name := range importTypes {
		content[name] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return &huma.RequestBody{Required: true, Description: "The file.", Content: content}
}

func (a *API) registerImports() {
	register(a, huma.Operation{
		OperationID: "post-import", Method: http.MethodPost, Path: "/v1/imports", Summary: "Import leads from a file",
		Description: "CSV in any usual encoding and with any usual delimiter, XLSX (its first sheet), or a zip archive of these; what it is " +
			"shows by its first bytes. It has a header line that names a name, an email or a phone, in any usual language, " +
			"as the exports of ad platforms do; where none does, what is in the columns tells, or a mapping. A column `source` holds a " +
			"source's name. CSV may be of any length, the others up to 1 GiB. The answer comes when all of it is " +
			"stored; see status, which is failed for a file that cannot be read or is larger than one import may be. A few imports of " +
			"a workspace run at once; others wait for their turn, those first whose key has the fewest under way, and are 429 where too " +
			"many wait already, of the workspace or of the key. Whoever leaves while the import waits, or before all " +
			"of the file came, ends it; once all of it came and it runs, it goes on. Sent again, a file adds nothing twice.",
		DefaultStatus: http.StatusAccepted,
		Metadata:      map[string]any{streamed: true},
		RequestBody:   importFile(),
		Errors:        []int{http.StatusConflict, http.StatusUnsupportedMediaType, http.StatusTooManyRequests},
	}, a.postImport)
	registerList(a, huma.Operation{
		OperationID: "list-imports", Path: "/v1/imports", Summary: "List imports",
	}, nil, func(ctx context.Context, c *call, _ *Paging, p store.Page) ([]Import, error) {
		all, err := a.Store.Imports(ctx, c.Workspace, c.ownImports(), p)
		return each(all, importBody), err
	})
	register(a, huma.Operation{
		OperationID: "get-import", Method: http.MethodGet, Path: "/v1/imports/{id}", Summary: "Read an import's progress",
	}, func(ctx context.Context, c *call, in *itemInput) (*importOutput, error) {
		imp, err := a.ownImport(ctx, c, in)
		return &importOutput{importBody(imp)}, err
	})
	a.registerImportRejects()
	a.registerImportPreview()
	a.registerImportCancel()
	a.registerUndo("undo-import", "/v1/imports/{id}/undo", "Undo an import", store.RunImport,
		"One that is still read is cancelled first. Its leads are deleted that nobody else has, or has done anything with. ")
}

func (a *API) postImport(ctx context.Context, c *call, in *importInput) (*importOutput, error) {
	imp, first, err := a.startImport(ctx, c, in)
	if err == nil && first != nil {
		err = first.isOf(in.Upload.Request.Body)
	}
	if err != nil || first != nil {
		return &importOutput{importBody(imp)}, err
	}
	file := newHashedFile(in.Upload.Request.Body)
	imp, err = a.Importer.Run(ctx, c.Workspace, imp, file)
	if !file.read {
		in.Upload.Response.Header().Set("Connection", "close") // else the server waits for the rest before it answers
	}
	if errors.Is(err, store.ErrImportEnded) {
		err = problem.New(http.StatusConflict, store.ErrImportEnded.Error())
	}
	if err == nil {
		err = a.keepFile(ctx, c, imp, file)
	}
	return &importOutput{importBody(imp)}, err
}

// startImport creates an import, or finds the one of a request that comes again, and what is kept of that. Where first is
// nil, the file is to be read.
//
// The importer knows rows that it has seen, so an idempotency key need not keep an effect from happening twice: it only
// leads to the same import. One that failed is sent again for good reason and begins anew.
func (a *API) startImport(ctx context.Context, c *call, in *importInput) (imp store.Import, first *keptImport, err error) {
	wanted, warnings, refusal := a.newImport(ctx, c, in)
	if refusal != nil && c.idempotencyKey == "" {
		return imp, nil, refusal
	}
	err = a.Store.WithTx(ctx, func(tx *store.Tx) error {
		first = nil // the transaction may run again
		kept, err := c.claim(ctx, tx)
		if err != nil {
			return err
		}
		if kept != nil {
			if err := json.Unmarshal(kept.Answer, &first); err != nil {
				return err
			}
			if imp, err = tx.Import(ctx, c.Workspace, c.FirstID, first.ID); err != nil || imp.Status != store.ImportFailed {
				return err
			}
		}
		if refusal != nil { // and the file did not come before
			return refusal
		}
		first = nil
		c.void(false)
		c.replayed = false // one that failed begins anew
		if imp, err = tx.QueueImport(ctx, c.Workspace, wanted, a.ImportQueue); err != nil {
			return tooManyImports(err)
		}
		out, err := post(http.StatusAccepted, importBody(imp))
		if err != nil {
			return err
		}
		c.concerns(nil, imp.ID)
		return c.keep(ctx, tx, out.Status, out.Body.data, false)
	})
	if first == nil {
		imp.Warnings = append(imp.Warnings, warnings...)
	}
	return imp, first, err
}

// newImport checks what an import's query asks for. The warnings say what of it cannot be followed and is not refused.
func (a *API) newImport(ctx context.Context, c *call, in *importInput) (n store.NewImport, warnings []string, err error) {
	n.APIKeyID, n.FileName = c.ID, strings.TrimSpace(in.FileName)
	var groupWarning, sourceWarning string
	if n.Route = in.Route; n.Route {
		err = importRoute(c, in.GroupID)
	} else {
		n.GroupID, groupWarning, err = a.importGroup(ctx, c, in.GroupID)
	}
	if err != nil {
		return n, nil, err
	}
	if n.Pace, err = a.importPace(ctx, c, in.Pace, n.Route, n.GroupID); err != nil {
		return n, nil, err
	}
	if n.SourceID, sourceWarning, err = a.importSource(ctx, c, in.SourceID); err != nil {
		return n, nil, err
	}
	if n.IntegrationID, err = a.importIntegration(ctx, c, in.IntegrationID); err != nil {
		return n, nil, err
	}
	if n.Mapping, err = importMapping(in.Mapping); err != nil {
		return n, nil, err
	}
	for _, warning := range []string{groupWarning, sourceWarning} {
		if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	return n, warnings, nil
}

// ownImports is the key whose imports the caller may see, nil for everyone's.
func (c *call) ownImports() uuid.UUID {
	if c.Role != lead.RoleIntegration {
		return uuid.Nil
	}
	return c.FirstID
}

func (a *API) ownImport(ctx context.Context, c *call, in *itemInput) (store.Import, error) {
	return a.Store.Import(ctx, c.Workspace, c.ownImports(), in.ID)
}

func importBody(i store.Import) Import {
	warnings := i.Warnings
	if warnings == nil {
		warnings = []string{}
	}
	return Import{
		ID: i.ID, Status: i.Status, FileName: textOrNull(i.FileName), Rows: i.Rows, Imported: i.Imported, Duplicates: i.Duplicates, Rejected: i.Rejected,
		Columns: each(i.Columns, func(c store.ImportColumn) Column { return Column(c) }), Mapping: mappingBody(i.Mapping),
		Warnings: warnings, Error: textOrNull(i.Error), GroupID: i.GroupID, Route: i.Route, SourceID: i.SourceID, IntegrationID: i.IntegrationID,
		Pace: textOrNull(i.Pace), CreatedAt: i.CreatedAt, FinishedAt: i.FinishedAt, Undoable: undoableBody(i.UndoUntil(), i.UndoneAt),
	}
}
