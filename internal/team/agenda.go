package team

import (
	"cmp"
	"slices"
	"time"
)

// ItemKind is what an AgendaItem is for; the order of a Kans!overleg.
type ItemKind string

const (
	Welcome   ItemKind = "welkom"
	Celebrate ItemKind = "succes"
	LookBack  ItemKind = "terugblik"
	CaseItem  ItemKind = "casus"
	Transfers ItemKind = "overdracht"
	ThemeItem ItemKind = "thema"
	OwnPoint  ItemKind = "punt"
	Spare     ItemKind = "ruimte"
	Closing   ItemKind = "afsluiting"
)

// MaxNewCases is how many new signals one Kans!overleg takes on: three talks
// of about twelve minutes are what 75 minutes hold.
const MaxNewCases = 3

// ItemState is how an item of a running meeting stands.
type ItemState string

const (
	ItemOpen      ItemState = ""
	ItemDiscussed ItemState = "besproken"
	ItemCarried   ItemState = "doorgeschoven"
)

// AgendaItem is one line of the agenda.
type AgendaItem struct {
	Kind    ItemKind
	Minutes int
	Signal  int   // for a success, a case or a transfer: the signal's number
	Actions []int // for LookBack: action numbers that are late
	Text    string
	By      string
	State   ItemState
}

// Agenda is what a Kans!overleg will be about.
type Agenda struct {
	Items   []AgendaItem
	Carried []int // signals that do not fit this time, in order
}

// BuildAgenda makes the agenda from what waits: open signals, open actions and
// own points. length is in minutes. Parts without content are left out; the
// minutes add up to length, unless the parts need more than that at a minute
// each.
//
// One success comes first. Signals go by urgency, then by how often they were
// moved on, then by age.
func BuildAgenda(signals []Signal, late []Action, points []Point, length int) Agenda {
	var a Agenda
	a.add(AgendaItem{Kind: Welcome, Minutes: 3})

	var successes, cases, transfers []int
	for _, s := range slices.SortedStableFunc(slices.Values(signals), byNeed) {
		switch s.Kind {
		case Success:
			successes = append(successes, s.Nr)
		case Handover:
			transfers = append(transfers, s.Nr)
		default:
			cases = append(cases, s.Nr)
		}
	}
	for _, nr := range successes[:min(1, len(successes))] {
		a.add(AgendaItem{Kind: Celebrate, Minutes: 5, Signal: nr})
	}
	if len(late) > 0 {
		item := AgendaItem{Kind: LookBack, Minutes: 10}
		for _, action := range late {
			item.Actions = append(item.Actions, action.Nr)
		}
		a.add(item)
	}
	for _, nr := range cases[:min(MaxNewCases, len(cases))] {
		a.add(AgendaItem{Kind: CaseItem, Minutes: 12, Signal: nr})
	}
	for _, nr := range transfers {
		a.add(AgendaItem{Kind: Transfers, Minutes: 5, Signal: nr})
	}
	a.Carried = append(a.Carried, cases[min(MaxNewCases, len(cases)):]...)
	a.Carried = append(a.Carried, successes[min(1, len(successes)):]...)
	for _, key := range recurring(signals) {
		a.add(AgendaItem{Kind: ThemeItem, Minutes: 3, Text: key})
	}
	for _, p := range points {
		a.add(AgendaItem{Kind: OwnPoint, Minutes: 5, Text: p.Text, By: p.By})
	}
	a.add(AgendaItem{Kind: Closing, Minutes: 3})
	a.fit(length)
	return a
}

func (a *Agenda) add(item AgendaItem) { a.Items = append(a.Items, item) }

// fit makes the minutes add up to length. Time to spare goes to the cases, as
// far as it does a talk good, and the rest stays free; too little time shrinks
// the longest parts first.
func (a *Agenda) fit(length int) {
	total := 0
	var cases, talk []*AgendaItem
	for i := range a.Items {
		item := &a.Items[i]
		total += item.Minutes
		if item.Kind == CaseItem {
			cases = append(cases, item)
		}
		if item.Kind != Welcome && item.Kind != Closing {
			talk = append(talk, item)
		}
	}
	for i := 0; total < length && len(cases) > 0 && cases[i%len(cases)].Minutes < maxCase; i++ {
		cases[i%len(cases)].Minutes++
		total++
	}
	if total < length {
		spare := AgendaItem{Kind: Spare, Minutes: length - total}
		a.Items = slices.Insert(a.Items, len(a.Items)-1, spare)
	}
	for total > length && len(talk) > 0 {
		longest := slices.MaxFunc(talk, func(x, y *AgendaItem) int { return cmp.Compare(x.Minutes, y.Minutes) })
		if longest.Minutes == 1 {
			return
		}
		longest.Minutes--
		total--
	}
}

// maxCase is how many minutes one case gets at most, however much time there is.
const maxCase = 30

func byNeed(x, y Signal) int {
	urgent := func(s Signal) int {
		if s.Urgent {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(urgent(x), urgent(y)), -cmp.Compare(x.Carried, y.Carried), x.At.Compare(y.At), cmp.Compare(x.Nr, y.Nr))
}

// ThemeThreshold is from how many different cases on an element or theme is
// recurring. Fewer is never shown: it could point at one child.
const ThemeThreshold = 3

// recurring are the elements with ThemeThreshold or more different cases, the
// most frequent one only.
func recurring(signals []Signal) []string {
	cases := map[string]map[string]bool{}
	for _, s := range signals {
		if s.Code == "" {
			continue
		}
		for _, key := range s.Elements {
			if cases[key] == nil {
				cases[key] = map[string]bool{}
			}
			cases[key][s.Code] = true
		}
	}
	best := ""
	for key, codes := range cases {
		if len(codes) < ThemeThreshold {
			continue
		}
		if best == "" || len(codes) > len(cases[best]) || len(codes) == len(cases[best]) && key < best {
			best = key
		}
	}
	if best == "" {
		return nil
	}
	return []string{best}
}

// Late reports whether an open action should have been done before today.
func (a Action) Late(today Date) bool { return a.Status == ToDo && a.Due.Before(today) }

// LastMoment is the moment after which a meeting that nobody rounded off is
// over: a day after its start.
func (m Meeting) LastMoment() time.Time { return m.Start.Add(24 * time.Hour) }
