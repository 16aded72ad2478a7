package schedule

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

var thursday = day("2027-01-07") // today in the tables

func weekly(n int, start, clock string) Rhythm {
	d := day(start)
	return Rhythm{Rule: fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;BYDAY=%s", n, rruleNames[d.Weekday()]), Start: d, Time: clockText(clock)}
}

func monthly(n int, nth, start, clock string) Rhythm {
	d := day(start)
	return Rhythm{Rule: fmt.Sprintf("FREQ=MONTHLY;INTERVAL=%d;BYDAY=%s%s", n, nth, rruleNames[d.Weekday()]), Start: d, Time: clockText(clock)}
}

func clockText(s string) Clock {
	var c Clock
	if err := c.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return c
}

func TestParseRhythm(t *testing.T) {
	tuesday := "2027-01-12"
	for text, want := range map[string]Rhythm{
		"elke week op dinsdag om 13:30":                      weekly(1, tuesday, "13:30"),
		"elke 6 weken op dinsdag om 13:30":                   weekly(6, tuesday, "13:30"),
		"elke zes weken op dinsdag om 13.30 uur":             weekly(6, tuesday, "13:30"),
		"elke zes weken op dinsdag om half twee":             weekly(6, tuesday, "13:30"),
		"om 13u30 op dinsdag, elke 6 weken":                  weekly(6, tuesday, "13:30"),
		"  ÉLKE  wéék “op”\r\n\u00a0Dinsdag\tom 13.30 (uur)": weekly(1, tuesday, "13:30"),
		"e\u0301lke week op dinsdag om 13:30":                weekly(1, tuesday, "13:30"),
		"om de week op dinsdag om 13 uur":                    weekly(2, tuesday, "13:00"),
		"om de andere week di 13:00":                         weekly(2, tuesday, "13:00"),
		"om de 6 weken dinsdag 13u":                          weekly(6, tuesday, "13:00"),
		"eens per 6 weken dinsdag om 9":                      weekly(6, tuesday, "09:00"),
		"1x per 6 weken dinsdag om 9":                        weekly(6, tuesday, "09:00"),
		"één keer in de zes weken, dinsdag 9:00":             weekly(6, tuesday, "09:00"),
		"wekelijks op dinsdag om 13:30":                      weekly(1, tuesday, "13:30"),
		"tweewekelijks op dinsdag om 13:30":                  weekly(2, tuesday, "13:30"),
		"6-wekelijks dinsdag 13:30":                          weekly(6, tuesday, "13:30"),
		"elke dinsdag 13:30":                                 weekly(1, tuesday, "13:30"),
		"dinsdags om 13:30":                                  weekly(1, tuesday, "13:30"),
		"elke week op donderdag om 13:30":                    weekly(1, "2027-01-07", "13:30"), // today
		"elke 6 weken op dinsdag om 13:30 vanaf 19 januari":  weekly(6, "2027-01-19", "13:30"),
		"vanaf 20 januari elke 6 weken op dinsdag om 13:30":  weekly(6, "2027-01-26", "13:30"),
		"elke 6 weken om 13:30 vanaf dinsdag 19 januari":     weekly(6, "2027-01-19", "13:30"),
		"elke 6 weken dinsdag 19 januari 13:30":              weekly(6, "2027-01-19", "13:30"),
		"elke 6 weken dinsdag 13:30 vanaf volgende week":     weekly(6, tuesday, "13:30"),
		"elke 6 weken dinsdag 13:30 met ingang van maart":    weekly(6, "2027-03-02", "13:30"),
		"elke 6 weken dinsdag 13:30 vanaf 12-05-2026":        weekly(6, "2026-05-12", "13:30"), // it began long ago
		"elke 6 weken dinsdag 13:30 vanaf 5 januari":         weekly(6, "2027-01-05", "13:30"), // just now
		"elke 6 weken dinsdag 13:30 vanaf januari":           weekly(6, "2027-01-05", "13:30"),
		"elke 6 weken dinsdag 13:30 vanaf september":         weekly(6, "2027-09-07", "13:30"),
		"eerste dinsdag van de maand om 13.30":               monthly(1, "+1", "2027-02-02", "13:30"),
		"elke eerste dinsdag om 13:30":                       monthly(1, "+1", "2027-02-02", "13:30"),
		"elke tweede dinsdag van de maand om 13:30":          monthly(1, "+2", tuesday, "13:30"),
		"3e dinsdag vd maand 13:30":                          monthly(1, "+3", "2027-01-19", "13:30"),
		"vierde dinsdag van elke maand 13:30":                monthly(1, "+4", "2027-01-26", "13:30"),
		"laatste vrijdag van de maand om 9 uur":              monthly(1, "-1", "2027-01-29", "09:00"),
		"elke maand op de eerste dinsdag om 13:30":           monthly(1, "+1", "2027-02-02", "13:30"),
		"maandelijks, eerste dinsdag, 13:30":                 monthly(1, "+1", "2027-02-02", "13:30"),
		"elke 2 maanden op de eerste dinsdag om 13:30":       monthly(2, "+1", "2027-02-02", "13:30"),
		"om de maand de laatste dinsdag van de maand 9:00":   monthly(2, "-1", "2027-01-26", "09:00"),
		"eenmalig 12 feb 13:30":                              {Start: day("2027-02-12"), Time: Clock{13, 30}},
		"Eenmalig op vr 12 februari 2027 om 13 uur":          {Start: day("2027-02-12"), Time: Clock{13, 0}},
		"eenmalig vrijdag om 9 uur":                          {Start: day("2027-01-08"), Time: Clock{9, 0}},
		"cron: 30 13 * * 2":                                  {Cron: "30 13 * * 2", Time: Clock{13, 30}},
		"Cron  05 9 1,15 sep-dec *":                          {Cron: "5 9 1,15 sep-dec *", Time: Clock{9, 5}},
		"`cron: 30 13 * * TUE`":                              {Cron: "30 13 * * tue", Time: Clock{13, 30}},
		"every 6 weeks on Tuesday at 13:30":                  weekly(6, tuesday, "13:30"),
		"every six weeks on Tuesday at 1:30 pm":              weekly(6, tuesday, "13:30"),
		"Tuesdays at 1:30 p.m.":                              weekly(1, tuesday, "13:30"),
		"every other Tuesday at 2pm":                         weekly(2, tuesday, "14:00"),
		"once every 6 weeks on Tue at 12 pm":                 weekly(6, tuesday, "12:00"),
		"every 3 weeks on Tuesday at 9 am starting Jan 19":   weekly(3, "2027-01-19", "09:00"),
		"first Tuesday of the month at 13:30":                monthly(1, "+1", "2027-02-02", "13:30"),
		"every second Tuesday of the month at 13:30":         monthly(1, "+2", tuesday, "13:30"),
		"once a month on the last Friday at 13:30":           monthly(1, "-1", "2027-01-29", "13:30"),
		"once 12 feb 13:30":                                  {Start: day("2027-02-12"), Time: Clock{13, 30}},
		"once on Friday 12 February 2027 at 13:30":           {Start: day("2027-02-12"), Time: Clock{13, 30}},
	} {
		if got, err := ParseRhythm(text, thursday); err != nil || got != want {
			t.Errorf("%q\n got %+v %s\nwant %+v", text, got, explain(err), want)
		}
	}
}

func TestParseRhythmProblems(t *testing.T) {
	for _, c := range []struct{ text, code, understood, rest, example string }{
		{"elke 6 weken op dinsdag", "rhythm.time", "elke 6 weken op dinsdag", "", "elke 6 weken op dinsdag om 13:30"},
		{"every 6 weeks on Tuesday", "rhythm.time", "every 6 weeks on Tuesday", "", "every 6 weeks on Tuesday at 13:30"},
		{"elke 6 weken op dinsdag om half dertien", "rhythm.time", "elke 6 weken op dinsdag", "half dertien", "elke 6 weken op dinsdag om 13:30"},
		{"elke week op dinsdag om 25:00", "rhythm.time", "elke week op dinsdag", "om 25:00", "elke week op dinsdag om 13:30"},
		{"elke week op dinsdag om 2 uur", "rhythm.time", "elke week op dinsdag", "om 2 uur", "elke week op dinsdag om 14:00"},
		{"elke week op dinsdag om 22:01", "rhythm.time", "elke week op dinsdag", "om 22:01", "elke week op dinsdag om 13:30"},
		{"every week on Tuesday at 13:30 pm", "rhythm.time", "every week on Tuesday", "at 13:30 pm", "every week on Tuesday at 13:30"},
		{"elke week om 13:30", "rhythm.day", "elke week om 13:30", "", "elke week op dinsdag om 13:30"},
		{"elke maand op woensdag om 13:30", "rhythm.day", "elke maand op woensdag om 13:30", "", "elke eerste woensdag van de maand om 13:30"},
		{"vijfde dinsdag van de maand 13:30", "rhythm.day", "elke maand op dinsdag om 13:30", "vijfde", "elke laatste dinsdag van de maand om 13:30"},
		{"eenmalig om 13:30", "rhythm.day", "eenmalig om 13:30", "", "eenmalig donderdag 21 januari 2027 om 13:30"},
		{"dinsdag om 13:30", "rhythm.interval", "op dinsdag om 13:30", "", "elke 6 weken op dinsdag om 13:30"},
		{"elke tweede dinsdag om 13:30", "rhythm.interval", "op de tweede dinsdag om 13:30", "", "elke tweede dinsdag van de maand om 13:30"},
		{"every second Tuesday at 13:30", "rhythm.interval", "on the second Tuesday at 13:30", "", "every second Tuesday of the month at 13:30"},
		{"elke 27 weken op dinsdag om 9:00", "rhythm.interval", "op dinsdag om 09:00", "27 weken", "elke 26 weken op dinsdag om 09:00"},
		{"elke 0 weken op dinsdag om 9:00", "rhythm.interval", "op dinsdag om 09:00", "0 weken", "elke week op dinsdag om 09:00"},
		{"elke 99999999999999999999 weken", "rhythm.interval", "", "99999999999999999999 weken", "elke 26 weken op dinsdag om 13:30"},
		{"elke dag om 9 uur", "rhythm.interval", "om 09:00", "dag", "elke 6 weken op dinsdag om 09:00"},
		{"12 feb 13:30", "rhythm.interval", "vrijdag 12 februari 2027 om 13:30", "", "eenmalig vrijdag 12 februari 2027 om 13:30"},
		{"elke week op dinsdag en donderdag om 13:30", "rhythm.unclear", "elke week op dinsdag om 13:30", "en donderdag", "elke week op dinsdag om 13:30"},
		{"elke week op dinsdag om 13:30 tot 15:00", "rhythm.unclear", "elke week op dinsdag om 13:30", "tot 15:00", "elke week op dinsdag om 13:30"},
		{"elke 6 weken op dinsdag om 13:30 tot 1 juli", "rhythm.unclear", "elke 6 weken op dinsdag om 13:30", "tot 1 juli", "elke 6 weken op dinsdag om 13:30"},
		{"elke dinsdag 13:30 t/m 30 juni vanaf 9 feb", "rhythm.unclear", "elke week op dinsdag om 13:30 vanaf 9 februari 2027", "t/m 30 juni", "elke week op dinsdag om 13:30 vanaf 9 februari 2027"},
		{"every week on Tuesday at 13:30 until 1 July", "rhythm.unclear", "every week on Tuesday at 13:30", "until 1 July", "every week on Tuesday at 13:30"},
		{"elke 6 weken op de eerste dinsdag om 13:30", "rhythm.unclear", "elke 6 weken op de eerste dinsdag om 13:30", "", "elke 6 weken op dinsdag om 13:30"},
		{"eenmalig 12 feb 13:30 elke week", "rhythm.unclear", "eenmalig vrijdag 12 februari 2027 om 13:30", "", "eenmalig vrijdag 12 februari 2027 om 13:30"},
		{"hallo daar", "rhythm.unclear", "", "hallo daar", "elke 6 weken op dinsdag om 13:30"},
		{"", "rhythm.unclear", "", "", "elke 6 weken op dinsdag om 13:30"},
		{strings.Repeat("elke ", 41), "rhythm.unclear", "", "", "elke 6 weken op dinsdag om 13:30"},
		{"cron: */5 13 1 * *", "rhythm.cron", "", "*/5 13 1 * *", "cron: 30 13 1 * *"},
		{"cron: 30 13,14 * * 2", "rhythm.cron", "", "30 13,14 * * 2", "cron: 30 13 * * 2"},
		{"cron: 0 30 13 * * 2", "rhythm.cron", "", "0 30 13 * * 2", "cron: 30 13 * * 2"},
		{"cron: @every 1h", "rhythm.cron", "", "@every 1h", "cron: 30 13 * * 2"},
		{"cron: TZ=UTC 30 13 * * 2", "rhythm.cron", "", "TZ=UTC 30 13 * * 2", "cron: 30 13 * * 2"},
		{"cron: 30 13 30 2 *", "rhythm.cron", "", "30 13 30 2 *", "cron: 30 13 * * 2"},
		{"cron: 30 3 * * 2", "rhythm.time", "", "30 3 * * 2", "cron: 30 15 * * 2"},
		{"eenmalig 30 feb 13:30", "date.none", "30 feb", "", "eenmalig zondag 28 februari 2027 om 13:30"},
		{"eenmalig 12-02-2026 13:30", "date.past", "donderdag 12 februari 2026", "", "eenmalig vrijdag 12 februari 2027 om 13:30"},
		{"dinsdag 5-1-2027 13:30", "date.past", "dinsdag 5 januari 2027", "", "eenmalig dinsdag 12 januari 2027 om 13:30"},
		{"elke week op dinsdag 9:00 vanaf 1-1-2010", "date.past", "vrijdag 1 januari 2010", "", "elke week op dinsdag om 09:00 vanaf 8 januari 2027"},
		{"elke week op dinsdag 9:00 vanaf 1-1-2030", "date.far", "dinsdag 1 januari 2030", "", "elke week op dinsdag om 09:00 vanaf 1 januari 2028"},
		{"elke week op dinsdag 9:00 vanaf maart 2040", "date.far", "donderdag 1 maart 2040", "", "elke week op dinsdag om 09:00 vanaf 1 maart 2027"},
		{"elke week om 9:00 vanaf ma 12 jan", "date.weekday", "12 januari 2027", "", "elke week op dinsdag om 09:00 vanaf 12 januari 2027"},
		{"elke week op dinsdag 9:00 vanaf ooit", "date.unclear", "", "ooit", "elke week op dinsdag om 09:00"},
		{"every week on Tuesday at 9:00 from 30 feb", "date.none", "30 feb", "", "every week on Tuesday at 09:00 from 28 February 2027"},
	} {
		_, err := ParseRhythm(c.text, thursday)
		var p *team.Problem
		if !errors.As(err, &p) {
			t.Errorf("%q is accepted", c.text)
			continue
		}
		got := [4]string{p.Code, p.Args["got"] + p.Args["understood"], p.Args["rest"], p.Args["example"]}
		if want := [4]string{c.code, c.understood, c.rest, c.example}; got != want || p.Field != "ritme" {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, want)
		}
	}
}

