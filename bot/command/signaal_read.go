package command

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"kansbot/internal/team"
)

// signalKeys are the names of the parts of a typed signal, as in "nodig: ...".
var signalKeys = map[string][]string{
	"gezien": {"gezien", "zien", "wat zien we", "seen"},
	"helpt":  {"helpt", "wat helpt", "helps"},
	"nodig":  {"nodig", "behoefte", "wat is nodig", "needed", "needs"},
	"ouders": {"ouders", "ouder", "parents"},
	"cirkel": {"cirkel", "kansencirkel", "element", "elementen", "circle", "elements"},
	"haast":  {"haast", "urgent", "urgency"},
	"soort":  {"soort", "type"},
	"thema":  {"thema", "theme"},
	"groep":  {"groep", "group"},
}

var signalParts = partsNamed(signalKeys)

// parts finds the named parts of a typed line, as in "nodig: ...".
type parts struct {
	keys    map[string][]string // key -> its names
	pattern *regexp.Regexp
}

func partsNamed(keys map[string][]string) parts {
	var words []string
	for _, names := range keys {
		words = append(words, names...)
	}
	// Longest first: "wat helpt" before "helpt".
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	return parts{keys, regexp.MustCompile(`(?i)(?:^|[\s|;])(` + strings.Join(words, "|") + `)\s*:`)}
}

var hashtagPattern = regexp.MustCompile(`(^|[\s,;|(])#([\pL\pN][\pL\pN_-]*)`)

// readSignal reads a typed line into d. Parts may come in any order; whatever
// has no name is what was seen. It reads as much as it can; the error is the
// first thing that it could not.
func (r *Request) readSignal(d *draft, typed string) error {
	head, named := signalParts.split(namedParents(tidy(typed)))
	wrong := r.readHead(d, head)
	for _, p := range named {
		wrong = cmp.Or(wrong, r.readPart(d, p.key, p.text))
	}
	return wrong
}

var parentsPart = regexp.MustCompile(`(?i)\|\s*(?:ouders?|parents)\s+(?:(?:zijn|are)\s+)?([^|#:]+)`)

// namedParents gives the name "ouders" its colon where a part says nothing else.
func namedParents(s string) string {
	return parentsPart.ReplaceAllStringFunc(s, func(part string) string {
		words := parentsPart.FindStringSubmatch(part)[1]
		if _, found := parentsNamed(fold(strings.Trim(line(words), ".,;"))); !found {
			return part
		}
		return "| ouders: " + words
	})
}

type part struct{ key, text string }

// split finds the named parts; head is what comes before the first, and after a
// bar without a name.
func (p parts) split(s string) (head string, named []part) {
	found := p.pattern.FindAllStringSubmatchIndex(s, -1)
	if len(found) == 0 {
		return bars(s), nil
	}
	head = bars(s[:found[0][0]])
	for i, m := range found {
		end := len(s)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		text := strings.TrimSpace(s[m[1]:end])
		if value, rest, found := strings.Cut(text, "|"); found {
			text = strings.TrimSpace(value)
			head = strings.TrimSpace(head + " " + bars(rest))
		}
		named = append(named, part{p.keyOf(s[m[2]:m[3]]), text})
	}
	return head, named
}

func bars(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "|", " ")) }

func (p parts) keyOf(name string) string {
	for key, names := range p.keys {
		if slices.Contains(names, strings.ToLower(name)) {
			return key
		}
	}
	return ""
}

func (r *Request) readPart(d *draft, key, value string) error {
	value, wrong := r.readTags(d, value)
	words := fold(strings.Trim(line(value), ".,;"))
	switch key {
	case "gezien":
		d.Seen = value
	case "helpt":
		d.Helps = value
	case "nodig":
		d.Needed = value
	case "thema":
		d.Theme = strings.Trim(line(value), ".,;")
	case "groep":
		if !readGroup(d, words) {
			return team.Wrong("groep", "group", "understood", line(value))
		}
	case "ouders":
		parents, found := parentsNamed(words)
		if !found {
			return team.Wrong("ouders", "parents", "understood", line(value))
		}
		d.Parents = parents
	case "cirkel":
		for name := range strings.FieldsFuncSeq(value, func(c rune) bool { return c == ',' || c == ';' || c == '/' }) {
			wrong = cmp.Or(wrong, r.readElement(d, strings.TrimSpace(name)))
		}
	case "soort":
		kind, found := kindOf(words)
		if !found {
			return team.Wrong("soort", "kind", "understood", line(value))
		}
		d.Kind = kind
	case "haast":
		switch {
		case isWord(words, "eerder", "ja", "yes", "sooner", "spoed"):
			d.Urgent = true
		case isWord(words, "kan wachten", "wachten", "nee", "no", "can wait"):
			d.Urgent = false
		default:
			return team.Wrong("haast", "haste", "understood", line(value))
		}
	}
	return wrong
}

// readTags takes the hashtags out of a text: elements, kinds and haste.
func (r *Request) readTags(d *draft, s string) (rest string, wrong error) {
	for _, m := range hashtagPattern.FindAllStringSubmatch(s, -1) {
		tag := m[2]
		if kind, found := kindOf(fold(tag)); found {
			d.Kind = kind
			continue
		}
		if isWord(tag, "eerder", "haast", "sooner") {
			d.Urgent = true
			continue
		}
		wrong = cmp.Or(wrong, r.readElement(d, tag))
	}
	s = hashtagPattern.ReplaceAllString(s, "$1")
	return strings.TrimSpace(blanks.ReplaceAllString(s, " ")), wrong
}

