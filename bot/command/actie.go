package command

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// Lengths in characters: an agreement is one sentence that anybody can repeat.
const (
	maxAction = 140 // what, and when it worked
	maxHelped = 300
)

func actionForm(r *Request) (answer, error) { return r.actionAsk(team.Action{}, "") }

// actionAsk opens the form of an action, filled in with what is known.
func (r *Request) actionAsk(a team.Action, due string) (answer, error) {
	people, err := r.people()
	if err != nil {
		return answer{}, err
	}
	cases, err := r.caseOptions(a.Code)
	if err != nil {
		return answer{}, err
	}
	about := append([]chat.Option{{Key: noCase, Label: r.lang.Say("action.workagenda")}}, cases...)
	code := noCase
	if slices.ContainsFunc(cases, func(o chat.Option) bool { return o.Key == a.Code }) {
		code = a.Code
	}
	if due == "" && !a.Due.IsZero() {
		due = r.dayToType(a.Due)
	}
	return r.ask("action.make", 0, r.form("action",
		r.choose("action", "wie", persons(people), a.Owner),
		r.fill("action", "wat", cut(a.Text, maxTold), maxTold),
		r.fill("action", "datum", due, 40),
		optional(r.fill("action", "gelukt", cut(a.Gain, maxTold), maxTold)),
		r.choose("action", "casus", about, code),
	)), nil
}

// actionTyped makes an action from one line: @who, what, by when, in any
// order, perhaps "gelukt als ..." and a case code.
func actionTyped(r *Request, typed string) (answer, error) {
	if run := numberFirst(typed); run != nil {
		return run(r)
	}
	a, err := r.readAction(typed)
	if err == nil {
		made, failed := r.make(a)
		if failed == nil {
			return made, nil
		}
		err = failed
	}
	offered, failed := r.actionAsk(a, wrongDate(err))
	if failed != nil {
		return answer{}, failed
	}
	return offered, err
}

// numberFirst is the verb of a line that has its number first, "7 klaar"; nil when
// the line is none of those.
func numberFirst(typed string) func(*Request) (answer, error) {
	nr, rest, given := number(typed)
	if !given {
		return nil
	}
	word, rest := firstWord(rest)
	if rest != "" && !isWord(word, "uitstel", "postpone", "geef", "give", "hielp", "helped") { // "2 open dagen bezoeken"
		return nil
	}
	c, _ := commandNamed("actie")
	for _, v := range c.verbs {
		if isWord(word, v.words...) {
			return func(r *Request) (answer, error) { return v.run(r, strings.TrimSpace(strconv.Itoa(nr)+" "+rest)) }
		}
	}
	return nil
}

// wrongDate is the date that a Problem is about, as it was typed.
func wrongDate(err error) string {
	if p := (*team.Problem)(nil); errors.As(err, &p) && p.Field == "datum" {
		return cmp.Or(p.Args["rest"], p.Args["understood"])
	}
	return ""
}

// actionPicked opens the form with as much of an action as a message gives.
func actionPicked(r *Request, text string) (answer, error) {
	a, err := r.readAction(text)
	if p := (*team.Problem)(nil); err != nil && !errors.As(err, &p) {
		return answer{}, err
	}
	return r.actionAsk(a, "")
}

var gainPattern = regexp.MustCompile(`(?i)[\s,;.]*\b(?:gelukt als|gelukt wanneer|done when|success if)\b[:\s]*`)

