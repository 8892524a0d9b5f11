//go:build unix

package localservices

import "maps"

// tuning is what differs from Postgres's defaults. Leadwheel's statements are short and many; JIT only delays them.
func tuning(throwaway bool) map[string]string {
	common := map[string]string{
		"jit":                        "off",
		"shared_buffers":             "128MB",
		"max_connections":            "100",
		"log_checkpoints":            "off",
		"log_min_duration_statement": "-1",
	}
	if throwaway {
		maps.Copy(common, map[string]string{
			"fsync":            "off",
			"full_page_writes": "off",
			"autovacuum":       "off",
			"max_connections":  "300",
			"shared_buffers":   "64MB",
			"max_wal_size":     "256MB",
			"wal_level":        "minimal",
			"max_wal_senders":  "0",
		})
		return common
	}
	maps.Copy(common, map[string]string{
		"wal_compression":              "on",
		"max_wal_size":                 "2GB",
		"checkpoint_completion_target": "0.9",
		"effective_io_concurrency":     "0",
		"random_page_cost":             "1.1",
	})
	return common
}
