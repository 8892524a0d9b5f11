package tasks_test

import (
	"context"
	"os"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/tasks"
)

// A program pushes leads to a distribution group. It needs Redis only: leads wait in the queue until a worker runs.
func ExampleClient_PushLeads() {
	rdb, err := tasks.OpenRedis(os.Getenv("REDIS_URL"))
	if err != nil {
		panic(err)
	}
	defer rdb.Close()
	err = tasks.NewClient(rdb).PushLeads(context.Background(), tasks.Push{
		WorkspaceID: uuid.MustParse("0198c5d2-9a41-7c1e-8f0a-1d2e3f405162"),
		GroupID:     uuid.MustParse("0198c5d2-9a41-7c1e-8f0a-1d2e3f405163"),
		Channel:     "shop",
		Leads: []tasks.Lead{{
			ExternalID: "order-1042", // pushed again, it is recognised
			Name:       "Siti Rahman",
			Phone:      "+60 12-345 6789",
			Fields:     map[string]any{"product": "Solar roof"},
		}},
	})
	if err != nil {
		panic(err)
	}
}
