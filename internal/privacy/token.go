package privacy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

type kind uint8

const (
	word   kind = iota // letters, with - and ' inside
	number             // digits of any script
	mark               // anything else, one character
)

// token is a piece of text between white space. Invisible characters are part
// of the piece they stand in, so they hide nothing.
type token struct {
	kind       kind
	gap        bool // after white space, or first
	line       bool // after a line break, or first
	start, end int  // in the text
	from, to   int  // number: in the digits
	mark       rune // mark: which; all dashes are -, all single quotes '
}

// scan cuts a text into tokens, and gives the digits of all numbers as ASCII,
// one after the other.
func scan(text string) (tokens []token, digits []byte) {
	tokens = make([]token, 0, len(text)/4+8)
	gap, line := true, true
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		start, end := at, at+size
		at = end
		r = plain(r)
		k := mark
		switch {
		case unicode.IsSpace(r):
			gap, line = true, line || r == '\n' || r == '\u2028' || r == '\u2029'
			continue
		case invisible(r):
			if !gap {
				tokens[len(tokens)-1].end = end
			}
			continue
		case unicode.IsLetter(r):
			k = word
		case unicode.IsDigit(r):
			k = number
			digits = append(digits, digit(r))
		}
		if n := len(tokens); !gap && k != mark {
			last := &tokens[n-1]
			switch {
			case last.kind == k:
				last.end, last.to = end, len(digits)
				continue
			case k == word && n > 1 && last.kind == mark && !last.gap && tokens[n-2].kind == word && (last.mark == '-' || last.mark == '\''):
				tokens = tokens[:n-1]
				tokens[n-2].end = end
				continue
			}
		}
		t := token{kind: k, gap: gap, line: line, start: start, end: end}
		switch k {
		case number:
			t.from, t.to = len(digits)-1, len(digits)
		case mark:
			t.mark = r
		}
		tokens = append(tokens, t)
		gap, line = false, false
	}
	return tokens, digits
}

// plain takes wide forms, dashes and single quotes together.
func plain(r rune) rune {
	switch {
	case r < 0x80:
		if r == '`' {
			return '\''
		}
		return r
	case r >= '\uff01' && r <= '\uff5e':
		return r - '\uff01' + '!'
	case r == '‘', r == '’', r == '‛', r == 'ʼ', r == '´', r == '′':
		return '\''
	case unicode.Is(unicode.Pd, r), r == '−':
		return '-'
	}
	return r
}

func invisible(r rune) bool {
	return r > 0x7f && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf)
}

func digit(r rune) byte {
	if r <= '9' {
		return byte(r)
	}
	// Unicode keeps the digits of a script together, from zero to nine.
	for _, t := range unicode.Nd.R16 {
		if r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10)
		}
	}
	return '0'
}

// fold is a word in lower case without accents and invisible characters, with
// its inner - and ' in ASCII.
func fold(word string) string {
	ascii := true
	for i := range len(word) {
		if word[i] >= 0x80 {
			ascii = false
			break
		}
	}
	lower := strings.ToLower(word)
	if ascii {
		return lower
	}
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return plain(r)
	}, norm.NFKD.String(lower))
}

// entry is a word or number as a phrase is matched against it.
type entry struct {
	text   string // plain lower case without - and '; empty where a sentence ends
	number bool
	alone  bool // number: not a part of a code, an amount, a date
}

// entries are the words and numbers of a text.
func entries(text string) []entry {
	tokens, digits := scan(text)
	list := make([]entry, 0, len(tokens))
	for i, t := range tokens {
		switch t.kind {
		case word:
			list = append(list, entry{text: bare(fold(text[t.start:t.end]))})
		case number:
			list = append(list, entry{string(digits[t.from:t.to]), true, standsAlone(tokens, i)})
		case mark:
			if strings.ContainsRune(".!?;", t.mark) && (i+1 == len(tokens) || tokens[i+1].gap) {
				list = append(list, entry{})
			}
		}
	}
	return list
}

func bare(word string) string {
	if !strings.ContainsAny(word, "-'") {
		return word
	}
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '\'' {
			return -1
		}
		return r
	}, word)
}

// standsAlone reports whether number i is said by itself: not a part of a
// code, an amount or a date, as in K-112, € 112, #112 and 1.112,50.
func standsAlone(tokens []token, i int) bool {
	at := func(j int) token {
		if j < 0 || j >= len(tokens) {
			return token{kind: mark, gap: true}
		}
		return tokens[j]
	}
	before, after := at(i-1), at(i+1)
	switch {
	case !tokens[i].gap && before.kind != mark, !after.gap && after.kind != mark:
		return false
	case before.kind == mark && strings.ContainsRune("€$£#", before.mark), after.mark == '%':
		return false
	case !tokens[i].gap && !before.gap:
		code := at(i - 2)
		if code.kind == number || code.kind == word && before.mark == '-' && code.end-code.start <= 2 {
			return false
		}
	}
	next := at(i + 2)
	return after.gap || next.gap || next.kind != number
}
