package command

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// maxElements is how many elements of the Kansencirkel one signal names.
const maxElements = 3

// maxCases is how many codes a form offers, the newest; any code can be typed.
const maxCases = 90

// newCase and newPreschoolCase are the keys with which a form asks for a code.
const (
	newCase          = "K"
	newPreschoolCase = "V"
	noCase           = "-"
)

// draft is a signal as somebody means it: newCode asks for a code that Kansbot
// has still to give out.
type draft struct {
	team.Signal
	newCode string // newCase, newPreschoolCase or empty
}

func signalForm(r *Request) (answer, error) {
	return r.signalAsk("signal.log", draft{Signal: team.Signal{Kind: team.Worry, Parents: team.NotYet}})
}

// signalAsk opens the form of a signal, filled in with what is known.
func (r *Request) signalAsk(purpose string, d draft) (answer, error) {
	form, err := r.formOf(d)
	if err != nil {
		return answer{}, err
	}
	return r.ask(purpose, d.Nr, form), nil
}

func (r *Request) formOf(d draft) (chat.Form, error) {
	gone, err := r.erased(d.Code)
	if err != nil {
		return chat.Form{}, err
	}
	if gone {
		d.Code, d.newCode = "", newCase
	}
	cases, err := r.caseOptions(d.Code)
	if err != nil {
		return chat.Form{}, err
	}
	subject := append([]chat.Option{
		{Key: newCase, Label: r.lang.Say("case.new")},
		{Key: newPreschoolCase, Label: r.lang.Say("case.preschool")},
		{Key: noCase, Label: r.lang.Say("case.none")},
	}, cases...)
	if d.Code != "" && !slices.ContainsFunc(subject, func(o chat.Option) bool { return o.Key == d.Code }) {
		subject = append(subject, chat.Option{Key: d.Code, Label: d.Code})
	}
	chosen := d.newCode
	switch {
	case d.Code != "":
		chosen = d.Code
	case chosen == "" && (d.Theme != "" || d.Group != ""):
		chosen = noCase
	}
	about := r.choose("signal", "casus", subject, chosen)

	circle := r.field(chat.Many, "signal", "cirkel", d.Elements...)
	circle.Label = r.bot.Circle.Name
	for _, e := range r.bot.Circle.Elements {
		circle.Options = append(circle.Options, chat.Option{Key: e.Key, Label: e.Label})
	}
	haste := "wachten"
	if d.Urgent {
		haste = "eerder"
	}
	seen := r.write("signal", "gezien", d.Seen, maxFree)
	seen.Optional = d.Nr != 0 && d.Seen == "" // it was logged with a need alone
	return r.form("signal",
		about,
		r.choose("signal", "soort", options(r.lang, "kind.", team.SignalKinds), string(d.Kind)),
		seen,
		optional(r.write("signal", "helpt", d.Helps, maxFree)),
		optional(r.write("signal", "nodig", d.Needed, maxFree)),
		optional(circle),
		r.choose("signal", "ouders", options(r.lang, "parents.", team.ParentsAll), string(cmp.Or(d.Parents, team.NotYet))),
		r.choose("signal", "haast", options(r.lang, "haste.", []string{"wachten", "eerder"}), haste),
		optional(r.choose("signal", "groep", options(r.lang, "group.", team.Groups), string(d.Group))),
		optional(r.fill("signal", "thema", d.Theme, maxTheme)),
	), nil
}

// caseOptions are the newest codes to choose from, and wanted when there is
// such a case.
func (r *Request) caseOptions(wanted string) ([]chat.Option, error) {
	cases, err := store.Cases.All(r.tx, r.team.ID)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(cases, func(a, b team.Case) int { return b.Created.Compare(a.Created) })
	var list []chat.Option
	for i, c := range cases {
		if i < maxCases || c.Code == wanted {
			list = append(list, chat.Option{Key: c.Code, Label: c.Code})
		}
	}
	return list, nil
}

// Lengths in characters: a signal is a few sentences, not a dossier.
const (
	maxFree  = 500
	maxTheme = 40
)

