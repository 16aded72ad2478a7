package command

import (
	"regexp"
	"slices"

	"kansbot/internal/store"
	"kansbot/internal/team"
)

// caseConsent notes where the parents of a child stand now, at any time. That
// they take their consent back closes and erases the case, in this one line.
func caseConsent(r *Request, typed string) (answer, error) {
	code, rest := cutCode(line(typed))
	if code == "" {
		return answer{}, team.Wrong("", "consent.code", "understood", line(typed), "example", r.lang.Say("consent.example", "code", "K-014"))
	}
	c, err := r.knownCase(code)
	if err != nil {
		return answer{}, err
	}
	words := fold(sentence(rest))
	if isWord(words, "ingetrokken", "intrekken", "trekken in", "trekken toestemming in", "withdrawn", "withdraw") {
		return r.consentWithdrawn(c)
	}
	parents, found := parentsNamed(words)
	switch {
	case nuanced.MatchString(words), withdrawing.MatchString(words) && objecting.MatchString(words):
		return answer{}, team.Wrong("", "consent.unclear", "understood", rest, "code", code)
	case withdrawing.MatchString(words): // erases, so in so many words only
		return answer{}, team.Wrong("", "consent.withdraw", "understood", rest, "code", code, "example", r.lang.Say("consent.withdraw", "code", code))
	case refusing.MatchString(words):
		parents = team.Objected
	case words == "":
		return answer{}, team.Wrong("", "consent.what", "code", code, "example", r.lang.Say("consent.example", "code", code))
	case !found:
		return answer{}, team.Wrong("", "consent.unclear", "understood", rest, "code", code)
	}
	c.Parents = parents
	if err := r.keepCase(c); err != nil {
		return answer{}, err
	}
	if err := r.did("case.parents", onCase(c.Code)); err != nil {
		return answer{}, err
	}
	m, comes, err := r.comesUp(c.Code)
	if err != nil {
		return answer{}, err
	}
	open, err := store.OpenActions(r.tx, r.team.ID)
	if err != nil {
		return answer{}, err
	}
	body := r.view().Consent(c, slices.DeleteFunc(open, func(a team.Action) bool { return a.Code != c.Code || r.mayMention(a) }))
	if comes {
		body = append(body, r.say("consent.agenda", "code", c.Code, "when", r.view().When(m.Start))...)
	}
	return answer{body: body}, nil
}

// What people say of parents who refuse, and of parents who take their consent
// back. "Nog geen toestemming" and "geen bezwaar" are neither, nor is what has a
// "but" in it, or an objection that was taken back.
var (
	refusing = regexp.MustCompile(`^(?:nee|no)$|` +
		`^(?:(?:de |hun |the )?(?:ouders?|parents?) )?(?:(?:geven|geeft|maken|maakt|hebben|heeft|zijn|is|give) )?(?:geen toestemming|no consent|niet akkoord|bezwaar|objections?)\b|` +
		`^(?:(?:de |the )?(?:ouders?|parents?) )?(?:willen (?:dit |het |dat )?niet|weiger\w*|geweigerd|refuse\w*)$`)
	nuanced     = regexp.MustCompile(`\b(?:maar|tenzij|mits|but|unless)\b`)
	objecting   = regexp.MustCompile(`\b(?:bezwaar|objections?)\b`)
	withdrawing = regexp.MustCompile(`\b(?:ingetrokken|intrek\w*|withdr\w*)\b|\btrek\w*\b.*\bin\b`)
)

// comesUp is the next Kans!overleg, if a case is on its agenda.
func (r *Request) comesUp(code string) (m team.Meeting, comes bool, err error) {
	m, found, err := r.nextMeeting()
	if err != nil || !found {
		return m, false, err
	}
	a, signals, err := r.agenda(m)
	return m, slices.ContainsFunc(a.Items, func(i team.AgendaItem) bool {
		return i.Code == code || i.Signal != 0 && signals[i.Signal].Code == code
	}), err
}

func (r *Request) consentWithdrawn(c team.Case) (answer, error) {
	if err := r.did("case.withdrawn", onCase(c.Code)); err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Withdrawn(c)}, r.erase(c)
}