func explain(err error) string {
	var p *team.Problem
	if errors.As(err, &p) {
		return fmt.Sprint(p.Field, " ", p.Code, " ", p.Args)
	}
	return fmt.Sprint(err)
}

// What Words says, ParseRhythm reads, in both languages and on any day on which
// the rhythm may have been made or be looked at.
func TestWordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := forms().Draw(t, "form").rhythm
		r.Time = clocks(7, 21).Draw(t, "clock")
		if r.Cron != "" {
			_, days, _ := strings.Cut(r.Cron, " ")
			_, days, _ = strings.Cut(days, " ")
			r.Cron = fmt.Sprintf("%d %d %s", r.Time.Minute, r.Time.Hour, days)
		}
		today := thursday
		if !r.Start.IsZero() {
			later := 1000
			if r.Rule == "" {
				later = 0
			}
			today = r.Start.AddDays(rapid.IntRange(-700, later).Draw(t, "today"))
		}
		for _, lang := range []string{"nl", "en"} {
			words := r.Words(lang)
			if back, err := ParseRhythm(words, today); err != nil || back != r {
				t.Fatalf("%q on %s\n got %+v %s\nwant %+v", words, today, back, explain(err), r)
			}
			if back, err := ParseRhythm(strings.ToUpper(words), today); err != nil || back != r {
				t.Fatalf("%q in capitals\n got %+v %s", words, back, explain(err))
			}
		}
	})
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		rhythm Rhythm
		nl, en string
	}{
		{weekly(1, "2027-01-12", "13:30"), "elke week op dinsdag om 13:30 vanaf 12 januari 2027", "every week on Tuesday at 13:30 from 12 January 2027"},
		{weekly(6, "2027-01-12", "09:00"), "elke 6 weken op dinsdag om 09:00 vanaf 12 januari 2027", "every 6 weeks on Tuesday at 09:00 from 12 January 2027"},
		{monthly(1, "-1", "2027-01-26", "13:30"), "elke laatste dinsdag van de maand om 13:30 vanaf 26 januari 2027", "every last Tuesday of the month at 13:30 from 26 January 2027"},
		{monthly(2, "+1", "2027-02-02", "13:30"), "elke 2 maanden op de eerste dinsdag om 13:30 vanaf 2 februari 2027", "every 2 months on the first Tuesday at 13:30 from 2 February 2027"},
		{Rhythm{Start: day("2027-02-12"), Time: Clock{13, 30}}, "eenmalig vrijdag 12 februari 2027 om 13:30", "once Friday 12 February 2027 at 13:30"},
		{Rhythm{Cron: "30 13 * * 2", Time: Clock{13, 30}}, "cron: 30 13 * * 2", "cron: 30 13 * * 2"},
		{Rhythm{}, "", ""},
	} {
		if nl, en := c.rhythm.Words("nl"), c.rhythm.Words("en"); nl != c.nl || en != c.en {
			t.Errorf("%+v: %q, %q", c.rhythm, nl, en)
		}
	}
}

