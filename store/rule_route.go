package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
)

// route decides new leads that go by the rules, and has them go where the rules say: to a group, or deliberately to nobody. Those
// that no rule takes stay as they are. Tests go to nobody, and tell where they would have gone.
func (t *Tx) route(ctx context.Context, w Workspace, leads []NewLead) error {
	var asked []int
	for i, l := range leads {
		if l.Distribute.Route {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	r, err := t.router(ctx, w)
	if err != nil {
		return err
	}
	of := make([]route.Lead, len(asked))
	for n, i := range asked {
		l := leads[i]
		of[n] = route.Lead{
			Channel: l.Channel, Email: l.Email, Fields: l.Fields, Attribution: l.Attribution, Test: l.Test, Received: t.now(),
			SourceID: idText(l.SourceID), IntegrationID: idText(l.IntegrationID),
		}
		if r.list.Uses("phone_country") {
			of[n].PhoneE164 = l.keys.e164
		}
	}
	verdicts, err := r.decide(ctx, t.Queries, of)
	if err != nil {
		return err
	}
	for n, i := range asked {
		l := &leads[i]
		l.verdict = &verdicts[n]
		switch {
		case l.Test || l.verdict.Decided() && l.verdict.GroupID == uuid.Nil:
			l.Distribute = Distribution{}
		case l.verdict.Decided():
			l.Distribute.Route, l.Distribute.GroupID = false, l.verdict.GroupID
		}
	}
	return nil
}

// A router is a workspace's rules as they are now, and what they need to be asked.
type router struct {
	list *route.List
	live map[uuid.UUID]bool // groups
	zone *time.Location
	w    Workspace
}

func (q Queries) router(ctx context.Context, w Workspace) (*router, error) {
	r := &router{w: w, live: make(map[uuid.UUID]bool)}
	var err error
	if r.zone, err = loadZone(w.Timezone); err != nil {
		return nil, fmt.Errorf("reading the workspace's time zone: %w", err)
	}
	var now []struct {
		Version int `db:"version"`
		Live    IDs `db:"live"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &now, `
		SELECT version, ARRAY(SELECT g.group_id FROM groups g
			WHERE g.workspace_id = $1 AND g.group_id = ANY(r.groups) AND g.deleted_at IS NULL) AS live
		FROM rules r WHERE workspace_id = $1 ORDER BY version DESC LIMIT 1`, w.ID); err != nil {
		return nil, fmt.Errorf("reading the rules: %w", translate(err))
	}
	if len(now) == 0 {
		r.list, _ = route.Compile(0, nil)
		return r, nil
	}
	for _, id := range now[0].Live {
		r.live[id] = true
	}
	r.list, err = q.compiledRules(ctx, w.ID, now[0].Version)
	return r, err
}

// decide asks the rules about leads, in their order.
func (r *router) decide(ctx context.Context, q Queries, leads []route.Lead) ([]route.Verdict, error) {
	for of, at := range map[string]func(*route.Lead) (string, *string){
		"source":      func(l *route.Lead) (string, *string) { return l.SourceID, &l.Source },
		"integration": func(l *route.Lead) (string, *string) { return l.IntegrationID, &l.Integration },
	} {
		if !r.list.Uses(of) {
			continue
		}
		names, err := q.namesOf(ctx, r.w.ID, of, leads, at)
		if err != nil {
			return nil, err
		}
		for i := range leads {
			id, name := at(&leads[i])
			*name = names[id]
		}
	}
	verdicts := make([]route.Verdict, len(leads))
	for i, l := range leads {
		verdicts[i] = r.ask(l)
	}
	return verdicts, nil
}

// ask asks the rules about a lead whose names are known.
func (r *router) ask(l route.Lead) route.Verdict {
	l.Received = l.Received.In(r.zone)
	return r.list.Decide(l, func(group uuid.UUID) bool { return !r.live[group] })
}

// namesOf are the names of the sources or integrations of leads, by their ids.
func (q Queries) namesOf(ctx context.Context, workspace uuid.UUID, of string, leads []route.Lead, at func(*route.Lead) (string, *string)) (map[string]string, error) {
	names := make(map[string]string)
	for i := range leads {
		if id, _ := at(&leads[i]); id != "" {
			names[id] = ""
		}
	}
	if len(names) == 0 {
		return names, nil
	}
	ids := make([]uuid.UUID, 0, len(names))
	for text := range names {
		ids = append(ids, uuid.MustParse(text))
	}
	var rows []struct {
		ID   uuid.UUID `db:"id"`
		Name string    `db:"name"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT `+of+`_id AS id, name FROM `+of+`s WHERE workspace_id = $1 AND `+of+`_id = ANY($2::uuid[])`, workspace, uuids(ids)); err != nil {
		return nil, fmt.Errorf("reading the names of %ss: %w", of, translate(err))
	}
	for _, r := range rows {
		names[r.ID.String()] = r.Name
	}
	return names, nil
}

// maxCompiled bounds the workspaces whose rules are kept compiled.
const maxCompiled = 1000

// compiledLists are rules that were compiled, at the version that a workspace's leads were decided by last.
type compiledLists struct {
	mu  sync.Mutex
	all map[uuid.UUID]*route.List
}

// compiledRules are rules at a version. They are compiled once.
func (q Queries) compiledRules(ctx context.Context, workspace uuid.UUID, version int) (*route.List, error) {
	c := q.compiled
	c.mu.Lock()
	list := c.all[workspace]
	c.mu.Unlock()
	if list != nil && list.Version == version {
		return list, nil
	}
	saved, err := q.RulesOf(ctx, workspace, version)
	if err != nil {
		return nil, err
	}
	list = route.Kept(version, saved.Rules)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil || len(c.all) >= maxCompiled {
		c.all = make(map[uuid.UUID]*route.List)
	}
	c.all[workspace] = list
	return list, nil
}

// reroute decides leads anew that are here already, notes it on them, and returns what each rule list said, by lead.
func (t *Tx) reroute(ctx context.Context, w Workspace, ids []uuid.UUID) (map[uuid.UUID]route.Verdict, error) {
	verdicts := make(map[uuid.UUID]route.Verdict, len(ids))
	if len(ids) == 0 {
		return verdicts, nil
	}
	r, err := t.router(ctx, w)
	if err != nil {
		return nil, err
	}
	for start := 0; start < len(ids); start += lead.MaxBatch {
		var leads []Lead
		if err := sqlx.SelectContext(ctx, t.q, &leads, `
			SELECT `+leadColumnList+` FROM leads WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[])
			ORDER BY lead_id FOR NO KEY UPDATE`, w.ID, uuids(ids[start:min(start+lead.MaxBatch, len(ids))])); err != nil {
			return nil, fmt.Errorf("reading leads that are to go by the rules: %w", translate(err))
		}
		of := make([]route.Lead, len(leads))
		for i, l := range leads {
			of[i] = l.asked()
		}
		said, err := r.decide(ctx, t.Queries, of)
		if err != nil {
			return nil, err
		}
		if err := t.noteVerdicts(ctx, w.ID, leads, said); err != nil {
			return nil, err
		}
		for i, l := range leads {
			verdicts[l.ID] = said[i]
		}
	}
	return verdicts, nil
}

// noteVerdicts has leads keep what the rules said of them.
func (t *Tx) noteVerdicts(ctx context.Context, workspace uuid.UUID, leads []Lead, said []route.Verdict) error {
	from, args := unnest("n", []any{workspace, t.now()},
		column{"lead_id", uuids(pluck(leads, func(l *Lead) uuid.UUID { return l.ID }))},
		column{"version", ints(pluck(said, func(v *route.Verdict) int { return v.Version }))},
		column{"rule", texts(pluck(said, func(v *route.Verdict) string { return v.Rule }))},
		column{"broken", jsonbs(pluck(said, func(v *route.Verdict) string { return textOfJSON(v.Broken) }))},
	)
	_, err := t.q.ExecContext(ctx, `
		UPDATE leads l SET rules_version = n.version, rule = nullif(n.rule, ''), rules_broken = n.broken, updated_at = `+afterSQL("$2", "l")+`
		FROM `+from+` WHERE l.workspace_id = $1 AND l.lead_id = n.lead_id`, args...)
	if err != nil {
		return fmt.Errorf("noting what the rules say of %d leads: %w", len(leads), translate(err))
	}
	for _, v := range said {
		t.noteBroken(v)
	}
	return nil
}

// idText is an id as rules see it, empty for none.
func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func idTextOrNone(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}
