package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// importGroup is the group to which an import's leads go: the one it names, or its key's; nil where there is none. A
// default that cannot be followed is a warning.
func (a *API) importGroup(ctx context.Context, c *call, named string) (group *uuid.UUID, warning string, err error) {
	switch {
	case named == "" && c.GroupID != nil && !c.LeadsDistribution:
		return nil, "The leads are not distributed: " + lead.FeatureDisabled.Text() + ".", nil
	case named == "":
		return c.GroupID, "", nil
	}
	const location = "query.group_id"
	id, err := uuid.Parse(named)
	switch {
	case err != nil || id == uuid.Nil:
		return nil, "", badQuery(location, "there is no such group in this workspace")
	case c.GroupID != nil && id != *c.GroupID:
		return nil, "", problem.New(http.StatusForbidden, "this API key is bound to a distribution group; leave group_id out",
			problem.Field{Location: location, Message: "this is not the key's group"})
	case !c.LeadsDistribution:
		return nil, "", lead.FeatureDisabled
	}
	var field *store.FieldError
	if err := a.Store.CheckDistribution(ctx, c.Workspace, store.Distribution{GroupID: id}); errors.As(err, &field) {
		return nil, "", badQuery(location, field.Message)
	} else if err != nil {
		return nil, "", err
	}
	return &id, "", nil
}

// importRoute checks that an import's leads may go by the rules.
func importRoute(c *call, group string) error {
	const location = "query.route"
	switch {
	case group != "":
		return badQuery(location, "give either route or group_id")
	case c.GroupID != nil:
		return problem.New(http.StatusForbidden, "this API key is bound to a distribution group; leave route out",
			problem.Field{Location: location, Message: "this is not the key's group"})
	case !c.LeadsDistribution:
		return lead.FeatureDisabled
	}
	return nil
}

// importPace is how an import's leads are spread over days, empty where they go out at once.
func (a *API) importPace(ctx context.Context, c *call, named lead.Pace, route bool, group *uuid.UUID) (lead.Pace, error) {
	switch {
	case named != "" && !c.ScheduledDistribution:
		return "", lead.FeatureDisabled
	case named != "" && !route && group == nil:
		return "", badQuery("query.pace", "a pace needs a group to which the leads go; give group_id, or route")
	case named == "" || route:
		return named, nil
	}
	var field *store.FieldError
	err := a.Store.CheckDistribution(ctx, c.Workspace, store.Distribution{GroupID: *group, Pace: named})
	if errors.As(err, &field) {
		err = badQuery("query.pace", field.Message)
	}
	return named, err
}

// importSource is the source of rows that name none: the one the import names, or its key's; nil where there is none.
// An integration's import that names one not offered goes on without, with a warning.
func (a *API) importSource(ctx context.Context, c *call, named string) (source *uuid.UUID, warning string, err error) {
	const location = "query.source_id"
	source = c.SourceID
	if named != "" {
		id, err := uuid.Parse(named)
		switch {
		case c.SourceID != nil && (err != nil || id != *c.SourceID):
			return nil, "", problem.New(http.StatusForbidden, "this API key is bound to a source; leave source_id out",
				problem.Field{Location: location, Message: "this is not the key's source"})
		case err != nil:
			return nil, "", badQuery(location, "this is not the id of a source")
		}
		source = &id
	}
	if source == nil {
		return nil, "", nil
	}
	offered, err := a.Store.OfferedForLeads(ctx, c.Workspace, []uuid.UUID{*source})
	actual, is := offered[*source]
	switch {
	case err != nil || is:
		return &actual, "", err
	case c.Role != lead.RoleIntegration:
		return nil, "", notEligible(location)
	}
	return nil, "The leads have no source: " + lead.SourceNotEligible.Text() + ".", nil
}

// importIntegration is the integration whose external ids an import's leads share, nil where it names none. Whoever has an external
// id decides which leads are taken for known, so a program shares only those of the integration to which its key is bound.
func (a *API) importIntegration(ctx context.Context, c *call, named string) (*uuid.UUID, error) {
	if named == "" {
		return nil, nil
	}
	const location, unknown = "query.integration_id", "there is no such integration in this workspace"
	id, err := uuid.Parse(named)
	if c.Role == lead.RoleIntegration && (err != nil || c.IntegrationID == nil || *c.IntegrationID != id) {
		return nil, problem.New(http.StatusForbidden, "this API key is not bound to this integration; leave integration_id out, or use a key that is",
			problem.Field{Location: location, Message: "this is not the key's integration"})
	}
	if err != nil {
		return nil, badQuery(location, unknown)
	}
	if _, err = a.Store.Integration(ctx, c.Workspace, id); errors.Is(err, store.ErrNotFound) {
		err = badQuery(location, unknown)
	}
	return &id, err
}

func badQuery(location, message string) error {
	return problem.New(http.StatusUnprocessableEntity, message, problem.Field{Location: location, Message: message})
}
