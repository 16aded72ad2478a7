package schedule

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

func holidayLine(h Holiday) string {
	return fmt.Sprintf("%s %s %s %s %s %t", h.SchoolYear, h.Region, h.Name, h.First, h.Last, h.Binding)
}

func TestBuiltInHolidays(t *testing.T) {
	var lines []string
	for _, h := range BuiltIn().All() {
		lines = append(lines, holidayLine(h))
		if h.First.Weekday() != time.Saturday || h.Last.Weekday() != time.Sunday {
			t.Errorf("%s is from %s to %s", holidayLine(h), h.First.Weekday(), h.Last.Weekday())
		}
		if h.Source == "" || h.kind() == "" {
			t.Errorf("%s has no source or is unknown", holidayLine(h))
		}
	}
	if len(lines) != 3*3*5 {
		t.Errorf("%d holidays", len(lines))
	}
	for _, want := range []string{
		"2026-2027 noord Herfstvakantie 2026-10-10 2026-10-18 false", "2026-2027 zuid Voorjaarsvakantie 2027-02-13 2027-02-21 false",
		"2026-2027 midden Kerstvakantie 2026-12-19 2027-01-03 true", "2026-2027 noord Meivakantie 2027-04-24 2027-05-02 true",
		"2026-2027 noord Zomervakantie 2027-07-10 2027-08-22 true", "2026-2027 midden Zomervakantie 2027-07-17 2027-08-29 true",
		"2026-2027 zuid Zomervakantie 2027-07-24 2027-09-05 true", "2027-2028 zuid Herfstvakantie 2027-10-23 2027-10-31 false",
		"2027-2028 zuid Kerstvakantie 2027-12-25 2028-01-09 true", "2027-2028 midden Voorjaarsvakantie 2028-02-26 2028-03-05 false",
		"2027-2028 midden Zomervakantie 2028-07-08 2028-08-20 true", "2028-2029 noord Zomervakantie 2029-07-21 2029-09-02 true",
		"2028-2029 zuid Meivakantie 2029-04-28 2029-05-06 true", "2028-2029 zuid Voorjaarsvakantie 2029-02-10 2029-02-18 false",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is not in it", want)
		}
	}
	for _, region := range team.Regions {
		all := BuiltIn().of[region]
		for i := range all[1:] {
			if !all[i].Last.Before(all[i+1].First) {
				t.Errorf("%s and %s overlap", holidayLine(all[i]), holidayLine(all[i+1]))
			}
		}
	}
}

// The regions take turns in the summer: two that follow each other change places.
func TestSummersRotate(t *testing.T) {
	for first, want := range map[int]string{2026: "noord midden zuid", 2027: "midden noord zuid", 2028: "midden zuid noord"} {
		var summers []Holiday
		for _, h := range BuiltIn().All() {
			if h.summer() && h.SchoolYear == schoolYear(first) {
				summers = append(summers, h)
			}
		}
		slices.SortFunc(summers, func(a, b Holiday) int { return a.First.Compare(b.First) })
		var order []string
		for i, h := range summers {
			order = append(order, string(h.Region))
			if weeks := summers[0].First.DaysUntil(h.First); weeks != 7*i || h.First.DaysUntil(h.Last) != 6*7+1 {
				t.Errorf("%s begins %d days after the first", holidayLine(h), weeks)
			}
		}
		if got := strings.Join(order, " "); got != want {
			t.Errorf("summer of %d: %s, want %s", first+1, got, want)
		}
	}
}

