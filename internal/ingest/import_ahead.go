package ingest

import (
	"errors"
	"io"
	"sync"
)

// aheadBytes is how much of a file is read while its import waits for its turn.
const aheadBytes = 256 << 10

// An aheadFile is a file of which the beginning is read while nobody wants it yet, so that it shows when its sender goes: only
// whoever reads hears of that. It must be closed.
type aheadFile struct {
	src  io.Reader
	done chan struct{} // closed when no more is read
	// broke is closed where the file broke off.
	broke chan struct{}

	mu     sync.Mutex
	moved  *sync.Cond
	data   []byte
	err    error
	closed bool
}

func readAhead(src io.Reader) *aheadFile {
	f := &aheadFile{src: src, done: make(chan struct{}), broke: make(chan struct{})}
	f.moved = sync.NewCond(&f.mu)
	go f.pump()
	return f
}

func (f *aheadFile) pump() {
	defer close(f.done)
	part := make([]byte, 32<<10)
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.err == nil {
		for len(f.data) >= aheadBytes && !f.closed {
			f.moved.Wait()
		}
		if f.closed {
			return
		}
		f.mu.Unlock()
		n, err := f.src.Read(part)
		f.mu.Lock()
		f.data, f.err = append(f.data, part[:n]...), err
		if err != nil && !errors.Is(err, io.EOF) {
			close(f.broke)
		}
		f.moved.Broadcast()
	}
}

// Read implements io.Reader.
func (f *aheadFile) Read(data []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.data) == 0 && f.err == nil {
		f.moved.Wait()
	}
	n := copy(data, f.data)
	f.data = f.data[n:]
	f.moved.Broadcast()
	if n > 0 || len(data) == 0 {
		return n, nil
	}
	return 0, f.err
}

// Interrupt implements Interrupter.
func (f *aheadFile) Interrupt() {
	if i, is := f.src.(Interrupter); is {
		i.Interrupt()
	}
}

// Close ends the reading, of which the sender may not have come to the end.
func (f *aheadFile) Close() {
	f.mu.Lock()
	f.closed = true
	f.moved.Broadcast()
	over := f.err != nil
	f.mu.Unlock()
	if !over {
		f.Interrupt()
	}
	<-f.done
}