// readAction reads as much of an action as the line gives; the first mistake
// comes with it.
func (r *Request) readAction(typed string) (a team.Action, err error) {
	rest := line(typed)
	if at := gainPattern.FindStringIndex(rest); at != nil {
		a.Gain, rest = strings.TrimSpace(rest[at[1]:]), rest[:at[0]]
	}
	found := codes(rest + " " + a.Gain)
	if a.Code, rest = markCode(rest); a.Code == "" {
		a.Code, a.Gain = markCode(a.Gain)
	}
	if len(found) > 1 { // the line to type has one
		other := r.lang.Say("letter.child.other")
		rest, a.Gain = withoutCodes(rest, other), withoutCodes(a.Gain, other)
	}
	handle, others, rest := cutOwners(rest)
	var problems []error
	if handle != "" {
		owner, err := r.who(handle)
		if err != nil {
			problems = append(problems, err)
		}
		a.Owner = owner.User
	}
	if others != "" {
		problems = append(problems, team.Wrong("wie", "action.owners", "understood", others))
	}
	var dated bool
	rest, a.Due, dated, err = schedule.CutDate(rest, r.today())
	if !dated && err == nil && a.Gain != "" {
		a.Gain, a.Due, dated, err = schedule.CutDate(a.Gain, r.today())
	}
	if err != nil {
		problems = append(problems, err)
	}
	rest = sentence(r.thisChild(rest, true))
	if isWord(handle, "ik", "mij", "me") && saidOfMyself.MatchString(rest) {
		rest = "ik " + rest
	}
	a.Text, a.Gain = r.deed(rest), sentence(r.thisChild(a.Gain, false))
	if a.Code != "" {
		if _, known, err := store.Cases.Get(r.tx, r.team.ID, a.Code); err != nil {
			return a, err
		} else if !known {
			problems = append(problems, team.Wrong("casus", "action.case", "understood", a.Code))
		}
	}
	switch {
	case len(found) > 1:
		problems = append(problems, team.Wrong("casus", "action.cases", "understood", strings.Join(found, ", ")))
	case handle == "":
		problems = append(problems, team.Wrong("wie", "action.who"))
		a.Owner, handle, a.Text = r.named(a.Text)
	case a.Text == "":
		problems = append(problems, team.Wrong("wat", "action.what"))
	case !dated && err == nil:
		problems = append(problems, team.Wrong("datum", "action.when"))
	}
	if len(problems) == 0 {
		return a, nil
	}
	return a, r.actionProblem(problems[0], a, handle)
}

// codeMark stands for a case code in a sentence, and is part of no typed text.
const codeMark = "\x01"

var (
	moreCodes   = regexp.MustCompile(`(?i)^(?:(?:\s*[,&+/]|\s+en\s|\s+and\s)\s*[KV][-\s]?\d{1,4}\b)+`)
	preposition = regexp.MustCompile(`(?i)(?:^|\s)(?:van|voor|met|over|bij|aan|naar|om|rond|of|for|with|about|to|at|from|on)$`)
)

// markCode takes the first case code out of a text, with those named in one
// breath with it, and leaves a mark.
func markCode(s string) (code, marked string) {
	m := codePattern.FindStringSubmatchIndex(s)
	if m == nil {
		return "", s
	}
	return caseCode(s[m[4]:m[5]], s[m[6]:m[7]]), s[:m[4]] + codeMark + moreCodes.ReplaceAllString(s[m[7]:], "")
}

// thisChild is a text with the child where a code was marked as part of the
// sentence; a code behind it only said what it is about, and one before it does
// when the sentence is of what an adult does.
func (r *Request) thisChild(marked string, adult bool) string {
	before, after, found := strings.Cut(marked, codeMark)
	first := sentence(before) == "" && (adult || strings.HasPrefix(after, ":"))
	last := strings.Trim(after, " .,;:!?)") == "" && !preposition.MatchString(sentence(before)) && (!adult || strings.Contains(sentence(before), " "))
	switch {
	case !found:
		return marked
	case first || last:
		return strings.TrimRight(before, " (") + " " + strings.TrimLeft(after, " :,)")
	}
	return before + r.lang.Say("action.thischild") + after
}

// named is the member whom an action begins with, without an @: "bram belt de
// school". Of "Emre vragen om tips" another does it.
func (r *Request) named(typed string) (user, handle, rest string) {
	name, rest := firstWord(typed)
	verb, _ := firstWord(rest)
	members, err := r.members()
	r.broken = cmp.Or(r.broken, err)
	var meant []team.Member
	for _, m := range members {
		if m.Here && m.Called(name) {
			meant = append(meant, m)
		}
	}
	if len(meant) != 1 || verb == "" || strings.HasSuffix(verb, "en") {
		return "", "", typed
	}
	return meant[0].User, meant[0].Handle, rest
}

// sentence trims what taking parts out of a sentence leaves at its ends.
func sentence(s string) string { return strings.Trim(line(s), " ,;:-|") }

