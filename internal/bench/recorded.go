package bench

import (
	"encoding/json"
	"fmt"
	"os"
)

// Recorded are ratios of an earlier run. What is better than it was is no fault.
type Recorded struct {
	// Machine is what they were measured on.
	Machine Machine `json:"machine"`
	// Tolerance is what part of a ratio may be missing, such as 0.2.
	Tolerance float64 `json:"tolerance"`
	// Ratios are by the scenario and then by the figure.
	Ratios map[string]map[string]float64 `json:"ratios"`
}

// defaultTolerance is how much ratios of one machine differ from run to run.
const defaultTolerance = 0.2

// ReadRecorded reads what was recorded.
func ReadRecorded(path string) (recorded Recorded, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &recorded)
	}
	if err != nil {
		return recorded, fmt.Errorf("reading the recorded ratios: %w; make them with --record", err)
	}
	return recorded, nil
}

// Record writes the ratios of a report to a file. Scenarios that were not run, and the tolerance, stay as the file has them.
func (r Report) Record(path string) error {
	recorded, err := ReadRecorded(path)
	if err != nil { // it is made anew
		recorded = Recorded{Tolerance: defaultTolerance, Ratios: map[string]map[string]float64{}}
	}
	recorded.Machine = r.Machine
	for _, s := range r.Scenarios {
		if ratios := s.ratios(); len(ratios) > 0 {
			recorded.Ratios[s.Name] = ratios
		}
	}
	text, err := json.MarshalIndent(recorded, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644) //nolint:gosec // for everybody to read
	}
	if err != nil {
		return fmt.Errorf("recording the ratios: %w", err)
	}
	return nil
}

// ratios are the medians of a scenario's ratios, by name.
func (s Scenario) ratios() map[string]float64 {
	all := map[string]float64{}
	for _, f := range s.Figures {
		if f.Unit == ratioUnit {
			all[f.Name] = float64(int(f.Median*1000)) / 1000
		}
	}
	return all
}

// Worse are sentences about the ratios of a report that are lower than those recorded, by more than the tolerance. Where nothing can
// be compared, that is one.
func (r Report) Worse(than Recorded) (worse []string) {
	compared := 0
	for _, s := range r.Scenarios {
		for _, f := range s.Figures {
			was, known := than.Ratios[s.Name][f.Name]
			if !known || f.Unit != ratioUnit {
				continue
			}
			compared++
			if least := was * (1 - than.Tolerance); f.Median < least {
				worse = append(worse, fmt.Sprintf("%s: %s is %.3f, was %.3f and may be %.3f.", s.Name, f.Name, f.Median, was, least))
			}
		}
	}
	if compared == 0 {
		worse = append(worse, "No ratio of this run is recorded; run the scenarios that are, or record these with --record.")
	}
	return worse
}