// signalTyped logs a signal from one line. After a mistake the form opens with
// all that was understood.
func signalTyped(r *Request, typed string) (answer, error) {
	d := draft{Signal: team.Signal{Kind: team.Worry}}
	if err := r.readSignal(&d, typed); err != nil {
		return r.offer(d, err)
	}
	if err := r.complete(d, typed); err != nil {
		return r.offer(d, err)
	}
	if err := r.guard(d.passages()...); err != nil {
		return r.offer(d, err)
	}
	return r.log(d)
}

// signalPicked opens the form with what somebody wrote as what was seen.
func signalPicked(r *Request, text string) (answer, error) {
	d := draft{Signal: team.Signal{Kind: team.Worry, Parents: team.NotYet, Seen: cut(text, maxFree)}}
	if found := codes(text); len(found) > 0 {
		d.Code = found[0]
		d.Parents = r.parentsOf(d.Signal)
	}
	return r.signalAsk("signal.log", d)
}

// passages are what of a signal has to pass the guard.
func (d draft) passages() []passage {
	return []passage{{"gezien", d.Seen}, {"helpt", d.Helps}, {"nodig", d.Needed}, {"thema", d.Theme}}
}

// offer is a mistake with the form to mend it in.
func (r *Request) offer(d draft, mistake error) (answer, error) {
	a, err := r.signalAsk("signal.log", d)
	if err != nil {
		return answer{}, err
	}
	return a, mistake
}

// complete checks that a signal is about somebody and says something.
func (r *Request) complete(d draft, typed string) error {
	if d.Code == "" && d.newCode == "" && d.Group == "" && d.Theme == "" {
		return team.Wrong("casus", "signal.about", "example", "/signaal nieuw "+line(typed))
	}
	if gone, err := r.erased(d.Code); err != nil {
		return err
	} else if gone {
		return team.Wrong("casus", "case.erased", "understood", d.Code, "example", r.lang.Say("signal.example", "code", "nieuw"))
	}
	if d.Seen == "" && d.Needed == "" && d.Kind != team.Success {
		return team.Wrong("gezien", "signal.empty", "got", gotSignal(r, d), "example", r.lang.Say("signal.example", "code", cmp.Or(d.Code, "nieuw")))
	}
	if err := cmp.Or(fits("gezien", d.Seen, maxFree), fits("helpt", d.Helps, maxFree), fits("nodig", d.Needed, maxFree), fits("thema", d.Theme, maxTheme),
		noCodes("gezien", d.Seen, d.Code, "code.other"), noCodes("helpt", d.Helps, d.Code, "code.other"), noCodes("nodig", d.Needed, d.Code, "code.other"),
		noCodes("thema", d.Theme, "", "code.channel")); err != nil {
		return err
	}
	if len(d.Elements) > maxElements {
		return team.Wrong("cirkel", "elements", "max", strconv.Itoa(maxElements))
	}
	return nil
}

func signalSubmitted(r *Request, _ int, v values) (answer, error) {
	d := draftOf(team.Signal{}, v)
	if d.Parents == team.NotYet { // as the form began: it takes nothing back
		d.Parents = ""
	}
	if err := r.complete(d, ""); err != nil {
		return answer{}, err
	}
	if err := r.guard(d.passages()...); err != nil {
		return answer{}, err
	}
	return r.log(d)
}

// draftOf is a signal with what a form says of it.
func draftOf(s team.Signal, v values) draft {
	s.Code, s.Group, s.Theme, s.Kind = "", team.Group(v.get("groep")), line(v.get("thema")), team.SignalKind(v.get("soort"))
	s.Seen, s.Helps, s.Needed = tidy(v.get("gezien")), tidy(v.get("helpt")), tidy(v.get("nodig"))
	s.Elements, s.Parents, s.Urgent = v["cirkel"], team.Parents(v.get("ouders")), v.get("haast") == "eerder"
	d := draft{Signal: s}
	switch about := v.get("casus"); about {
	case newCase, newPreschoolCase:
		d.newCode = about
	case noCase:
	default:
		d.Code = about
	}
	return d
}

// parentsOf is where the parents of a signal stand: as its case says, if it has
// one.
func (r *Request) parentsOf(s team.Signal) team.Parents {
	return cmp.Or(r.caseOf(s.Code).Parents, s.Parents, team.NotYet)
}

