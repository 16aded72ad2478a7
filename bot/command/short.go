package command

import (
	"regexp"
	"strconv"
	"unicode/utf8"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// maxTold is how much of an agreement somebody can write: more than it may
// have, so that the answer can help to shorten it.
const maxTold = 300

// short refuses an action that is more than one sentence to repeat, with what
// to write instead.
func (r *Request) short(a team.Action) error {
	what, whatFits := team.Shorten(a.Text, maxAction, string(r.lang))
	gain, gainFits := team.Shorten(a.Gain, maxGain, string(r.lang))
	p := tooLong("wat", a.Text, what, maxAction)
	if p == nil {
		p = tooLong("gelukt", a.Gain, gain, maxGain)
	} else if first := firstOfTwo(what, maxAction); !whatFits && first != "" {
		what = first
		p = team.Wrong("wat", "action.two", "n", p.Args["n"], "max", p.Args["max"], "over", p.Args["over"], "example", first)
	}
	if p == nil {
		return nil
	}
	if _, form := r.event.Act.(chat.Submitted); form || p.Args["example"] == "" {
		return p
	}
	if a.Text, a.Gain = what, gain; !gainFits {
		a.Gain = "" // left for the form, which keeps it
	}
	return p.With("example", r.actionLine("@"+r.member(a.Owner).Handle, a))
}

// tooLong is nil when all of a text fits.
func tooLong(field, all, shorter string, limit int) *team.Problem {
	n, over := utf8.RuneCountInString(all), utf8.RuneCountInString(shorter)-limit
	switch {
	case n <= limit:
		return nil
	case over <= 0:
		return team.Wrong(field, "action.long", "n", strconv.Itoa(n), "max", strconv.Itoa(limit), "example", shorter)
	}
	return team.Wrong(field, "action.over", "n", strconv.Itoa(n), "max", strconv.Itoa(limit), "over", strconv.Itoa(over))
}

// betweenTwo finds where a second agreement may begin: behind "en" with the
// verb of somebody who does something, and behind a semicolon.
var betweenTwo = regexp.MustCompile(`\s*;|,?\s+(?:en\s+(\pL+t)|and\s+(\pL+s))\s`)

// firstOfTwo is as much of a sentence as is one agreement and fits; empty when
// it does not fall apart.
func firstOfTwo(s string, limit int) string {
	for _, at := range betweenTwo.FindAllStringSubmatchIndex(s, -1) {
		if verb := s[max(at[2], at[4], 0):at[1]]; isWord(sentence(verb), "het", "dat", "met", "niet", "uit", "wat", "this", "its", "parents") {
			continue
		}
		if first := sentence(s[:at[0]]); first != "" && utf8.RuneCountInString(first) <= limit {
			return first
		}
	}
	return ""
}

// actionLine is the line that makes an action.
func (r *Request) actionLine(who string, a team.Action) string {
	line := "/actie " + who + " " + a.Text + " " + r.lang.Say("action.by", "date", r.dayToType(a.Due))
	if a.Code != "" {
		line += " " + a.Code
	}
	if a.Gain != "" {
		line += r.lang.Say("action.line.gain", "gain", a.Gain)
	}
	return line
}
