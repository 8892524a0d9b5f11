package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/route"
	"github.com/leadwheel/leadwheel/store"
)

// Rules are what decides to which group leads go that name none themselves.
type Rules struct {
	Version int        `json:"version" doc:"Goes up whenever they are saved; 0 where they never were."`
	Rules   []Rule     `json:"rules" doc:"The first whose condition holds decides."`
	SavedAt *time.Time `json:"saved_at" nullable:"true"`
}

// Rule says where the leads go for which its condition holds.
type Rule struct {
	Name    string `json:"name" doc:"By which leads tell that it took them; another for each rule."`
	When    string `json:"when,omitempty" doc:"A condition over the lead; true, which the last one has where it is left out, is everything else."`
	Then    Then   `json:"then"`
	Enabled *bool  `json:"enabled,omitempty" doc:"True unless given. A rule that is not is left out, and checked all the same."`
}

// Then is where a rule's leads go.
type Then struct {
	GroupID *uuid.UUID `json:"group_id,omitempty" format:"uuid" doc:"The group whose turn it is."`
	None    bool       `json:"none,omitempty" doc:"Nobody gets them, which is no failure. Either this or group_id."`
}

// RulesSpec are rules to be saved.
type RulesSpec struct {
	Version *int   `json:"version,omitempty" minimum:"0" doc:"The version at which they were read; where they have another by now nothing is done. Needed, unless If-Match is given."`
	Rules   []Rule `json:"rules" maxItems:"500" doc:"All of them, in their order."`
}

// RulesTrial is rules, or those that are saved, and leads to ask them about.
type RulesTrial struct {
	Rules   []Rule      `json:"rules,omitempty" maxItems:"500" doc:"Those that are saved unless given."`
	LeadIDs []uuid.UUID `json:"lead_ids,omitempty" format:"uuid" maxItems:"500" doc:"Leads that are here."`
	Lead    *TrialLead  `json:"lead,omitempty" doc:"A lead that is made up."`
}

// TrialLead is a lead as conditions see it.
type TrialLead struct {
	Source      string            `json:"source,omitempty" maxLength:"200"`
	Channel     string            `json:"channel,omitempty" maxLength:"100"`
	Integration string            `json:"integration,omitempty" maxLength:"200"`
	Email       string            `json:"email,omitempty" maxLength:"1000"`
	Phone       string            `json:"phone,omitempty" maxLength:"1000"`
	Fields      Fields            `json:"fields,omitempty"`
	Attribution map[string]string `json:"attribution,omitempty" doc:"As campaign_id, form_id, platform."`
	Test        bool              `json:"test,omitempty"`
	ReceivedAt  *time.Time        `json:"received_at,omitempty" doc:"Now unless given."`
}

// RulesAnswer is what rules say of leads.
type RulesAnswer struct {
	Version int       `json:"version" doc:"Of the rules that were asked; 0 where they are not saved."`
	Items   []Verdict `json:"items" doc:"Those of lead_ids that are not deleted, in their order, and then that of lead."`
}

// Verdict is what rules say of a lead.
type Verdict struct {
	LeadID  *uuid.UUID   `json:"lead_id" format:"uuid" nullable:"true" doc:"Null for the one that is made up."`
	Rule    *string      `json:"rule" doc:"The one that takes it; null where none does."`
	GroupID *uuid.UUID   `json:"group_id" format:"uuid" nullable:"true" doc:"Null where no rule takes it, or one has it go to nobody."`
	Broken  []BrokenRule `json:"broken,omitempty" doc:"Rules that could not be worked out for it, and so did not take it; the first 20."`
}

// BrokenRule is a rule that could not be worked out for a lead, and why.
type BrokenRule struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

type (
	rulesOutput struct{ Body Rules }
	trialOutput struct{ Body RulesAnswer }
)

