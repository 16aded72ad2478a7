package command

import (
	"fmt"
	"strings"
	"testing"

	"kansbot/internal/audit"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// bodyOf is what a post says now.
func (b *trial) bodyOf(key string) string {
	var s outbox.Status
	b.read(func(tx kv.Tx) (err error) {
		s, _, err = outbox.Get(tx, key)
		return err
	})
	return textOf(s.Post.Body)
}

func (b *trial) signal(nr int) (s team.Signal) {
	b.read(func(tx kv.Tx) (err error) {
		s, _, err = store.Signals.Get(tx, b.team().ID, store.Nr(nr))
		return err
	})
	return s
}

// sentBack is a form as it opened, but for some of its answers.
func sentBack(f *chat.Form, changed map[string]string) map[string][]string {
	values := map[string][]string{}
	for _, field := range f.Fields {
		values[field.Name] = field.Value
		if v, found := changed[field.Name]; found {
			values[field.Name] = []string{v}
		}
	}
	return values
}

// Changing an older signal says nothing about the parents, unless it does.
func TestChangeLeavesTheParents(t *testing.T) {
	for _, c := range []struct{ first, then string }{{"akkoord", "bezwaar"}, {"nog niet", "akkoord"}} {
		for _, how := range []string{"typed", "form", "stale form", "mistake"} {
			b := course(t, "/signaal K-001 stil | ouders: "+c.first)
			form := b.types("anna", "/signaal wijzig 1").Form
			b.types("bram", "/signaal K-001 weer | ouders: "+c.then)
			switch how {
			case "typed":
				b.types("anna", "/signaal wijzig 1 nodig: rust")
			case "form":
				form = b.types("anna", "/signaal wijzig 1").Form
				fallthrough
			case "stale form":
				b.sends("anna", form, sentBack(form, map[string]string{"nodig": "rust"}))
			case "mistake":
				form = b.types("anna", "/signaal wijzig 1 nodig: rust #nergens").Form
				b.sends("anna", form, sentBack(form, nil))
			}
			if got := b.goalOf("K-001").Parents; string(got) != c.then || b.signal(1).Needed != "rust" {
				t.Errorf("%v, %s: the parents are at %q, needed is %q", c, how, got, b.signal(1).Needed)
			}
		}
	}
	b := course(t, "/signaal K-001 stil | ouders: akkoord")
	b.types("anna", "/signaal wijzig 1 ouders: bezwaar")
	if got := b.goalOf("K-001").Parents; got != team.Objected {
		t.Errorf("typed, the parents are at %q", got)
	}
	form := b.types("anna", "/signaal wijzig 1 ouders: doen mee #nergens").Form
	b.sends("anna", form, sentBack(form, nil))
	if got := b.goalOf("K-001").Parents; got != team.Joining {
		t.Errorf("after a mistake, the parents are at %q", got)
	}
}

// A mistake in a line that changes a signal loses nothing: neither what was
// typed, nor what the signal said, which the form does not show.
func TestMistakenChangeKeepsTheRest(t *testing.T) {
	b := course(t, "/signaal K-001 stil | helpt: muziek | ouders: akkoord")
	form := b.types("anna", "/signaal wijzig 1 nodig: rust #nergens").Form
	if form == nil || strings.Contains(fmt.Sprint(form), "muziek") || !strings.Contains(fmt.Sprint(form), "rust") {
		t.Fatalf("the form is %v", form)
	}
	if r := b.sends("anna", form, sentBack(form, nil)); len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	if s := b.signal(1); s.Seen != "stil" || s.Helps != "muziek" || s.Needed != "rust" {
		t.Errorf("%+v", s)
	}
}

func TestChangeKeepsTheChoice(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 12 jan 10:00")
	for i := range 4 {
		b.types("anna", fmt.Sprintf("/signaal K-00%d stil | ouders: akkoord", i+1))
	}
	b.types("anna", "/kansoverleg kies K-004")
	form := b.types("anna", "/signaal wijzig 4").Form
	b.sends("anna", form, sentBack(form, map[string]string{"nodig": "rust"}))
	if s := b.signal(4); s.Chosen != 1 || s.Needed != "rust" {
		t.Errorf("%+v", s)
	}
}

// No goal comes in through an evaluation that could not come in as a goal.
func TestEvaluationAsksTheParentsFirst(t *testing.T) {
	for _, parents := range []string{"nog niet", "bezwaar"} {
		b := course(t, "/signaal K-001 stil | ouders: "+parents)
		b.types("anna", "/kansoverleg evaluatie K-001 schaal 5, bijstellen | doel: drie rustige ochtenden")
		if c := b.goalOf("K-001"); c.Goal != "" || len(c.Evaluations) > 0 {
			t.Errorf("%s: %+v", parents, c)
		}
		b.types("anna", "/kansoverleg evaluatie K-001 afsluiten")
		if b.goalOf("K-001").Closed.IsZero() {
			t.Errorf("%s: it cannot be closed", parents)
		}
	}
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg doel K-001 rustig, schaal 4")
	long := strings.TrimSpace(strings.Repeat("rustig beginnen ", 25))
	b.types("anna", "/kansoverleg evaluatie K-001 schaal 5, bijstellen | doel: "+long)
	if c := b.goalOf("K-001"); c.Goal != "rustig" {
		t.Errorf("a goal of %d characters came in", len(c.Goal))
	}
}

// goalSet is a kernteam with a goal for K-001 that is to be evaluated, on the
// agenda of that day too.
func goalSet(t *testing.T) (b *trial, day team.Date) {
	b = course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg eenmalig 5 jan 10:00")
	b.at(t, "2027-01-05 10:00")
	b.types("anna", "/kansoverleg start")
	b.presses(t, "anna", "item/"+b.team().ID+"/1/1", "item.done 1 1")
	b.types("anna", "/kansoverleg doel K-001 rustig, schaal 4")
	b.types("anna", "/kansoverleg afronden")
	return b, b.goalOf("K-001").Evaluate
}

// Parents who object stop an evaluation, wherever it is; and when they do not
// any more, it is asked after all.
func TestObjectionStopsAnEvaluation(t *testing.T) {
	b, day := goalSet(t)
	b.types("anna", "/signaal toestemming K-001 bezwaar")
	b.at(t, day.String()+" 09:00")
	if asked := b.posts("evaluate"); len(asked) > 0 {
		t.Errorf("asked: %v", asked)
	}
	b.types("anna", "/signaal toestemming K-001 akkoord")
	b.at(t, day.AddDays(1).String()+" 09:00")
	if asked := b.posts("evaluate"); len(asked) != 1 {
		t.Errorf("asked: %v", asked)
	}
	b.types("anna", "/signaal toestemming K-001 bezwaar")
	if asked := fmt.Sprint(b.posts("evaluate")); strings.Contains(asked, "evaluate.ask") {
		t.Errorf("still there: %v", asked)
	}
	b.types("anna", "/signaal toestemming K-001 akkoord")
	if asked := fmt.Sprint(b.posts("evaluate")); !strings.Contains(asked, "evaluate.ask") {
		t.Errorf("not there again: %v", asked)
	}

	b, day = goalSet(t)
	b.types("anna", "/kansoverleg eenmalig "+day.String()+" 15:00")
	for before := 4; before > 0; before-- {
		b.at(t, day.AddDays(-before).String()+" 08:30")
	}
	if agenda := fmt.Sprint(b.posts("agenda")); !strings.Contains(agenda, "Evaluatie") {
		t.Fatal(agenda)
	}
	b.types("anna", "/signaal toestemming K-001 bezwaar")
	if agenda := fmt.Sprint(b.posts("agenda")); strings.Contains(agenda, "Evaluatie") {
		t.Errorf("the agenda is %v", agenda)
	}

	b, day = goalSet(t)
	b.at(t, day.String()+" 09:00")
	b.types("anna", "/kansoverleg start nu")
	b.types("anna", "/signaal toestemming K-001 bezwaar")
	if talks := fmt.Sprint(b.posts("item")); strings.Contains(talks, "evaluate.ask") {
		t.Errorf("the thread is %v", talks)
	}
}

// Erasing a case leaves what others agreed in the same words.
func TestErasingLeavesTheSameWords(t *testing.T) {
	const same = "/actie @bram belt de logopedist voor 10 maart"
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/signaal K-002 stil | ouders: akkoord", same, same+" K-001", same+" K-002",
		"/actie geef 1 @dewi", "/actie geef 2 @dewi", "/actie hulp 1", "/actie hulp 2")
	b.types("anna", "/signaal toestemming K-001 ingetrokken")
	id := b.team().ID
	for _, c := range []struct {
		key  string
		left bool
	}{
		{"action/" + id + "/1", true}, {"action/" + id + "/2", false}, {"action/" + id + "/3", true},
		{"given/" + id + "/1/1", true}, {"given/" + id + "/2/2", false}, {"help/" + id + "/1/1", true}, {"help/" + id + "/2/1", false},
	} {
		if said := b.bodyOf(c.key); strings.Contains(said, "belt de logopedist") != c.left || said == "" {
			t.Errorf("%s: %s", c.key, said)
		}
	}
}

