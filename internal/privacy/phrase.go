package privacy

import "strings"

// phrase is one or more words to look for in a text. In a word, * at an end
// stands for any letters; a word of only * is any one word; # is any number.
type phrase []pattern

type pattern struct {
	text       string
	any        bool // *
	number     bool // #
	head, tail bool // *text, text*
}

func newPhrase(s string) phrase {
	var p phrase
	for field := range strings.FieldsSeq(s) {
		w := pattern{any: field == "*", number: field == "#"}
		if !w.any && !w.number {
			field, w.head = strings.CutPrefix(field, "*")
			field, w.tail = strings.CutSuffix(field, "*")
			w.text = bare(fold(field))
		}
		if w.any || w.number || w.text != "" {
			p = append(p, w)
		}
	}
	return p
}

// in reports whether the phrase occurs, within one sentence.
func (p phrase) in(text []entry) bool {
	if len(p) == 0 {
		return false
	}
	for i := 0; i+len(p) <= len(text); i++ {
		n := 0
		for n < len(p) && p[n].is(&text[i+n]) {
			n++
		}
		if n == len(p) {
			return true
		}
	}
	return false
}

func (w *pattern) is(e *entry) bool {
	switch {
	case w.any:
		return e.text != ""
	case w.number:
		return e.number
	case e.number && !e.alone:
		return false
	case w.head && w.tail:
		return strings.Contains(e.text, w.text)
	case w.head:
		return strings.HasSuffix(e.text, w.text)
	case w.tail:
		return strings.HasPrefix(e.text, w.text)
	}
	return e.text == w.text
}
