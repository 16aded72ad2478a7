package schedule

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

func period(first, last, label string) Period {
	return Period{First: day(first), Last: day(last), Label: label}
}

func opened(p Period) Period {
	p.Open = true
	return p
}

func TestParseFree(t *testing.T) {
	week := period("2027-02-08", "2027-02-12", "")
	third := period("2027-03-03", "2027-03-03", "")
	king := opened(period("2027-04-26", "2027-04-26", ""))
	for text, want := range map[string]Period{ // today is Thursday 7 January 2027
		"8 feb tot 12 feb":                               week,
		"8 feb t/m 12 feb":                               week,
		"8 feb T/M 12 feb":                               week,
		"8 feb tm 12 feb":                                week,
		"van 8 feb tot en met 12 februari":               week,
		"vrij van maandag 8 februari tot vrijdag 12 feb": week,
		"ma 8 t/m vr 12 feb":                             week,
		"de 8e tot en met de 12e februari":               week,
		"8-12 feb":                                       week,
		"8-12 februari 2027":                             week,
		"8 – 12 feb":                                     week,
		"8 feb — 12 feb":                                 week,
		"8-2 t/m 12-2":                                   week,
		"8/2-12/2":                                       week,
		"08-02-2027 tot 12-02-2027":                      week,
		"2027-02-08 - 2027-02-12":                        week,
		"8 feb t/m vrijdag":                              week,
		"8 feb to 12 feb":                                week,
		"Feb 8-12":                                       week,
		"February 8 through 12, 2027":                    week,
		"from Monday 8 Feb until Friday 12 Feb":          week,
		"8 feb 2027 t/m 12 feb":                          week,
		"ma t/m vr":                                      period("2027-01-11", "2027-01-15", ""),
		"morgen t/m overmorgen":                          period("2027-01-08", "2027-01-09", ""),
		"maandag t/m vrijdag volgende week":              period("2027-01-11", "2027-01-15", ""),
		"5 jan t/m 9 jan":                                period("2027-01-05", "2027-01-09", ""), // it has begun
		"4-8 jan":                                        period("2027-01-04", "2027-01-08", ""),
		"5 jan t/m morgen":                               period("2027-01-05", "2027-01-08", ""),
		"28 dec t/m 7 jan":                               period("2026-12-28", "2027-01-07", ""),
		"28 dec t/m 6 jan 2028":                          period("2027-12-28", "2028-01-06", ""),
		"5 nov t/m 3 jan":                                period("2027-11-05", "2028-01-03", ""),
		"8 feb t/m 12 feb 2028":                          period("2028-02-08", "2028-02-12", ""),
		"8-12 feb 2028":                                  period("2028-02-08", "2028-02-12", ""),
		"wo 3 maart":                                     third,
		"op 3 maart":                                     third,
		"3/3":                                            third,
		"March 3":                                        third,
		"on March 3rd, 2027":                             third,
		"8-10":                                           period("2027-10-08", "2027-10-08", ""), // as in every date
		"morgen":                                         period("2027-01-08", "2027-01-08", ""),
		"studiedag wo 3 maart":                           period("2027-03-03", "2027-03-03", "studiedag"),
		"3 maart: Studiedag (hele team)":                 period("2027-03-03", "2027-03-03", "Studiedag (hele team"),
		"carnaval 8-12 feb":                              period("2027-02-08", "2027-02-12", "carnaval"),
		"8-12 feb, carnaval!":                            period("2027-02-08", "2027-02-12", "carnaval"),
		"2e meiweek 3 t/m 7 mei":                         period("2027-05-03", "2027-05-07", "2e meiweek"),
		"tweede week\nmeivakantie: 3-7 mei":              period("2027-05-03", "2027-05-07", "tweede week meivakantie"),
		"spring cleaning 3 May to 7 May":                 period("2027-05-03", "2027-05-07", "spring cleaning"),
		"open dag wo 3 maart":                            period("2027-03-03", "2027-03-03", "open dag"),
		"3 maart geen school":                            period("2027-03-03", "2027-03-03", "geen school"),
		"school niet open 3 maart":                       third,
		"toch open 26 apr":                               king,
		"Toch open: 26 april":                            king,
		"26 apr toch open":                               king,
		"open op 26 apr":                                 king,
		"school is gewoon open op 26 april":              king,
		"toch school 26 apr":                             king,
		"vrij: toch open 26 apr":                         king,
		"still open 26 Apr":                              king,
		"open anyway on April 26":                        king,
		"toch open 26 apr t/m 28 apr, want we halen in": opened(period("2027-04-26", "2027-04-28", "want we halen in")),
		"toch open 26-28 apr":                           opened(period("2027-04-26", "2027-04-28", "")),
		"8 t/m 12 féb\u00a0“carnaval”":                  period("2027-02-08", "2027-02-12", "carnaval"),
		"vr 9 juli tot zo 10 september 2028":            {},
		"goede vrijdag":                                 period("2027-03-26", "2027-03-26", "goede vrijdag"),
		"vrij op Goede Vrijdag":                         period("2027-03-26", "2027-03-26", "Goede Vrijdag"),
		"studiedag goede vrijdag":                       period("2027-03-26", "2027-03-26", "studiedag"),
		"Good Friday":                                   period("2027-03-26", "2027-03-26", "Good Friday"),
		"toch open goede vrijdag":                       opened(period("2027-03-26", "2027-03-26", "goede vrijdag")),
		"still open on Good Friday":                     opened(period("2027-03-26", "2027-03-26", "Good Friday")),
		"toch open Goede Vrijdag 26 maart":              opened(period("2027-03-26", "2027-03-26", "Goede Vrijdag")),
		"goede vrijdag 2028":                            period("2028-04-14", "2028-04-14", "goede vrijdag"),
		"witte donderdag":                               period("2027-03-25", "2027-03-25", "witte donderdag"),
		"tweede paasdag":                                period("2027-03-29", "2027-03-29", "tweede paasdag"),
		"2e paasdag":                                    period("2027-03-29", "2027-03-29", "2e paasdag"),
		"goede vrijdag t/m tweede paasdag":              period("2027-03-26", "2027-03-29", ""),
		"Koningsdag t/m 30 april meivakantie":           period("2027-04-27", "2027-04-30", "meivakantie"),
		"26 apr t/m koningsdag":                         period("2027-04-26", "2027-04-27", ""),
		"toch open koningsdag":                          opened(period("2027-04-27", "2027-04-27", "koningsdag")),
		"King’s Day":                                    period("2027-04-27", "2027-04-27", "King’s Day"),
		"bevrijdingsdag":                                period("2027-05-05", "2027-05-05", "bevrijdingsdag"),
		"hemelvaart":                                    period("2027-05-06", "2027-05-06", "hemelvaart"),
		"de dag na hemelvaart":                          period("2027-05-07", "2027-05-07", "de dag na hemelvaart"),
		"vrijdag na Hemelvaartsdag":                     period("2027-05-07", "2027-05-07", "vrijdag na Hemelvaartsdag"),
		"pinkstermaandag":                               period("2027-05-17", "2027-05-17", "pinkstermaandag"),
		"New Year's Day":                                period("2028-01-01", "2028-01-01", "New Year's Day"),
		"projectweek 8 feb":                             period("2027-02-08", "2027-02-08", "projectweek"),
	} {
		got, err := ParseFree(text, thursday)
		if want == (Period{}) {
			if err == nil {
				t.Errorf("%q is accepted", text)
			}
		} else if err != nil || got != want {
			t.Errorf("%q\n got %+v %s\nwant %+v", text, got, explain(err), want)
		}
	}
}

