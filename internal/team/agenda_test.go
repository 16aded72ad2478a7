package team

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// shown is an agenda in a line: kind, number of the signal and minutes of each
// item, and what is carried over.
func shown(a Agenda) string {
	var items []string
	for _, item := range a.Items {
		s := string(item.Kind)
		if item.Signal != 0 {
			s += fmt.Sprint(" ", item.Signal)
		}
		for _, nr := range item.Also {
			s += fmt.Sprint("+", nr)
		}
		if item.Code != "" {
			s += " " + item.Code
		}
		if item.Text != "" {
			s += " " + item.Text
		}
		if item.Actions != nil {
			s += fmt.Sprint(" ", item.Actions)
		}
		items = append(items, fmt.Sprint(s, " ", item.Minutes))
	}
	line := strings.Join(items, ", ")
	if a.Carried != nil {
		line += fmt.Sprint("; ", a.Carried)
	}
	if a.Parents != nil {
		line += fmt.Sprint("; parents ", a.Parents)
	}
	return line
}

func at(day int) time.Time { return time.Date(2027, time.January, day, 9, 0, 0, 0, time.UTC) }

func TestBuildAgenda(t *testing.T) {
	worry := func(nr int, code string, elements ...string) Signal {
		return Signal{Nr: nr, Code: code, Kind: Worry, Elements: elements, At: at(nr)}
	}
	urgent, carried, old := worry(4, "K-004"), worry(5, "K-005"), worry(6, "K-006")
	urgent.Urgent, carried.Carried, old.At = true, 1, at(1)
	var handovers []Signal
	for nr := range 7 {
		handovers = append(handovers, Signal{Nr: nr + 1, Code: fmt.Sprint("V-00", nr+1), Kind: Handover, At: at(nr + 1)})
	}
	success := func(nr int) Signal { return Signal{Nr: nr, Code: "K-009", Kind: Success, At: at(nr)} }
	for _, c := range []struct {
		name    string
		signals []Signal
		late    []Action
		points  []Point
		length  int
		want    string
	}{
		{"nothing", nil, nil, nil, 75, "welkom 3, ruimte 69, afsluiting 3"},
		{"one case takes half an hour at most", []Signal{worry(1, "K-001")}, nil, nil, 75, "welkom 3, casus 1 30, ruimte 39, afsluiting 3"},
		{"three cases, the others later", []Signal{worry(1, "K-001"), worry(2, "K-002"), worry(3, "K-003"), old, urgent, carried}, nil, nil, 42,
			"welkom 3, casus 4 12, casus 5 12, casus 1 12, afsluiting 3; [6 2 3]"},
		{"one success, the others later", []Signal{success(7), success(8), worry(1, "K-001")}, nil, nil, 23,
			"welkom 3, succes 7 5, casus 1 12, afsluiting 3; [8]"},
		{"all there is, in order", []Signal{worry(1, "K-001"), {Nr: 2, Code: "V-001", Kind: Handover}, success(3)}, []Action{{Nr: 4}, {Nr: 5}}, []Point{{Text: "plein", By: "anna"}}, 43,
			"welkom 3, succes 3 5, terugblik [4 5] 10, casus 1 12, overdracht 2 5, punt plein 5, afsluiting 3"},
		{"too short for all", []Signal{worry(1, "K-001")}, []Action{{Nr: 4}}, []Point{{Text: "plein"}}, 15,
			"welkom 3, terugblik [4] 3, casus 1 3, punt plein 3, afsluiting 3"},
		{"handovers, all there is time for", handovers, nil, nil, 75,
			"welkom 3, overdracht 1 5, overdracht 2 5, overdracht 3 5, overdracht 4 5, overdracht 5 5, overdracht 6 5, overdracht 7 5, ruimte 34, afsluiting 3"},
		{"with something else to talk about", handovers, nil, []Point{{Text: "plein"}}, 45,
			"welkom 3, overdracht 1 5, overdracht 2 5, overdracht 3 5, overdracht 4 5, overdracht 5 5, overdracht 6 5, punt plein 5, ruimte 4, afsluiting 3; [7]"},
		{"handovers, too short for all", handovers, nil, nil, 16,
			"welkom 3, overdracht 1 2, overdracht 2 2, overdracht 3 2, overdracht 4 2, overdracht 5 2, afsluiting 3; [6 7]"},
		{"much too short", []Signal{worry(1, "K-001")}, nil, []Point{{Text: "plein"}}, 4,
			"welkom 3, casus 1 1, punt plein 1, afsluiting 3"},
		{"three codes on an element", []Signal{worry(1, "K-001", "leren"), worry(2, "K-002", "leren", "erbij"), worry(3, "K-003", "leren")}, nil, nil, 45,
			"welkom 3, casus 1 12, casus 2 12, casus 3 12, thema leren 3, afsluiting 3"},
		{"one code three times is no theme", []Signal{worry(1, "K-001", "leren"), worry(2, "K-001", "leren"), worry(3, "K-002", "leren")}, nil, nil, 30,
			"welkom 3, casus 1+2 12, casus 3 12, afsluiting 3"},
		{"groups are no cases", []Signal{worry(1, "", "leren"), worry(2, "", "leren"), worry(3, "K-002", "leren")}, nil, nil, 42,
			"welkom 3, casus 1 12, casus 2 12, casus 3 12, afsluiting 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := shown(BuildAgenda(Backlog{Signals: c.signals, Late: c.late, Points: c.points}, c.length)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// waiting are signals as they may wait for a Kans!overleg.
var waiting = rapid.Custom(func(t *rapid.T) []Signal {
	var list []Signal
	for i := range rapid.IntRange(0, 12).Draw(t, "signals") {
		list = append(list, Signal{
			Nr:   i + 1,
			Kind: rapid.SampledFrom(SignalKinds).Draw(t, "kind"),
			Code: rapid.SampledFrom([]string{"", "K-001", "K-002", "K-003", "K-004"}).Draw(t, "code"),
			Elements: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"leren", "erbij", "veilig", "gezond"}), 0, 3,
				func(s string) string { return s }).Draw(t, "elements"),
			Theme:   rapid.SampledFrom([]string{"", "", "toetsspanning"}).Draw(t, "theme"),
			Urgent:  rapid.Bool().Draw(t, "urgent"),
			Chosen:  rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "chosen"),
			Carried: rapid.IntRange(0, 2).Draw(t, "carried"),
			At:      at(rapid.IntRange(1, 5).Draw(t, "day")),
		})
	}
	return list
})

