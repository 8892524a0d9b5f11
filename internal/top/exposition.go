package top

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A sample is one line of what a process shows: the labels and the value of a series.
type sample struct {
	labels map[string]string
	value  float64
}

// readSamples reads metrics in Prometheus' text format, by the names of their lines: those of a histogram end in _bucket, _sum and
// _count. See https://prometheus.io/docs/instrumenting/exposition_formats.
func readSamples(r io.Reader) (map[string][]sample, error) {
	all := make(map[string][]sample)
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, one, err := readSample(line)
		if err != nil {
			return nil, fmt.Errorf("line %d is no metric: %w", n, err)
		}
		all[name] = append(all[name], one)
	}
	return all, lines.Err()
}

// readSample reads a line such as name{label="value"} 1.
func readSample(line string) (name string, one sample, err error) {
	end := strings.IndexAny(line, "{ ")
	if end < 0 {
		return "", one, fmt.Errorf("%q has no value", line)
	}
	name, rest := line[:end], line[end:]
	one.labels = make(map[string]string)
	for after, more := strings.CutPrefix(rest, "{"); more; after, more = strings.CutPrefix(rest, ",") {
		if strings.HasPrefix(after, "}") {
			rest = after
			break
		}
		label, quoted, _ := strings.Cut(after, "=")
		text, err := strconv.QuotedPrefix(quoted)
		if err != nil {
			return "", one, fmt.Errorf("label %q of %s has no value in quotes", label, name)
		}
		if one.labels[label], err = strconv.Unquote(text); err != nil {
			return "", one, fmt.Errorf("reading label %q of %s: %w", label, name, err)
		}
		rest = quoted[len(text):]
	}
	fields := strings.Fields(strings.TrimPrefix(rest, "}")) // the value, and maybe a time
	if len(fields) == 0 {
		return "", one, fmt.Errorf("%s has no value", name)
	}
	if one.value, err = strconv.ParseFloat(fields[0], 64); err != nil {
		return "", one, fmt.Errorf("reading the value of %s: %w", name, err)
	}
	return name, one, nil
}
