// Package ingest is how leads come in: a file a way or a format, from its bytes to leads that the store takes. The API, the hooks,
// the commands and the workers call it. It refuses no lead for its spelling, keeps nothing that it has read beyond what the store takes,
// and may use no more memory than its bounds say, whatever strangers send.
package ingest

import "strings"

// Clean makes text storable: characters that are not UTF-8 become U+FFFD, NUL characters go, and so do spaces around it.
func Clean(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""))
}

// CleanJSON takes escaped NUL characters, which Postgres cannot hold, out of a JSON text.
func CleanJSON(text []byte) []byte {
	clean := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			clean = append(clean, text[i])
			continue
		}
		if strings.HasPrefix(string(text[i:min(i+6, len(text))]), `\u0000`) {
			i += 5
			continue
		}
		clean = append(clean, text[i])
		if i++; i < len(text) {
			clean = append(clean, text[i])
		}
	}
	return clean
}
