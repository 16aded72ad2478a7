package command

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// scheduleProblems are the codes that internal/schedule gives, each with a line
// that it gives it for.
var scheduleProblems = map[string]string{
	"rhythm.interval": "dinsdag om 13:30",
	"rhythm.day":      "elke 6 weken om 13:30",
	"rhythm.time":     "elke 6 weken op dinsdag",
	"rhythm.cron":     "cron: elke dag",
	"rhythm.unclear":  "gauw een keer",
	"date.none":       "30 feb",
	"date.past":       "4 jan 2027",
	"date.far":        "4 jan 2037",
	"date.weekday":    "maandag 12 feb 2027",
	"date.unclear":    "als het uitkomt",
	"date.time":       "12 feb 23:30",
	"free.unclear":    "carnaval",
	"free.order":      "12 feb tot 8 feb",
	"free.long":       "1 feb tot 1 juni",
}

var monday = team.Date{Year: 2027, Month: time.January, Day: 11}

// read gives a line to what reads such a code's lines.
func read(code, typed string) error {
	var err error
	switch {
	case strings.HasPrefix(code, "rhythm."):
		_, err = schedule.ParseRhythm(typed, monday)
	case strings.HasPrefix(code, "free."):
		_, err = schedule.ParseFree(typed, monday)
	case code == "date.time":
		_, _, _, err = schedule.ParseMoment(typed, monday)
	default:
		_, err = schedule.ParseDate(typed, monday)
	}
	return err
}

func TestScheduleProblems(t *testing.T) {
	for code, typed := range scheduleProblems {
		var p *team.Problem
		if err := read(code, typed); !errors.As(err, &p) || p.Code != code {
			t.Errorf("%q gives %v, want problem %s", typed, err, code)
		}
	}
}

// Whatever somebody types: the answer has words for it, and none of its names
// is left open or filled in with nothing.
func TestScheduleProblemsAreWorded(t *testing.T) {
	names := map[text.Lang]map[string][]string{}
	for _, lang := range text.Langs {
		names[lang] = written(t, lang)
	}
	words := strings.Fields("elke 6 weken week maand op dinsdag maandag eerste vijfde van de om 13:30 3 uur 25:00 vanaf 30 feb " +
		"12 januari 2027 2040 2020 eenmalig cron: 30 13 * * 2 morgen volgende vrijdag over 100 every first Tuesday at from 31 June next weekly foo ,")
	rapid.Check(t, func(t *rapid.T) {
		typed := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 8).Draw(t, "words"), " ")
		for _, code := range []string{"rhythm.", "date.", "date.time", "free."} {
			var p *team.Problem
			if !errors.As(read(code, typed), &p) {
				continue
			}
			if scheduleProblems[p.Code] == "" {
				t.Fatalf("%q gives %s, which is not among the known problems", typed, p.Code)
			}
			if p.Args["example"] == "" {
				t.Fatalf("%q gives %s without an example", typed, p.Code)
			}
			for _, lang := range text.Langs {
				for _, name := range names[lang]["problem."+p.Code] {
					if p.Args[name] == "" {
						t.Fatalf("%q gives %q: no %s", typed, view.ProblemLine(lang, p), name)
					}
				}
			}
		}
	})
}

// unread is a store of which one table cannot be read.
type unread struct {
	kv.DB
	table string
}

func (u unread) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return u.DB.Update(ctx, func(tx kv.Tx) error { return fn(unreadTx{tx, u.table}) })
}

type unreadTx struct {
	kv.Tx
	table string
}

func (tx unreadTx) Get(key []byte) ([]byte, error) {
	if strings.HasPrefix(string(key), tx.table+"\x00") {
		return nil, errors.New("cannot be read")
	}
	return tx.Tx.Get(key)
}

// While nobody can tell who is chair, nobody passes for one, and nobody hears
// that they are not a member.
func TestMembersThatCannotBeRead(t *testing.T) {
	b := course(t, "/kansoverleg instellen")
	form := b.types("anna", "/kernteam instellen").Form
	b.Bot.DB = unread{b.db, "member"}
	for who, reply := range map[string]chat.Reply{
		"settings":      b.types("bram", "/kansoverleg instellen"),
		"settings sent": b.sends("anna", form, nil),
	} {
		if said := reads(reply.Body) + reply.Problems[""]; reply.Form != nil || !strings.Contains(said, "Bij mij ging iets mis") {
			t.Errorf("%s: %s", who, said)
		}
	}
}
