package web

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"strings"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

const (
	pprofPath    = "/debug/pprof/"
	logLevelPath = "/log-level"
	// maxLevel bounds the body that says a level, in bytes.
	maxLevel = 1 << 10
)

// servePprof adds the profiles of this process, for those who have the key.
func servePprof(mux *http.ServeMux, o OpsOptions) {
	for path, handler := range map[string]http.HandlerFunc{
		"GET " + pprofPath: pprof.Index, "GET " + pprofPath + "cmdline": pprof.Cmdline, "GET " + pprofPath + "profile": pprof.Profile,
		"GET " + pprofPath + "symbol": pprof.Symbol, "POST " + pprofPath + "symbol": pprof.Symbol, "GET " + pprofPath + "trace": pprof.Trace,
	} {
		mux.Handle(path, guarded(o, handler))
	}
}

// logLevel is the body of GET and PUT /log-level: debug, info, warn or error.
type logLevel struct {
	Level string `json:"level"`
}

// serveLogLevel adds where the level of the log is shown and changed, for those who have the key.
func serveLogLevel(mux *http.ServeMux, o OpsOptions) {
	show := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(logLevel{levelName(o.LogLevel.Level())}) // the client is gone where this fails
	}
	mux.Handle("GET "+logLevelPath, guarded(o, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { show(w) })))
	mux.Handle("PUT "+logLevelPath, guarded(o, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		level, err := readLevel(http.MaxBytesReader(w, r.Body, maxLevel))
		if err != nil {
			problem.New(http.StatusUnprocessableEntity, `the level cannot be read; send {"level":"debug"}, or info, warn or error`,
				problem.Field{Location: "body.level", Message: err.Error()}).Write(w)
			return
		}
		if before := o.LogLevel.Level(); before != level {
			// Said at a level of its own, so that the log shows from where on it says more or less.
			o.Log.LogAttrs(r.Context(), max(before, level, slog.LevelWarn), "the log level was changed",
				slog.String("from", levelName(before)), slog.String("to", levelName(level)))
			o.LogLevel.Set(level)
		}
		show(w)
	})))
}

// levels are those that a log can have, by name.
var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// levelName is a level as it is written in a setting.
func levelName(level slog.Level) string { return strings.ToLower(level.String()) }

func readLevel(body io.Reader) (slog.Level, error) {
	var asked logLevel
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&asked); err != nil {
		return 0, errors.New("this is no JSON object with a level alone")
	}
	level, known := levels[strings.ToLower(asked.Level)]
	if !known {
		return 0, errors.New("this is none of debug, info, warn and error")
	}
	return level, nil
}
