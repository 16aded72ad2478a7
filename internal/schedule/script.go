package schedule

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kansbot/internal/team"
)

// A token is one word or one number of what somebody typed. A number may hold
// : . - and / between its digits, a word apostrophes between its letters.
type token struct {
	text       string // lower case, without accents
	start, end int    // bytes in the source
	glued      bool   // to the token before it: 12feb is two tokens
}

// A script is a typed text cut into tokens. Its methods look at token i, which
// may lie outside the script, and answer with the index after what they found.
type script struct {
	source string
	tokens []token
	today  team.Date
	lang   string // of the whole, when that is known

	nameless bool // the names of public holidays are no dates
}

func newScript(source string, today team.Date) script {
	s := script{source: source, today: today}
	var word []rune
	var cur token
	var number bool // cur is one
	flush := func() {
		if word != nil {
			cur.text = string(word)
			cur.glued = len(s.tokens) > 0 && s.tokens[len(s.tokens)-1].end == cur.start
			s.tokens = append(s.tokens, cur)
			word = nil
		}
	}
	for i := 0; i < len(source); {
		r, size := utf8.DecodeRuneInString(source[i:])
		start, next := i, i+size
		i = next
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if word != nil && digit(r) != number {
				flush()
			}
			if word == nil {
				cur, number = token{start: start}, digit(r)
			}
			word = append(word, fold(r))
		case word != nil && unicode.Is(unicode.Mn, r):
			// an accent typed after its letter
		case word != nil && number && strings.ContainsRune(":.-/", r) && digit(firstRune(source[next:])):
			word = append(word, r)
		case word != nil && !number && strings.ContainsRune("'’‘", r) && unicode.IsLetter(firstRune(source[next:])):
			word = append(word, '\'')
		default:
			flush()
			continue
		}
		cur.end = next
	}
	flush()
	return s
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// unaccented maps the accented letters that Dutch uses to the plain ones.
var unaccented = func() map[rune]rune {
	m := map[rune]rune{}
	for _, letters := range []string{"aàáâãä", "cç", "eèéêë", "iìíîï", "nñ", "oòóôõö", "uùúûü"} {
		for _, r := range letters[1:] {
			m[r] = rune(letters[0])
		}
	}
	return m
}()

func fold(r rune) rune {
	r = unicode.ToLower(r)
	if plain, ok := unaccented[r]; ok {
		return plain
	}
	return r
}

func (s script) at(i int) string {
	if i < 0 || i >= len(s.tokens) {
		return ""
	}
	return s.tokens[i].text
}

func (s script) is(i int, words ...string) bool {
	return i >= 0 && i < len(s.tokens) && slices.Contains(words, s.tokens[i].text)
}

// has reports whether the words follow one another from i.
func (s script) has(i int, words ...string) bool {
	for n, w := range words {
		if !s.is(i+n, w) {
			return false
		}
	}
	return true
}

// skip steps over token i when it is one of the words.
func (s script) skip(i int, words ...string) int {
	if s.is(i, words...) {
		return i + 1
	}
	return i
}

func (s script) glued(i int) bool { return i > 0 && i < len(s.tokens) && s.tokens[i].glued }

// text is what was typed from token i up to token j, as it was typed.
func (s script) text(i, j int) string {
	if i = max(i, 0); i >= min(j, len(s.tokens)) {
		return ""
	}
	return s.source[s.tokens[i].start:s.tokens[min(j, len(s.tokens))-1].end]
}

// texts is what was typed as the given tokens, in order; neighbours stay as they
// stood.
func (s script) texts(tokens []int) string {
	var stretches []string
	for n := 0; n < len(tokens); {
		first := n
		for n++; n < len(tokens) && tokens[n] == tokens[n-1]+1; n++ {
		}
		stretches = append(stretches, s.text(tokens[first], tokens[n-1]+1))
	}
	return strings.Join(stretches, " ")
}

// gap is what stands between token i-1 and token i, without blanks.
func (s script) gap(i int) string {
	if i <= 0 || i >= len(s.tokens) {
		return ""
	}
	return strings.TrimSpace(s.source[s.tokens[i-1].end:s.tokens[i].start])
}

