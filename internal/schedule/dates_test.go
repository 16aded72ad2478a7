package schedule

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

func TestFindDate(t *testing.T) {
	for _, c := range []struct {
		text, day string
		first     bool
	}{
		{"ik ben ziek", "", false},
		{"ik ben zo moe", "", false},
		{"ma is ziek", "", false},
		{"2 kinderen ziek thuis", "", false},
		{"ziek tot vrijdag", "", false},
		{"op vakantie t/m 12 feb", "", false},
		{"vrij vanaf 12 feb", "", false},
		{"ik kan niet op 12 feb", "2027-02-12", false},
		{"12 feb kan ik niet", "2027-02-12", true},
		{"op vrijdag ben ik vrij", "2027-01-08", true},
		{"morgen, ziek", "2027-01-08", true},
		{"13:30 lukt niet", "", true},
		{"30 feb lukt niet", "", true},
		{"", "", false},
	} {
		day, first := FindDate(c.text, thursday)
		if got := day.String(); got != c.day && !(day.IsZero() && c.day == "") || first != c.first {
			t.Errorf("%q is about %s, first: %t", c.text, got, first)
		}
	}
}

func TestParseDate(t *testing.T) {
	for text, want := range map[string]string{ // today is Thursday 7 January 2027
		"vandaag":                     "2027-01-07",
		"Morgen":                      "2027-01-08",
		"overmorgen":                  "2027-01-09",
		"voor Goede Vrijdag":          "2027-03-26",
		"koningsdag 2028":             "2028-04-27",
		"vrijdag":                     "2027-01-08",
		"vr":                          "2027-01-08",
		"vrijdag a.s.":                "2027-01-08",
		"komende vrijdag":             "2027-01-08",
		"donderdag":                   "2027-01-14",
		"uiterlijk op vrijdag":        "2027-01-08",
		"volgende week vrijdag":       "2027-01-15",
		"volgende week op maandag":    "2027-01-11",
		"vrijdag volgende week":       "2027-01-15",
		"vrijdag over 2 weken":        "2027-01-22",
		"deze week zondag":            "2027-01-10",
		"eind volgende week":          "2027-01-15",
		"eind van de week":            "2027-01-08",
		"over 2 weken":                "2027-01-21",
		"binnen twee weken":           "2027-01-21",
		"over drie dagen":             "2027-01-10",
		"over een maand":              "2027-02-07",
		"over één jaar":               "2028-01-07",
		"12 feb":                      "2027-02-12",
		"12 febr.":                    "2027-02-12",
		"12 feb.":                     "2027-02-12",
		"12feb":                       "2027-02-12",
		"12-feb-2027":                 "2027-02-12",
		"7 januari":                   "2027-01-07", // today
		"1 oktober":                   "2027-10-01",
		"12 februari 2027":            "2027-02-12",
		"12 feb '28":                  "2028-02-12",
		"12 FÉB 27":                   "2027-02-12",
		"12e van februari":            "2027-02-12",
		"vrijdag de 12e februari":     "2027-02-12",
		"12 feb a.s.":                 "2027-02-12",
		"vr 12 feb":                   "2027-02-12",
		"vrijdag, 12  februari\n2027": "2027-02-12",
		"1 mrt":                       "2027-03-01",
		"12-02-2027":                  "2027-02-12",
		"12/2/2027":                   "2027-02-12",
		"12.02.2027":                  "2027-02-12",
		"12-2-27":                     "2027-02-12",
		"12-2":                        "2027-02-12",
		"12/2":                        "2027-02-12",
		"vr 12-2":                     "2027-02-12",
		"2027-02-12":                  "2027-02-12",
		"today":                       "2027-01-07",
		"tomorrow":                    "2027-01-08",
		"the day after tomorrow":      "2027-01-09",
		"Friday":                      "2027-01-08",
		"this Friday":                 "2027-01-08",
		"Friday next week":            "2027-01-15",
		"next week Friday":            "2027-01-15",
		"by the end of next week":     "2027-01-15",
		"in 2 weeks":                  "2027-01-21",
		"within a month":              "2027-02-07",
		"feb 12":                      "2027-02-12",
		"February 12th, 2027":         "2027-02-12",
		"12th of February":            "2027-02-12",
		"Fri 12 Feb 2027":             "2027-02-12",
	} {
		if got, err := ParseDate(text, thursday); err != nil || got != day(want) {
			t.Errorf("%q = %s, %s; want %s", text, got, explain(err), want)
		}
	}
	for _, c := range [][3]string{
		{"15 maart", "2027-12-01", "2028-03-15"}, {"29 feb", "2027-12-01", "2028-02-29"}, {"15 maart", "2027-05-15", "2028-03-15"}, {"22 feb", "2026-06-15", "2027-02-22"}, {"5 april", "2026-09-01", "2027-04-05"}, {"1 juni", "2026-11-23", "2027-06-01"}, {"1 sep", "2027-02-20", "2027-09-01"},
	} {
		if got, err := ParseDate(c[0], day(c[1])); err != nil || got != day(c[2]) {
			t.Errorf("%s from %s = %s, %s", c[0], c[1], got, explain(err))
		}
	}
	for _, c := range [][4]string{ // a year that was left out does not jump over what is just over
		{"15 maart", "2027-03-20", "date.past", "maandag 22 maart"}, {"19 mrt", "2027-03-20", "date.past", "vrijdag 26 maart"}, {"15 maart", "2027-05-14", "date.past", "maandag 17 mei"},
		{"di 29 dec", "2027-01-07", "date.past", "dinsdag 12 januari"}, {"29 feb", "2027-03-20", "date.none", "zondag 21 maart"}, {"30 feb", "2027-11-20", "date.none", "dinsdag 29 februari"},
	} {
		_, err := ParseDate(c[0], day(c[1]))
		if p, ok := err.(*team.Problem); !ok || p.Code != c[2] || p.Args["example"] != c[3] {
			t.Errorf("%s from %s: %s", c[0], c[1], explain(err))
		}
	}
	for from, want := range map[string]string{"2027-01-31": "2027-02-28", "2026-11-30": "2026-12-30", "2027-12-31": "2028-01-31"} {
		if got, err := ParseDate("over een maand", day(from)); err != nil || got != day(want) {
			t.Errorf("a month from %s = %s, %s", from, got, explain(err))
		}
	}
}