func TestAnErasedCodeStaysErased(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord")
	b.types("anna", "/signaal toestemming K-001 ingetrokken")
	reply := b.types("bram", "/signaal K-001 weer stil")
	if said := textOf(reply.Body); b.goalOf("K-001").Code != "" || !strings.Contains(said, "K-001 is gewist") || !strings.Contains(said, "/signaal nieuw") {
		t.Fatal(said)
	}
	if r := b.sends("bram", reply.Form, sentBack(reply.Form, map[string]string{"ouders": "akkoord"})); len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	if s := b.signal(2); s.Code != "K-002" || s.Seen != "weer stil" {
		t.Errorf("%+v", s)
	}
	b.types("bram", "/signaal wijzig 2 K-001")
	if b.signal(2).Code != "K-002" {
		t.Error("the code lives again")
	}
}

// What was set or evaluated is told in the minutes of the Kans!overleg in which
// that was done, and only there.
func TestMinutesTellTheirOwnOnly(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/signaal K-002 stil | ouders: akkoord", "/kansoverleg eenmalig 12 jan 14:00")
	b.at(t, "2027-01-12 14:00")
	b.types("anna", "/kansoverleg start")
	b.types("anna", "/kansoverleg doel K-002 rustig, schaal 4")
	b.types("anna", "/kansoverleg afronden")
	b.at(t, "2027-01-12 16:00")
	b.types("anna", "/kansoverleg doel K-001 rustig, schaal 4")
	b.types("anna", "/kansoverleg doel K-002 rustig beginnen, schaal 4") // mended
	if said := textOf(b.types("anna", "/kansoverleg verslag").Body); !strings.Contains(said, "Doel gezet: K-002.") {
		t.Error(said)
	}
}

