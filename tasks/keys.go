package tasks

// The names under which asynq keeps what is its own in Redis, for what its inspector does not tell, or only at a price that grows
// with the queue. They are those of version 0.26; a test looks for a task under them.

// Registry is the set of the names of queues. A queue that is missing there is not shown by the inspector.
const Registry = "asynq:queues"

// Key names a part of a queue: its tasks' ids by state ("pending" and "active" are lists, "scheduled", "retry", "archived" and
// "completed" sorted sets), a task by its id ("t:" and the id), or one of its counters ("processed", "failed").
func Key(queue, part string) string { return "asynq:{" + queue + "}:" + part }
