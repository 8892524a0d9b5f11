package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// SignInFlowAge is how long a browser has to answer what it was asked to sign somebody in.
const SignInFlowAge = 5 * time.Minute

// flowPrefix begins what a browser holds of a flow.
const flowPrefix = "lwf_"

// A SignInFlow is what was asked of a browser, until it answers.
type SignInFlow struct {
	// Workspace and PersonID are whose it is, where somebody is signed in already; else both are uuid.Nil.
	Workspace, PersonID uuid.UUID
	// Kind is what it is for; an answer to one kind is none to another.
	Kind string
}

// BeginSignInFlow keeps a state, which is stored as JSON, for the one answer that comes with the token.
func (q Queries) BeginSignInFlow(ctx context.Context, f SignInFlow, state any) (token string, err error) {
	data, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("keeping the state of a sign-in: %w", err)
	}
	token = newCredential(flowPrefix, f.Workspace)
	hash := sha256.Sum256([]byte(token))
	_, err = q.q.ExecContext(ctx, `
		INSERT INTO sign_in_flows (workspace_id, token_hash, kind, person_id, state, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		f.Workspace, hash[:], f.Kind, nullID(f.PersonID), string(data), q.now().Add(SignInFlowAge))
	return token, translate(err)
}

// UseSignInFlow reads the state that was kept with a token, once: whatever becomes of the answer, there is no second. It returns
// ErrBadLink where there is none, or one that is another's or for something else.
func (q Queries) UseSignInFlow(ctx context.Context, token string, f SignInFlow, state any) error {
	workspace, is := workspaceOf(flowPrefix, token)
	if !is || workspace != f.Workspace {
		return ErrBadLink
	}
	hash := sha256.Sum256([]byte(token))
	var data string
	err := translate(sqlx.GetContext(ctx, q.q, &data, `
		DELETE FROM sign_in_flows
		WHERE workspace_id = $1 AND token_hash = $2 AND kind = $3 AND expires_at > $4 AND person_id IS NOT DISTINCT FROM $5
		RETURNING state::text`, workspace, hash[:], f.Kind, q.now(), nullID(f.PersonID)))
	if errors.Is(err, ErrNotFound) {
		return ErrBadLink
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(data), state); err != nil {
		return fmt.Errorf("reading the state of a sign-in: %w", err)
	}
	return nil
}

// DeleteOldSignInFlows deletes flows that were not answered by a time.
func (q Queries) DeleteOldSignInFlows(ctx context.Context, before time.Time) error {
	_, err := q.q.ExecContext(ctx, `DELETE FROM sign_in_flows WHERE expires_at < $1`, before)
	return translate(err)
}
