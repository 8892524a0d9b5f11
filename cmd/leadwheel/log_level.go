package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// logLevel is how a process says and is told its level.
type logLevel struct {
	Level string `json:"level"`
}

// logLevelCmd is `leadwheel log-level`.
type logLevelCmd struct {
	Level string `arg:"" optional:"" enum:",debug,info,warn,error" default:"" help:"debug, info, warn or error. Without one it shows which it is."`
	operatorsFlag
	OpsKey string `env:"LEADWHEEL_OPS_KEY" placeholder:"KEY" help:"Opens the queue dashboard, the metrics that have ids, profiles and the log level; needed where others reach the operators' address."`
	jsonFlag
}

// Help gives examples.
func (logLevelCmd) Help() string {
	return `Of one process, until it ends; LEADWHEEL_LOG_LEVEL is where it begins. At debug there is a line for each request and task.

Examples:

  leadwheel log-level

  leadwheel log-level debug --ops-url http://10.0.0.7:9090`
}

// Run asks for the level, or for another.
func (c *logLevelCmd) Run(ctx context.Context, s streams) (err error) {
	method, body := http.MethodGet, []byte(nil)
	if c.Level != "" {
		method = http.MethodPut
		if body, err = json.Marshal(logLevel{c.Level}); err != nil {
			return err
		}
	}
	status, said, err := c.ask(ctx, method, "/log-level", c.OpsKey, body)
	if err != nil {
		return fmt.Errorf("asking %s for its log level: %w", c.OpsURL, err)
	}
	var answer struct {
		logLevel
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(said, &answer); err != nil {
		return fmt.Errorf("reading the log level, at status %d: %w; is %s the operators' address?", status, err, c.OpsURL)
	}
	if status != http.StatusOK {
		return refusedError{fmt.Errorf("the log level stays: %s", answer.Detail)}
	}
	if c.JSON {
		return printJSON(s.out, answer.logLevel)
	}
	fmt.Fprintln(s.out, answer.Level)
	return nil
}
