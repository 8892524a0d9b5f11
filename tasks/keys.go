package tasks

import "strings"

// The names under which asynq keeps what is its own in Redis, for what its inspector does not tell, or only at a price that grows
// with the queue. They are those of version 0.26; a test looks for a task under them.

// Registry is the set of the names of queues. A queue that is missing there is not shown by the inspector.
const Registry = "asynq:queues"

// Dequeued is the queue from which asynq takes a task by a script that is given these keys; it is false where it does something else.
func Dequeued(keys []string) (queue string, is bool) {
	if len(keys) != 4 {
		return "", false
	}
	queue, begun := strings.CutPrefix(keys[0], "asynq:{")
	queue, is = strings.CutSuffix(queue, "}:pending")
	return queue, begun && is && keys[1] == Key(queue, "paused")
}

// Moved is a key or a beginning of keys of one queue as another queue has it.
func Moved(key, from, to string) string {
	if part, is := strings.CutPrefix(key, Key(from, "")); is {
		return Key(to, part)
	}
	return key
}

// Key names a part of a queue: its tasks' ids by state ("pending" and "active" are lists, "scheduled", "retry", "archived" and
// "completed" sorted sets), a task by its id ("t:" and the id), or one of its counters ("processed", "failed").
func Key(queue, part string) string { return "asynq:{" + queue + "}:" + part }