func TestParseDateProblems(t *testing.T) {
	for _, c := range []struct{ text, code, understood, example string }{
		{"30 feb", "date.none", "30 feb", "zondag 28 februari"},
		{"31 april", "date.none", "31 april", "vrijdag 30 april"},
		{"vr 32-1", "date.none", "32-1", "zondag 31 januari"},
		{"30-02-2027", "date.none", "30-02-2027", "zondag 28 februari 2027"},
		{"2/13/2027", "date.none", "2/13/2027", "zaterdag 13 februari 2027"},
		{"30 feb 2028", "date.none", "30 feb 2028", "dinsdag 29 februari 2028"},
		{"6 januari", "date.past", "woensdag 6 januari 2027", "woensdag 13 januari"},
		{"29 februari", "date.none", "29 februari", "zondag 28 februari"},
		{"gisteren", "date.past", "woensdag 6 januari 2027", "woensdag 13 januari"},
		{"yesterday", "date.past", "Wednesday 6 January 2027", "Wednesday 13 January"},
		{"feb 30", "date.none", "feb 30", "zondag 28 februari"},
		{"February 30", "date.none", "February 30", "Sunday 28 February"},
		{"12-02-2026", "date.past", "donderdag 12 februari 2026", "vrijdag 12 februari"},
		{"deze week dinsdag", "date.past", "dinsdag 5 januari 2027", "dinsdag 12 januari"},
		{"12 feb 2031", "date.far", "woensdag 12 februari 2031", "vrijdag 12 februari"},
		{"over 200 weken", "date.far", "donderdag 7 november 2030", "zondag 7 november"},
		{"over 999999999999999999999999 jaar", "date.far", "woensdag 7 januari 12026", "donderdag 7 januari"},
		{"ma 12 feb", "date.weekday", "12 februari 2027", "vrijdag 12 februari 2027"},
		{"ma 12-02-2026", "date.past", "donderdag 12 februari 2026", "vrijdag 12 februari"},
		{"ma 12 feb 2031", "date.far", "woensdag 12 februari 2031", "vrijdag 12 februari"},
		{"Monday Feb 12, 2027", "date.weekday", "12 February 2027", "Friday 12 February 2027"},
		{"volgende vrijdag", "date.unclear", "vrijdag", "volgende week vrijdag"},
		{"next friday", "date.unclear", "Friday", "Friday next week"},
		{"volgende week", "date.unclear", "", "donderdag 21 januari 2027"},
		{"groep 3", "date.unclear", "", "donderdag 21 januari 2027"},
		{"12.02", "date.unclear", "", "donderdag 21 januari 2027"}, // a time
		{"12 feb of 13 feb", "date.unclear", "vrijdag 12 februari 2027", "vrijdag 12 februari 2027"},
		{"over een week of twee", "date.unclear", "donderdag 14 januari 2027", "donderdag 14 januari 2027"},
		{"", "date.unclear", "", "donderdag 21 januari 2027"},
		{strings.Repeat("12 feb ", 40), "date.unclear", "", "donderdag 21 januari 2027"},
	} {
		_, err := ParseDate(c.text, thursday)
		p, ok := err.(*team.Problem)
		if !ok {
			t.Errorf("%q is accepted", c.text)
			continue
		}
		got := [3]string{p.Code, p.Args["understood"], p.Args["example"]}
		if want := [3]string{c.code, c.understood, c.example}; got != want || p.Field != "datum" {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, want)
		}
	}
	_, err := ParseDate("ma 12 feb", thursday)
	if p := err.(*team.Problem); p.Args["typed"] != "maandag" || p.Args["actual"] != "vrijdag" {
		t.Errorf("the two weekdays are %v", p.Args)
	}
}

