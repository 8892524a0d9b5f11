package leadfile

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
)

const (
	// maxSharedTexts bounds the texts that a workbook's cells share; four bytes of each are kept in memory.
	maxSharedTexts = 1 << 24
	// maxSharedBytes bounds them in all, since they are kept on disk.
	maxSharedBytes = 1 << 30
	sharedPage     = 64 << 10
	sharedPages    = 64 // kept in memory
)

// sharedTexts are the texts that a workbook's cells refer to by number. They are kept on disk, and pages of them in
// memory: cells refer to them about in the order in which they stand.
type sharedTexts struct {
	file  *spool
	ends  []uint32
	pages [sharedPages]struct {
		number int64 // from 1
		bytes  []byte
	}
}

func readSharedTexts(a *archive, name string, file *spool) (*sharedTexts, error) {
	t, err := a.openXML(name)
	if err != nil {
		return nil, err
	}
	s := &sharedTexts{file: file}
	out, size := bufio.NewWriterSize(file, sharedPage), int64(0)
	var text []byte
	for {
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			if err := out.Flush(); err != nil {
				return nil, &DiskError{err}
			}
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if e, ok := token.(xml.StartElement); !ok || e.Name.Local != "si" {
			continue
		}
		if text, err = t.text(text[:0], isT); err != nil {
			return nil, err
		}
		if size += int64(len(text)); size > maxSharedBytes || len(s.ends) == maxSharedTexts {
			return nil, &Error{Message: "The workbook holds too many texts; save it as CSV, which may be of any size."}
		}
		if _, err := out.Write(text); err != nil {
			return nil, &DiskError{err}
		}
		s.ends = append(s.ends, uint32(size))
	}
}

func isT(element string) bool { return element == "t" }

// appendTo appends text number i to b.
func (s *sharedTexts) appendTo(b []byte, i int) ([]byte, error) {
	if s == nil || i < 0 || i >= len(s.ends) {
		return b, errDamaged
	}
	at, end := int64(0), int64(s.ends[i])
	if i > 0 {
		at = int64(s.ends[i-1])
	}
	for at < end {
		page, err := s.page(at / sharedPage)
		if err != nil {
			return b, err
		}
		part := page[at%sharedPage:]
		part = part[:min(int64(len(part)), end-at)]
		b = append(b, part...)
		at += int64(len(part))
	}
	return b, nil
}

func (s *sharedTexts) page(number int64) ([]byte, error) {
	p := &s.pages[number%sharedPages]
	if p.number == number+1 {
		return p.bytes, nil
	}
	if p.bytes == nil {
		p.bytes = make([]byte, sharedPage)
	}
	n, err := s.file.ReadAt(p.bytes[:sharedPage], number*sharedPage)
	if n == 0 || err != nil && !errors.Is(err, io.EOF) {
		return nil, &DiskError{err}
	}
	p.number, p.bytes = number+1, p.bytes[:n]
	return p.bytes, nil
}