// language is that of the script, or of its tokens from i up to j.
func (s script) language(i, j int) string {
	if s.lang != "" {
		return s.lang
	}
	for ; i < j; i++ {
		if englishWords[s.at(i)] {
			return english
		}
	}
	return dutch
}

// plain reads a number of 1 to size digits.
func plain(text string, size int) (int, bool) {
	if text == "" || len(text) > size || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// number reads 6, zes or six. Whatever is over 9999 reads as 9999.
func (s script) number(i int) (int, bool) {
	text := s.at(i)
	if n, ok := numbers[text]; ok {
		return n, true
	}
	if len(text) > 4 && strings.Trim(text, "0123456789") == "" {
		return 9999, true
	}
	return plain(text, 4)
}

// clock reads a time of day: 13:30, 13.30, 13u30, 13 uur, 1:30 pm, half twee,
// and after "om" or "at" a bare hour. It may give a time that does not exist,
// 25:00.
func (s script) clock(i int) (c Clock, end int, ok bool) {
	j := s.skip(i, "om", "at")
	told := j > i
	if c, end, ok := s.spoken(j); ok {
		return c, end, true
	}
	text := s.at(j)
	if at := strings.IndexAny(text, ":."); at >= 0 {
		hour, okH := plain(text[:at], 2)
		minute, okM := plain(text[at+1:], 2)
		if !okH || !okM || len(text)-at != 3 {
			return Clock{}, i, false
		}
		c, j = Clock{hour, minute}, s.skip(j+1, "uur", "u", "h", "hours")
	} else {
		hour, isHour := plain(text, 2)
		if !isHour {
			return Clock{}, i, false
		}
		c = Clock{hour, 0}
		j++
		switch {
		case s.is(j, "uur", "u", "h", "hours", "o'clock"):
			j++
			if minute, ok := plain(s.at(j), 2); ok && s.glued(j) {
				c.Minute = minute
				j++
			}
		case s.halfOfDay(j):
		case !told || s.is(j, unitWords...) || months[s.at(j)] > 0: // om 6 weken, at 12 feb
			return Clock{}, i, false
		}
	}
	if s.halfOfDay(j) {
		switch pm := s.is(j, "pm", "p"); {
		case c.Hour < 1 || c.Hour > 12:
			c.Hour = 24 // 13 pm is no time
		case pm:
			c.Hour = c.Hour%12 + 12
		default:
			c.Hour %= 12
		}
		if j++; s.is(j, "m") {
			j++
		}
	}
	return c, j, true
}

// spoken reads half twee, kwart over een, quarter to two: in the hours of a school
// day, so in the afternoon when it would be before seven.
func (s script) spoken(i int) (c Clock, end int, ok bool) {
	minutes := 0
	switch {
	case s.has(i, "half", "past"):
		minutes, i = 30, i+2
	case s.is(i, "half") && !englishWords[s.at(i+1)]: // half two is another time than half twee
		minutes, i = -30, i+1
	case s.has(i, "kwart", "voor"), s.has(i, "quarter", "to"):
		minutes, i = -15, i+2
	case s.has(i, "kwart", "over"), s.has(i, "quarter", "past"):
		minutes, i = 15, i+2
	default:
		return Clock{}, i, false
	}
	hour, ok := s.number(i)
	if !ok || hour < 1 || hour > 12 || s.is(i, "a", "an") || s.is(i+1, unitWords...) || months[s.at(i+1)] > 0 {
		return Clock{}, i, false
	}
	if minutes += 60 * hour; minutes < earliest.minutes() {
		minutes += 12 * 60
	}
	return Clock{minutes / 60, minutes % 60}, i + 1, true
}

var unitWords = []string{"dag", "dagen", "day", "days", "week", "weken", "weeks", "maand", "maanden", "month", "months"}

// halfOfDay reports am, pm, a.m. or p.m. at i.
func (s script) halfOfDay(i int) bool {
	return s.is(i, "am", "pm") || s.has(i, "a", "m") || s.has(i, "p", "m")
}
