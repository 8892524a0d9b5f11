package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/tasks"
)

// These are in `leadwheel workspace list` and `leadwheel group list`.
var (
	workspace = uuid.MustParse("0198c5d2-9a41-7c1e-8f0a-1d2e3f405162")
	group     = uuid.MustParse("0198c5d2-9a41-7c1e-8f0a-1d2e3f405163")
)

// connect stands for tasks.OpenRedis(os.Getenv("REDIS_URL")).
func connect() (client *tasks.Client, waiting func() int, done func()) {
	url, giveBack := testenv.ExampleRedis()
	rdb, err := tasks.OpenRedis(url)
	if err != nil {
		panic(err)
	}
	waiting = func() int {
		info, err := asynq.NewInspectorFromRedisClient(rdb).GetQueueInfo(tasks.QueueIngest)
		if err != nil {
			panic(err)
		}
		return info.Pending
	}
	return tasks.NewClient(rdb), waiting, func() { _ = rdb.Close(); giveBack() }
}

// A program pushes a lead to a distribution group. It needs Redis only: leads wait in the queue until a worker runs.
func ExampleClient_PushLeads() {
	client, waiting, done := connect()
	defer done()
	err := client.PushLeads(context.Background(), tasks.Push{
		WorkspaceID: workspace,
		GroupID:     group,
		Channel:     "shop",
		Leads: []tasks.Lead{{
			ExternalID: "order-1042", // pushed again, it is recognised
			Name:       "Siti Rahman",
			Phone:      "+60 12-345 6789",
			Fields:     map[string]any{"product": "Solar roof"},
		}},
	})
	fmt.Println(err, "- tasks:", waiting())
	// Output: <nil> - tasks: 1
}

// Many leads go in one call, however many: they travel as tasks of a hundred.
func ExampleClient_PushLeads_many() {
	client, waiting, done := connect()
	defer done()
	leads := make([]tasks.Lead, 1234)
	for i := range leads {
		leads[i] = tasks.Lead{ExternalID: "row-" + strconv.Itoa(i), Email: fmt.Sprintf("customer-%d@example.com", i)}
	}
	err := client.PushLeads(context.Background(), tasks.Push{WorkspaceID: workspace, GroupID: group, Channel: "crm", Leads: leads})
	fmt.Println(err, "- tasks:", waiting())
	// Output: <nil> - tasks: 13
}

// What cannot be a lead is refused before anything is pushed, and the error says which it is.
func ExampleClient_PushLeads_refused() {
	client, _, done := connect()
	defer done()
	err := client.PushLeads(context.Background(), tasks.Push{
		WorkspaceID: workspace,
		Leads:       []tasks.Lead{{Name: "Siti Rahman"}, {ExternalID: "order-1043"}},
	})
	fmt.Println(err)
	// Output: pushing leads: lead 1 has no name, email or phone; give it one of them
}

// After an error it is not known whether Redis took the leads: the connection may have broken while it answered. Push the very
// same leads again: those with an external id are stored, and given to somebody, once for each channel.
func ExampleClient_PushLeads_idempotent() {
	client, _, done := connect()
	defer done()
	push := tasks.Push{
		WorkspaceID: workspace, GroupID: group, Channel: "shop",
		Leads: []tasks.Lead{{ExternalID: "order-1044", Name: "Farid Aziz"}},
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel() // as if the program's own deadline had passed
	err := client.PushLeads(cancelled, push)
	fmt.Println(errors.Is(err, context.Canceled))
	err = client.PushLeads(context.Background(), push)
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}
