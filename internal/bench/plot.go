package bench

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
)

// What a plot measures, in pixels.
const (
	plotWidth, plotRow, plotTop, plotLabel, plotNumber = 800, 26, 56, 300, 130
	plotBar                                            = plotWidth - plotLabel - plotNumber
)

// Plot writes a picture for each scenario into a folder: its rates as bars, or its times where it has none, the longer the more, with a
// line from the lowest round to the highest. The same report makes the same pictures.
func (r Report) Plot(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("making the folder of plots: %w", err)
	}
	for _, s := range r.Scenarios {
		path := filepath.Join(folder, "bench-"+s.Name+".svg")
		if err := os.WriteFile(path, []byte(s.svg(r)), 0o644); err != nil { //nolint:gosec // for everybody to read
			return fmt.Errorf("drawing %s: %w", s.Name, err)
		}
	}
	return nil
}

// bars are the figures that a plot shows: those of the first unit of these that there is.
func (s Scenario) bars() (bars []Figure) {
	for _, unit := range []string{"leads/s", "ms"} {
		for _, f := range s.Figures {
			if f.Unit == unit {
				bars = append(bars, f)
			}
		}
		if len(bars) > 1 {
			return bars
		}
	}
	return bars
}

func (s Scenario) svg(r Report) string {
	bars, longest := s.bars(), 0.0
	for _, f := range bars {
		longest = max(longest, f.High)
	}
	var b strings.Builder
	height := plotTop + plotRow*len(bars) + 10
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" font-family="sans-serif" font-size="13">`+"\n", plotWidth, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(s.Name+": "+s.What))
	fmt.Fprintf(&b, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n")
	fmt.Fprintf(&b, "<text x=\"10\" y=\"22\" font-size=\"15\" font-weight=\"bold\">%s: %s</text>\n", html.EscapeString(s.Name), html.EscapeString(s.What))
	fmt.Fprintf(&b, "<text x=\"10\" y=\"42\" fill=\"#555\">%s</text>\n", html.EscapeString(fmt.Sprintf(
		"%d CPUs for %.0f processes, Postgres %s, %s; medians of %d rounds, from the lowest to the highest",
		r.Machine.CPUs, max(r.Machine.Load, 1), r.Machine.Postgres, r.Machine.Date, r.Rounds)))
	for n, f := range bars {
		y, at := plotTop+plotRow*n, func(value float64) int { return plotLabel + int(value/max(longest, 1e-9)*plotBar) }
		colour := "#9aa5b1"
		if f.Name == byLeadwheel {
			colour = "#2563eb"
		}
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", plotLabel-10, y+17, html.EscapeString(f.Name))
		fmt.Fprintf(&b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", plotLabel, y+4, at(f.Median)-plotLabel, plotRow-8, colour)
		fmt.Fprintf(&b, "<path d=\"M%d %dH%d\" stroke=\"#111\" stroke-width=\"2\"/>\n", at(f.Low), y+plotRow/2, max(at(f.High), at(f.Low)+1))
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\">%s</text>\n", at(f.High)+8, y+17, html.EscapeString(Number(f.Median)+" "+f.Unit))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// Number is a figure as people read it: three digits at least, and no more behind the point than it takes.
func Number(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}