// A weekday is the first of its name after today.
func TestWeekdayIsTheNextOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		today := thursday.AddDays(rapid.IntRange(0, 3000).Draw(t, "today"))
		weekday := time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday"))
		want := today.AddDays(1)
		for want.Weekday() != weekday {
			want = want.AddDays(1)
		}
		for _, name := range []string{dayNames[dutch][weekday], shortDays[dutch][weekday], dayNames[english][weekday], shortDays[english][weekday]} {
			if got, err := ParseDate(name, today); err != nil || got != want {
				t.Fatalf("%s after %s = %s, %s", name, today, got, explain(err))
			}
		}
		got, err := ParseDate("volgende week "+dayNames[dutch][weekday], today)
		if days := today.DaysUntil(got); err != nil || got.Weekday() != weekday || days < 1 || days > 13 || (days+int(today.Weekday())+6)%7 >= 7 {
			t.Fatalf("next week's %s from %s = %s, %s", weekday, today, got, explain(err))
		}
		monday := today
		for monday = monday.AddDays(1); monday.Weekday() != time.Monday; monday = monday.AddDays(1) {
		}
		if n := monday.DaysUntil(got); n < 0 || n > 6 {
			t.Fatalf("next week's %s from %s = %s", weekday, today, got)
		}
	})
}

// A date that is written can be read, on any day of the two years before it; of
// the ten months before it when its year is left out.
func TestWrittenDatesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := thursday.AddDays(rapid.IntRange(0, 3000).Draw(t, "date"))
		ago := rapid.IntRange(0, 730).Draw(t, "days before")
		today := d.AddDays(-ago)
		texts := []string{
			FormatDate("nl", d, true), FormatDate("en", d, true), d.String(),
			time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format("2-1-2006"),
			time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format("02/01/06"),
			time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format("January 2, 2006"),
		}
		if ago <= 300 {
			texts = append(texts, FormatDate("nl", d, false), FormatDate("en", d, false), ShortDate("nl", d), ShortDate("en", d))
		}
		for _, text := range texts {
			if got, err := ParseDate(text, today); err != nil || got != d {
				t.Fatalf("%q on %s = %s, %s", text, today, got, explain(err))
			}
			if rest, got, found, err := CutDate("belt de ouders voor "+text+".", today); err != nil || !found || got != d || rest != "belt de ouders" {
				t.Fatalf("voor %q on %s = %q, %s, %s", text, today, rest, got, explain(err))
			}
			at, clock, hasTime, err := ParseMoment("om 14:30 "+text, today)
			if err != nil || at != d || !hasTime || clock != (Clock{14, 30}) {
				t.Fatalf("%q with a time on %s = %s %s, %s", text, today, at, clock, explain(err))
			}
		}
	})
}

