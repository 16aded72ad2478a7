package command

import (
	"strings"

	"kansbot/internal/team"
	"kansbot/internal/text"
)

// termOverview lists the words that Kansbot can explain.
func termOverview(r *Request) (answer, error) {
	return answer{body: r.view().Terms(text.Terms(r.lang))}, nil
}

// termLookup explains a word as education and as youth care use it.
func termLookup(r *Request, typed string) (answer, error) {
	term, near, found := text.Lookup(r.lang, line(typed))
	if !found {
		example := "/begrip"
		if len(near) > 0 {
			example += " " + near[0]
		}
		return answer{}, team.Wrong("", "term", "understood", line(typed), "near", strings.Join(near, ", "), "example", example)
	}
	return answer{body: r.view().Term(term)}, nil
}
