package store_test

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

var (
	// listRows is how many leads, assigned leads, entries of history and so on a workspace has whose lists are measured.
	listRows = flag.Int("lists.rows", 1_000_000, "rows of each list")
	// listMax is what a page is to take at the most; half of the runs may take longer.
	listMax = flag.Duration("lists.max", 50*time.Millisecond, "how long a page may take")
)

//go:embed testdata/lists.sql
var listsSQL string

// listsOf are the statements that make lists of so many rows in two workspaces. Schemas before 140 do not say which history was copied; of
// later ones a quarter is as those had it.
func listsOf(workspace, small uuid.UUID, rows int, copied bool) string {
	column, value := "", ""
	if copied {
		column, value = ", copied", ", CASE WHEN reason IS NULL AND i % 4 > 0 THEN true END"
	}
	return strings.NewReplacer(":'workspace'", "'"+workspace.String()+"'", ":'mark'", "'"+store.Mark(workspace)+"'", ":rows", fmt.Sprint(rows),
		":'small'", "'"+small.String()+"'", ":'small_mark'", "'"+store.Mark(small)+"'",
		":copied_column", column, ":copied", value).Replace(listsSQL)
}

// A longList is a workspace with lists of n records, which came in a second apart from began on.
type longList struct {
	store.Queries
	workspace, small uuid.UUID
	n                int
}

var began = time.Date(2025, 10, 9, 0, 0, 0, 0, time.UTC)

// at is when a share of the records was there.
func (l longList) at(share float64) time.Time {
	return began.Add(time.Duration(share*float64(l.n)) * time.Second)
}

// id is one of the numbered ids of testdata/lists.sql.
func (longList) id(kind string, n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("01800000-0000-7000-8000-%s%08d", kind, n))
}

// after is a page that begins when a share of the list has been read.
func (l longList) after(share float64) store.Page {
	at := l.at(1 - share).UnixMilli()
	return store.Page{Limit: 51, After: uuid.MustParse(fmt.Sprintf("%08x-%04x-7000-8000-000000000000", at>>16, at&0xffff))}
}

type listCase func(context.Context, store.Queries) error

// BenchmarkLists measures a page of each list by each filter, and logs its plan.
func BenchmarkLists(b *testing.B) {
	l := fillLists(b)
	cases := make(map[string]listCase)
	for _, some := range []map[string]listCase{l.leads(), l.copies(), l.customers(), l.history(), l.records()} {
		maps.Copy(cases, some)
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		b.Run(name, func(b *testing.B) {
			if err := cases[name](b.Context(), store.Explained(l.Queries, b.Log)); err != nil {
				b.Fatal(err)
			}
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if err := cases[name](b.Context(), l.Queries); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			median := took[len(took)/2]
			b.ReportMetric(float64(median.Microseconds())/1000, "ms-median")
			b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms-worst")
			if median > *listMax {
				b.Errorf("%s takes %s", name, median)
			}
		})
	}
}

// fillLists makes a workspace with long lists and a small one beside it.
func fillLists(b *testing.B) longList {
	w := newWorld(b)
	l := longList{Queries: w.Store.Queries, workspace: w.workspace, n: *listRows}
	small, err := w.Store.CreateWorkspace(b.Context(), store.WorkspaceSpec{Name: "small", Timezone: "Asia/Kuala_Lumpur", Region: "MY"})
	if err != nil {
		b.Fatal(err)
	}
	l.small = small.ID
	start := time.Now()
	w.DB.MustExecContext(b.Context(), listsOf(l.workspace, l.small, l.n, true))
	w.DB.MustExecContext(b.Context(), "VACUUM ANALYZE")
	b.Logf("%d rows of each were made in %s", l.n, time.Since(start).Round(time.Second))
	return l
}

