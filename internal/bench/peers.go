package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// peerQueues are the other queues that the program of peers knows, each run by itself.
var peerQueues = []string{"river", "asynq"}

// peers has other queues do the work of bulk on the same servers and lean tables, a job and a transaction a lead, and returns their names.
func (i *installation) peers(ctx context.Context, t *tally) ([]string, error) {
	if i.cfg.Peers == "" {
		return nil, nil
	}
	var names []string
	for _, queue := range peerQueues {
		if err := i.makeLean(ctx, i.cfg.Leads); err != nil {
			return nil, err
		}
		if err := i.settleDown(ctx); err != nil {
			return nil, err
		}
		var out, trouble bytes.Buffer
		run := exec.CommandContext(ctx, i.cfg.Peers, queue, i.workspace.String(), i.other.String(), strconv.Itoa(i.cfg.Leads))
		run.Env = append(os.Environ(), "DATABASE_URL="+i.servers[0].URL, "REDIS_URL="+i.servers[1].URL)
		run.Stdout, run.Stderr = &out, &trouble
		costs, err := i.costs(ctx, i.cfg.Leads, run.Run)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %s", queue, err, lastLines(trouble.String(), 10))
		}
		costs.SelfCPU += float64((run.ProcessState.UserTime() + run.ProcessState.SystemTime()).Microseconds()) / float64(i.cfg.Leads)
		var did struct {
			Name    string  `json:"name"`
			Version string  `json:"version"`
			Rate    float64 `json:"rate"`
		}
		if err := json.Unmarshal(out.Bytes(), &did); err != nil {
			return nil, fmt.Errorf("reading what %s says: %w", queue, err)
		}
		i.versions[did.Name] = did.Version
		t.rates(did.Name, did.Rate)
		t.work(did.Name, costs)
		names = append(names, did.Name)
	}
	return names, nil
}