// cases are how parents may stand towards some of them.
var cases = rapid.Custom(func(t *rapid.T) map[string]Case {
	known := map[string]Case{}
	for _, code := range []string{"K-001", "K-002", "K-003"} {
		known[code] = Case{Code: code, Parents: rapid.SampledFrom(ParentsAll).Draw(t, "parents"), Anonymous: rapid.IntRange(0, 1).Draw(t, "anonymous")}
	}
	return known
})

func TestAgendaProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signals := waiting.Draw(t, "waiting")
		w := Backlog{
			Meeting:  1,
			Signals:  signals,
			Cases:    cases.Draw(t, "cases"),
			Late:     make([]Action, rapid.IntRange(0, 3).Draw(t, "late")),
			Evaluate: make([]Case, rapid.IntRange(0, 3).Draw(t, "evaluate")),
			Points:   rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point { return Point{Success: rapid.Bool().Draw(t, "success")} }), 0, 12).Draw(t, "points"),
			Standing: make([]string, rapid.IntRange(0, 3).Draw(t, "standing")),
		}
		length := rapid.IntRange(1, 240).Draw(t, "length")
		a := BuildAgenda(w, length)

		checkMinutes(t, a, length)
		checkAll(t, a, w)
		checkOrder(t, a, signals)
		checkThemes(t, a, signals)

		// The order in which they come out of the store says nothing.
		w.Signals = rapid.Permutation(signals).Draw(t, "shuffled")
		if shuffled := BuildAgenda(w, length); shown(a) != shown(shuffled) {
			t.Fatalf("from another order comes\n%s\ninstead of\n%s", shown(shuffled), shown(a))
		}
	})
}

