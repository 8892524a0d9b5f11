package leadfile

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"hash/crc32"
	"strings"
	"testing"
)

func TestArchivesThatAreBombs(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	deflate, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	sum, some := crc32.NewIEEE(), append([]byte("name\n"), bytes.Repeat([]byte(strings.Repeat(" ", 1023)+"\n"), 1<<10)...)
	const times = 20 // of what may be unpacked of such a file: with 16 times as much of both it is the same
	for range times {
		sum.Write(some)
		if _, err := deflate.Write(some); err != nil {
			t.Fatal(err)
		}
	}
	if err := deflate.Close(); err != nil {
		t.Fatal(err)
	}
	for name, bomb := range map[string]string{
		"text": "a.csv", "sheet": "xl/sheet.xml", "shared texts": "xl/texts.xml", "list of sheets": "xl/workbook.xml",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var file bytes.Buffer
			w := zip.NewWriter(&file)
			part, err := w.CreateRaw(&zip.FileHeader{
				Name: bomb, Method: zip.Deflate, CRC32: sum.Sum32(), CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(times * len(some)),
			})
			if err == nil {
				_, err = part.Write(packed.Bytes())
			}
			whole := book(t, "xl/texts.xml", "<sst/>")
			rest, err2 := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
			if err = errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			for _, f := range rest.File {
				if bomb != "a.csv" && f.Name != bomb {
					err = errors.Join(err, w.Copy(f))
				}
			}
			if err = errors.Join(err, w.Close()); err != nil {
				t.Fatal(err)
			}
			f := &File{options: Options{Known: anyFilled}}
			f.reading = newReading(f.options)
			f.reading.unpacked = times * int64(len(some)) * 4 / 5
			defer f.Close()
			leads := 0
			if err = f.openArchive(f.reading.of(&file)); err == nil {
				leads, err = readFirst(f)
			}
			if leads > 0 || !errors.Is(err, errBomb) && !errors.Is(err, errDamaged) {
				t.Errorf("after %d leads it ends with %v", leads, err)
			}
		})
	}
}

// readFirst counts the rows of a file's first part that hold anything but a heading, and returns what ended it.
func readFirst(f *File) (leads int, err error) {
	part, err := f.Next()
	if err == nil {
		err = part.Begin()
	}
	for err == nil {
		if err = part.Next(); err == nil && len(bytes.TrimSpace(part.Record().Raw)) > 0 && !bytes.Equal(part.Record().Raw, []byte("name")) {
			leads++
		}
	}
	return leads, err
}
