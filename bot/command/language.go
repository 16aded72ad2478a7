package command

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// following are the words that may come after a command, or after a command and
// its verb, in Dutch and in English.
var following = map[string][][2]string{
	"signaal":             {{"nieuw", "new"}, {"groep", "group"}, {"thema", "theme"}},
	"signaal lijst":       {{"alles", "all"}},
	"kansoverleg start":   {{"nu", "now"}},
	"kansoverleg verslag": {{"ouders", "parents"}, {"bestand", "file"}},
	"actie uitstel":       {{"tot", "until"}},
	"kernteam vrij":       {{"weg", "remove"}},
	"kernteam stil":       {{"aan", "on"}, {"uit", "off"}},
}

// inLanguage turns the lines to type in a reply into those of the language:
// the code writes "/actie uitstel 7 tot ...", an English team reads "/actie
// postpone 7 until ...". What somebody wrote stays as it is.
func inLanguage(lang text.Lang, body chat.Message) chat.Message {
	if lang == text.NL {
		return body
	}
	for i := range body {
		block := &body[i]
		if block.Kind == chat.Copy && len(block.Text) == 1 {
			block.Text[0].Text = lineIn(lang, block.Text[0].Text)
		}
		for j := range block.Choices {
			block.Choices[j].Line = lineIn(lang, block.Choices[j].Line)
		}
	}
	return body
}

func lineIn(lang text.Lang, line string) string {
	name, rest, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	c, found := commandNamed(name)
	if !found || !strings.HasPrefix(line, "/") || lang == text.NL {
		return line
	}
	typed := []string{"/" + name}
	known := following[c.name]
	word, after := firstWord(rest)
	for _, v := range c.verbs {
		if isWord(word, v.words...) {
			typed, known, rest = append(typed, v.word(lang)), following[c.name+" "+v.words[0]], after
			break
		}
	}
	for word, after = firstWord(rest); word != ""; word, after = firstWord(rest) {
		i := slices.IndexFunc(known, func(w [2]string) bool { return w[0] == word })
		_, _, isNr := number(word)
		if i >= 0 {
			word = known[i][1]
		} else if !isNr && len(codes(word)) == 0 { // from here on it is somebody's own
			break
		}
		typed, rest = append(typed, word), after
	}
	return strings.TrimSpace(strings.Join(typed, " ") + " " + rest)
}

// dateIn is a Problem about a date in the language: "12-02-2026" does not tell
// in which it was typed, and what reads it answers in Dutch.
func dateIn(lang text.Lang, p *team.Problem) *team.Problem {
	if lang == text.NL || !strings.HasPrefix(p.Code, "date.") {
		return p
	}
	p = p.With()
	for _, name := range []string{"understood", "typed", "actual", "example"} {
		if value := p.Args[name]; value != "" && !strings.Contains(value, "@") { // a whole action is somebody's own
			p.Args[name] = words.ReplaceAllStringFunc(value, func(word string) string { return cmp.Or(dutchDates()[word], word) })
		}
	}
	return p
}

var words = regexp.MustCompile(`\pL+`)

// dutchDates are the Dutch names of days and months, with the English ones.
var dutchDates = sync.OnceValue(func() map[string]string {
	english := map[string]string{}
	for month := range 12 {
		for day := range 7 {
			d := team.Date{Year: 2027, Month: time.Month(month + 1), Day: day + 1}
			nl, en := strings.Fields(schedule.FormatDate("nl", d, false)), strings.Fields(schedule.FormatDate("en", d, false))
			english[nl[0]], english[nl[2]] = en[0], en[2]
		}
	}
	return english
})