// checkMinutes: they add up, unless there is more to do than there are minutes.
func checkMinutes(t *rapid.T, a Agenda, length int) {
	sum, least := 0, 0
	for _, item := range a.Items {
		sum += item.Minutes
		if item.Minutes < 1 {
			t.Fatalf("%s has %d minutes", item.Kind, item.Minutes)
		}
		if least++; item.Kind == Welcome || item.Kind == Closing {
			least += 2
		}
	}
	if want := max(length, least); sum != want {
		t.Fatalf("%d minutes of %d: %s", sum, want, shown(a))
	}
}

// checkAll: whatever waits is on the agenda, carried over or waits for the
// parents, once; and what may not be discussed is not.
func checkAll(t *rapid.T, a Agenda, w Backlog) {
	nrs := append(slices.Clone(a.Carried), a.Parents...)
	count := map[ItemKind]int{}
	for _, item := range a.Items {
		count[item.Kind]++
		nrs = append(nrs, item.Signals()...)
		for _, nr := range item.Signals() {
			s := w.Signals[nr-1]
			if s.Code != w.Signals[item.Signal-1].Code {
				t.Fatalf("two cases in one item: %s", shown(a))
			}
			if c, found := w.Cases[s.Code]; found && !c.MayDiscuss() {
				t.Fatalf("signal %d is discussed without the parents", nr)
			}
		}
	}
	slices.Sort(nrs)
	var want []int
	for _, s := range w.Signals {
		want = append(want, s.Nr)
	}
	if !slices.Equal(nrs, want) {
		t.Fatalf("on the agenda or carried over are %v of %v", nrs, want)
	}
	points := len(w.Points)
	if slices.ContainsFunc(w.Points, func(p Point) bool { return p.Success }) {
		points--
	}
	for _, item := range a.Items {
		switch {
		case item.Kind == Transfers && count[Transfers] > MaxTransfers && item.Minutes < transferTime:
			t.Fatalf("more handovers than there is time for: %s", shown(a))
		case item.Kind == Spare && item.Minutes >= transferTime && slices.ContainsFunc(a.Carried, func(nr int) bool { return w.Signals[nr-1].Kind == Handover && w.Signals[nr-1].Code == "" }):
			t.Fatalf("there is time for a handover: %s", shown(a))
		}
	}
	if count[CaseItem] > MaxNewCases || count[Celebrate] > 1 || count[OwnPoint] != points ||
		count[EvaluateItem] != len(w.Evaluate) || count[StandingPoint] != len(w.Standing) {
		t.Fatalf("not all, or too much: %v", count)
	}
}

// checkOrder: the kinds come in their order, and no case comes before one that
// needs it more.
func checkOrder(t *rapid.T, a Agenda, signals []Signal) {
	order := []ItemKind{Welcome, Celebrate, LookBack, EvaluateItem, CaseItem, Transfers, ThemeItem, OwnPoint, StandingPoint, Spare, Closing}
	if !slices.IsSortedFunc(a.Items, func(x, y AgendaItem) int { return slices.Index(order, x.Kind) - slices.Index(order, y.Kind) }) {
		t.Fatalf("out of order: %s", shown(a))
	}
	var nrs []int
	for _, item := range a.Items {
		if item.Kind == CaseItem {
			nrs = append(nrs, item.Signal)
		}
	}
	nrs = append(nrs, a.Carried...)
	var cases []Signal
	for _, nr := range nrs {
		s := signals[nr-1]
		with := s.Code != "" && slices.ContainsFunc(cases, func(first Signal) bool { return first.Code == s.Code })
		if (s.Kind == Worry || s.Kind == Chance) && !with {
			cases = append(cases, s)
		}
	}
	for i := 1; i < len(cases); i++ {
		x, y := cases[i-1], cases[i]
		if x.Chosen != y.Chosen {
			if y.Chosen == 1 {
				t.Fatalf("signal %d comes before %d, which was chosen", x.Nr, y.Nr)
			}
			continue
		}
		if y.Urgent && !x.Urgent || y.Urgent == x.Urgent && (y.Carried > x.Carried || y.Carried == x.Carried && y.At.Before(x.At)) {
			t.Fatalf("signal %d comes before %d", x.Nr, y.Nr)
		}
	}
}

