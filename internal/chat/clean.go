package chat

import (
	"strings"
	"unicode"
)

// Clean makes valid UTF-8 of what somebody typed, without control and direction
// characters; space is either " " or "\n". The joiners stay, for emoji of more
// than one part. Markup and mentions are the adapter's to make inert.
func Clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(c rune) rune {
		switch {
		case strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", c):
			return '\n'
		case unicode.IsSpace(c), c == '\u2424': // which some clients take for a line break
			return ' '
		case c == '\u200C', c == '\u200D':
			return c
		case unicode.In(c, unicode.Cc, unicode.Cf):
			return -1
		}
		return c
	}, s)
}
