package team

import (
	"cmp"
	"slices"
	"time"
)

// ItemKind is what an AgendaItem is for; the order of a Kans!overleg.
type ItemKind string

const (
	Welcome       ItemKind = "welkom"
	Celebrate     ItemKind = "succes"
	LookBack      ItemKind = "terugblik"
	EvaluateItem  ItemKind = "evaluatie"
	CaseItem      ItemKind = "casus"
	Transfers     ItemKind = "overdracht"
	ThemeItem     ItemKind = "thema"
	OwnPoint      ItemKind = "punt"
	StandingPoint ItemKind = "vast"
	Spare         ItemKind = "ruimte"
	Closing       ItemKind = "afsluiting"
	ErasedItem    ItemKind = "gewist" // was about a case that is erased
)

// MaxNewCases is how many new cases one Kans!overleg takes on: three talks
// of about twelve minutes are what 75 minutes hold.
const MaxNewCases = 3

// MaxTransfers is how many handovers it takes on, at transferTime each; more only
// when there are minutes left for them.
const MaxTransfers = 5

// transferTime is how many minutes a handover takes.
const transferTime = 5

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
	Signal  int    // the number of the first signal that it is about, if any
	Also    []int  // other signals on the same case, which go with the first
	Code    string // for an evaluation: its case
	Actions []int  // for LookBack: action numbers that are late
	Text    string
	By      string
	State   ItemState
}

// Signals are the numbers of all signals that the item is about.
func (i AgendaItem) Signals() []int {
	if i.Signal == 0 {
		return nil
	}
	return append([]int{i.Signal}, i.Also...)
}

// About makes these signals, perhaps none, what the item is about.
func (i *AgendaItem) About(nrs []int) {
	i.Signal, i.Also = 0, nil
	if len(nrs) > 0 {
		i.Signal, i.Also = nrs[0], nrs[1:]
	}
}

// Own reports whether the item is a point of somebody's own.
func (i AgendaItem) Own() bool {
	return i.Kind == OwnPoint || i.Kind == Celebrate && i.Text != ""
}

// MayCarry reports whether the item can be carried over to the next time while it
// is talked about.
func (i AgendaItem) MayCarry() bool {
	return slices.Contains([]ItemKind{CaseItem, Transfers, EvaluateItem, OwnPoint}, i.Kind)
}

// Agenda is what a Kans!overleg will be about.
type Agenda struct {
	Items   []AgendaItem
	Carried []int    // signals that do not fit this time, in order
	Parents []int    // signals that the parents have to hear of first, in order
	Late    []Action // of LookBack, as they stand
}

// Backlog is what asks for a place on an agenda.
type Backlog struct {
	Meeting  int             // its number
	Signals  []Signal        // that wait
	Recent   []Signal        // that came in not long ago, whether they wait or not
	Cases    map[string]Case // of the signals that wait, by code
	Late     []Action
	Evaluate []Case // whose evaluation is due
	Points   []Point
	Standing []string
}

// Without is what is left when an earlier Kans!overleg has taken on these items.
func (w Backlog) Without(items []AgendaItem) Backlog {
	w.Signals = slices.DeleteFunc(slices.Clone(w.Signals), func(s Signal) bool {
		return slices.ContainsFunc(items, func(i AgendaItem) bool { return slices.Contains(i.Signals(), s.Nr) })
	})
	w.Evaluate = slices.DeleteFunc(slices.Clone(w.Evaluate), func(c Case) bool {
		return slices.ContainsFunc(items, func(i AgendaItem) bool { return i.Code == c.Code })
	})
	return w
}