func (a *API) registerRules() {
	const path = "/v1/rules"
	register(a, huma.Operation{
		OperationID: "get-rules", Method: http.MethodGet, Path: path, Summary: "Read by which rules leads go to groups",
	}, func(ctx context.Context, c *call, _ *struct{}) (*rulesOutput, error) {
		r, err := a.Store.Rules(ctx, c.Workspace)
		return &rulesOutput{rulesBody(r)}, err
	})
	register(a, huma.Operation{
		OperationID: "put-rules", Method: http.MethodPut, Path: path, Summary: "Save all rules",
		Description: "Leads that came in before stay as they were decided. " + whenDoc(), Errors: []int{http.StatusConflict},
	}, a.putRules)
	register(a, huma.Operation{
		OperationID: "check-rules", Method: http.MethodPost, Path: path + "/check", Summary: "See what rules say of leads, without effect",
		Description: "Rules that are not right are refused as on saving.", DefaultStatus: http.StatusOK,
	}, a.checkRules)
}

// whenDoc says what conditions are made of.
func whenDoc() string {
	var all []string
	for _, v := range route.Variables() {
		all = append(all, "`"+v.Name+"` ("+v.Doc+")")
	}
	return "A condition is an expression over " + strings.Join(all, ", ") + ", with `== != < <= > >= in contains startsWith endsWith matches " +
		"and or not ?? ?:` and the functions `lower upper trim len int float abs`. One that breaks on a lead does not hold."
}

func (a *API) putRules(ctx context.Context, c *call, in *struct{ Body RulesSpec }) (*rulesOutput, error) {
	var saved store.Rules
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error {
		rules, err := rulesToStore(in.Body.Rules)
		if err != nil {
			return err
		}
		var changed bool
		saved, changed, err = tx.SaveRules(ctx, c.Workspace, in.Body.Version, rules)
		c.void(!changed)
		return err
	})
	return &rulesOutput{rulesBody(saved)}, err
}

func (a *API) checkRules(ctx context.Context, c *call, in *struct{ Body RulesTrial }) (*trialOutput, error) {
	trial := store.RulesTrial{LeadIDs: in.Body.LeadIDs}
	if in.Body.Rules != nil {
		rules, err := rulesToStore(in.Body.Rules)
		if err != nil {
			return nil, err
		}
		trial.Rules = &rules
	}
	if l := in.Body.Lead; l != nil {
		if err := l.Fields.check("lead.fields"); err != nil {
			return nil, err
		}
		trial.Lead = &store.TrialLead{
			Source: l.Source, Channel: l.Channel, Integration: l.Integration, Email: l.Email, Phone: l.Phone, Fields: []byte(l.Fields),
			Attribution: l.Attribution, Test: l.Test, ReceivedAt: l.ReceivedAt,
		}
	}
	version, said, err := a.Store.TryRules(ctx, c.Workspace, trial)
	return &trialOutput{RulesAnswer{Version: version, Items: each(said, verdictBody)}}, err
}

// rulesToStore returns a *store.FieldError for a rule that does not say where its leads go.
func rulesToStore(rules []Rule) ([]route.Rule, error) {
	made := make([]route.Rule, len(rules))
	for i, r := range rules {
		if (r.Then.GroupID != nil && *r.Then.GroupID != uuid.Nil) == r.Then.None {
			return nil, &store.FieldError{Field: fmt.Sprintf("rules[%d].then", i), Message: "give either group_id or none"}
		}
		made[i] = route.Rule{Name: r.Name, When: r.When, GroupID: idOrNil(r.Then.GroupID), Enabled: unlessFalse(r.Enabled)}
	}
	return made, nil
}

func rulesBody(r store.Rules) Rules {
	return Rules{Version: r.Version, SavedAt: r.SavedAt, Rules: each(r.Rules, func(r route.Rule) Rule {
		rule := Rule{Name: r.Name, When: r.When, Then: Then{None: r.GroupID == uuid.Nil}, Enabled: &r.Enabled}
		if !rule.Then.None {
			rule.Then.GroupID = &r.GroupID
		}
		return rule
	})}
}

func verdictBody(v store.Verdict) Verdict {
	return Verdict{LeadID: idOrNull(v.LeadID), Rule: textOrNull(v.Rule), GroupID: idOrNull(v.GroupID), Broken: brokenBody(v.Broken)}
}

func brokenBody(broken []route.Broken) []BrokenRule {
	if len(broken) == 0 {
		return nil
	}
	return each(broken, func(b route.Broken) BrokenRule { return BrokenRule(b) })
}