// The parts of a rhythm may stand in any order.
func TestRhythmPartsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.Permutation([]string{
			rapid.SampledFrom([]string{"elke 6 weken", "om de 6 weken", "6-wekelijks", "iedere zes weken", "every 6 weeks"}).Draw(t, "interval"),
			rapid.SampledFrom([]string{"op dinsdag", "di", "Dinsdags", "on Tuesday", "tue"}).Draw(t, "day"),
			rapid.SampledFrom([]string{"om 13:30", "13.30 uur", "13u30", "at 1:30 pm", "om 13:30 u"}).Draw(t, "time"),
			rapid.SampledFrom([]string{"vanaf 12 januari", "vanaf 12-01-2027", "from 12 January 2027", "met ingang van dinsdag 12 jan"}).Draw(t, "from"),
		}).Draw(t, "order")
		text := strings.Join(parts, rapid.SampledFrom([]string{" ", ", ", "  ", "\n", " - "}).Draw(t, "blank"))
		if got, err := ParseRhythm(text, thursday); err != nil || got != weekly(6, "2027-01-12", "13:30") {
			t.Fatalf("%q: %+v %s", text, got, explain(err))
		}
	})
}

func FuzzParseRhythm(f *testing.F) {
	for _, text := range []string{
		"elke 6 weken op dinsdag om 13:30 vanaf 12 januari", "eerste dinsdag van de maand om 13.30 uur", "eenmalig 12 feb 13:30", "cron: 30 13 * * 2",
		"every other Tuesday at 1:30 pm", "elke 27 weken op maandag", "om de maand de laatste vr 25:00", "vanaf maart 2040 12-02-2027", "cron TZ=", "\xff\u0301e",
	} {
		f.Add(text, 20000)
	}
	f.Fuzz(func(t *testing.T, text string, days int) {
		today := day("2026-01-01").AddDays(days % 3000)
		r, err := ParseRhythm(text, today)
		if err != nil {
			example := checkProblem(t, text, err, "ritme", "rhythm.")
			if _, err := ParseRhythm(example, today); err != nil {
				t.Fatalf("%q on %s has the example %q: %s", text, today, example, explain(err))
			}
			return
		}
		if !r.Time.within(earliest, latest) {
			t.Fatalf("%q begins at %s", text, r.Time)
		}
		at := compile(t, r, time.UTC).Next(time.Date(today.Year-11, today.Month, today.Day, 0, 0, 0, 0, time.UTC))
		if at.IsZero() || !r.Start.IsZero() && team.DateOf(at) != r.Start {
			t.Fatalf("%q is %+v, first at %s", text, r, at)
		}
		for _, lang := range []string{"nl", "en"} {
			if back, err := ParseRhythm(r.Words(lang), today); err != nil || back != r {
				t.Fatalf("%q is %+v, and %q is %+v %s", text, r, r.Words(lang), back, explain(err))
			}
		}
	})
}

// checkProblem is the example of the Problem that err must be.
func checkProblem(t *testing.T, text string, err error, field, prefix string) string {
	var p *team.Problem
	if !errors.As(err, &p) || p.Field != field || !strings.HasPrefix(p.Code, prefix) && !strings.HasPrefix(p.Code, "date.") {
		t.Fatalf("%q: %s", text, explain(err))
	}
	if len(p.Args["example"]) == 0 || len(p.Args["rest"]) > 2*len(text) {
		t.Fatalf("%q: %s", text, explain(err))
	}
	return p.Args["example"]
}

func BenchmarkParseRhythm(b *testing.B) {
	for name, text := range map[string]string{
		"good": "elke 6 weken op dinsdag om 13:30 vanaf 12 januari",
		"bad":  strings.Repeat("op 30 feb ", 20),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseRhythm(text, thursday)
			}
		})
	}
}