// actionProblem adds what was understood, and the line with the gap filled in.
func (r *Request) actionProblem(err error, a team.Action, handle string) error {
	var p *team.Problem
	if !errors.As(err, &p) {
		return err
	}
	v := r.view()
	var got []string
	if a.Owner != "" {
		got = append(got, v.Name(a.Owner))
	}
	if a.Text != "" {
		got = append(got, a.Text)
	}
	if !a.Due.IsZero() {
		got = append(got, r.dayToType(a.Due))
	}
	who, what, when := "@"+handle, a.Text, a.Due
	if a.Owner == "" {
		who = "@" + r.me.Handle
	}
	if what == "" {
		what = r.lang.Say("action.example")
	}
	if when.IsZero() {
		meant, err := schedule.ParseDate(p.Args["example"], r.today())
		if inside, _ := schedule.FindDate(what, r.today()); err != nil && !inside.IsZero() {
			meant, err = inside, nil
		}
		if when, _, _ = r.freeDays().Deadline(meant); err != nil {
			when = r.calendar().NextSchoolDay(r.today().AddDays(14))
		}
	}
	a.Text, a.Due = what, when
	if p.Code == "action.case" {
		a.Code = ""
	}
	return p.With("got", strings.Join(got, " · "), "example", r.actionLine(who, a))
}

func actionSubmitted(r *Request, _ int, v values) (answer, error) {
	due, err := r.date(v.get("datum"))
	if err != nil {
		return answer{}, err
	}
	a := team.Action{Owner: v.get("wie"), Text: r.deed(v.get("wat")), Gain: sentence(v.get("gelukt")), Due: due}
	if code := v.get("casus"); code != noCase {
		a.Code = code
	}
	return r.make(a)
}

// date reads a date that somebody gave by itself, perhaps with "voor" before.
func (r *Request) date(typed string) (team.Date, error) {
	typed = line(typed)
	if word, rest := firstWord(typed); isWord(word, "voor", "uiterlijk", "tot", "op", "by", "until", "before", "on") {
		typed = rest
	}
	return schedule.ParseDate(typed, r.today())
}

// make stores an action and posts it: in the thread of the Kans!overleg that
// is going on, else in the channel, where it starts a thread of its own. What is
// for a day that school is closed, is for the next school day.
func (r *Request) make(a team.Action) (answer, error) {
	if err := cmp.Or(r.short(a), r.itsCase(a, "wat", a.Text), r.itsCase(a, "gelukt", a.Gain)); err != nil {
		return answer{}, err
	}
	if err := r.guard(passage{"wat", a.Text}, passage{"gelukt", a.Gain}); err != nil {
		return answer{}, err
	}
	if a.Text == "" {
		return answer{}, team.Wrong("wat", "action.what")
	}
	if !r.member(a.Owner).Here {
		return answer{}, team.Wrong("wie", "who.gone", "name", r.view().Name(a.Owner))
	}
	var err error
	if a.Nr, err = store.Next(r.tx, "action", r.team.ID); err != nil {
		return answer{}, err
	}
	asked := a.Due
	due, why, moved := r.freeDays().Deadline(asked)
	a.Due = due
	a.By, a.Created, a.Since, a.Status = r.me.User, r.now.UTC(), r.now.UTC(), team.ToDo
	m, found, err := r.running()
	if err != nil {
		return answer{}, err
	}
	if found {
		a.Meeting = m.Nr
		m.Actions = append(m.Actions, a.Nr)
		if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
			return answer{}, err
		}
	}
	if err := r.keepAction(a); err != nil {
		return answer{}, err
	}
	if err := r.did("action.make", on("action", a.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.agreedOn(a); err != nil {
		return answer{}, err
	}
	under := ""
	if found {
		under = r.key("meeting", m.Nr)
	}
	if err := r.post(r.key("action", a.Nr), under, r.view().Action(a)); err != nil {
		return answer{}, err
	}
	body := r.view().Made(a)
	if moved {
		body = append(body, r.view().Deadline(asked, why, due))
	}
	body = append(body, r.view().WhileAway(r.member(a.Owner), r.today())...)
	if c := r.caseOf(a.Code); a.Text != r.lang.Say("action.pays") || c.Need == "" || c.Goal == "" { // then it is time for that
		body = append(body, r.reworded(a.Text, a.Gain)...)
	}
	return answer{body: body}, nil
}

// itsCase refuses a sentence of an action with the code of a case that it is not
// about, as far as anybody said.
func (r *Request) itsCase(a team.Action, field, text string) error {
	return noCodes(field, text, a.Code, "action.code", "example", withoutCodes(text, r.lang.Say("action.child")))
}
