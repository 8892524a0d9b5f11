package notify

import (
	"strings"

	"golang.org/x/net/html"
)

// Text is a message without elements. Addresses that its links lead to stand beside what they are called.
func Text(message string) string {
	var out strings.Builder
	var href string
	tokens := html.NewTokenizer(strings.NewReader(message))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return out.String()
		case html.TextToken:
			out.WriteString(tokens.Token().Data)
		case html.StartTagToken:
			href = ""
			for _, a := range tokens.Token().Attr {
				if a.Key == "href" && strings.HasPrefix(a.Val, "http") {
					href = a.Val
				}
			}
		case html.EndTagToken:
			if tokens.Token().Data == "a" && href != "" && !strings.HasSuffix(out.String(), href) {
				out.WriteString(" (" + href + ")")
			}
			href = ""
		}
	}
}

// telegramLength is the length of text as Telegram counts it.
func telegramLength(text string) (n int) {
	for _, r := range text {
		n += units(r)
	}
	return n
}

// cutTelegram cuts text to what Telegram takes.
func cutTelegram(text string) string {
	n := 0
	for i, r := range text {
		if n += units(r); n > maxTelegram-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// units is how many places a character takes in UTF-16.
func units(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}
