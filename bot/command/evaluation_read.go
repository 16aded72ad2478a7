package command

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

var evaluationParts = partsNamed(map[string][]string{
	"hielp":  {"hielp", "wat hielp", "helped", "what helped"},
	"succes": {"succes", "success"},
	"doel":   {"doel", "nieuw doel", "goal", "new goal"},
	"datum":  {"datum", "weer kijken op", "date", "look again on"},
})

// readEvaluation reads as much of a typed evaluation as it can; wrong is the
// first thing that it could not.
func (r *Request) readEvaluation(typed string) (code string, e evaluation, wrong error) {
	head, named := evaluationParts.split(tidy(typed))
	e.scale = team.NoScale
	for _, p := range named {
		switch p.key {
		case "hielp":
			e.helped = p.text
		case "succes":
			e.success = line(p.text)
		case "doel":
			e.goal = p.text
		case "datum":
			e.day = line(p.text)
		}
	}
	code, head = cutCode(line(head))
	head, e.scale, wrong = cutScale(head)
	if m := summerPattern.FindStringIndex(head); m != nil {
		e.day, head = sentence(head[m[0]:m[1]]), head[:m[0]]+" "+head[m[1]:]
	}
	rest, day, dated, err := schedule.CutDate(head, r.today())
	if dated {
		head, e.day = rest, schedule.FormatDate(string(r.lang), day, true)
	}
	e.outcome, head = cutOutcome(head)
	wrong = cmp.Or(wrong, r.dayProblem(code, e, err))
	if head = sentence(head); head != "" {
		wrong = cmp.Or[error](wrong, team.Wrong("verder", "evaluate.unclear", "understood", head, "example", r.lang.Say("evaluate.example", "code", cmp.Or(code, "K-014"))))
	}
	return code, e, wrong
}

var (
	summerPattern = regexp.MustCompile(`(?i)(?:^|\s)(?:(?:tot|until|till)\s+)?(?:(?:de|the)\s+)?(?:zomer|zomervakantie|summer|summer holidays?)(?:$|[\s,.;])`)

	// Where a scale stands, the surest first: "schaal 7", "schaal 3 -> 6", "van 3
	// naar 6", "3 -> 6", and a number at the beginning.
	scalePatterns = []*regexp.Regexp{
		regexp.MustCompile(`(?i)(?:^|[\s,;.])(?:schaal|scale|cijfer|stand)[\s:]*(?:(?:van|from)\s+)?(?:\d+\s*(?:-*>|→|naar|to)\s*)?(\d+)\b`),
		regexp.MustCompile(`(?i)(?:^|[\s,;.])(?:(?:van|from)\s+)?\d+\s*(?:-*>|→|naar|to)\s*(\d+)\b`),
		regexp.MustCompile(`^\s*(\d+)(?:\s*/\s*10)?(?:$|[\s,;.])`),
	}
)

// cutScale takes the scale out of a text.
func cutScale(s string) (rest string, scale int, wrong error) {
	for _, pattern := range scalePatterns {
		m := pattern.FindStringSubmatchIndex(s)
		if m == nil {
			continue
		}
		typed := s[m[2]:m[3]]
		rest = s[:m[0]] + " " + s[m[1]:]
		if n, err := strconv.Atoi(typed); err == nil && n <= maxScale {
			return rest, n, nil
		}
		return rest, team.NoScale, team.Wrong("schaal", "evaluate.range", "understood", typed)
	}
	return s, team.NoScale, nil
}

// outcomeWords are what people call the outcomes. A goal that was reached is
// celebrated, whatever else is said.
var outcomeWords = []struct {
	outcome team.Outcome
	pattern *regexp.Regexp
}{
	{team.Celebrated, wordsPattern("(?:het )?doel (?:is )?gehaald", "gehaald", "gelukt", "vieren", "(?:the )?goal (?:is )?reached", "reached", "celebrate")},
	{team.Close, wordsPattern("afsluiten", "sluiten", "stoppen", "close", "stop")},
	{team.Adjust, wordsPattern("doel bijstellen", "bijstellen", "bijgesteld", "adjust(?: the)? goal", "adjust")},
	{team.Continue, wordsPattern("(?:we )?gaan door", "doorgaan", "verder", "continue", "go on")},
}

func wordsPattern(words ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[\s,;.])(?:` + strings.Join(words, "|") + `)(?:$|[\s,;.])`)
}

// cutOutcome takes how the case goes on out of a text.
func cutOutcome(s string) (outcome team.Outcome, rest string) {
	for _, w := range outcomeWords {
		m := w.pattern.FindStringIndex(s)
		if m == nil || outcome != "" && !(outcome == team.Celebrated && w.outcome == team.Close) {
			continue
		}
		s = s[:m[0]] + " " + s[m[1]:]
		if outcome == "" {
			outcome = w.outcome
		}
	}
	return outcome, s
}