// BuildAgenda makes the agenda from what waits. length is in minutes. Parts
// without content are left out; the minutes add up to length, unless the parts
// need more than that at a minute each.
//
// One success comes first. Cases go by the chair's choice, urgency, how often
// they were moved on, and age; all signals on one case are one item, with its
// evaluation when that is due.
func BuildAgenda(w Backlog, length int) Agenda {
	a := Agenda{Late: w.Late}
	a.add(AgendaItem{Kind: Welcome, Minutes: 3})

	var evaluations, successes, cases, transfers []*AgendaItem
	byCode := map[string]*AgendaItem{}
	for _, c := range w.Evaluate {
		byCode[c.Code] = &AgendaItem{Kind: EvaluateItem, Minutes: 5, Code: c.Code}
		evaluations = append(evaluations, byCode[c.Code])
	}
	for _, s := range slices.SortedStableFunc(slices.Values(w.Signals), w.byNeed) {
		if c, found := w.Cases[s.Code]; found && !c.MayDiscuss() {
			a.Parents = append(a.Parents, s.Nr)
			continue
		}
		kind, list, minutes := CaseItem, &cases, 12
		switch s.Kind {
		case Success:
			kind, list, minutes = Celebrate, &successes, 5
		case Handover:
			kind, list, minutes = Transfers, &transfers, transferTime
		}
		if kind != Celebrate && byCode[s.Code] != nil {
			byCode[s.Code].About(append(byCode[s.Code].Signals(), s.Nr))
			continue
		}
		item := &AgendaItem{Kind: kind, Minutes: minutes, Signal: s.Nr}
		*list = append(*list, item)
		if kind != Celebrate && s.Code != "" {
			byCode[s.Code] = item
		}
	}
	points := slices.Clone(w.Points)
	told := slices.IndexFunc(points, func(p Point) bool { return p.Success })
	if told >= 0 {
		a.add(AgendaItem{Kind: Celebrate, Minutes: 5, Text: points[told].Text, By: points[told].By})
		points = slices.Delete(points, told, told+1)
	} else if len(successes) > 0 {
		a.add(*successes[0])
		successes = successes[1:]
	}
	if len(w.Late) > 0 {
		item := AgendaItem{Kind: LookBack, Minutes: 10}
		for _, action := range w.Late {
			item.Actions = append(item.Actions, action.Nr)
		}
		a.add(item)
	}
	for _, item := range evaluations {
		a.add(*item)
	}
	for i, item := range slices.Concat(cases, successes) {
		if i < min(MaxNewCases, len(cases)) {
			a.add(*item)
		} else {
			a.Carried = append(a.Carried, item.Signals()...)
		}
	}
	after := len(a.Items)
	if key := w.recurring(); key != "" {
		a.add(AgendaItem{Kind: ThemeItem, Minutes: 3, Text: key})
	}
	for _, p := range points {
		a.add(AgendaItem{Kind: OwnPoint, Minutes: 5, Text: p.Text, By: p.By})
	}
	for _, text := range w.Standing {
		a.add(AgendaItem{Kind: StandingPoint, Minutes: 3, Text: text})
	}
	a.add(AgendaItem{Kind: Closing, Minutes: 3})
	for i, item := range transfers {
		if i < MaxTransfers || a.minutes()+transferTime <= length {
			a.Items = slices.Insert(a.Items, after+i, *item)
		} else {
			a.Carried = append(a.Carried, item.Signals()...)
		}
	}
	a.fit(length)
	return a
}

func (a *Agenda) add(item AgendaItem) { a.Items = append(a.Items, item) }

func (a *Agenda) minutes() (total int) {
	for _, item := range a.Items {
		total += item.Minutes
	}
	return total
}

// fit makes the minutes add up to length. Time to spare goes to the cases, as
// far as it does a talk good, and the rest stays free; too little time shrinks
// the longest parts first.
func (a *Agenda) fit(length int) {
	total := a.minutes()
	var cases, talk []*AgendaItem
	for i := range a.Items {
		item := &a.Items[i]
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

// IsHandover reports whether signals that are one item of the agenda, make it one
// of Transfers.
func (w Backlog) IsHandover(on []Signal) bool { return slices.MinFunc(on, w.byNeed).Kind == Handover }

func (w Backlog) byNeed(x, y Signal) int {
	first := func(yes bool) int {
		if yes {
			return 0
		}
		return 1
	}
	chosen := func(s Signal) int { return first(w.Meeting != 0 && s.Chosen == w.Meeting) }
	return cmp.Or(cmp.Compare(chosen(x), chosen(y)), cmp.Compare(first(x.Urgent), first(y.Urgent)),
		-cmp.Compare(x.Carried, y.Carried), x.At.Compare(y.At), cmp.Compare(x.Nr, y.Nr))
}

// ThemeThreshold is from how many different cases on an element or theme is
// recurring. Fewer is never shown: it could point at one child.
const ThemeThreshold = 3

// recurring is the element or theme with ThemeThreshold or more different cases
// not long ago, the most frequent one; empty when there is none. It is news as
// long as a signal with it waits.
func (w Backlog) recurring() (best string) {
	cases, news := map[string]map[string]bool{}, map[string]bool{}
	each := func(signals []Signal, do func(key, code string)) {
		for _, s := range signals {
			for _, key := range append(slices.Clone(s.Elements), s.Theme) {
				if key != "" && s.Code != "" {
					do(key, s.Code)
				}
			}
		}
	}
	count := func(key, code string) {
		if cases[key] == nil {
			cases[key] = map[string]bool{}
		}
		cases[key][code] = true
	}
	each(w.Recent, count)
	each(w.Signals, func(key, code string) {
		news[key] = true
		count(key, code)
	})
	for key, codes := range cases {
		if len(codes) < ThemeThreshold || !news[key] {
			continue
		}
		if best == "" || len(codes) > len(cases[best]) || len(codes) == len(cases[best]) && key < best {
			best = key
		}
	}
	return best
}

// Late reports whether an open action should have been done before today.
func (a Action) Late(today Date) bool { return a.Status == ToDo && a.Due.Before(today) }

// LastMoment is the moment after which a meeting that nobody rounded off is
// over: a day after its start.
func (m Meeting) LastMoment() time.Time { return m.Start.Add(24 * time.Hour) }