func TestParseFreeProblems(t *testing.T) {
	for _, c := range []struct{ text, code, got, rest, example string }{
		{"", "free.unclear", "", "", "donderdag 21 januari 2027 t/m maandag 25 januari 2027"},
		{"carnaval", "free.unclear", "", "carnaval", "donderdag 21 januari 2027 t/m maandag 25 januari 2027"},
		{"volgende week", "free.unclear", "", "volgende week", "donderdag 21 januari 2027 t/m maandag 25 januari 2027"},
		{strings.Repeat("8 feb ", 40), "free.unclear", "", "", "donderdag 21 januari 2027 t/m maandag 25 januari 2027"},
		{"3 maart en 4 maart", "free.unclear", "woensdag 3 maart 2027", "en 4 maart", "woensdag 3 maart 2027"},
		{"3 maart, 4 maart", "free.unclear", "woensdag 3 maart 2027", "4 maart", "woensdag 3 maart 2027"},
		{"3 maart en donderdag", "free.unclear", "woensdag 3 maart 2027", "en donderdag", "woensdag 3 maart 2027"},
		{"28 dec t/m 6 jan", "date.past", "", "", "maandag 28 december 2026 t/m woensdag 13 januari 2027"},
		{"8-12 feb behalve woensdag", "free.unclear", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027", "behalve woensdag", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027"},
		{"8 feb t/m carnaval", "free.unclear", "maandag 8 februari 2027", "t/m carnaval", "maandag 8 februari 2027"},
		{"vanaf 3 maart", "free.unclear", "woensdag 3 maart 2027", "vanaf", "woensdag 3 maart 2027"},
		{"t/m 12 feb", "free.unclear", "vrijdag 12 februari 2027", "t/m", "vrijdag 12 februari 2027"},
		{"elke vrijdag", "free.unclear", "vrijdag 8 januari 2027", "elke", "vrijdag 8 januari 2027"},
		{"niet vrij op 3 maart", "free.unclear", "woensdag 3 maart 2027", "niet vrij", "woensdag 3 maart 2027"},
		{"open 3 maart maar niet voor groep acht", "free.unclear", "toch open woensdag 3 maart 2027", "maar niet voor groep acht", "toch open woensdag 3 maart 2027"},
		{"closed on March 3 and on March 4", "free.unclear", "Wednesday 3 March 2027", "closed and on March 4", "Wednesday 3 March 2027"},
		{"12 feb t/m 8 feb", "free.order", "", "", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027"},
		{"12-2-2027 t/m 8-2-2027", "free.order", "", "", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027"},
		{"28 t/m 3 maart", "free.order", "", "", "woensdag 3 maart 2027 t/m zondag 28 maart 2027"},
		{"1-1-2040 t/m 5-2-2027", "free.order", "", "", "vrijdag 5 februari 2027"},
		{"8 feb t/m 12 aug carnaval", "free.long", "", "", "maandag 8 februari 2027 t/m zondag 11 april 2027"},
		{"from 8 Feb to 12 Aug", "free.long", "", "", "Monday 8 February 2027 to Sunday 11 April 2027"},
		{"di 3 maart", "date.weekday", "", "", "woensdag 3 maart 2027"},
		{"di 8 t/m vr 12 feb", "date.weekday", "", "", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027"},
		{"30 feb t/m 3 mrt", "date.none", "", "", "zondag 28 februari 2027 t/m woensdag 3 maart 2027"},
		{"8 t/m 30 feb", "date.none", "", "", "maandag 8 februari 2027 t/m zondag 28 februari 2027"},
		{"30-40 feb", "date.none", "", "", "zondag 28 februari 2027"},
		{"toch open 31 apr", "date.none", "", "", "toch open vrijdag 30 april 2027"},
		{"5-1-2026 t/m 6-1-2026", "date.past", "", "", "dinsdag 12 januari 2027"},
		{"8 feb t/m 12 feb 2031", "date.far", "", "", "vrijdag 12 februari 2027"},
		{"hele week 8 feb", "free.unclear", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027", "hele week", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027"},
		{"de week van 10 feb", "free.unclear", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027", "de week", "maandag 8 februari 2027 t/m vrijdag 12 februari 2027"},
		{"goede vrijdag en koningsdag", "free.unclear", "", "goede vrijdag en koningsdag", "donderdag 21 januari 2027 t/m maandag 25 januari 2027"},
		{"Koningsdag 31 apr", "date.none", "", "", "vrijdag 30 april 2027"},
		{"volgende vrijdag", "date.unclear", "", "", "vrijdag 15 januari 2027"},
	} {
		_, err := ParseFree(c.text, thursday)
		var p *team.Problem
		if !errors.As(err, &p) {
			t.Errorf("%q is accepted", c.text)
			continue
		}
		rest := p.Args["rest"]
		if strings.HasPrefix(p.Code, "date.") {
			rest = ""
		}
		got := [4]string{p.Code, p.Args["got"], rest, p.Args["example"]}
		if want := [4]string{c.code, c.got, c.rest, c.example}; got != want || p.Field != "vrij" {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, want)
		}
	}
	_, err := ParseFree("di 3 maart", thursday)
	if p := err.(*team.Problem); p.Args["typed"] != "dinsdag" || p.Args["actual"] != "woensdag" || p.Args["understood"] != "3 maart 2027" {
		t.Errorf("the wrong weekday is %v", p.Args)
	}
}

// A period that is written can be read, on any day of the two years before it
// and as long as it lasts.
func TestFreeWordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := thursday.AddDays(rapid.IntRange(0, 3000).Draw(t, "first"))
		n := rapid.IntRange(0, longest-1).Draw(t, "days")
		p := Period{First: first, Last: first.AddDays(n), Open: rapid.Bool().Draw(t, "open"),
			Label: rapid.SampledFrom([]string{"", "studiedag", "tweede meiweek", "2e meiweek", "Kamp & feest!?x", "open dag"}).Draw(t, "label")}
		today := p.Last.AddDays(-rapid.IntRange(0, 730).Draw(t, "days before"))
		for _, lang := range []string{"nl", "en"} {
			words := p.Words(lang)
			if back, err := ParseFree(words, today); err != nil || back != p {
				t.Fatalf("%q on %s\n got %+v %s\nwant %+v", words, today, back, explain(err), p)
			}
			if back, err := ParseFree(strings.ToUpper(words), today); err != nil || back.First != p.First || back.Last != p.Last || back.Open != p.Open {
				t.Fatalf("%q in capitals\n got %+v %s", words, back, explain(err))
			}
		}
	})
}

