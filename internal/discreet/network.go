package discreet

import (
	"errors"
	"net"
)

// Network is why another server was not reached, for people who do not run this one: without addresses of the network in which it
// stands, such as its resolver's and its own.
func Network(err error) string {
	var name *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "its name could not be resolved: there is no such host"
	case errors.As(err, &name):
		return "its name could not be resolved just now"
	case errors.As(err, &op) && op.Err != nil:
		return "the connection failed: " + op.Err.Error()
	}
	return err.Error()
}
