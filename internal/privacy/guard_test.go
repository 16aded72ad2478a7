package privacy

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

var today = team.Date{Year: 2027, Month: 1, Day: 12}

// marked shows text with each finding as [kind|stretch].
func marked(text string) string {
	var b strings.Builder
	at := 0
	for _, f := range Check(text, today) {
		fmt.Fprintf(&b, "%s[%s|%s]", text[at:f.Start], f.Kind, text[f.Start:f.End])
		at = f.End
	}
	return b.String() + text[at:]
}

// unmarked is the text that marked was made of.
func unmarked(marked string) string {
	for _, k := range Kinds {
		marked = strings.ReplaceAll(marked, "["+string(k)+"|", "[")
	}
	return strings.NewReplacer("[", "", "]", "").Replace(marked)
}

func checkMarked(t *testing.T, texts []string) {
	t.Helper()
	for _, want := range texts {
		if got := marked(unmarked(want)); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestBSN(t *testing.T) {
	checkMarked(t, []string{
		"[bsn|123456782]",
		"nummer [bsn|111222333].",
		"zie [bsn|1234.56.782] in het systeem",
		"zie [bsn|123 456 782]",
		"zie [bsn|123-456-782], klopt dat?",
		"zie [bsn|12 34 56 782]",
		"zie [bsn|1 2 3 4 5 6 7 8 2]",
		"zie [bsn|123\u00a0456\u202f782]",
		"zie [bsn|123\u200b456\u00ad782]",
		"zie [bsn|１２３４５６７８２]",
		"zie [bsn|١٢٣٤٥٦٧٨٢]",
		"zie [bsn|123 - 456 - 782]",
		"K-014 [bsn|123456782]",
		"groep 5 [bsn|123 456 782]",
		"K-014 [bsn|012 345 672]",
		"leerling_[bsn|123456782]_toets",
		"(bsn:[bsn|123456782])",
		"BSN[bsn|123456782]",
		"BSN: [bsn|123456789]", // fails the test of eleven, but says what it is
		"burgerservicenummer is [bsn|987654321]",
		"onderwijsnummer [bsn|100000009]",
		"[bsn|010464554] en [bsn|10464554]",
		"twee: [bsn|123456782], [bsn|111222333]",
		// Other numbers.
		"000000000",
		"123456789",
		"1234567823",
		"x123456782",
		"123456782x",
		"2024-2025",
		"schooljaar 2024/2025",
		"van 13.30-14.45 en 08:30 - 09:15",
		"van 1330-1430",
		"di 12-02-2027 13.30",
		"2027-01-12T08:30:00",
		"acties 12, 14, 17, 21",
		"K-014, K-021 en K-024",
		"groep 3 4 5",
		"€ 1.250,00 of 12.500",
		"toon 12",
		"BSN is nog niet bekend, 3 afspraken",
	})
}

func TestPhone(t *testing.T) {
	checkMarked(t, []string{
		"bel [phone|0612345678]",
		"bel [phone|06-12345678] even",
		"bel [phone|06 12 34 56 78].",
		"bel [phone|06.12.34.56.78]",
		"bel [phone|+31612345678]",
		"bel [phone|+31 6 1234 5678]",
		"bel [phone|+31 (0)6 12345678]",
		"bel [phone|0031 6 12345678]",
		"bel [phone|020-1234567]",
		"bel [phone|(020) 123 45 67]",
		"bel [phone|0118-123456] na 14 uur",
		"bel [phone|+32 475 12 34 56]",
		"tel:[phone|0612345678]",
		"mama [phone|06-12345678], papa [phone|06-87654321]",
		// Numbers that belong to nobody in particular.
		"bel 112",
		"Veilig Thuis 0800-2000 24 uur per dag",
		"Veilig Thuis 0800 2000",
		"politie 0900-8844",
		"Kindertelefoon 0800-0432, 113 is 0800-0113",
		"GGD 088 123 45 67",
		"gemeente 14 023",
		// Other numbers.
		"12 34 56",
		"06 12 kinderen",
		"0123456",
		"van 09.30-10.30 12 kinderen",
		"+2 op de schaal",
	})
}

func TestBirth(t *testing.T) {
	checkMarked(t, []string{
		"is van [birth|12-05-2015]",
		"is van [birth|12/5/2015]",
		"is van [birth|12.05.2015].",
		"is van [birth|12 05 2015]",
		"is van [birth|2015-05-12]",
		"is van [birth|12-05-15]",
		"is van [birth|12 mei 2015]",
		"is van [birth|12 Mei 2015]",
		"is van [birth|12e mei 2015]",
		"is van [birth|12-mei-2015]",
		"is van [birth|12 mei '15]",
		"is van [birth|3 aug. 2016]",
		"is van [birth|12th of May 2015]",
		"is van [birth|May 12, 2015]",
		"is van [birth|12 januari 2025]", // two years ago to the day
		"vader is van [birth|03-11-1984]",
		"geb. [birth|3-4]",
		"geb. [birth|12-05-26]",
		"geboren op [birth|3 mei]",
		"geboren in de zomer, op [birth|3 juli 2026]",
		"geboortedatum: [birth|12052015]",
		"born on [birth|3 May 2026]",
		// Plans, and what is since long.
		"is van 13 januari 2025",
		"uiterlijk 12-02-2027",
		"uiterlijk 12 feb 2027",
		"op 12-02-27 om 13.30",
		"do 11 mrt",
		"begint 5 februari",
		"sinds 1 augustus 2014",
		"per 1-8-2014",
		"groep 5-6-7",
		"in 2015",
		"31-02-2015",
		"geboren in Zeeland",
		"is net geboren. Overleg op 3 mei",
		"schaal 4-5-6",
		"verslag 3 van 2015",
	})
}

func TestContact(t *testing.T) {
	checkMarked(t, []string{
		"mail [email|m.devries@school.nl]",
		"mail <[email|m.devries+ib@de-school.nl]>.",
		"mailto:[email|moeder_2015@gmail.com]",
		"mail [email|zoë@école.fr], graag",
		"[email|123456782@school.nl]",
		"@anna.de.vries plant het gesprek",
		"hallo @jgz, wil je @smw vragen?",
		"twee @ drie",
		"anna@school",

		"woont [address|1234 AB 12]",
		"woont [address|1234AB12]",
		"woont [address|1234ab, 12a]",
		"woont [address|1234 AB nr. 12]",
		"woont [address|1234 AB-12]",
		"Dorpsstraat [address|12, 1234 AB] Helmond",
		"Dorpsstraat [address|12a\n1234 AB] Helmond",
		"woont [address|2011 RB 9]",
		"postcode 1234 AB",
		"in 2027 is 3 keer genoeg",
		"in 2027 op 3 dagen",
		"1234 SS 12",
		"0123 AB 12",
		"1234 ABC 12",
		"1234 AB, 12 mei 2027",

		"rekening [iban|NL91ABNA0417164300]",
		"rekening [iban|NL91 ABNA 0417 1643 00]",
		"rekening [iban|nl91abna0417164300].",
		"rekening [iban|NL91-ABNA-0417-1643-00] graag",
		"rekening [iban|BE71 0961 2345 6769]",
		"rekening [iban|DE89370400440532013000]",
		"rekening NL92ABNA0417164300",
		"rekening NL92 ABNA 0417 1643 00",
		"NL is klein",
		"de 12 kinderen van groep 5",
	})
}

func TestName(t *testing.T) { checkMarked(t, nameTexts) }

var nameTexts = []string{
	"[name|Emma] speelt graag alleen",
	"gisteren was [name|Mohammed] stil",
	"K-014 | gezien: [name|Sem] begint niet",
	"[name|Emma's] moeder kwam langs",
	"[name|Emma’s] moeder kwam langs",
	"met [name|Anne-Fleur] gesproken",
	"met [name|Zoë de Vries] gesproken",
	"met [name|Zoe\u0308] gesproken",
	"met [name|Sofie van der Berg] gesproken",
	"met [name|Fenne van der Meulen] gesproken",
	"met [name|Fenne Dijkstra] gesproken",
	"met [name|Jorrit Aalbers] gesproken",
	"[name|Fenne van Dijk] was er niet",
	"het kind heet [name|Fenne]",
	"zij heet [name|emma]",
	"een jongen genaamd [name|Jorrit]",
	"roepnaam: [name|Jorrit]",
	"naam is [name|Jorrit]",
	"moeder [name|Fadoua] maakt zich zorgen",
	"broertje [name|Jorrit] komt volgend jaar",
	"mevrouw [name|Aalbers] belt",
	"mevr. [name|van der Aalst] belt",
	"dhr. [name|Jansen] belt",
	"familie [name|De Vries] doet mee",
	"gesproken met [name|J. de Vries]",
	"gesproken met [name|J.P. Jansen]",
	"bij [name|van Dijk] thuis",
	"a boy called [name|Jorrit]",
	"[name|Willem] en [name|Fatima] spelen samen",
	"[name|Jan-Willem] leest",

	// Sentences and lines start with a capital.
	"Speelt graag alleen. Praat met losse woorden. Raakt van slag bij wisselen.",
	"Vandaag ging het goed\nMorgen kijken we verder\n- Leerkracht belt ouders",
	"gezien: Speelt alleen | helpt: Plaatjes | nodig: Zachte start",
	"Graag Samen Kijken Naar Een Plan",
	// Organisations and roles.
	"advies gevraagd aan Veilig Thuis",
	"het Centrum voor Jeugd en Gezin denkt mee",
	"de Raad voor de Kinderbescherming",
	"bij Jeugdbescherming West nagevraagd",
	"op basisschool De Zwaan",
	"op de Anne Frankschool",
	"het Titus Brandsma College",
	"bij het Huis van de Wijk",
	"tijdens de Week van de Opvoeding",
	"met GGD Kennemerland en CJG Kennemerland",
	"in Zuid-Kennemerland, Den Haag en Nieuw Vennep",
	"via Stichting Passend Onderwijs",
	"in ParnasSys en Kindkans gezet",
	"Kans!overleg van het kernteam",
	"de Kinderombudsman Dag",
	// Colleagues are no secret.
	"juf Anne kijkt mee",
	"IB'er Anna belt de ouders",
	"collega Tom Jansen",
	"@anna.de.vries plant het",
	// Days, months, languages, feasts.
	"op Maandag 3 Mei en Vrijdag 7 Mei",
	"di 12 Jan",
	"spreekt thuis Turks en op school Nederlands",
	"moeder spreekt Arabisch",
	"moeder Marokkaanse",
	"na de Kerst en voor Pasen",
	// Ordinary words that look like names.
	"het is heet in het lokaal",
	"het project heet Samen Sterk",
	"de methode heet Kanjer",
	"Max 3 punten. Mark de datum. Ben benieuwd. Wil graag meedoen. Roos in de tuin.",
	"de leerling. Daarna gaan we verder",
	"optie A. Daarna kijken we",
	"from the family. Families come",
	"het Kind Mijn Plan",
	"kind en ouders doen mee",
	"van de week, van der aard, de boer op",
	"we called Veilig Thuis",
	"K-014 en V-003",
}

func TestOnlyNamesCanBeOverruled(t *testing.T) {
	text := "Emma 123456782 geb. 3-4-2015 0612345678 1234 AB 5 a@b.nl NL91ABNA0417164300"
	seen := map[Kind]bool{}
	for _, f := range Check(text, today) {
		seen[f.Kind] = true
		if f.Certain != (f.Kind != Name) {
			t.Errorf("%s: Certain is %v", f.Kind, f.Certain)
		}
	}
	for _, k := range Kinds {
		if !seen[k] {
			t.Errorf("%s is not found in %q", k, text)
		}
	}
}

// withCheckDigit makes eight digits into a BSN, if that is possible.
func withCheckDigit(eight string) (string, bool) {
	for last := range 10 {
		nine := eight + fmt.Sprint(last)
		if elevenTest([]byte(nine)) {
			return nine, true
		}
	}
	return "", false
}

var anyBSN = rapid.Custom(func(t *rapid.T) string {
	for {
		if bsn, ok := withCheckDigit(rapid.StringMatching(`[0-9]{8}`).Draw(t, "eight")); ok {
			return bsn
		}
	}
})

func TestEveryBSNIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bsn := anyBSN.Draw(t, "bsn")
		separator := rapid.SampledFrom([]string{"", " ", ".", "-", "/", ":", "_", " - ", "\u00a0", "\u2009", "–", "·", "\u200b"}).Draw(t, "separator")
		var written strings.Builder
		for i := range bsn {
			if i > 0 && rapid.Bool().Draw(t, "cut") {
				written.WriteString(separator)
			}
			written.WriteByte(bsn[i])
		}
		before := rapid.SampledFrom([]string{"", "nr ", "het is (", "BSN:", "K-014 | ", "K-014 ", "é "}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", ".", ") klopt", ", groep 5", "\n12 mei"}).Draw(t, "after")
		text := before + written.String() + after
		for _, f := range Check(text, today) {
			if f.Kind == BSN && text[f.Start:f.End] == written.String() && f.Certain {
				return
			}
		}
		t.Fatalf("not found in %q: %q", text, marked(text))
	})
}

func TestEightDigitBSNIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bsn := anyBSN.Filter(func(s string) bool { return s[0] == '0' && s[1] != '0' }).Draw(t, "bsn")[1:]
		if want := "[bsn|" + bsn + "]"; marked(bsn) != want {
			t.Fatalf("got %q, want %q", marked(bsn), want)
		}
	})
}

func TestOneInElevenNumbersLooksLikeABSN(t *testing.T) {
	const total = 11_000
	hits := 0
	for i := range total {
		number := fmt.Sprintf("%09d", (i+1)*90_901) // spread over all nine-digit numbers
		if len(Check(number, today)) > 0 {
			hits++
		}
	}
	if hits < total/11*9/10 || hits > total/11*11/10 {
		t.Errorf("%d of %d numbers, want about %d", hits, total, total/11)
	}
}

func TestElevenTestCatchesSlips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bsn := []byte(anyBSN.Draw(t, "bsn"))
		i := rapid.IntRange(0, 7).Draw(t, "place")
		changed := append([]byte(nil), bsn...)
		changed[i] = '0' + (changed[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if elevenTest(changed) {
			t.Fatalf("%s with digit %d changed to %s passes", bsn, i, changed)
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, text := range nameTexts {
		f.Add(unmarked(text))
	}
	for _, text := range []string{"BSN 1234.56.782", "+31 (0)6 12345678", "NL91 ABNA 0417 1643 00", "1234 AB 12a", "geb. 3-4-15", "a.b@c.nl", "\xff9\u0301@\u200b", strings.Repeat("1-", 99)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, f := range Check(text, today) {
			if f.Start < at || f.End <= f.Start || f.End > len(text) {
				t.Fatalf("%q: %+v overlaps or is outside", text, f)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[f.Start:f.End]) {
				t.Fatalf("%q: %+v cuts a character", text, f)
			}
			at = f.End
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	text := strings.Repeat("Speelt naast anderen en praat met losse woorden, raakt van slag bij wisselen. Helpt: plaatjes. ", 11)[:1000]
	for name, text := range map[string]string{
		"plain":   text,
		"numbers": strings.Repeat("12 34-5.6 ", 100),
		"hostile": strings.Repeat("A.", 500),
		"names":   strings.Repeat("met Fenne de Vries ", 53)[:1000],
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Check(text, today)
			}
		})
	}
}
