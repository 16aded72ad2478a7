package command

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// tidy is what somebody typed, with the habits of phones and word processors
// taken out: typographic quotes and dashes, hard blanks, control characters.
// Line breaks stay.
func tidy(s string) string {
	s = quotes.Replace(strings.ToValidUTF8(s, ""))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

var quotes = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "„", `"`, "–", "-", "—", "-", "\r\n", "\n", "\r", "\n")

// line is tidy on one line, without double blanks.
func line(s string) string { return strings.Join(strings.Fields(tidy(s)), " ") }

// fold makes words comparable: lower case, no accents.
func fold(s string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ToLower(s)))
	return norm.NFC.String(bare)
}

// firstWord splits off the first word.
func firstWord(s string) (word, rest string) {
	s = tidy(s)
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

func isWord(word string, words ...string) bool {
	word = fold(word)
	for _, w := range words {
		if word == w {
			return true
		}
	}
	return false
}

// number reads "12", "#12", "nr. 12" and "actie 12".
func number(s string) (nr int, rest string, found bool) {
	match := numberPattern.FindStringSubmatch(tidy(s))
	if match == nil {
		return 0, s, false
	}
	nr, err := strconv.Atoi(match[1])
	return nr, strings.TrimSpace(match[2]), err == nil
}

var numberPattern = regexp.MustCompile(`(?is)^(?:(?:actie|action)\s)?\s*(?:nr\.?|nummer|#)?\s*(\d{1,6})(?:[.,:]?(?:\s+(.*))?)?$`)

// numbers reads "1 2", "actie 1, 2 en 3" and the like; none when there is more in the
// text than numbers.
func numbers(s string) (nrs []int) {
	for _, word := range strings.FieldsFunc(line(s), func(r rune) bool { return r == ' ' || r == ',' || r == '&' }) {
		if isWord(word, "en", "and", "actie", "acties", "action", "actions") {
			continue
		}
		nr, _, found := number(word)
		if !found {
			return nil
		}
		if !slices.Contains(nrs, nr) {
			nrs = append(nrs, nr)
		}
	}
	return nrs
}

// codePattern finds K-014, k14, V 003: a letter and a number of one to four
// digits, as a word of its own.
var codePattern = regexp.MustCompile(`(?i)(^|[^\pL\pN#@])([KV])[-\s]?(\d{1,4})($|[^\pL\pN])`)

// codes lists the case codes in a text, as they are stored, each once.
func codes(s string) []string {
	var list []string
	for rest := s; ; {
		m := codePattern.FindStringSubmatchIndex(rest)
		if m == nil {
			return list
		}
		code := caseCode(rest[m[4]:m[5]], rest[m[6]:m[7]])
		if !slices.Contains(list, code) {
			list = append(list, code)
		}
		rest = rest[m[7]:]
	}
}

// otherCodes are the codes in a text of other cases than own.
func otherCodes(s, own string) []string {
	return slices.DeleteFunc(codes(s), func(code string) bool { return code == own })
}

// withoutCodes is a text with the same words for each code in it. A match takes
// the sign around it along, so codes next to each other take two rounds.
func withoutCodes(s, words string) string {
	for range 2 {
		s = codePattern.ReplaceAllString(s, "${1}"+words+"${4}")
	}
	return s
}

// cutCode takes the first case code out of a text.
func cutCode(s string) (code, rest string) {
	m := codePattern.FindStringSubmatchIndex(s)
	if m == nil {
		return "", s
	}
	before, after := strings.TrimRight(s[:m[4]], " "), strings.TrimLeft(s[m[7]:], " :,")
	return caseCode(s[m[4]:m[5]], s[m[6]:m[7]]), strings.TrimSpace(before + " " + after)
}

func caseCode(letter, digits string) string {
	n, _ := strconv.Atoi(digits)
	return strings.ToUpper(letter) + "-" + pad(n)
}

func pad(n int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, 3-len(s))) + s
}

// mentionPattern finds @handle as the platforms allow handles.
var mentionPattern = regexp.MustCompile(`(^|[\s(,;])@([\pL\pN][\pL\pN._-]*)`)

// cutMention takes the first @handle out of a text.
func cutMention(s string) (handle, rest string) {
	m := mentionPattern.FindStringSubmatchIndex(s)
	if m == nil {
		return "", s
	}
	handle = strings.TrimRight(s[m[4]:m[5]], ".-")
	end := m[4] + len(handle)
	rest = strings.TrimSpace(strings.TrimRight(s[:m[4]-1], " ") + " " + strings.TrimLeft(s[end:], " ,:"))
	return strings.ToLower(handle), rest
}

// andMention finds another @handle in one breath with the first.
var andMention = regexp.MustCompile(`(?i)^\s*(?:[,&+/]\s*|(?:en|and)\s+)+@[\pL\pN][\pL\pN._-]*`)

// cutOwners is cutMention, and takes out whom are named in one breath with the
// first: "@emre en @bram" has @emre and both of them.
func cutOwners(s string) (handle, all, rest string) {
	m := mentionPattern.FindStringSubmatchIndex(s)
	if m == nil {
		return "", "", s
	}
	first := m[4] - 1
	end := m[1]
	for {
		at := andMention.FindStringIndex(s[end:])
		if at == nil {
			break
		}
		end += at[1]
		all = strings.TrimRight(s[first:end], ".-")
	}
	if all != "" {
		s = s[:m[1]] + s[end:]
	}
	handle, rest = cutMention(s)
	return handle, all, rest
}

// who finds the member behind a handle: as the platform resolved it, else as
// the channel knows it, else the only one with that role.
func (r *Request) who(handle string) (team.Member, error) {
	members, err := r.members()
	if err != nil {
		return team.Member{}, err
	}
	if act, ok := r.event.Act.(chat.Typed); ok && members[act.Mentions[handle]].Here {
		return members[act.Mentions[handle]], nil
	}
	var handles []string
	for _, m := range members {
		if !m.Here {
			continue
		}
		if strings.EqualFold(m.Handle, handle) {
			return m, nil
		}
		handles = append(handles, "@"+m.Handle)
	}
	if isWord(handle, "ik", "mij", "me") {
		return r.me, nil
	}
	if m, only := onlyWith(members, handle); only {
		return m, nil
	}
	slices.Sort(handles)
	return team.Member{}, team.Wrong("wie", "who", "understood", "@"+handle, "members", strings.Join(handles, " "))
}

// onlyWith is the member in the channel with a role, such as @jgz, when there is
// one.
func onlyWith(members map[string]team.Member, word string) (only team.Member, found bool) {
	role, rest := cutRole(word)
	if role == team.NoRole || rest != "" {
		return only, false
	}
	for _, m := range members {
		if !m.Here || m.Role != role {
			continue
		}
		if found {
			return team.Member{}, false
		}
		only, found = m, true
	}
	return only, found
}