// checkThemes: a theme stands for three different cases or more, and is named
// when there is one.
func checkThemes(t *rapid.T, a Agenda, signals []Signal) {
	codes := map[string]map[string]bool{}
	most := 0
	for _, s := range signals {
		for _, e := range append(slices.Clone(s.Elements), s.Theme) {
			if s.Code == "" || e == "" {
				continue
			}
			if codes[e] == nil {
				codes[e] = map[string]bool{}
			}
			codes[e][s.Code] = true
			most = max(most, len(codes[e]))
		}
	}
	themes := 0
	for _, item := range a.Items {
		if item.Kind != ThemeItem {
			continue
		}
		if themes++; len(codes[item.Text]) < ThemeThreshold || len(codes[item.Text]) < most {
			t.Fatalf("the theme %s is that of %d cases", item.Text, len(codes[item.Text]))
		}
	}
	if want := min(1, max(0, most-ThemeThreshold+1)); themes != want {
		t.Fatalf("%d themes with %d cases on one element", themes, most)
	}
}

func TestDate(t *testing.T) {
	first, last := Date{2026, time.January, 1}, Date{2030, time.December, 31}
	n := 0
	for d := first; !d.After(last); d, n = d.AddDays(1), n+1 {
		u := time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC)
		switch {
		case d.Weekday() != u.Weekday():
			t.Fatalf("%s is a %s", d, d.Weekday())
		case d.String() != u.Format(time.DateOnly):
			t.Fatalf("%s is %s", u, d)
		case !d.Valid() || DateOf(u) != d:
			t.Fatalf("%s is not a day", d)
		case first.DaysUntil(d) != n || d.DaysUntil(first) != -n || first.AddDays(n) != d || d.AddDays(-n) != first:
			t.Fatalf("%s is %d days after %s, not %d", d, first.DaysUntil(d), first, n)
		case n > 0 && (!first.Before(d) || !d.After(first) || d.Compare(first) != 1):
			t.Fatalf("%s does not come after %s", d, first)
		}
		encoded, err := json.Marshal(map[string]Date{"d": d})
		var back map[string]Date
		if err != nil || json.Unmarshal(encoded, &back) != nil || back["d"] != d {
			t.Fatalf("%s becomes %s and then %s", d, encoded, back["d"])
		}
	}
	if n != 1826 {
		t.Errorf("%d days in five years", n)
	}
}

func TestDateOddities(t *testing.T) {
	for _, d := range []Date{{}, {2027, time.February, 29}, {2027, time.February, 30}, {2027, time.April, 31}, {2027, 13, 1}, {2027, time.January, 0}} {
		if d.Valid() {
			t.Errorf("%v is a day", d)
		}
	}
	if (Date{2028, time.February, 29}).AddDays(366) != (Date{2029, time.March, 1}) {
		t.Error("a leap year has another length")
	}
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2027, time.March, 27, 23, 30, 0, 0, time.UTC)
	if DateOf(late) != (Date{2027, time.March, 27}) || DateOf(late.In(amsterdam)) != (Date{2027, time.March, 28}) {
		t.Error("a day is that of the place")
	}
	var d Date
	for _, s := range []string{"2027-02-30", "27-01-12", "2027-1-2", "gisteren", "2027-01-12T00:00:00Z"} {
		if err := d.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q is read as %s", s, d)
		}
	}
	if err := d.UnmarshalText(nil); err != nil || !d.IsZero() || d.String() != "" {
		t.Errorf("no date is read as %q, %v", d, err)
	}
}

func TestLate(t *testing.T) {
	today := Date{2027, time.January, 12}
	for want, a := range map[bool]Action{
		true:  {Status: ToDo, Due: today.AddDays(-1)},
		false: {Status: ToDo, Due: today},
	} {
		if a.Late(today) != want {
			t.Errorf("%+v is late: %v", a, !want)
		}
	}
	if (Action{Status: Done, Due: today.AddDays(-1)}).Late(today) {
		t.Error("what is done is late")
	}
}
