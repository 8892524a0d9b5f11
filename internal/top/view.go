package top

import (
	"maps"
	"slices"
)

// view compares two readings.
func view(last, now scrape) View {
	seconds := now.at.Sub(last.at).Seconds()
	rate := func(before, after float64) float64 {
		if seconds <= 0 || after < before { // the first look, or a process that was started again
			return 0
		}
		return (after - before) / seconds
	}
	flows := func(last, now scrape, name, label string) []Flow {
		before, after := last.values(name, label), now.values(name, label)
		all := []Flow{}
		for _, key := range slices.Sorted(maps.Keys(after)) {
			all = append(all, Flow{Name: key, Total: after[key], Rate: rate(before[key], after[key])})
		}
		return all
	}
	const outcomes = "leadwheel_distributions_total"
	up, pending := now.values("leadwheel_dependency_up", "dependency"), now.values("leadwheel_pending_leads", "state")
	before, after := last.buckets("leadwheel_distribution_seconds"), now.buckets("leadwheel_distribution_seconds")
	v := View{
		At: now.at.UTC(), Processes: len(now.processes),
		Postgres: up["postgres"] > 0, Redis: up["redis"] > 0, Leading: now.value("leadwheel_scheduler_leading") > 0,
		Received: flows(last, now, "leadwheel_leads_received_total", "channel"),
		Failed:   flows(last.only(outcomes, "outcome", "failed"), now.only(outcomes, "outcome", "failed"), outcomes, "reason"),
		Due:      int(pending["due"]), Later: int(pending["later"]), Overdue: now.value("leadwheel_overdue_seconds"),
		P50: quantile(before, after, 0.5), P95: quantile(before, after, 0.95),
		DeadTasks: int(now.value("leadwheel_dead_tasks")), Queues: queues(last, now, rate), Groups: []Group{},
	}
	if given := flows(last.only(outcomes, "outcome", "succeeded"), now.only(outcomes, "outcome", "succeeded"), outcomes, ""); len(given) > 0 {
		v.Given = given[0]
	}
	return v
}

func queues(last, now scrape, rate func(before, after float64) float64) []Queue {
	const tasks = "asynq_tasks_enqueued_total"
	latency := now.values("asynq_queue_latency_seconds", "queue")
	before, after := last.values("asynq_tasks_processed_total", "queue"), now.values("asynq_tasks_processed_total", "queue")
	all := []Queue{}
	for _, name := range slices.Sorted(maps.Keys(latency)) {
		states := now.only(tasks, "queue", name).values(tasks, "state")
		all = append(all, Queue{
			Name: name, Pending: int(states["pending"]), Active: int(states["active"]), Scheduled: int(states["scheduled"]),
			Retry: int(states["retry"]), Dead: int(states["archived"]), Rate: rate(before[name], after[name]), Latency: latency[name],
		})
	}
	return all
}
