package command

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"kansbot/bot/view"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// parentsText is what parents may read about one case, for the asker to read
// first and to copy. Without a number it is about the last meeting that spoke
// of the case.
func (r *Request) parentsText(asked minutesAsked) (answer, error) {
	m, err := r.spokenOf(asked)
	if err != nil {
		return answer{}, err
	}
	letter, err := r.letter(m, asked.code)
	if err != nil {
		return answer{}, err
	}
	if asked.page {
		return r.pageOf(store.Link{Kind: parentsLink, Nr: m.Nr, Code: asked.code})
	}
	if err := r.did("meeting.parents", on("meeting", m.Nr)+" "+onCase(asked.code)); err != nil {
		return answer{}, err
	}
	return answer{body: r.view().LetterToCopy(r.view().Letter(letter), jargon(r.lang, letter))}, nil
}

// pressParents gives the asker what parents may read of a meeting, or lets them
// choose of which case.
func pressParents(r *Request, s string) (answer, error) {
	nr, _, _ := number(s)
	m, err := r.heldMeeting(nr)
	if err != nil {
		return answer{}, err
	}
	record, err := r.minutes(m)
	if err != nil {
		return answer{}, err
	}
	codes, err := r.letters(record)
	switch {
	case err != nil:
		return answer{}, err
	case len(codes) == 0:
		return answer{}, team.Wrong("", "letter.nobody", "when", r.view().When(m.Start))
	case len(codes) == 1:
		return r.parentsText(minutesAsked{nr: m.Nr, parents: true, code: codes[0]})
	}
	return answer{body: r.view().Letters(m, codes)}, nil
}

// letters are the codes of the cases in a meeting of which parents may read
// something.
func (r *Request) letters(record view.Record) (codes []string, err error) {
	for _, c := range record.Cases {
		if !spoke(record, c) {
			continue
		}
		var p *team.Problem
		switch _, err := r.letter(record.Meeting, c.Code); {
		case err == nil:
			codes = append(codes, c.Code)
		case !errors.As(err, &p):
			return nil, err
		}
	}
	return codes, nil
}

// spokenOf is the meeting with that number, or the last one that spoke of the
// case.
func (r *Request) spokenOf(asked minutesAsked) (team.Meeting, error) {
	if asked.nr != 0 {
		return r.heldMeeting(asked.nr)
	}
	c, found, err := store.Cases.Get(r.tx, r.team.ID, asked.code)
	if err != nil {
		return team.Meeting{}, err
	}
	held, err := r.held()
	if err != nil {
		return team.Meeting{}, err
	}
	for _, m := range slices.Backward(held) {
		record, err := r.record(m)
		if err != nil || found && spoke(record, c) {
			return m, err
		}
	}
	return team.Meeting{}, team.Wrong("", "letter.never", "code", asked.code)
}

// spoke reports whether a meeting discussed or evaluated a case, or agreed on
// something about it.
func spoke(record view.Record, c team.Case) bool {
	discussed := func(i team.AgendaItem) bool {
		return i.State == team.ItemDiscussed && (i.Code == c.Code || i.Signal != 0 && record.Signals[i.Signal].Code == c.Code)
	}
	return slices.ContainsFunc(record.Meeting.Agenda, discussed) || len(record.Evaluated(c)) > 0 ||
		slices.ContainsFunc(record.Actions, func(a team.Action) bool { return a.Code == c.Code })
}

// letter is what parents may read of what a meeting agreed on a case. It is a
// Problem when they may not, or when there is nothing to read.
func (r *Request) letter(m team.Meeting, code string) (letter view.Letter, err error) {
	c, found, err := store.Cases.Get(r.tx, r.team.ID, code)
	if err != nil {
		return letter, err
	}
	record, err := r.record(m)
	switch {
	case err != nil:
		return letter, err
	case !found || !spoke(record, c):
		return letter, team.Wrong("", "letter.none", "code", code, "when", r.view().When(m.Start))
	case c.Parents == team.Objected:
		return letter, team.Wrong("", "letter.objected", "code", code)
	case c.Parents == team.NotYet:
		return letter, team.Wrong("", "letter.notyet", "code", code)
	case c.Anonymous == m.Nr:
		return letter, team.Wrong("", "letter.anonymous", "code", code)
	}
	members, err := r.members()
	if err != nil {
		return letter, err
	}
	w := wordingFor(r.view(), code, members)
	letter.Day = record.First
	for _, i := range record.Evaluated(c) {
		if helped := c.Evaluations[i].Helped; helped != "" {
			letter.Helped = append(letter.Helped, w.plain(helped))
		}
	}
	for _, a := range record.Actions {
		if a.Code != code {
			continue
		}
		letter.Agreed = append(letter.Agreed, view.Promise{
			Role: r.member(a.Owner).Role, Text: w.addressed(w.plain(a.Text)), Gain: w.plain(a.Gain), Due: a.Due, Done: a.Status == team.Done,
		})
		if a.Helped != "" {
			letter.Helped = append(letter.Helped, w.plain(a.Helped))
		}
	}
	if !c.Evaluate.Before(r.today()) {
		letter.Evaluate = c.Evaluate
	}
	letter.Ask = contact(members)
	return letter, nil
}

