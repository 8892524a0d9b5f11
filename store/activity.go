package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// Received is how many leads came in within the hour that began at Hour.
type Received struct {
	Hour  time.Time `db:"hour"`
	Count int       `db:"count"`
}

// Ended is how many distributions came to the same end within the hour that began at Hour, for the same member.
type Ended struct {
	Hour     time.Time     `db:"hour"`
	Outcome  lead.Outcome  `db:"outcome"`
	Reason   lead.Reason   `db:"reason"`
	Retried  bool          `db:"retried"`
	MemberID uuid.NullUUID `db:"member_id"`
	Count    int           `db:"count"`
}

// Waiting is how many pending leads are due, and how many are not yet. Each is at the most one more than MaxSelected.
type Waiting struct {
	Due   int `db:"due"`
	Later int `db:"later"`
	Stuck int `db:"stuck"` // nobody can take them now
}

// Received counts the leads that came in from one time to another, by the hours since then. Platforms' tests are no leads.
func (q Queries) Received(ctx context.Context, workspace uuid.UUID, from, to time.Time) ([]Received, error) {
	all := []Received{}
	low, high := idSpan(from, to, idSlack)
	if err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT date_bin('1 hour', created_at, $2::timestamptz) AS hour, count(*) AS count FROM leads
		WHERE workspace_id = $1 AND lead_id >= $4 AND lead_id < $5 AND created_at >= $2 AND created_at < $3 AND NOT test
		GROUP BY 1 ORDER BY 1`, workspace, from, to, low, high); err != nil {
		return nil, fmt.Errorf("counting the leads that came in: %w", translate(err))
	}
	return all, nil
}

// Ended counts what became of distributions from one time to another, by the hours since then.
func (q Queries) Ended(ctx context.Context, workspace uuid.UUID, from, to time.Time) ([]Ended, error) {
	all := []Ended{}
	low, high := idSpan(from, to, idSlack)
	if err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT date_bin('1 hour', h.at, $2::timestamptz) AS hour, h.outcome, coalesce(h.reason, '') AS reason, h.member_id,
			h.outcome = 'failed' AND EXISTS (SELECT 1 FROM history_retries r
				WHERE r.workspace_id = h.workspace_id AND r.history_id = h.history_id) AS retried, count(*) AS count
		FROM history h
		WHERE h.workspace_id = $1 AND h.history_id >= $4 AND h.history_id < $5 AND h.at >= $2 AND h.at < $3
		GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`, workspace, from, to, low, high); err != nil {
		return nil, fmt.Errorf("counting what became of distributions: %w", translate(err))
	}
	return all, nil
}

// Waiting counts what is pending.
func (q Queries) Waiting(ctx context.Context, workspace uuid.UUID) (w Waiting, err error) {
	err = sqlx.GetContext(ctx, q.q, &w, `
		SELECT (SELECT count(*) FROM (
				(SELECT 1 FROM pending p WHERE p.workspace_id = $1 AND p.trigger = 'immediate' AND p.waiting_since IS NULL LIMIT $3)
				UNION ALL
				(SELECT 1 FROM pending_leads p WHERE p.workspace_id = $1 AND p.trigger <> 'immediate' AND p.due_at <= $2 LIMIT $3)
			) d) AS due,
			(SELECT count(*) FROM (
				SELECT 1 FROM pending_leads p WHERE p.workspace_id = $1 AND p.trigger <> 'immediate' AND p.due_at > $2 LIMIT $3) l) AS later,
			(SELECT count(*) FROM (SELECT 1 FROM pending_leads p WHERE p.workspace_id = $1 AND `+waiting+` LIMIT $3) s) AS stuck`,
		workspace, q.now(), MaxSelected+1)
	if err != nil {
		return w, fmt.Errorf("counting what is pending: %w", translate(err))
	}
	return w, nil
}

// CountPending counts the pending leads that match a filter, up to one more than MaxSelected.
func (q Queries) CountPending(ctx context.Context, workspace uuid.UUID, f PendingFilter) (n int, err error) {
	args := append(f.args(workspace), MaxSelected+1)
	if err := sqlx.GetContext(ctx, q.q, &n, `SELECT count(*) FROM (SELECT 1 FROM pending p WHERE `+f.matches()+` LIMIT $8) p`, args...); err != nil {
		return 0, fmt.Errorf("counting what is pending: %w", translate(err))
	}
	return n, nil
}

// Failures counts the distributions that match a filter, failed and were not tried again, by reason.
func (q Queries) Failures(ctx context.Context, workspace uuid.UUID, f HistoryFilter) (map[lead.Reason]int, error) {
	no := false
	f.Outcome, f.Retried = lead.Failed, &no
	var reasons []lead.Reason
	l := historyList(workspace, f, Page{Limit: MaxSelected + 1})
	if err := l.read(ctx, q, &reasons, "SELECT coalesce(h.reason, '') FROM", "h", ""); err != nil {
		return nil, err
	}
	counts := map[lead.Reason]int{}
	for _, r := range reasons {
		counts[r]++
	}
	return counts, nil
}