func (l longList) leads() map[string]listCase {
	yes, no := true, false
	cases := make(map[string]listCase)
	for name, f := range map[string]store.LeadFilter{
		"all": {}, "source common": {SourceID: l.id("0001", 1)}, "source old": {SourceID: l.id("0001", 49)},
		"source merged": {SourceID: l.id("0001", 3)}, "source none": {SourceID: l.id("0001", 48)},
		"channel common": {Channel: "import"}, "channel rare": {Channel: "queue"}, "channel none": {Channel: "x"},
		"external id": {ExternalID: "e78"}, "external id none": {ExternalID: "x"},
		"integration": {IntegrationID: l.id("0007", 5)}, "campaign": {CampaignID: "c199"}, "campaign none": {CampaignID: "x"},
		"campaign and form": {CampaignID: "c0", FormID: "f19"}, "adset": {AdSetID: "s77"}, "ad": {AdID: "a777"}, "form": {FormID: "f19"},
		"test": {Test: &yes}, "no test": {Test: &no}, "hour": {From: l.at(0.1), To: l.at(0.1).Add(time.Hour)},
		"until long ago": {To: l.at(0.01)}, "from long ago": {From: l.at(0.01)}, "day none": {From: l.at(-0.2), To: l.at(-0.1)},
		"source and month":          {SourceID: l.id("0001", 1), From: l.at(0.05), To: l.at(0.06)},
		"source and old month":      {SourceID: l.id("0001", 49), From: l.at(0.5), To: l.at(0.9)},
		"channel and month":         {Channel: "queue", From: l.at(0.1), To: l.at(0.4)},
		"source and channel":        {SourceID: l.id("0001", 1), Channel: "queue"},
		"source and channel common": {SourceID: l.id("0001", 1), Channel: "meta"},
		"word everybody has":        {Search: "mohamed"}, "word common": {Search: "wilhelmina"}, "word rare": {Search: "last19990"},
		"word none": {Search: "nobody"}, "word old": {Search: "acme"}, "letter": {Search: "m"}, "two letters": {Search: "f l"},
		"two words": {Search: "wilhelmina last"}, "words that never meet": {Search: "wilhelmina featherstone"},
		"common words that never meet": {Search: "mohamed acme"}, "name": {Search: "mohamed last19990"},
		"address": {Search: "user777@gmail.com"}, "local part": {Search: "user777"}, "domain": {Search: "@gmail.com"},
		"domain rare": {Search: "example.com wilhelmina"}, "phone": {Search: "012-006 1534"}, "phone none": {Search: "+60 12-999 99 991"},
		"digits begin": {Search: "012"}, "digits end": {Search: "1534"}, "name and digits": {Search: "acme 153"},
		"word and source": {Search: "mohamed", SourceID: l.id("0001", 49)}, "word and channel": {Search: "mohamed", Channel: "queue"},
		"word and month": {Search: "mohamed", From: l.at(0.1), To: l.at(0.11)}, "old word and months": {Search: "acme", From: l.at(0.2)},
		"word and campaign": {Search: "mohamed", CampaignID: "c199"},
	} {
		cases["leads/"+name] = l.sourceLeads(f, l.after(0))
	}
	for name, p := range map[string]store.Page{"half": l.after(0.5), "end": l.after(0.999), "500 rows": {Limit: 501}} {
		cases["leads/page at "+name] = l.sourceLeads(store.LeadFilter{}, p)
		cases["leads/word at "+name] = l.sourceLeads(store.LeadFilter{Search: "mohamed"}, p)
		cases["leads/channel at "+name] = l.sourceLeads(store.LeadFilter{Channel: "meta"}, p)
	}
	return cases
}

func (l longList) copies() map[string]listCase {
	big, few := l.id("0000", 1), l.id("0000", 50)
	cases := make(map[string]listCase)
	for name, f := range map[string]store.AssignedLeadFilter{
		"all": {}, "source common": {SourceID: l.id("0001", 1)}, "source old": {SourceID: l.id("0001", 49)}, "source merged": {SourceID: l.id("0001", 3)},
		"member": {MemberID: big}, "member few": {MemberID: few}, "member none": {MemberID: uuid.New()},
		"group common": {GroupID: l.id("0006", 61)}, "group old": {GroupID: l.id("0006", 64)}, "group rare": {GroupID: l.id("0006", 65)},
		"status common": {Status: "contacted"}, "status rare": {Status: "lost"}, "status new": {Status: "new"}, "status none": {Status: "x"},
		"copies of a lead": {SourceLeadID: l.after(0.5).After}, "hour": {From: l.at(0.1), To: l.at(0.1).Add(time.Hour)}, "until long ago": {To: l.at(0.01)},
		"member and status":           {MemberID: big, Status: "lost"},
		"member and status common":    {MemberID: big, Status: "won"},
		"member and status none":      {MemberID: big, Status: "x"},
		"member and month":            {MemberID: big, From: l.at(0.05), To: l.at(0.06)},
		"member and status and month": {MemberID: big, Status: "new", From: l.at(0.05), To: l.at(0.4)},
		"member and source":           {MemberID: big, SourceID: l.id("0001", 49)},
		"member and group":            {MemberID: big, GroupID: l.id("0006", 64)},
		"group and status":            {GroupID: l.id("0006", 64), Status: "new"},
		"group and source":            {GroupID: l.id("0006", 61), SourceID: l.id("0001", 49)},
		"source and status":           {SourceID: l.id("0001", 49), Status: "new"},
		"status and month":            {Status: "new", From: l.at(0.1), To: l.at(0.8)},
		"word everybody has":          {Search: "mohamed"}, "word rare": {Search: "last19990"}, "word old": {Search: "acme"}, "two words": {Search: "wilhelmina last"},
		"phone": {Search: "+60120061534"}, "member and word": {MemberID: big, Search: "wilhelmina"}, "member and word common": {MemberID: big, Search: "mohamed"},
		"member and word old": {MemberID: big, Search: "acme"}, "member few and word": {MemberID: few, Search: "mohamed"},
		"member and word and status": {MemberID: big, Search: "mohamed", Status: "lost"}, "member and phone": {MemberID: big, Search: "1534"},
		"word and status": {Search: "mohamed", Status: "lost"}, "word and group": {Search: "mohamed", GroupID: l.id("0006", 64)},
	} {
		cases["assigned leads/"+name] = l.assigned(f, l.after(0))
	}
	for name, p := range map[string]store.Page{"half": l.after(0.5), "end": l.after(0.999), "500 rows": {Limit: 501}} {
		cases["assigned leads/member at "+name] = l.assigned(store.AssignedLeadFilter{MemberID: big}, p)
		cases["assigned leads/member and status at "+name] = l.assigned(store.AssignedLeadFilter{MemberID: big, Status: "won"}, p)
	}
	return cases
}