func TestFreeWords(t *testing.T) {
	p := opened(period("2027-02-08", "2027-02-12", "inhalen"))
	for got, want := range map[string]string{
		p.Words("nl"): "toch open maandag 8 februari 2027 t/m vrijdag 12 februari 2027, inhalen",
		p.Words("en"): "still open Monday 8 February 2027 to Friday 12 February 2027, inhalen",
		period("2027-03-03", "2027-03-03", "").Words("nl"): "woensdag 3 maart 2027",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzParseFree(f *testing.F) {
	for _, text := range []string{
		"8 feb tot 12 feb", "ma 8 t/m vr 12 feb 2028 carnaval", "8-12 feb", "Feb 8-12, 2027", "toch open 26 apr", "2e meiweek 3 t/m 7 mei", "28 dec t/m 3 jan", "12 feb t/m 8 feb",
		"8/2-12/2", "30 feb t/m 31 apr", "8\u0301-12 feb", "t/m t/m 12-2", "vrij niet open 3 maart a.s. of 4", "volgende vrijdag t/m zondag", "\xff3 maart\x00x",
	} {
		f.Add(text, 20000)
	}
	f.Fuzz(func(t *testing.T, text string, days int) { checkFree(t, text, day("2026-01-01").AddDays(days%3000)) })
}

// TestFreeFromWords is the fuzz test for texts of the words that matter.
func TestFreeFromWords(t *testing.T) {
	words := strings.Fields("8 12 8-12 28 30 31 feb februari mrt dec jan mei feb-2027 2027 '27 8-2 12-2-2027 8/2-12/2 2027-02-08 vr ma vrijdag zo morgen vandaag volgende week over 2 weken " +
		"tot en met t/m - – tm to until van vanaf op on from the de 1e 2e 12th a.s. toch wel open niet school vrij geen dag anyway still studiedag carnaval , : ( ) ! of March May Feb Sat goede vrijdag witte donderdag koningsdag dag na hemelvaart 2e paasdag")
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 9).Draw(r, "words"), rapid.SampledFrom([]string{" ", " ", "", "\n"}).Draw(r, "blank"))
		checkFree(t, text, thursday.AddDays(rapid.IntRange(0, 800).Draw(r, "today")))
	})
}

// checkFree: what is read is a period that its own words give again, and what
// is not comes with an example that can be.
func checkFree(t *testing.T, text string, today team.Date) {
	p, err := ParseFree(text, today)
	if err != nil {
		example := checkProblem(t, text, err, "vrij", "free.")
		if _, err := ParseFree(example, today); err != nil {
			t.Fatalf("%q on %s has the example %q: %s", text, today, example, explain(err))
		}
		return
	}
	if n := p.First.DaysUntil(p.Last); !p.First.Valid() || !p.Last.Valid() || n < 0 || n >= longest || p.Last.Before(today) || today.AddDays(732).Before(p.Last) {
		t.Fatalf("%q on %s is %+v", text, today, p)
	}
	for _, lang := range []string{"nl", "en"} {
		if back, err := ParseFree(p.Words(lang), today); err != nil || back != p {
			t.Fatalf("%q on %s is %+v, and %q is %+v %s", text, today, p, p.Words(lang), back, explain(err))
		}
	}
}