var blanks = regexp.MustCompile(` {2,}`)

// readElement adds the element of that key or label; the start of a label
// will do when it is the start of one label only.
func (r *Request) readElement(d *draft, name string) error {
	if name == "" {
		return nil
	}
	wanted := strings.ReplaceAll(fold(strings.TrimPrefix(name, "#")), "-", " ")
	var fits []string
	for _, e := range r.bot.Circle.Elements {
		label := fold(e.Label)
		if wanted == e.Key || wanted == label {
			fits = []string{e.Key}
			break
		}
		if len(wanted) >= 3 && strings.HasPrefix(label, wanted) {
			fits = append(fits, e.Key)
		}
	}
	if len(fits) != 1 {
		return team.Wrong("cirkel", "element", "understood", name, "elements", "#"+strings.Join(r.elementKeys(), " #"))
	}
	if !slices.Contains(d.Elements, fits[0]) {
		d.Elements = append(d.Elements, fits[0])
	}
	return nil
}

func (r *Request) elementKeys() []string {
	keys := make([]string, len(r.bot.Circle.Elements))
	for i, e := range r.bot.Circle.Elements {
		keys[i] = e.Key
	}
	return keys
}

// readHead reads the part without a name: who or what it is about, then what
// was seen.
func (r *Request) readHead(d *draft, head string) error {
	head, wrong := r.readTags(d, head)
	if word, rest := firstWord(head); startsWithCode(rest) {
		if kind, found := kindOf(fold(strings.Trim(word, ".,:;"))); found {
			d.Kind, head = kind, rest
		}
	}
	found := codes(head)
	if len(found) > 1 {
		d.Seen = head
		return team.Wrong("casus", "signal.two", "understood", strings.Join(found, ", "), "example", "/signaal "+found[0]+" ...")
	}
	if len(found) == 1 {
		d.Code, head = cutCode(head)
	}
	for {
		word, rest := firstWord(head)
		bare := fold(strings.Trim(word, ".,:;"))
		switch {
		case d.Code == "" && isWord(bare, newWords...):
			d.newCode = newCase
		case isWord(bare, "anoniem", "anonymous"):
			d.Parents = team.NotYet
		case isWord(bare, "groep", "group") && isGroup(rest):
		case isWord(bare, "casus", "case") && d.newCode != "":
		case isWord(bare, "thema", "theme") && rest != "":
			d.Theme, rest = themeOf(rest)
		case readGroup(d, bare):
		default:
			d.Seen = strings.TrimSpace(d.Seen + " " + head)
			return wrong
		}
		head = rest
		if d.newCode == newCase && d.Group == "voorschool" {
			d.newCode = newPreschoolCase
		}
	}
}

func startsWithCode(s string) bool {
	m := codePattern.FindStringSubmatchIndex(s)
	word, _ := firstWord(s)
	return m != nil && m[4] == 0 || isWord(word, newWords...)
}

// themeOf takes a theme off the front: what stands before a colon, else one
// word.
func themeOf(s string) (theme, rest string) {
	if before, after, found := strings.Cut(s, ":"); found && len([]rune(before)) <= maxTheme {
		return line(before), strings.TrimSpace(after)
	}
	return firstWord(s)
}

var newWords = []string{"nieuw", "nieuwe", "new"}

func isGroup(s string) bool {
	word, _ := firstWord(s)
	return readGroup(&draft{}, fold(strings.Trim(word, ".,:;")))
}

var groupWords = map[string]team.Group{
	"voorschool": "voorschool", "preschool": "voorschool", "onderbouw": "onderbouw",
	"middenbouw": "middenbouw", "bovenbouw": "bovenbouw",
}

func readGroup(d *draft, word string) bool {
	group, found := groupWords[word]
	if found {
		d.Group = group
	}
	return found
}

var kindWords = map[string]team.SignalKind{
	"zorg": team.Worry, "worry": team.Worry, "concern": team.Worry, "kans": team.Chance, "chance": team.Chance,
	"succes": team.Success, "success": team.Success, "overdracht": team.Handover, "handover": team.Handover,
}

func kindOf(word string) (team.SignalKind, bool) {
	kind, found := kindWords[word]
	return kind, found
}

var parentsWords = map[string]team.Parents{
	"nog niet": team.NotYet, "niet": team.NotYet, "nee": team.NotYet, "not yet": team.NotYet, "anoniem": team.NotYet,
	"geinformeerd": team.Informed, "weten het": team.Informed, "informed": team.Informed,
	"akkoord": team.Agreed, "ja": team.Agreed, "agreed": team.Agreed, "agree": team.Agreed,
	"doen mee": team.Joining, "joining": team.Joining, "join": team.Joining,
	"bezwaar": team.Objected, "maken bezwaar": team.Objected, "maakt bezwaar": team.Objected, "object": team.Objected, "objection": team.Objected,
}

func parentsNamed(words string) (team.Parents, bool) {
	parents, found := parentsWords[words]
	return parents, found
}

// gotSignal says what was understood of a signal, in one line.
func gotSignal(r *Request, d draft) string {
	var got []string
	for _, s := range []string{d.Code, string(d.Group), d.Theme} {
		if s != "" {
			got = append(got, s)
		}
	}
	for _, key := range d.Elements {
		got = append(got, "#"+key)
	}
	return strings.Join(got, ", ")
}
