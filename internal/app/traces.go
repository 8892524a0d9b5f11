package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/leadwheel/leadwheel/internal/tracing"
)

// tracesTimeout is what the last traces of a process that ends may take to be sent.
const tracesTimeout = 2 * time.Second

// errTracesURL does not quote the address, which may have a password in it.
var errTracesURL = errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is not the address of a collector of traces; give one such as http://collector:4318")

// startTraces has traces sent to a collector, where one is named. What else OpenTelemetry has settings for, as which requests are
// followed, its library reads from the environment.
func (a *App) startTraces(ctx context.Context, cfg Config) error {
	if cfg.TracesURL == "" {
		return nil
	}
	base, err := url.Parse(cfg.TracesURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return errTracesURL
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(base.JoinPath("v1/traces").String()))
	if err != nil {
		return fmt.Errorf("preparing to send traces to %s: %w", base.Redacted(), err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "leadwheel"), attribute.String("service.version", cfg.Version)), resource.WithHost(), resource.WithFromEnv())
	if err != nil {
		return fmt.Errorf("saying whose the traces are: %w; look at OTEL_RESOURCE_ATTRIBUTES", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { a.log.Warn("traces were not sent", "error", err) }))
	a.onStop("traces", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, tracesTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil { // a collector that is away is no reason to end badly
			a.log.Warn("the last traces were not sent", "error", err)
		}
		return nil
	})
	a.tracer = tracing.New(provider)
	return nil
}
