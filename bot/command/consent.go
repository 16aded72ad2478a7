package command

import "kansbot/internal/team"

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
	if !found {
		id := "consent.what"
		if words != "" {
			id = "parents"
		}
		return answer{}, team.Wrong("", id, "understood", rest, "code", code, "example", r.lang.Say("consent.example", "code", code))
	}
	c.Parents = parents
	if err := r.keepCase(c); err != nil {
		return answer{}, err
	}
	if err := r.did("case.parents", onCase(c.Code)); err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Consent(c)}, nil
}

func (r *Request) consentWithdrawn(c team.Case) (answer, error) {
	if err := r.did("case.withdrawn", onCase(c.Code)); err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Withdrawn(c)}, r.erase(c)
}
