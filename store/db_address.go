package store

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/lib/pq"
)

// errAddress does not say more, since that would quote the address, which has a password in it.
var errAddress = errors.New("the database address cannot be read; write it as postgres://user:password@host:5432/name, " +
	"with special characters of the password %-encoded")

// poolMode is the parameter of an address by which it says that a pooler stands there, as in ?pool_mode=transaction. It is called as
// PgBouncer calls it.
const poolMode = "pool_mode"

// ErrPooled means that something needs a session of its own, and the address is a pooler's that gives none.
var ErrPooled = errors.New("this needs a session of its own, which the pooler at this address does not give; use the address of Postgres itself, without pool_mode")

// CheckAddress returns an error where an address cannot be read, which does not quote it.
func CheckAddress(url string) error {
	_, err := readAddress(url)
	return err
}

// An address is what one says.
type address struct {
	pq.Config
	// pooled says that there stands a pooler that gives a session for no longer than a transaction: then nothing is prepared, nothing is
	// set for a session, and nobody is asked about one.
	pooled bool
	// lockWait is how long each transaction waits for a lock on a table or a row, in milliseconds, where its session cannot say so; empty is
	// for as long as the session does.
	lockWait string
	// primary says that only a server is taken that is no standby.
	primary bool
}

// readAddress reads an address. Where it names several servers, the one is meant that is no standby, unless it says otherwise.
func readAddress(url string) (a address, err error) {
	if url, err = manyHosts(url); err != nil {
		return a, err
	}
	if a.Config, err = pq.NewConfig(url); err != nil {
		return a, errAddress
	}
	mode, set := a.Runtime[poolMode]
	delete(a.Runtime, poolMode)
	if set && mode != "transaction" && mode != "session" {
		return a, fmt.Errorf("the database address has %s=%q; it is transaction where a pooler gives a connection for a transaction at a time, session else", poolMode, mode)
	}
	if a.Runtime == nil {
		a.Runtime = make(map[string]string)
	}
	if a.ConnectTimeout == 0 {
		a.ConnectTimeout = 5 * time.Second
	}
	if a.TargetSessionAttrs == "" && len(a.Multi) > 0 {
		a.TargetSessionAttrs = pq.TargetSessionAttrsPrimary
	}
	a.pooled = mode == "transaction"
	a.primary = a.TargetSessionAttrs == pq.TargetSessionAttrsPrimary || a.TargetSessionAttrs == pq.TargetSessionAttrsReadWrite
	return a, nil
}

// manyHosts rewrites an address as Postgres' own programs read it, with several servers that have a port each, to what lib/pq does.
func manyHosts(address string) (string, error) {
	scheme, rest, is := strings.Cut(address, "://")
	if !is || scheme != "postgres" && scheme != "postgresql" {
		return address, nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	servers := rest[strings.LastIndex(rest[:end], "@")+1 : end]
	if !strings.Contains(servers, ",") {
		return address, nil
	}
	var hosts, ports []string
	for server := range strings.SplitSeq(servers, ",") {
		host, port := server, ""
		if colon := strings.LastIndex(server, ":"); colon > strings.LastIndex(server, "]") {
			host, port = server[:colon], server[colon+1:]
		}
		host, err := url.PathUnescape(strings.Trim(host, "[]"))
		if err != nil {
			return "", errAddress
		}
		hosts, ports = append(hosts, cmp.Or(host, "localhost")), append(ports, cmp.Or(port, "5432"))
	}
	u, err := url.Parse(scheme + "://" + rest[:end-len(servers)] + rest[end:])
	if err != nil {
		return "", errAddress
	}
	q := u.Query()
	if !q.Has("host") {
		q.Set("host", strings.Join(hosts, ","))
	}
	if !q.Has("port") {
		q.Set("port", strings.Join(ports, ","))
	}
	u.Path = cmp.Or(u.Path, "/") // or it would be written without its slashes
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// connecting says what to do where a pooler stands at an address that does not say so.
func connecting(err error) error {
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "unsupported startup parameter") { // PgBouncer's words
		return fmt.Errorf("connecting to Postgres: %w; this is a pooler: add %s=transaction to the address, as in …/name?%[2]s=transaction", err, poolMode)
	}
	return fmt.Errorf("connecting to Postgres: %w", err)
}
