package main

import (
	"errors"

	"github.com/leadwheel/leadwheel/scheduler"
)

// metricFlags are for commands that show metrics: of what there are series by id.
type metricFlags struct {
	MetricsGroups       int `env:"LEADWHEEL_METRICS_GROUPS" default:"1000" help:"Distribution groups of which there are series, the least even first; 0 for none, and none of their alerts. Default ${default}."`
	MetricsIntegrations int `env:"LEADWHEEL_METRICS_INTEGRATIONS" default:"1000" help:"Integrations of which there are series, the quiet ones first; 0 for none, and none of their alerts. Default ${default}."`
}

func (f metricFlags) shown() scheduler.Shown {
	return scheduler.Shown{Rings: f.MetricsGroups, Integrations: f.MetricsIntegrations}
}

// check refuses what would mean nothing.
func (f metricFlags) check() error {
	if f.MetricsGroups < 0 || f.MetricsIntegrations < 0 {
		return errors.New("LEADWHEEL_METRICS_GROUPS and LEADWHEEL_METRICS_INTEGRATIONS are 0 or more")
	}
	return nil
}