// log stores a new signal and tells the channel what it may know of it.
func (r *Request) log(d draft) (answer, error) {
	s := d.Signal
	s.Status, s.By, s.At = team.Waiting, r.me.User, r.now.UTC()
	s.Theme = strings.ToLower(s.Theme)
	var err error
	if s.Code == "" && d.newCode != "" {
		if s.Code, err = r.issueCode(d.newCode); err != nil {
			return answer{}, err
		}
	}
	if s.Nr, err = store.Next(r.tx, "signal", r.team.ID); err != nil {
		return answer{}, err
	}
	s.Parents = cmp.Or(s.Parents, r.parentsOf(s))
	was, known, err := r.putSignal(s)
	if err != nil {
		return answer{}, err
	}
	if err := r.did("signal.log", on("signal", s.Nr)); err != nil {
		return answer{}, err
	}
	next, _, err := r.nextMeeting()
	if err != nil {
		return answer{}, err
	}
	if err := r.post(r.key("signal", s.Nr), "", r.view().Signal(s, next)); err != nil {
		return answer{}, err
	}
	body := r.view().Logged(s, next, !known)
	if !was.Closed.IsZero() {
		body = append(body, r.say("case.reopened", "code", s.Code)...)
	}
	return answer{body: append(body, r.reworded(s.Seen, s.Helps, s.Needed)...)}, nil
}

// signalList shows numbers, codes and status, no free text.
func signalList(r *Request, typed string) (answer, error) {
	word, _ := firstWord(typed)
	list := codes(typed)
	var signals []team.Signal
	var err error
	switch {
	case len(list) > 0:
		signals, err = store.SignalsOn(r.tx, r.team.ID, list[0])
	case isWord(word, "alles", "all"):
		signals, err = store.Signals.All(r.tx, r.team.ID)
	case word == "" || isWord(word, "open"):
		signals, err = store.OpenSignals(r.tx, r.team.ID)
	default:
		return answer{}, team.Wrong("", "signal.list", "understood", word, "example", "/signaal lijst alles")
	}
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Signals(signals)}, nil
}

// signalNr finds the signal that a line starts with.
func (r *Request) signalNr(typed, verb string) (s team.Signal, rest string, err error) {
	nr, rest, found := number(typed)
	if !found {
		return s, "", team.Wrong("", "signal.nr", "understood", line(typed), "example", "/signaal "+verb+" 12")
	}
	s, found, err = store.Signals.Get(r.tx, r.team.ID, store.Nr(nr))
	if err == nil && !found {
		err = team.Wrong("", "signal.none", "nr", strconv.Itoa(nr), "example", "/signaal lijst")
	}
	return s, rest, err
}

// signalShow shows the free text to the member who asks, and leaves a trace of
// that.
func signalShow(r *Request, typed string) (answer, error) {
	s, _, err := r.signalNr(typed, "toon")
	if err != nil {
		return answer{}, err
	}
	if err := r.did("signal.show", on("signal", s.Nr)); err != nil {
		return answer{}, err
	}
	return answer{body: r.view().SignalText(s)}, nil
}

// refreshSignal brings all that the channel shows of a signal up to date: its
// own post, the agenda, and its case in a meeting that is going on.
func (r *Request) refreshSignal(s team.Signal) error {
	return cmp.Or(r.refreshPostsOf([]team.Signal{s}), r.refreshPlanned(), r.refreshRunning(s))
}

// refreshSignals brings the date that waiting signals show up to date.
func (r *Request) refreshSignals() error {
	signals, err := store.OpenSignals(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	return r.refreshPostsOf(signals)
}

// refreshPostsOf brings the posts of signals up to date, the newest: with the
// meeting that goes on for what is on its agenda, else with the next.
func (r *Request) refreshPostsOf(signals []team.Signal) error {
	next, _, err := r.nextMeeting()
	if err != nil {
		return err
	}
	running, _, err := r.running()
	if err != nil {
		return err
	}
	for _, s := range signals[max(0, len(signals)-maxRefreshed):] {
		m := next
		if slices.ContainsFunc(running.Agenda, func(i team.AgendaItem) bool { return slices.Contains(i.Signals(), s.Nr) }) {
			m = running
		}
		if err := r.renew(r.key("signal", s.Nr), r.view().Signal(s, m)); err != nil {
			return err
		}
	}
	return nil
}

// maxRefreshed is how many posts one change of date may edit.
const maxRefreshed = 50
