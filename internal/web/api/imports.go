package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
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
	ID            uuid.UUID  `json:"id" format:"uuid"`
	Status        string     `json:"status" enum:"running,completed,failed" doc:"What a failed import had imported stays; send the file again: rows already here are recognised."`
	Rows          int64      `json:"rows" doc:"Rows read so far: the sum of imported, duplicates and rejected."`
	Imported      int64      `json:"imported"`
	Duplicates    int64      `json:"duplicates" doc:"Rows whose external id, or else whose whole content, was imported before."`
	Rejected      int64      `json:"rejected" doc:"Rows to be had, with line and reason, from this import's rejects."`
	Warnings      []string   `json:"warnings"`
	Error         *string    `json:"error" doc:"Why the import failed."`
	GroupID       *uuid.UUID `json:"group_id" format:"uuid" nullable:"true" doc:"The group to which its leads are distributed."`
	SourceID      *uuid.UUID `json:"source_id" format:"uuid" nullable:"true" doc:"The source of rows that name none."`
	IntegrationID *uuid.UUID `json:"integration_id" format:"uuid" nullable:"true" doc:"The integration whose external ids its leads share."`
	Pace          *string    `json:"pace" enum:"slow,normal,fast" doc:"How its leads are spread over days."`
	CreatedAt     time.Time  `json:"created_at"`
	FinishedAt    *time.Time `json:"finished_at"`
}

func (i Import) itemID() uuid.UUID { return i.ID }

type importOutput struct{ Body Import }

type importInput struct {
	GroupID       string `query:"group_id" doc:"The distribution group to which the leads go."`
	SourceID      string `query:"source_id" doc:"The source of rows that name none."`
	IntegrationID string `query:"integration_id" doc:"The integration whose leads these are: a row and the delivery of the same lead are one lead, and a column id holds the platform's ids."`
	Pace          string `query:"pace" enum:"slow,normal,fast" doc:"Spreads the leads over days; needs a group."`
	Upload        Body
}

// importTypes are the content types of files as browsers and programs name them.
var importTypes = []string{
	csvType, "text/plain", "text/tab-separated-values", "application/csv", "application/octet-stream", "application/vnd.ms-excel",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip", "application/x-zip-compressed",
}

func (a *API) registerImports() {
	content := make(map[string]*huma.MediaType)
	for _, name := range importTypes {
		content[name] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	register(a, huma.Operation{
		OperationID: "post-import", Method: http.MethodPost, Path: "/v1/imports", Summary: "Import leads from a file",
		Description: "CSV in any usual encoding and with any usual delimiter, XLSX (its first sheet), or a zip archive of these; what it is " +
			"shows by its first bytes. It has a header line with a name, email or phone, as the exports of ad platforms have; a column " +
			"`source` holds a source's name. CSV may be of any length, the others up to 1 GiB. The answer comes when all of it is " +
			"stored; see status, which is failed for a file that cannot be read. Sent again, a file adds nothing twice.",
		DefaultStatus: http.StatusAccepted,
		Metadata:      map[string]any{streamed: true},
		RequestBody:   &huma.RequestBody{Required: true, Description: "The file.", Content: content},
		Errors:        []int{http.StatusConflict, http.StatusUnsupportedMediaType},
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
	group, groupWarning, err := a.importGroup(ctx, c, in.GroupID)
	if err != nil {
		return imp, nil, err
	}
	pace, err := importPace(c, in.Pace, group)
	if err != nil {
		return imp, nil, err
	}
	source, sourceWarning, err := a.importSource(ctx, c, in.SourceID)
	if err != nil {
		return imp, nil, err
	}
	integration, err := a.importIntegration(ctx, c, in.IntegrationID)
	if err != nil {
		return imp, nil, err
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
			if imp, err = tx.Import(ctx, c.Workspace, c.ID, first.ID); err != nil || imp.Status != store.ImportFailed {
				return err
			}
		}
		first = nil
		c.void(false)
		if imp, err = tx.CreateImport(ctx, c.Workspace, store.NewImport{APIKeyID: c.ID, GroupID: group, SourceID: source, IntegrationID: integration, Pace: pace}); err != nil {
			return err
		}
		out, err := post(http.StatusAccepted, importBody(imp))
		if err != nil {
			return err
		}
		c.concerns(nil, imp.ID)
		return c.keep(ctx, tx, out.Status, out.Body.data, false)
	})
	for _, warning := range []string{groupWarning, sourceWarning} {
		if first == nil && warning != "" {
			imp.Warnings = append(imp.Warnings, warning)
		}
	}
	return imp, first, err
}

// ownImports is the key whose imports the caller may see, nil for everyone's.
func (c *call) ownImports() uuid.UUID {
	if c.Role == lead.RoleAdmin {
		return uuid.Nil
	}
	return c.ID
}

func (a *API) ownImport(ctx context.Context, c *call, in *itemInput) (store.Import, error) {
	id, err := in.id()
	if err != nil {
		return store.Import{}, err
	}
	return a.Store.Import(ctx, c.Workspace, c.ownImports(), id)
}

func importBody(i store.Import) Import {
	warnings := i.Warnings
	if warnings == nil {
		warnings = []string{}
	}
	return Import{
		ID: i.ID, Status: string(i.Status), Rows: i.Rows, Imported: i.Imported, Duplicates: i.Duplicates, Rejected: i.Rejected,
		Warnings: warnings, Error: textOrNull(i.Error), GroupID: i.GroupID, SourceID: i.SourceID, IntegrationID: i.IntegrationID,
		Pace: textOrNull(string(i.Pace)), CreatedAt: i.CreatedAt, FinishedAt: i.FinishedAt,
	}
}