// A case closed without a number is told without one.
func TestNoNumberIsNoNumber(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg doel K-001 rustig, schaal 4", "/signaal K-002 stil | ouders: akkoord", "/kansoverleg eenmalig 12 jan 10:00")
	b.at(t, "2027-01-12 10:00")
	b.types("anna", "/kansoverleg start")
	b.types("anna", "/kansoverleg evaluatie K-001 afsluiten")
	b.types("anna", "/kansoverleg evaluatie K-002 afsluiten")
	b.types("anna", "/kansoverleg afronden")
	for _, body := range b.posts("minutes") {
		if said := textOf(body); strings.Contains(said, "-1") || strings.Contains(said, "Doel gezet") || !strings.Contains(said, "K-002, afgesloten") {
			t.Error(said)
		}
	}
	b.types("anna", "/signaal K-001 weer stil")
	b.types("anna", "/kansoverleg start nu")
	said := fmt.Sprint(b.posts("item")) + textOf(b.types("anna", "/kansoverleg doel K-001").Body)
	if strings.Contains(said, "-1") || !strings.Contains(said, "schaal 4") {
		t.Error(said)
	}
}

// Who opened the form of a goal before somebody else set one, hears of that.
func TestGoalsCross(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord | nodig: rust")
	for _, goal := range []string{"speelt mee", "speelt elke dag mee"} {
		form := b.types("anna", "/kansoverleg doel K-001").Form
		b.types("bram", "/kansoverleg doel K-001 "+goal+", schaal 6")
		r := b.sends("anna", form, sentBack(form, map[string]string{"doel": "slaapt goed", "schaal": "2"}))
		if c := b.goalOf("K-001"); c.Goal != goal || !strings.Contains(fmt.Sprint(r.Problems), "Bram") {
			t.Errorf("the goal is %q: %v", c.Goal, r.Problems)
		}
	}
}

