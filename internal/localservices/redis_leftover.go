//go:build unix

package localservices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
	"time"
)

// shutDownRedis asks the Redis at the socket to end, if there is one, and waits until it has.
func shutDownRedis(ctx context.Context, socket string) (err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("SHUTDOWN\r\n")); err != nil {
		return err
	}
	// It answers only when it cannot; success is the end of the connection.
	answer, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("%w (it said %q)", err, answer)
	}
	return nil
}
