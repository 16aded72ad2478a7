package privacy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// emails finds e-mail addresses.
func (g *guard) emails() {
	for i := range g.tokens {
		if !g.isMark(i, "@") {
			continue
		}
		from, to := i, i
		for g.glued(from) && (!g.is(from-1, mark) || g.isMark(from-1, "._-+%'")) {
			from--
		}
		for g.glued(to+1) && (!g.is(to+1, mark) || g.isMark(to+1, ".-")) {
			to++
		}
		for to > i && g.is(to, mark) {
			to--
		}
		if from < i && g.hasDomain(i+1, to) {
			g.report(Email, from, to)
		}
	}
}

// hasDomain reports whether tokens from up to and including to look like
// school.nl: a dot and then letters.
func (g *guard) hasDomain(from, to int) bool {
	return to-from >= 2 && g.is(to, word) && g.letters(to) >= 2 && g.isMark(to-1, ".")
}

// ibanLength is how many characters a bank account number has, for the
// countries around and those that people here come from most.
var ibanLength = map[string]int{
	"nl": 18, "be": 16, "de": 22, "lu": 20, "fr": 27, "gb": 22, "ie": 22, "es": 24, "pt": 25, "it": 27,
	"at": 20, "ch": 21, "dk": 18, "se": 24, "no": 15, "fi": 18, "pl": 28, "cz": 24, "sk": 24, "hu": 28,
	"ro": 24, "bg": 22, "gr": 27, "hr": 21, "si": 19, "lt": 20, "lv": 21, "ee": 20, "mt": 31, "cy": 28,
	"tr": 26, "ua": 29,
}

// ibans finds bank account numbers that pass the test of 97. One that does not
// is used up all the same when it is Dutch: its digits are nobody's number.
func (g *guard) ibans() {
	for i := range g.tokens {
		length := ibanLength[g.folded[i]]
		if length == 0 || !g.is(i+1, number) || !g.glued(i+1) && g.folded[i] != "nl" || g.tokens[i+1].to-g.tokens[i+1].from < 2 {
			continue
		}
		if g.glued(i) && g.is(i-1, number) {
			continue
		}
		written := make([]byte, 0, length)
		last := i
		for ; last < len(g.tokens) && !g.tokens[last].line || last == i; last++ {
			if part, ok := g.alphanumeric(last); ok {
				written = append(written, part...)
			} else if !g.isMark(last, "-.") {
				break
			}
			if len(written) >= length {
				break
			}
		}
		if len(written) != length || g.glued(last+1) && !g.is(last+1, mark) {
			continue
		}
		switch {
		case mod97(written):
			g.report(IBAN, i, last)
		case g.folded[i] == "nl" && strings.Trim(string(written[4:8]), "abcdefghijklmnopqrstuvwxyz") == "" && strings.Trim(string(written[8:]), "0123456789") == "":
			g.use(i, last)
		}
	}
}

// alphanumeric is token i in ASCII letters and digits.
func (g *guard) alphanumeric(i int) (string, bool) {
	switch t := g.tokens[i]; t.kind {
	case number:
		return string(g.digits[t.from:t.to]), true
	case word:
		s := bare(g.folded[i])
		return s, strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	}
	return "", false
}

// mod97 is the check of ISO 13616: the first four characters go to the end,
// letters count as 10 up to 35, and the number has remainder 1.
func mod97(iban []byte) bool {
	rest := 0
	for i := range iban {
		c := iban[(i+4)%len(iban)]
		if unicode.IsDigit(rune(c)) {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'a') + 10) % 97
		}
	}
	return rest == 1
}

// addresses finds a postcode with a house number before or after it.
func (g *guard) addresses() {
	for i, t := range g.tokens {
		if t.kind != number || t.to-t.from != 4 || g.digits[t.from] == '0' || g.used[i] || !g.postcodeLetters(i+1) {
			continue
		}
		if g.glued(i) && !g.is(i-1, mark) || g.isMark(i-1, ".-") && g.glued(i) && g.is(i-2, number) {
			continue
		}
		from, to := i, i+1
		if last, ok := g.houseAfter(i + 2); ok {
			to = last
		} else if first, ok := g.houseBefore(i - 1); ok {
			from = first
		} else {
			continue
		}
		g.report(Address, from, to)
	}
}

// postcodeLetters reports whether token i is the letter pair of a postcode:
// apart from the digits only in capitals, since "2027 is" is no postcode.
func (g *guard) postcodeLetters(i int) bool {
	if !g.is(i, word) || g.tokens[i].line || len(g.folded[i]) != 2 {
		return false
	}
	switch g.folded[i] {
	case "sa", "sd", "ss":
		return false
	}
	for _, r := range g.folded[i] {
		if r < 'a' || r > 'z' {
			return false
		}
	}
	return g.glued(i) || strings.ToUpper(g.original(i)) == g.original(i)
}

func (g *guard) original(i int) string { return g.text[g.tokens[i].start:g.tokens[i].end] }

// houseAfter is where the house number that starts about token i ends.
func (g *guard) houseAfter(i int) (last int, ok bool) {
	for n := 0; n < 3; n++ {
		switch {
		case g.isMark(i, ",-.:#"):
			i++
		case g.is(i, word) && (g.folded[i] == "nr" || g.folded[i] == "no" || g.folded[i] == "nummer" || g.folded[i] == "huisnummer"):
			i++
		case g.house(i):
			if g.is(i+1, word) && g.glued(i+1) && g.letters(i+1) == 1 {
				return i + 1, true
			}
			return i, true
		default:
			return 0, false
		}
	}
	return i, g.house(i)
}

// houseBefore is where the house number that ends about token i starts.
func (g *guard) houseBefore(i int) (first int, ok bool) {
	if g.isMark(i, ",") {
		i--
	}
	if g.is(i, word) && g.glued(i) && g.letters(i) == 1 {
		i--
	}
	return i, g.house(i)
}

// house reports whether token i could be a house number.
func (g *guard) house(i int) bool {
	return g.is(i, number) && !g.used[i] && g.tokens[i].to-g.tokens[i].from <= 5
}