// What is typed twice counts once; the second time by mistake says so.
func TestEvaluatedTwice(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg doel K-001 rustig, schaal 4")
	b.types("anna", "/kansoverleg evaluatie K-001 schaal 6, doorgaan")
	said := textOf(b.types("anna", "/kansoverleg evaluatie K-001 schaal 6, doorgaan").Body)
	if n := len(b.goalOf("K-001").Evaluations); n != 2 || len(b.posts("evaluated")) != 1 || !strings.Contains(said, "al vastgelegd") {
		t.Errorf("%d: %s", n, said)
	}
	b.types("anna", "/kansoverleg evaluatie K-001 schaal 7, doorgaan") // mended
	if n := len(b.goalOf("K-001").Evaluations); n != 3 {
		t.Error(n)
	}
}

// A new goal is no evaluation: the question in the channel does not say so.
func TestNewGoalIsNoEvaluation(t *testing.T) {
	b, day := goalSet(t)
	b.at(t, day.String()+" 09:00")
	b.types("anna", "/kansoverleg doel K-001 rustig beginnen, schaal 4")
	if said := textOf(b.posts("evaluate")[0]); !strings.Contains(said, "het doel of de dag is aangepast (Anna") {
		t.Error(said)
	}
}

// What was typed with a mistake comes back in a form.
func TestTypedGoalComesBack(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord | nodig: rust")
	for _, goal := range []string{"belt met 06-12345678", strings.Repeat("rustig ", 60)} {
		form := b.types("anna", "/kansoverleg doel K-001 "+goal+", schaal 4").Form
		if form == nil || !strings.Contains(fmt.Sprint(form.Fields), strings.TrimSpace(goal)) || strings.Contains(fmt.Sprint(form.Fields), "[rust]") {
			t.Errorf("%.30s: %v", goal, form)
		}
	}
}

// A day that will not do for an evaluation gives the whole line to type.
func TestEvaluationDayMistakes(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg doel K-001 rustig, schaal 4")
	for typed, want := range map[string]string{
		"schaal 5, doorgaan morgen":                             "/kansoverleg evaluatie K-001 schaal 5, doorgaan ma 15 feb",
		"schaal 5, doorgaan 1-5-2031":                           "/kansoverleg evaluatie K-001 schaal 5, doorgaan ",
		"schaal 0, doorgaan tot 30 feb":                         "/kansoverleg evaluatie K-001 schaal 0, doorgaan ",
		"schaal 5, bijstellen | doel: slaapt | datum: 30 april": "/kansoverleg evaluatie K-001 schaal 5, bijstellen ma 15 feb | doel: slaapt",
	} {
		reply := b.types("anna", "/kansoverleg evaluatie K-001 "+typed)
		said := textOf(reply.Body)
		_, line, found := strings.Cut(said, want)
		if !found || reply.Form == nil || len(b.goalOf("K-001").Evaluations) != 1 {
			t.Errorf("%s: %s %s", typed, said, line)
		}
	}
	b.types("anna", "/kansoverleg evaluatie K-001 schaal 5, bijstellen ma 15 feb | doel: slaapt")
	if c := b.goalOf("K-001"); c.Goal != "slaapt" || c.Evaluate.String() != "2027-02-15" {
		t.Errorf("%+v", c)
	}
}

// The audit trail names a case in one way.
func TestTrailNamesCases(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg doel K-001 rustig, schaal 4", "/kansoverleg doel K-001",
		"/kansoverleg evaluatie K-001", "/kansoverleg evaluatie K-001 schaal 5, doorgaan", "/signaal toestemming K-001 doen mee", "/signaal toestemming K-001 ingetrokken")
	b.read(func(tx kv.Tx) error {
		lines, err := audit.Of(tx, b.team().ID)
		named := 0
		for _, l := range lines {
			if strings.Contains(l.On, "K-001") {
				named++
				if l.On != "case K-001" {
					t.Errorf("%s %s", l.Did, l.On)
				}
			}
		}
		if named < 6 {
			t.Errorf("%d lines name the case", named)
		}
		return err
	})
}