func TestHolidaysAnswer(t *testing.T) {
	h := BuiltIn()
	for d, want := range map[string]string{
		"2027-02-12": "", "2027-02-13": "Voorjaarsvakantie", "2027-02-21": "Voorjaarsvakantie", "2027-02-22": "", "2027-09-05": "Zomervakantie", "2027-09-06": "",
	} {
		if got, found := h.On("zuid", day(d)); got.Name != want || found != (want != "") {
			t.Errorf("on %s: %s", d, holidayLine(got))
		}
	}
	if got, found := h.On("oost", day("2027-08-01")); found {
		t.Errorf("a region that does not exist has %s", holidayLine(got))
	}
	var names []string
	for _, between := range h.Between("noord", day("2027-01-03"), day("2027-04-24")) {
		names = append(names, between.Name)
	}
	if got := strings.Join(names, " "); got != "Kerstvakantie Voorjaarsvakantie Meivakantie" {
		t.Errorf("between: %s", got)
	}
	for today, want := range map[string]string{"2026-08-01": "2029-08-26", "2026-07-31": "", "2029-07-31": "2029-08-26", "2029-08-01": ""} {
		if got := h.KnownUntil("zuid", day(today)).String(); got != want {
			t.Errorf("on %s known until %s, want %s", today, got, want)
		}
	}
	if until := (Holidays{}).KnownUntil("zuid", day("2027-01-01")); !until.IsZero() {
		t.Errorf("an empty table is known until %s", until)
	}
}

func TestKnownUntilStopsAtAGap(t *testing.T) {
	gap := newHolidays(slices.DeleteFunc(BuiltIn().All(), func(h Holiday) bool { return h.SchoolYear == "2027-2028" && h.Region == "zuid" }))
	for region, want := range map[team.Region]string{"zuid": "2027-09-05", "noord": "2029-09-02"} {
		if got := gap.KnownUntil(region, day("2027-01-01")).String(); got != want {
			t.Errorf("%s is known until %s, want %s", region, got, want)
		}
	}
}

// A school year of which a file has a part is not one of which all is known.
func TestPartOfASchoolYear(t *testing.T) {
	part, err := ParseHolidays([]byte(document("2029-2030", "Zomervakantie", `"true"`, "heel Nederland", "2030-07-06", "2030-08-18")))
	if err != nil {
		t.Fatal(err)
	}
	h := BuiltIn().With(part)
	if got := h.KnownUntil("midden", day("2026-11-01")); got != BuiltIn().KnownUntil("midden", day("2026-11-01")) {
		t.Errorf("known until %s", got)
	}
	if _, free := h.On("midden", day("2030-07-08")); !free {
		t.Error("what the file has does not count")
	}
}

