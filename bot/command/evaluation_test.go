package command

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// What people type about an evaluation is understood in many ways.
func TestReadEvaluation(t *testing.T) {
	b := founded(t, time.Date(2027, time.March, 4, 9, 0, 0, 0, zone("")))
	for typed, want := range map[string]evaluation{
		"V-003 schaal 7, doorgaan":                           {scale: 7, outcome: team.Continue},
		"schaal 3 -> 6, doorgaan K-021":                      {scale: 6, outcome: team.Continue},
		"K-021 schaal 3 → 6 doorgaan":                        {scale: 6, outcome: team.Continue},
		"K-021 van 3 naar 6, we gaan door":                   {scale: 6, outcome: team.Continue},
		"K-024 doel gehaald, afsluiten":                      {scale: team.NoScale, outcome: team.Celebrated},
		"K-024 afsluiten":                                    {scale: team.NoScale, outcome: team.Close},
		"V-003 7/10 gehaald":                                 {scale: 7, outcome: team.Celebrated},
		"V-003 schaal 0, stoppen":                            {scale: 0, outcome: team.Close},
		"V-003 10, vieren | hielp: plaatjes, zus erbij":      {scale: 10, outcome: team.Celebrated, helped: "plaatjes, zus erbij"},
		"V-003 schaal 5, bijstellen | doel: een rustige dag": {scale: 5, outcome: team.Adjust, goal: "een rustige dag"},
		"V-003 hielp: let op: rust | schaal 5 doorgaan":      {scale: 5, outcome: team.Continue, helped: "let op: rust"},
		"V-003 schaal 5, doorgaan tot 22 apr":                {scale: 5, outcome: team.Continue, day: "donderdag 22 april 2027"},
		"V-003 doorgaan tot de zomer, schaal 5":              {scale: 5, outcome: team.Continue, day: "tot de zomer"},
		"V-003 scale 4 to 7, continue | helped: pictures":    {scale: 7, outcome: team.Continue, helped: "pictures"},
		"V-003 scale 8, goal reached | success: a calm day":  {scale: 8, outcome: team.Celebrated, success: "a calm day"},
		"V-003": {scale: team.NoScale},
	} {
		_, got, err := b.reads(t, typed)
		if err != nil || got != want {
			t.Errorf("%q: %+v (%v), want %+v", typed, got, err, want)
		}
	}
	for typed, code := range map[string]string{
		"V-003 schaal 11, doorgaan":             "evaluate.range",
		"V-003 schaal 7, doorgaan en zo":        "evaluate.unclear",
		"V-003 schaal 7, doorgaan of afsluiten": "evaluate.unclear",
		"V-003 doorgaan tot 30 feb, schaal 5":   "date.none",
	} {
		var p *team.Problem
		if _, _, err := b.reads(t, typed); !errors.As(err, &p) || p.Code != code {
			t.Errorf("%q: %v, want %s", typed, err, code)
		}
	}
}

func (b *trial) reads(t *testing.T, typed string) (code string, e evaluation, wrong error) {
	err := b.db.View(t.Context(), func(tx kv.Tx) error {
		r := &Request{bot: b.Bot, tx: tx, now: b.now}
		r.in(b.team())
		code, e, wrong = r.readEvaluation(typed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return code, e, wrong
}

// The day of an evaluation is set with the case and goes with it, whoever
// changes the case.
func TestKeepCaseKeepsItsMoments(t *testing.T) {
	b := founded(t, time.Date(2027, time.March, 4, 9, 0, 0, 0, zone("")))
	id := b.team().ID
	keep := func(c team.Case) {
		t.Helper()
		err := b.db.Update(t.Context(), func(tx kv.Tx) error {
			r := &Request{bot: b.Bot, tx: tx, now: b.now}
			r.in(b.team())
			return r.keepCase(c)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	due := func(kind string) (at string) {
		b.read(func(tx kv.Tx) error {
			d, found, err := store.Scheduled(tx, kind+"/"+id+"/V-003")
			if found {
				at = d.At.In(zone("")).Format("2006-01-02T15:04")
			}
			return err
		})
		return at
	}
	c := team.Case{Code: "V-003", Goal: "...", Evaluate: team.Date{Year: 2027, Month: time.April, Day: 22}}
	keep(c)
	if due("evaluate") != "2027-04-22T08:30" || due("erase") != "" {
		t.Errorf("due on %s and %s", due("evaluate"), due("erase"))
	}
	c.Evaluate, c.Closed, c.Erase = team.Date{}, team.DateOf(b.now), team.Date{Year: 2027, Month: time.June, Day: 5}
	keep(c) // a Saturday
	if due("evaluate") != "" || due("erase") != "2027-06-05T00:00" {
		t.Errorf("closed, due on %s and %s", due("evaluate"), due("erase"))
	}
	c.Erase = team.Date{}
	keep(c)
	if due("erase") != "" {
		t.Errorf("open again, due on %s", due("erase"))
	}
}

// The button in what only the chair gets leads to the form, wherever the chair
// is; after the evaluation it is gone.
func TestChairEvaluatesFromTheirOwnLine(t *testing.T) {
	b := founded(t, time.Date(2027, time.March, 4, 9, 0, 0, 0, zone("")))
	id := b.team().ID
	b.types("bram", "/signaal K-014 kijkt vaak weg | ouders: akkoord")
	b.types("bram", "/kansoverleg evaluatie K-014 schaal 4, bijstellen | doel: samen beginnen | datum: 15 april")
	for _, day := range []int{15, 22} {
		b.now = time.Date(2027, time.April, day, 8, 30, 0, 0, zone(""))
		if _, err := b.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	key := "unevaluated/" + id + "/1"
	err := b.db.Update(t.Context(), func(tx kv.Tx) error {
		return store.Table[string]{Name: "posted"}.Put(tx, key, "test", "", key)
	})
	if err != nil {
		t.Fatal(err)
	}
	press := func() chat.Reply {
		return b.Handle(t.Context(), chat.Event{
			Platform: "test", User: person("anna"), Act: chat.Pressed{Post: chat.PostID(key), Do: "in " + id + " evaluate.ask K-014"},
		})
	}
	form := press().Form
	if form == nil || !strings.Contains(form.Intro, "samen beginnen") {
		t.Fatalf("the form is %+v", form)
	}
	reply := b.sends("anna", form, map[string][]string{"casus": {"K-014"}, "schaal": {"6"}, "verder": {"doorgaan"}})
	if len(reply.Problems) > 0 {
		t.Fatal(reply.Problems)
	}
	if reply := press(); reply.Form != nil {
		t.Error("the button still works")
	}
	if b.log.Len() > 0 {
		t.Error(b.log.String())
	}
}
