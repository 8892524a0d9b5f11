package compress

import (
	"compress/gzip"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// A coding is a way to send an answer smaller, as Content-Encoding calls it.
type coding struct {
	name string
	// tag ends the tag of an answer that is sent so: by RFC 9110, 8.8.1, it is another than that of the same answer as it is. Our own tags
	// have no plus sign.
	tag string
	// small and fast are its compressors: pages are small and read by people, and what programs read may be long.
	small, fast *sync.Pool
}

// codings are those we have, the one that we like best first: Zstandard makes pages as small as gzip does in less time, and long answers
// smaller.
var codings = []*coding{
	{"zstd", `+zstd"`, zstdOf(zstd.SpeedDefault), zstdOf(zstd.SpeedFastest)},
	{"gzip", `+gzip"`, gzipOf(gzip.DefaultCompression), gzipOf(gzip.BestSpeed)},
}

// A compressor is what codings have in common.
type compressor interface {
	io.WriteCloser
	Flush() error
	Reset(to io.Writer)
}

func gzipOf(level int) *sync.Pool {
	return &sync.Pool{New: func() any {
		z, err := gzip.NewWriterLevel(io.Discard, level)
		if err != nil {
			panic(err) // there is no such level
		}
		return z
	}}
}

// window is how far back Zstandard looks. Each compressor has a few times as much in memory, and so has who reads the answer.
const window = 256 << 10

func zstdOf(level zstd.EncoderLevel) *sync.Pool {
	return &sync.Pool{New: func() any {
		z, err := zstd.NewWriter(io.Discard, zstd.WithEncoderLevel(level), zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // there is no such option
		}
		return z
	}}
}

// codingFor is the coding that Accept-Encoding headers like best, nil where they name none of ours or rather have the answer as it is.
// Those that they like alike are ours to choose. A star names nothing: who sends it may know none of them.
func codingFor(headers []string) *coding {
	weights := map[string]float64{}
	for one := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, parameter, _ := strings.Cut(one, ";")
		weight := 1.0
		if _, text, weighted := strings.Cut(parameter, "="); weighted {
			var err error
			if weight, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
				weight = 0
			}
		}
		weights[strings.ToLower(strings.TrimSpace(name))] = weight
	}
	var best *coding
	most := weights["identity"]
	for _, c := range codings {
		weight := weights[c.name]
		if weight > most || best == nil && weight > 0 && weight == most {
			best, most = c, weight
		}
	}
	return best
}

// tagOf is what a tag is once its answer is sent so. One that is weak says of both that they mean the same.
func (c *coding) tagOf(tag string) string {
	if text, is := strings.CutSuffix(tag, `"`); is && strings.HasPrefix(tag, `"`) {
		return text + c.tag
	}
	return tag
}

// plainTags is a condition whose tags are those of answers as they are.
func plainTags(condition string) string {
	for _, c := range codings {
		condition = strings.ReplaceAll(condition, c.tag, `"`)
	}
	return condition
}

// tagAmong is what a tag is as the conditions name it, else as it is.
func tagAmong(conditions []string, tag string) string {
	for _, c := range codings {
		if packed := c.tagOf(tag); packed != tag && strings.Contains(strings.Join(conditions, ","), packed) {
			return packed
		}
	}
	return tag
}
