package view

import (
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Opinions is how content the kernteam is in this half of the school year and
// was in the one before: free text, for the member who asks. Neither is shown
// while there are so few that they could point at somebody.
func (v View) Opinions(now, before []team.Opinion) chat.Message {
	var body chat.Message
	if len(now) < team.MinOpinions {
		body = chat.Message{v.para("opinion.few")}
	} else {
		body = chat.Message{v.para("opinion.now", "mark", v.mean(now), "n", len(now))}
		if lines := said(now); len(lines) > 0 {
			body = append(body, chat.Block{Kind: chat.Bullets, Items: lines})
		}
	}
	if len(before) >= team.MinOpinions {
		body = append(body, v.note("opinion.before", "mark", v.mean(before)))
	}
	return body
}

// mean is the average mark, with one decimal.
func (v View) mean(all []team.Opinion) string {
	sum := 0
	for _, o := range all {
		sum += o.Mark
	}
	return message.NewPrinter(language.Make(string(v.Lang))).Sprint(number.Decimal(float64(sum)/float64(len(all)), number.Scale(1)))
}

// said are the sentences by alphabet: in what order they came is nobody's
// business.
func said(all []team.Opinion) [][]chat.Span {
	var lines []string
	for _, o := range all {
		if o.Line != "" {
			lines = append(lines, o.Line)
		}
	}
	slices.Sort(lines)
	items := make([][]chat.Span, len(lines))
	for i, l := range lines {
		items[i] = []chat.Span{{Text: l}}
	}
	return items
}