func TestFormatDate(t *testing.T) {
	d := day("2027-01-12")
	for got, want := range map[string]string{
		FormatDate("nl", d, false): "dinsdag 12 januari", FormatDate("nl", d, true): "dinsdag 12 januari 2027",
		FormatDate("en", d, false): "Tuesday 12 January", FormatDate("en", d, true): "Tuesday 12 January 2027",
		FormatDate("fy", day("2027-03-01"), false): "maandag 1 maart", ShortDate("nl", day("2027-03-01")): "ma 1 mrt",
		ShortDate("nl", d): "di 12 jan", ShortDate("en", d): "Tue 12 Jan", FormatDate("nl", team.Date{}, true): "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestParseMoment(t *testing.T) {
	for text, want := range map[string]string{
		"12 feb 14:00":                      "2027-02-12 14:00 true",
		"14:30 12 feb":                      "2027-02-12 14:30 true",
		"12 feb 27 14u30":                   "2027-02-12 14:30 true",
		"vrijdag 12 februari 2027 om 9 uur": "2027-02-12 09:00 true",
		"morgen om 9 uur":                   "2027-01-08 09:00 true",
		"om 9 vrijdag":                      "2027-01-08 09:00 true",
		"om 9 12 feb":                       "2027-02-12 09:00 true",
		"12-02-2027, 14.00 uur":             "2027-02-12 14:00 true",
		"feb 12 at 2 pm":                    "2027-02-12 14:00 true",
		"Friday next week, 9 a.m.":          "2027-01-15 09:00 true",
		"12 feb":                            "2027-02-12 00:00 false",
		"12 jan om half twee":               "2027-01-12 13:30 true",
		"half 2, 12 jan":                    "2027-01-12 13:30 true",
		"12 jan kwart over een":             "2027-01-12 13:15 true",
		"12 jan om kwart voor twee":         "2027-01-12 13:45 true",
		"12 jan kwart voor één":             "2027-01-12 12:45 true",
		"12 jan half een":                   "2027-01-12 12:30 true",
		"12 jan om kwart over twaalf":       "2027-01-12 12:15 true",
		"12 jan half acht":                  "2027-01-12 07:30 true",
		"12 jan kwart over 7":               "2027-01-12 07:15 true",
		"12 jan half zeven":                 "2027-01-12 18:30 true",
		"12 jan kwart voor zeven":           "2027-01-12 18:45 true",
		"morgen om half negen":              "2027-01-08 08:30 true",
		"12 Jan at half past one":           "2027-01-12 13:30 true",
		"quarter to two, 12 Jan":            "2027-01-12 13:45 true",
	} {
		d, c, has, err := ParseMoment(text, thursday)
		if got := strings.TrimSpace(d.String() + " " + c.String() + map[bool]string{true: " true", false: " false"}[has]); err != nil || got != want {
			t.Errorf("%q = %s, %s; want %s", text, got, explain(err), want)
		}
	}
	for text, want := range map[string][2]string{
		"12 feb 2:00":      {"date.time", "vrijdag 12 februari 2027 14:00"},
		"25:00 12 feb":     {"date.time", "vrijdag 12 februari 2027 13:30"},
		"14:00":            {"date.unclear", "donderdag 21 januari 2027"},
		"12 feb 13 uur 30": {"date.unclear", "vrijdag 12 februari 2027"},
		"12 feb 14 00":     {"date.unclear", "vrijdag 12 februari 2027"},
		"30 feb 14:00":     {"date.none", "zondag 28 februari 14:00"},
		"10 uur 30 feb":    {"date.none", "zondag 28 februari 10:00"},
		"morgen vroeg":     {"date.unclear", "vrijdag 8 januari 2027"},
		"over 2 uur":       {"date.unclear", "donderdag 21 januari 2027"},
		"12 feb 13 feb":    {"date.unclear", "vrijdag 12 februari 2027"},
		"12 feb half":      {"date.unclear", "vrijdag 12 februari 2027"},
		"12 feb half 13":   {"date.unclear", "vrijdag 12 februari 2027"},
		"12 Feb half two":  {"date.unclear", "Friday 12 February 2027"},
		"kwart 12 feb":     {"date.unclear", "vrijdag 12 februari 2027"},
	} {
		_, _, _, err := ParseMoment(text, thursday)
		if p, ok := err.(*team.Problem); !ok || p.Code != want[0] || p.Args["example"] != want[1] || p.Field != "datum" {
			t.Errorf("%q: %s", text, explain(err))
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, text := range []string{"vrijdag over 2 weken", "12e van februari 2027 om 9 uur", "2/13/2027", "29 feb", "over 9999 jaar", "eind volgende week", "0-0", "next fri", "1:30 p.m. feb 12 '27", "half twee 12 feb", "kwart voor 12 feb half past 1"} {
		f.Add(text, 20000)
	}
	f.Fuzz(func(t *testing.T, text string, days int) {
		today := day("2026-01-01").AddDays(days % 3000)
		check := func(d team.Date, err error, parse func(string) error) {
			if err != nil {
				if example := checkProblem(t, text, err, "datum", "date."); parse(example) != nil {
					t.Fatalf("%q on %s has the example %q: %s", text, today, example, explain(parse(example)))
				}
				return
			}
			if !d.Valid() || d.Before(today) || d.AddDays(-732).After(today) {
				t.Fatalf("%q on %s = %s", text, today, d)
			}
		}
		d, err := ParseDate(text, today)
		check(d, err, func(s string) error { _, err := ParseDate(s, today); return err })
		if again, c, has, errM := ParseMoment(text, today); err == nil && !has && errM == nil && again != d {
			t.Fatalf("%q is the date %s and the moment %s", text, d, again)
		} else {
			check(again, errM, func(s string) error { _, _, _, err := ParseMoment(s, today); return err })
			if errM == nil && has && !c.within(earliest, latest) {
				t.Fatalf("%q is at %s", text, c)
			}
		}
	})
}
