package slack

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"kansbot/internal/chat"
)

var entities = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// unescape undoes what Slack did to &, < and >.
func unescape(s string) string { return entities.Replace(s) }

// reference is what stands between < and >.
var reference = regexp.MustCompile(`<([^<>]*)>`)

// plain is text as Slack sends it, as people read it: entities, links and
// references undone. Each person mentioned is written as "@" and handle(id, label),
// and is found by that handle, in lower case, in mentions.
//
// What comes out as "@" and a handle is a mention to whoever looks for one: so
// the handle has letters, digits, ".", "_" and "-" only, is a person's own, and
// stands apart from what is around it.
func plain(s string, handle func(id, label string) string) (text string, mentions map[string]string) {
	mentions = make(map[string]string)
	between, names := []string{""}, []string(nil) // what stands before the first name, after it, and so on
	end := 0
	write := func(s string) { between[len(between)-1] += s }
	for _, m := range reference.FindAllStringSubmatchIndex(s, -1) {
		write(unescape(s[end:m[0]]))
		end = m[1]
		target, label, _ := strings.Cut(s[m[2]:m[3]], "|")
		target, label = unescape(target), unescape(label)
		id, isPerson := strings.CutPrefix(target, "@")
		if !isPerson || !mentionable.MatchString(id) {
			write(shown(target, label))
			continue
		}
		name := handled(handle(id, label))
		if name == "" {
			name = id
		}
		for mentions[strings.ToLower(name)] != "" && mentions[strings.ToLower(name)] != id {
			name += "-" + id
		}
		mentions[strings.ToLower(name)] = id
		names, between = append(names, name), append(between, "")
	}
	write(unescape(s[end:]))

	var b strings.Builder
	b.WriteString(between[0])
	for i, name := range names {
		if last, _ := utf8.DecodeLastRuneInString(b.String()); b.Len() > 0 && !strings.ContainsRune("\t\n\f\r (,;", last) {
			b.WriteByte(' ')
		}
		b.WriteString("@" + name)
		if lengthens(between[i+1]) {
			b.WriteByte(' ')
		}
		b.WriteString(between[i+1])
	}
	return b.String(), mentions
}

// handled is as much of a name as can be a handle.
func handled(name string) string {
	var b strings.Builder
	gap := false
	for _, c := range name {
		switch {
		case unicode.IsLetter(c), unicode.IsNumber(c):
			if gap && b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteRune(c)
			gap = false
		case b.Len() > 0 && !gap && strings.ContainsRune("._-", c):
			b.WriteRune(c)
		case !unicode.IsMark(c):
			gap = true
		}
	}
	return strings.TrimRight(b.String(), ".-")
}

// lengthens says whether a handle before s would be read as a longer one.
func lengthens(s string) bool {
	c, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, ".-"))
	return s != "" && (unicode.IsLetter(c) || unicode.IsNumber(c) || c == '_')
}

// shown is how Slack shows a reference to something other than a person.
func shown(target, label string) string {
	switch kind, rest := target[:min(1, len(target))], target[min(1, len(target)):]; kind {
	case "@", "#":
		if label != "" {
			return kind + strings.TrimPrefix(label, kind)
		}
		return target
	case "!":
		name, argument, _ := strings.Cut(rest, "^")
		switch {
		case label != "" && name != "here" && name != "channel" && name != "everyone", name == "date":
			return label
		case argument != "":
			return "@" + argument
		}
		return "@" + name
	}
	if label != "" {
		return label
	}
	return strings.TrimPrefix(target, "mailto:")
}

// oneLine is clean text on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(chat.Clean(s)), " ") }

// length is how many characters Slack may count in a text: it keeps &, < and >
// as entities.
func length(s string) int {
	return utf8.RuneCountInString(s) + 4*strings.Count(s, "&") + 3*strings.Count(s, "<") + 3*strings.Count(s, ">")
}

// first is s, cut to at most n characters.
func first(s string, n int) string {
	if length(s) <= n {
		return s
	}
	room, end := n-1, 0
	for i, c := range s {
		if room -= length(string(c)); room < 0 {
			break
		}
		end = i + utf8.RuneLen(c)
	}
	return s[:end] + "…"
}