func (l longList) customers() map[string]listCase {
	cases := make(map[string]listCase)
	for name, f := range map[string]store.CustomerFilter{
		"all": {}, "source common": {SourceID: l.id("0001", 1)}, "source old": {SourceID: l.id("0001", 49)}, "source merged": {SourceID: l.id("0001", 3)},
		"member": {MemberID: l.id("0000", 1)}, "member few": {MemberID: l.id("0000", 50)},
		"hour": {From: l.at(0.1), To: l.at(0.1).Add(time.Hour)}, "until long ago": {To: l.at(0.01)},
		"member and source": {MemberID: l.id("0000", 1), SourceID: l.id("0001", 49)},
		"member and month":  {MemberID: l.id("0000", 1), From: l.at(0.05), To: l.at(0.06)},
		"word common":       {Search: "wilhelmina"}, "word old": {Search: "acme"}, "two words": {Search: "wilhelmina last"},
		"phone": {Search: "0120061534"}, "member and word": {MemberID: l.id("0000", 1), Search: "featherstone"},
	} {
		cases["customers/"+name] = func(ctx context.Context, q store.Queries) error {
			_, err := q.Customers(ctx, l.workspace, f, l.after(0))
			return err
		}
	}
	return cases
}

func (l longList) history() map[string]listCase {
	big, few := l.id("0000", 1), l.id("0000", 50)
	cases := make(map[string]listCase)
	for name, f := range map[string]store.HistoryFilter{
		"all": {}, "failed": {Outcome: lead.Failed}, "succeeded": {Outcome: lead.Succeeded}, "reason rare": {Reason: lead.GroupDeleted},
		"reason common": {Reason: lead.AlreadyAssigned}, "reason none": {Outcome: lead.Failed, Reason: lead.Duplicate},
		"immediate": {Trigger: lead.Immediate}, "scheduled": {Trigger: lead.Scheduled}, "distribute now": {Trigger: lead.DistributeNow},
		"member": {MemberID: big}, "member few": {MemberID: few}, "lead": {LeadID: l.after(0.5).After}, "group old": {GroupID: l.id("0006", 64)},
		"group rare": {GroupID: l.id("0006", 65)}, "hour": {From: l.at(0.1), To: l.at(0.1).Add(time.Hour)}, "until long ago": {To: l.at(0.01)},
		"member and failed": {MemberID: big, Outcome: lead.Failed}, "member few and failed": {MemberID: few, Outcome: lead.Failed},
		"member and reason": {MemberID: big, Reason: lead.GroupDeleted}, "member and month": {MemberID: big, From: l.at(0.05), To: l.at(0.06)},
		"group and reason": {GroupID: l.id("0006", 64), Reason: lead.InternalError}, "failed and month": {Outcome: lead.Failed, From: l.at(0.1), To: l.at(0.2)},
		"member and distribute now": {MemberID: few, Trigger: lead.DistributeNow},
	} {
		cases["history/"+name] = func(ctx context.Context, q store.Queries) error {
			_, err := q.History(ctx, l.workspace, f, l.after(0))
			return err
		}
	}
	return cases
}

