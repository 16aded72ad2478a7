package schedule

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"kansbot/internal/team"
)

func TestCutDate(t *testing.T) {
	for _, c := range []struct{ text, rest, date string }{
		{"vraagt logopedist om tips voor de klas voor 12 feb", "vraagt logopedist om tips voor de klas", "2027-02-12"},
		{"IB'er plant overdracht uiterlijk 5 feb; gelukt als leerkracht de 3 helpers kent", "IB'er plant overdracht; gelukt als leerkracht de 3 helpers kent", "2027-02-05"},
		{"uiterlijk 5 feb belt SMW; gelukt als het klaar is voor 1 maart", "belt SMW; gelukt als het klaar is voor 1 maart", "2027-02-05"},
		{"belt  moeder,  over 2 weken!", "belt  moeder", "2027-01-21"},
		{"belt ouders voor vrijdag.", "belt ouders", "2027-01-08"},
		{"Belt ouders. Uiterlijk vrijdag.", "Belt ouders.", "2027-01-08"},
		{"belt morgen", "belt", "2027-01-08"},
		{"belt vóór do 11 feb", "belt", "2027-02-11"},
		{"belt op 12-02-2027", "belt", "2027-02-12"},
		{"klaar voor 12-2", "klaar", "2027-02-12"},
		{"oefent tot en met vrijdag", "oefent", "2027-01-08"},
		{"oefent t/m 12 feb", "oefent", "2027-02-12"},
		{"regelt dit binnen 2 weken", "regelt dit", "2027-01-21"},
		{"gesprek 3 maart", "gesprek", "2027-03-03"},
		{"toets groep 3 voor 3 maart", "toets groep 3", "2027-03-03"},
		{"toets groep 3 3 maart", "toets groep 3", "2027-03-03"},
		{"zoekt voor vrijdag een plek", "zoekt een plek", "2027-01-08"},
		{"Voor vrijdag: plek zoeken", "plek zoeken", "2027-01-08"},
		{"kijkt mee (uiterlijk 12 feb)", "kijkt mee", "2027-02-12"},
		{"schrijft verslag (voor 12 feb) en stuurt dat", "schrijft verslag en stuurt dat", "2027-02-12"},
		{"regelt voor 12 feb 20 stoelen", "regelt 20 stoelen", "2027-02-12"},
		{"plant het in, uiterlijk eind volgende week, met ouders", "plant het in, met ouders", "2027-01-15"},
		{"voor 12 feb", "", "2027-02-12"},
		{"belt voor de 12e februari", "belt", "2027-02-12"},
		{"belt vrijdag a.s.", "belt", "2027-01-08"},
		{"plant gesprek op 12 feb om 14:00", "plant gesprek", "2027-02-12"},
		{"belt de ouders voor 12 feb 13:00", "belt de ouders", "2027-02-12"},
		{"belt voor 12 feb half twee de ouders", "belt de ouders", "2027-02-12"},
		{"calls by the 12th of February", "calls", "2027-02-12"},
		{"calls the parents by Friday", "calls the parents", "2027-01-08"},
		{"asks the school by 12 Feb for help", "asks the school for help", "2027-02-12"},
		{"belt ouders voor Goede Vrijdag", "belt ouders", "2027-03-26"},
		{"calls on Feb 12, 2027", "calls", "2027-02-12"},
	} {
		rest, d, found, err := CutDate(c.text, thursday)
		if err != nil || !found || rest != c.rest || d != day(c.date) {
			t.Errorf("%q\n got %q %s %s\nwant %q %s", c.text, rest, d, explain(err), c.rest, c.date)
		}
	}
}

func TestCutDateLeavesAlone(t *testing.T) {
	for _, text := range []string{
		"", "maakt plan voor de klas", "regelt plek op school", "start in groep 3", "start in groep 3 maart", "materiaal voor groep 7/8", "materiaal 7/8",
		"leest blz 12-13", "groepje voor 5-6 leerlingen", "haalt 12 stoelen", "doet het zo", "wat te do", "belt ma", "bespreekt K-014 feb", "bespreekt K-12 mei", "leest dossier Q-12 mei", "zet het op #vrijdag",
		"belt elke vrijdag", "elke week op vrijdag", "het verslag van 12 feb", "sinds maandag", "op maandag en vrijdag", "goede morgen", "afgelopen vrijdag",
		"vrijdagmiddag", "vrijdag-middag", "we may", "sat in the sun", "in maart", "belt volgende week", "06-12345678", "023-5-12", "scoort 6/10", "per maand",
		"afspraak op 12 feb verzetten", "regelt koningsdag", "praat over goede vrijdag",
	} {
		rest, d, found, err := CutDate(text, thursday)
		if err != nil || found || rest != text || !d.IsZero() {
			t.Errorf("%q = %q %s %s", text, rest, d, explain(err))
		}
	}
}

func TestCutDateProblems(t *testing.T) {
	for text, code := range map[string]string{
		"tips voor 30 feb": "date.none", "tips voor 31-04-2027": "date.none", "tips uiterlijk ma 12 feb; gelukt als": "date.weekday", "tips voor 12-02-2026": "date.past",
		"tips voor 12 feb 2031": "date.far", "tips voor volgende vrijdag": "date.unclear", "calls by Monday 12 February": "date.weekday",
	} {
		rest, _, found, err := CutDate(text, thursday)
		if p, ok := err.(*team.Problem); !ok || p.Code != code || p.Field != "datum" || found || !slices.Contains([]string{"tips", "tips; gelukt als", "calls"}, rest) {
			t.Errorf("%q: %q %t %s", text, rest, found, explain(err))
		}
	}
}

func FuzzCutDate(f *testing.F) {
	for _, text := range []string{
		"vraagt logopedist om tips voor de klas voor 12 feb", "plant overdracht uiterlijk 5 feb; gelukt als", "t/m vrijdag (tot en met 12 feb)", "belt over 2 weken!", "voor 30 feb", "\"voor vrijdag\"\xff", "op op op morgen",
	} {
		f.Add(text, 20000)
	}
	f.Fuzz(func(t *testing.T, text string, days int) {
		today := day("2026-01-01").AddDays(days % 3000)
		rest, d, found, err := CutDate(text, today)
		switch {
		case err != nil:
			if example := checkProblem(t, text, err, "datum", "date."); found || rest == text {
				t.Fatalf("%q: %q %t", text, rest, found)
			} else if _, err := ParseDate(example, today); err != nil {
				t.Fatalf("%q has the example %q: %s", text, example, explain(err))
			}
		case !found:
			if rest != text || !d.IsZero() {
				t.Fatalf("%q: %q %s", text, rest, d)
			}
		default:
			if !d.Valid() || d.Before(today) {
				t.Fatalf("%q on %s: %s", text, today, d)
			}
			// What is left was typed: the text less one cut and some punctuation.
			letters := func(s string) string {
				return strings.Map(func(r rune) rune {
					if unicode.IsLetter(r) || unicode.IsDigit(r) {
						return r
					}
					return -1
				}, s)
			}
			whole, left := letters(text), letters(rest)
			n := 0
			for n < len(left) && whole[n] == left[n] {
				n++
			}
			if len(left) >= len(whole) || !strings.HasSuffix(whole, left[n:]) {
				t.Fatalf("%q: %q", text, rest)
			}
		}
	})
}