// contact is who parents can ask: the intern begeleider, else the teacher, else
// anybody.
func contact(members map[string]team.Member) team.Role {
	for _, role := range []team.Role{team.IB, team.Teacher} {
		for _, m := range members {
			if m.Here && m.Role == role {
				return role
			}
		}
	}
	return team.NoRole
}

// wording puts what colleagues wrote to each other in words for parents.
type wording struct {
	view.View
	code    string
	members map[string]team.Member
	names   []memberName
}

func wordingFor(v view.View, code string, members map[string]team.Member) wording {
	return wording{v, code, members, memberNames(members)}
}

// plain has no codes in it, and roles instead of the names of members.
func (w wording) plain(s string) string {
	return strings.ReplaceAll(w.once(w.once(s)), w.Lang.Say("action.thischild"), w.Lang.Say("letter.child"))
}

// once is plain but for what stands right behind something else: a match takes
// the sign around it along.
func (w wording) once(s string) string {
	s = codePattern.ReplaceAllStringFunc(s, func(found string) string {
		m := codePattern.FindStringSubmatch(found)
		child := "letter.child.other"
		if caseCode(m[2], m[3]) == w.code {
			child = "letter.child"
		}
		return m[1] + w.Lang.Say(child) + m[4]
	})
	s = mentionPattern.ReplaceAllStringFunc(s, func(found string) string {
		m := mentionPattern.FindStringSubmatch(found)
		handle := strings.TrimRight(m[2], ".-")
		return m[1] + w.Someone(w.withHandle(handle).Role) + m[2][len(handle):]
	})
	for _, name := range w.names {
		s = name.pattern.ReplaceAllString(s, "${1}"+w.Someone(name.role)+"${2}")
	}
	return s
}

func (w wording) withHandle(handle string) team.Member {
	for _, m := range w.members {
		if strings.EqualFold(m.Handle, handle) {
			return m
		}
	}
	return team.Member{}
}

type memberName struct {
	name    string
	pattern *regexp.Regexp
	role    team.Role
}

// memberNames are the full names and first names, the longest first.
func memberNames(members map[string]team.Member) (list []memberName) {
	for _, m := range members {
		first, _ := firstWord(m.Name)
		for _, name := range []string{line(m.Name), first} {
			if utf8.RuneCountInString(name) > 2 {
				list = append(list, memberName{name, regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(name) + `($|[^\pL\pN])`), m.Role})
			}
		}
	}
	slices.SortFunc(list, func(a, b memberName) int {
		return cmp.Or(-cmp.Compare(len(a.name), len(b.name)), strings.Compare(a.name, b.name), strings.Compare(string(a.role), string(b.role)))
	})
	return list
}

// parentsObject finds the parents where they cannot be the subject of a
// sentence, which would ask for another verb: behind the verb it begins with,
// and behind a preposition.
var parentsObject = map[text.Lang]*regexp.Regexp{
	text.NL: regexp.MustCompile(`(?i)(^\pL+t|[^\pL](?:met|voor|aan|bij|van|naar|tussen)) (?:de |beide )?ouders(?: van uw kind)?($|[^\pL])`),
	text.EN: regexp.MustCompile(`(?i)(^\pL+s|^will \pL+|[^\pL](?:with|for|to|from|of|by|at)) (?:the |both )?parents(?: of your child)?($|[^\pL'’])`),
}

// addressed says "u" to the parents.
func (w wording) addressed(s string) string {
	return parentsObject[w.Lang].ReplaceAllString(s, "$1 "+w.Lang.Say("letter.you")+"$2")
}

// maxJargon is how many words to explain are pointed out.
const maxJargon = 4

// jargon are the words of the field in a letter, each with what to say instead.
func jargon(lang text.Lang, l view.Letter) (list []string) {
	all := slices.Clone(l.Helped)
	for _, p := range l.Agreed {
		all = append(all, p.Text, p.Gain)
	}
	for word := range strings.FieldsSeq(strings.Join(all, " ")) {
		word = strings.Trim(word, `.,;:!?"'()`)
		term, _, found := text.Lookup(lang, word)
		if !found || !strings.HasPrefix(fold(term.Word), fold(word)) {
			continue
		}
		if hint := word + ": " + term.Say; !slices.Contains(list, hint) && len(list) < maxJargon {
			list = append(list, hint)
		}
	}
	return list
}
