package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// operatorsTimeout is what a process has to answer at its operators' address, and maxOperators bounds what is read of it, in bytes.
	operatorsTimeout = 5 * time.Second
	maxOperators     = 4 << 10
)

// operatorsFlag names one process.
type operatorsFlag struct {
	OpsURL string `name:"ops-url" env:"LEADWHEEL_OPS_URL" default:"http://127.0.0.1:9090" placeholder:"URL" help:"Operators' address of the process. Default ${default}."`
}

// ask sends a request to the process, with the operators' key where there is one, and returns the status and the answer.
func (f operatorsFlag) ask(ctx context.Context, method, path, key string, body []byte) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, operatorsTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(f.OpsURL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, usageError{err}
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if answer, err = io.ReadAll(io.LimitReader(response.Body, maxOperators)); err != nil {
		return 0, nil, fmt.Errorf("reading the answer: %w", err)
	}
	return response.StatusCode, answer, nil
}
