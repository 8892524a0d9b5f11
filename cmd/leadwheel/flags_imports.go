package main

import (
	"errors"
	"time"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/store"
)

// importFlags are for commands that take imports.
type importFlags struct {
	ImportMaxRows    int64         `env:"LEADWHEEL_IMPORT_MAX_ROWS" default:"5000000" help:"Rows that one import may have; those read by then stay. 0 is no limit. Default ${default}."`
	ImportMaxTime    time.Duration `env:"LEADWHEEL_IMPORT_MAX_TIME" default:"4h" placeholder:"DURATION" help:"How long one import may take, its upload included, and before that wait for its turn. 0 is no limit. Default ${default}."`
	ImportsAtOnce    int           `env:"LEADWHEEL_IMPORTS_AT_ONCE" default:"3" help:"Imports of one workspace that run at once; others wait for their turn. 0 is no limit. Default ${default}."`
	ImportsWaiting   int           `env:"LEADWHEEL_IMPORTS_WAITING" default:"20" help:"Imports of one workspace that wait for their turn; more are refused with 429. 0 is no limit. Default ${default}."`
	ImportRejectedMB int64         `name:"import-rejected-mb" env:"LEADWHEEL_IMPORT_REJECTED_MB" default:"32" help:"Megabytes that one import keeps of rejected rows; those beyond are counted only. 0 is no limit. Default ${default}."`
}

func (f importFlags) importLimits() ingest.ImportLimits {
	return ingest.ImportLimits{
		Rows: f.ImportMaxRows, Time: f.ImportMaxTime, RejectBytes: f.ImportRejectedMB << 20,
		Queue: store.ImportQueue{AtOnce: f.ImportsAtOnce, Waiting: f.ImportsWaiting},
	}
}

func (f importFlags) check() error {
	if f.ImportMaxRows < 0 || f.ImportMaxTime < 0 || f.ImportsAtOnce < 0 || f.ImportsWaiting < 0 || f.ImportRejectedMB < 0 {
		return errors.New("the limits of imports are 0 or more")
	}
	return nil
}