// records are the lists of everything else.
func (l longList) records() map[string]listCase {
	cases := map[string]listCase{
		"small workspace/leads": func(ctx context.Context, q store.Queries) error {
			return second(q.SourceLeads(ctx, l.small, store.LeadFilter{}, l.after(0)))
		},
		"small workspace/word": func(ctx context.Context, q store.Queries) error {
			return second(q.SourceLeads(ctx, l.small, store.LeadFilter{Search: "last1"}, l.after(0)))
		},
		"small workspace/word none": func(ctx context.Context, q store.Queries) error {
			return second(q.AssignedLeads(ctx, l.small, store.AssignedLeadFilter{Search: "x"}, l.after(0)))
		},
		"members/all": func(ctx context.Context, q store.Queries) error {
			return second(q.Members(ctx, l.workspace, store.MemberFilter{}, l.after(0)))
		},
		"api keys/all": func(ctx context.Context, q store.Queries) error {
			return second(q.APIKeys(ctx, l.workspace, l.after(0)))
		},
		"imports/all": func(ctx context.Context, q store.Queries) error {
			return second(q.Imports(ctx, l.workspace, uuid.Nil, l.after(0)))
		},
		"imports/key few": func(ctx context.Context, q store.Queries) error {
			return second(q.Imports(ctx, l.workspace, l.id("0008", 2), l.after(0)))
		},
		"integration events/all": func(ctx context.Context, q store.Queries) error {
			return second(q.Events(ctx, l.workspace, l.id("0007", 1), "", l.after(0)))
		},
		"integration events/test": func(ctx context.Context, q store.Queries) error {
			return second(q.Events(ctx, l.workspace, l.id("0007", 1), lead.EventTest, l.after(0)))
		},
		"integration events/refused": func(ctx context.Context, q store.Queries) error {
			return second(q.Events(ctx, l.workspace, l.id("0007", 1), lead.EventRefused, l.after(0)))
		},
		"integration events/held": func(ctx context.Context, q store.Queries) error {
			return second(q.Events(ctx, l.workspace, l.id("0007", 1), lead.EventHeld, l.after(0)))
		},
	}
	for name, f := range map[string]store.OpportunityFilter{
		"all": {}, "stage rare": {Stage: "rare"}, "stage common": {Stage: "open"}, "member": {MemberID: l.id("0000", 1)}, "source old": {SourceID: l.id("0001", 49)},
		"member and stage": {MemberID: l.id("0000", 1), Stage: "rare"}, "customer": {CustomerID: l.after(0.5).After},
	} {
		cases["opportunities/"+name] = func(ctx context.Context, q store.Queries) error {
			return second(q.Opportunities(ctx, l.workspace, f, l.after(0)))
		}
	}
	for name, f := range map[string]store.AuditFilter{
		"all": {}, "operation rare": {Operation: "delete-group"}, "operation none": {Operation: "x"}, "key": {APIKeyID: l.id("0008", 5)},
		"key and operation": {APIKeyID: l.id("0008", 5), Operation: "delete-group"}, "id": {ID: l.after(0.5).After}, "hour": {From: l.at(0.1), To: l.at(0.1).Add(time.Hour)},
	} {
		cases["audit log/"+name] = func(ctx context.Context, q store.Queries) error {
			return second(q.AuditLog(ctx, l.workspace, f, l.after(0)))
		}
	}
	for name, f := range map[string]store.NotificationFilter{
		"all": {}, "owed": {State: store.NotificationOwed}, "failed": {State: store.NotificationFailed}, "member": {MemberID: l.id("0000", 1)},
		"member and failed": {MemberID: l.id("0000", 1), State: store.NotificationFailed}, "member few and owed": {MemberID: l.id("0000", 50), State: store.NotificationOwed},
	} {
		cases["notifications/"+name] = func(ctx context.Context, q store.Queries) error {
			return second(q.Notifications(ctx, l.workspace, f, l.after(0)))
		}
	}
	for name, f := range map[string]store.PendingFilter{
		"all": {}, "member": {MemberID: l.id("0000", 1)}, "group old": {GroupID: l.id("0006", 64)}, "assignment": {AssignmentID: l.id("0009", 2)},
		"assignment few": {AssignmentID: l.id("0009", 3)}, "assignment none": {AssignmentID: uuid.New()}, "lead": {LeadID: l.after(0.5).After},
		"due before": {DueBefore: l.at(0.5).AddDate(10, 0, 0)}, "member and assignment": {MemberID: l.id("0000", 50), AssignmentID: l.id("0009", 2)},
		"member and group": {MemberID: l.id("0000", 1), GroupID: l.id("0006", 65)},
	} {
		cases["pending leads/"+name] = func(ctx context.Context, q store.Queries) error {
			return second(q.PendingLeads(ctx, l.workspace, f, store.PendingPage{Limit: 51}))
		}
	}
	return cases
}

func second[T any](_ T, err error) error { return err }

func (l longList) sourceLeads(f store.LeadFilter, p store.Page) listCase {
	return func(ctx context.Context, q store.Queries) error { return second(q.SourceLeads(ctx, l.workspace, f, p)) }
}

func (l longList) assigned(f store.AssignedLeadFilter, p store.Page) listCase {
	return func(ctx context.Context, q store.Queries) error {
		return second(q.AssignedLeads(ctx, l.workspace, f, p))
	}
}