func TestWithReplacesHolidays(t *testing.T) {
	newer, err := ParseHolidays([]byte(`{"content": [{"schoolyear": "2027-2028", "vacations": [
		{"type": "Zomervakantie", "compulsorydates": "true", "regions": [{"region": "zuid", "startdate": "2028-07-24", "enddate": "2028-09-05"}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	before := BuiltIn().All()
	h := BuiltIn().With(newer)
	if !slices.Equal(before, BuiltIn().All()) {
		t.Fatal("the built-in table changed")
	}
	if got := len(h.All()); got != len(before) {
		t.Errorf("%d holidays", got)
	}
	for d, want := range map[string]bool{"2028-07-23": false, "2028-07-24": true, "2027-12-27": true, "2028-12-27": true, "2026-12-27": true} {
		if _, free := h.On("zuid", day(d)); free != want {
			t.Errorf("%s is free: %t", d, free)
		}
	}
	if _, free := h.On("noord", day("2028-07-16")); !free {
		t.Error("another region lost its summer")
	}
	if got := (Holidays{}).With(newer).With(Holidays{}).All(); !slices.Equal(got, newer.All()) {
		t.Errorf("with nothing: %v", got)
	}
}

func TestHolidayWords(t *testing.T) {
	for name, want := range map[string][2]string{
		"Herfstvakantie": {"herfstvakantie", "autumn holiday"}, "MEIVAKANTIE ": {"meivakantie ", "May holiday"}, "Krokusvakantie": {"Krokusvakantie", "Krokusvakantie"},
	} {
		if h := (Holiday{Name: name}); h.Words("nl") != want[0] || h.Words("en") != want[1] {
			t.Errorf("%s: %q, %q", name, h.Words("nl"), h.Words("en"))
		}
	}
}

// document is one school year with one holiday, as an administrator may have it.
func document(schoolyear, kind, compulsory, region, start, end string) string {
	return fmt.Sprintf(`{"canonical": "https://example.nl/a", "content": [{"title": "x", "schoolyear": %q, "vacations": [{"type": %q, "compulsorydates": %s, "regions": [
		{"region": %q, "startdate": %q, "enddate": %q}]}]}], "notice": "n", "lastmodified": "2026-01-01"}`, schoolyear, kind, compulsory, region, start, end)
}

func TestParseHolidaysTraps(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"summer time", document("2026-2027", "Herfstvakantie", `"false"`, "noord", "2026-10-09T22:00:00.000Z", "2026-10-18T21:59:00.000Z"),
			"2026-2027 noord Herfstvakantie 2026-10-10 2026-10-18 false"},
		{"over the change of the clock", document("2026-2027", "Herfstvakantie", `"false"`, "zuid", "2026-10-16T22:00:00.000Z", "2026-10-25T22:59:00.000Z"),
			"2026-2027 zuid Herfstvakantie 2026-10-17 2026-10-25 false"},
		{"an end at midnight", document("2026-2027", "Herfstvakantie", `"false"`, "zuid", "2026-10-16T22:00:00Z", "2026-10-25T23:00:00Z"),
			"2026-2027 zuid Herfstvakantie 2026-10-17 2026-10-25 false"},
		{"another zone", document("2026-2027", "Herfstvakantie", `"false"`, "zuid", "2026-10-17T00:00:00+02:00", "2026-10-25T23:59:59+01:00"),
			"2026-2027 zuid Herfstvakantie 2026-10-17 2026-10-25 false"},
		{"mere days", document("2026-2027", "Herfstvakantie", `"false"`, "zuid", "2026-10-17", " 2026-10-25\n"),
			"2026-2027 zuid Herfstvakantie 2026-10-17 2026-10-25 false"},
		{"one day", document("2026-2027", "Dies", `"false"`, "zuid", "2026-10-17", "2026-10-17"),
			"2026-2027 zuid Dies 2026-10-17 2026-10-17 false"},
		{"stray blanks", document(" \n 2029 - 2030 \n", "\n   Voorjaars  vakantie\n ", `"\n  TRUE\n "`, " Midden ", "2030-02-22T23:00:00.000Z", "2030-03-03T22:59:00.000Z"),
			"2029-2030 midden Voorjaars vakantie 2030-02-23 2030-03-03 true"},
		{"a real truth value", document("2026–2027", "Krokus", `true`, "zuid", "2027-02-13", "2027-02-21"),
			"2026-2027 zuid Krokus 2027-02-13 2027-02-21 true"},
		{"an empty one", document("2026-2027", "Krokus", `""`, "zuid", "2027-02-13", "2027-02-21"),
			"2026-2027 zuid Krokus 2027-02-13 2027-02-21 false"},
		{"none", document("2026-2027", "Krokus", `null`, "zuid", "2027-02-13", "2027-02-21"),
			"2026-2027 zuid Krokus 2027-02-13 2027-02-21 false"},
	} {
		for form, data := range map[string]string{"one object": c.data, "an array": " [" + c.data + "]", "with a mark": "\ufeff\r\n" + c.data + "\n"} {
			h, err := ParseHolidays([]byte(data))
			if err != nil || len(h.All()) != 1 || holidayLine(h.All()[0]) != c.want || h.All()[0].Source != "https://example.nl/a" {
				t.Errorf("%s as %s: %v, %v; want %s", c.name, form, h.All(), err, c.want)
			}
		}
	}
	for name, old := range map[string]string{
		"another type": `{"content": [{"schoolyear": "2013 - 2014", "vacations": [{"type": 7, "regions": {}}]}]}`,
		"no such day":  document("2013-2014", "Kerstvakantie", `"ja"`, "oost", "2014-02-30", ""),
	} {
		h, err := ParseHolidays([]byte("[" + old + "," + document("2026-2027", "Krokus", `null`, "zuid", "2027-02-13", "2027-02-21") + "]"))
		if err != nil || len(h.All()) != 1 {
			t.Errorf("with %s in an old school year: %v, %v", name, h.All(), err)
		}
	}
	h, err := ParseHolidays([]byte("[" + document("2026-2027", "Kerstvakantie", `"true"`, "heel  nederland", "2026-12-18T23:00:00.000Z", "2027-01-03T22:59:00.000Z") +
		"," + document("2026-2027", "Meivakantie", `"true"`, "zuid", "2027-04-24", "2027-05-02") + "]"))
	if err != nil || len(h.All()) != 4 || len(h.of["noord"]) != 1 || len(h.of["zuid"]) != 2 {
		t.Errorf("the whole country: %v, %v", h.All(), err)
	}
}

func TestParseHolidaysRefuses(t *testing.T) {
	good := func(at int, instead string) string {
		parts := []string{"2026-2027", "Herfstvakantie", `"false"`, "noord", "2026-10-10", "2026-10-18"}
		parts[at] = instead
		return document(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
	}
	for name, data := range map[string]string{
		"nothing": "", "no JSON": "<xml/>", "half": `{"content": [`, "two": good(0, "2026-2027") + good(0, "2026-2027"), "a number": "7", "null": "null", "an empty list": "[]", "an empty object": "{}",
		"no regions":            `{"content": [{"schoolyear": "2026-2027", "vacations": [{"type": "x"}]}]}`,
		"a year":                good(0, "2026"),
		"two that do not meet":  good(0, "2026-2028"),
		"one year on":           good(0, "2027-2028"),
		"one year back":         good(0, "2025-2026"),
		"an age ago":            good(0, "1026-1027"),
		"all of it over":        document("2013-2014", "Herfstvakantie", `"false"`, "noord", "2013-10-12", "2013-10-20"),
		"no name":               good(1, " "),
		"a long name":           good(1, strings.Repeat("x", 61)),
		"a hidden name":         good(1, "a\u202eb"),
		"an escape":             good(1, "a\x1b[31mb"),
		"perhaps":               good(2, `"maybe"`),
		"a region too many":     good(3, "oost"),
		"the end first":         good(4, "2026-10-19"),
		"too long":              good(5, "2026-12-12"),
		"no such day":           good(4, "2026-02-30"),
		"no zone":               good(4, "2026-10-10T00:00:00"),
		"no moment":             good(5, "later"),
		"an empty moment":       good(5, ""),
		"a region as an object": strings.Replace(good(0, "2026-2027"), `"noord"`, `{}`, 1),
		"too large":             good(0, "2026-2027") + strings.Repeat(" ", 1<<20),
		"too many":              "[" + strings.Repeat(good(0, "2026-2027")+",", 2000) + good(0, "2026-2027") + "]",
	} {
		if h, err := ParseHolidays([]byte(data)); err == nil || len(h.All()) != 0 {
			t.Errorf("%s is read as %v, %v", name, h.All(), err)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

// What is written as the open data has it comes back, whatever the clock does.
func TestParseHolidaysReadsWhatWasWritten(t *testing.T) {
	loc := zone(t, "Europe/Amsterdam")
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(oldest, 2099).Draw(t, "year")
		first := team.Date{Year: year, Month: 8, Day: 1}.AddDays(rapid.IntRange(0, 360).Draw(t, "first"))
		last := first.AddDays(rapid.IntRange(0, longest-1).Draw(t, "days"))
		at := func(d team.Date, hour, minute int) string {
			return time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, loc).UTC().Format("2006-01-02T15:04:05.000Z")
		}
		data := document(schoolYear(year), "Herfstvakantie", `"true"`, "midden", at(first, 0, 0), at(last, 23, 59))
		h, err := ParseHolidays([]byte(data))
		if err != nil {
			if last.After(team.Date{Year: year + 1, Month: 9, Day: 30}) {
				return
			}
			t.Fatalf("%s to %s: %v", first, last, err)
		}
		if got := h.All()[0]; got.First != first || got.Last != last {
			t.Fatalf("%s to %s: %s", first, last, holidayLine(got))
		}
	})
}

func FuzzParseHolidays(f *testing.F) {
	f.Add(builtIn)
	f.Add([]byte(document(" 2029 - 2030\n", "Voorjaarsvakantie", `"true"`, "heel Nederland", "2030-02-22T23:00:00.000Z", "2030-03-03T22:59:00.000Z")))
	f.Add([]byte(`[{"content": [{"vacations": [{"regions": [{}]}]}, null]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ParseHolidays(data)
		if err != nil {
			if len(h.All()) != 0 {
				t.Fatalf("%v came with %v", err, h.All())
			}
			return
		}
		for _, holiday := range h.All() {
			days := holiday.First.DaysUntil(holiday.Last)
			if days < 0 || days >= longest || !holiday.First.Valid() || !holiday.Last.Valid() || !slices.Contains(team.Regions, holiday.Region) || holiday.Name == "" {
				t.Fatalf("%s", holidayLine(holiday))
			}
			if got, found := h.On(holiday.Region, holiday.Last); !found {
				t.Fatalf("%s is not on its last day, but %s", holidayLine(holiday), holidayLine(got))
			}
			if _, err := json.Marshal(holiday); err != nil {
				t.Fatal(err)
			}
		}
		if again := h.With(h).All(); !slices.Equal(again, h.All()) {
			t.Fatalf("with itself it is %v", again)
		}
	})
}

func TestPublicHolidays(t *testing.T) {
	for year, want := range map[int]string{
		2025: "01-01 nieuwjaarsdag, 04-18 goede-vrijdag, 04-21 tweede-paasdag, 04-26 koningsdag, 05-05 bevrijdingsdag, 05-29 hemelvaartsdag, 05-30 na-hemelvaart, 06-09 tweede-pinksterdag, 12-25 eerste-kerstdag, 12-26 tweede-kerstdag",
		2027: "01-01 nieuwjaarsdag, 03-26 goede-vrijdag, 03-29 tweede-paasdag, 04-27 koningsdag, 05-06 hemelvaartsdag, 05-07 na-hemelvaart, 05-17 tweede-pinksterdag, 12-25 eerste-kerstdag, 12-26 tweede-kerstdag",
		2028: "01-01 nieuwjaarsdag, 04-14 goede-vrijdag, 04-17 tweede-paasdag, 04-27 koningsdag, 05-25 hemelvaartsdag, 05-26 na-hemelvaart, 06-05 tweede-pinksterdag, 12-25 eerste-kerstdag, 12-26 tweede-kerstdag",
		2029: "01-01 nieuwjaarsdag, 03-30 goede-vrijdag, 04-02 tweede-paasdag, 04-27 koningsdag, 05-10 hemelvaartsdag, 05-11 na-hemelvaart, 05-21 tweede-pinksterdag, 12-25 eerste-kerstdag, 12-26 tweede-kerstdag",
		2030: "01-01 nieuwjaarsdag, 04-19 goede-vrijdag, 04-22 tweede-paasdag, 04-27 koningsdag, 05-05 bevrijdingsdag, 05-30 hemelvaartsdag, 05-31 na-hemelvaart, 06-10 tweede-pinksterdag, 12-25 eerste-kerstdag, 12-26 tweede-kerstdag",
	} {
		var got []string
		for d := (team.Date{Year: year, Month: 1, Day: 1}); d.Year == year; d = d.AddDays(1) {
			if name, free := PublicHolidayOn(d); free {
				got = append(got, d.String()[5:]+" "+string(name))
			}
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("%d:\n got %s\nwant %s", year, got, want)
		}
	}
}

func TestPublicHolidaysHaveWords(t *testing.T) {
	for _, p := range publicHolidays {
		if nl, en := p.name.Words("nl"), p.name.Words("en"); nl == "" || en == "" || nl == en {
			t.Errorf("%s: %q, %q", p.name, nl, en)
		}
	}
	if got := KingsDay.Words("en"); got != "King's Day" {
		t.Errorf("%q", got)
	}
}
