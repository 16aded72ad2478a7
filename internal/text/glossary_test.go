package text

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestGlossaryIsComplete(t *testing.T) {
	for _, e := range glossary().terms {
		for lang, m := range map[Lang]meaning{NL: e.NL, EN: e.EN} {
			for name, line := range map[string]string{"word": m.Word, "school": m.School, "care": m.Care, "say": m.Say} {
				if line == "" || line != strings.TrimSpace(line) || !norm.NFC.IsNormalString(line) {
					t.Errorf("%s.%s.%s = %q: want one filled, trimmed, composed line", e.Key, lang, name, line)
				}
				if utf8.RuneCountInString(line) > 140 {
					t.Errorf("%s.%s.%s has %d characters, want at most 140", e.Key, lang, name, utf8.RuneCountInString(line))
				}
				if end := line[len(line)-1:]; name != "word" && !strings.Contains(".?!", end) {
					t.Errorf("%s.%s.%s does not end as a sentence: %q", e.Key, lang, name, line)
				}
			}
		}
		if e.NL.School == e.EN.School || e.NL.Care == e.EN.Care || e.NL.Say == e.EN.Say {
			t.Errorf("%s is not translated", e.Key)
		}
	}
}

func TestGlossaryNamesAreUnique(t *testing.T) {
	owner := map[string]string{}
	for i, e := range glossary().terms {
		for _, name := range glossary().names[i] {
			if other, taken := owner[name]; taken {
				t.Errorf("%q is a name of both %s and %s", name, other, e.Key)
			}
			owner[name] = e.Key
		}
	}
	lines := map[string]string{}
	for _, e := range glossary().terms {
		for _, say := range []string{e.NL.Say, e.EN.Say} {
			if other, taken := lines[say]; taken {
				t.Errorf("%s and %s say the same: %q", other, e.Key, say)
			}
			lines[say] = e.Key
		}
	}
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		typed string
		key   string
	}{
		{"regie", "regie"},
		{"Regie", "regie"},
		{"  REGIE ?", "regie"},
		{"de regie", "regie"},
		{"eigen regie", "regie"},
		{"ib'er", "iber"},
		{"IB’er", "iber"},
		{"ib'ers", "iber"},
		{"IB", "iber"},
		{"kc'er", "iber"},
		{"KC", "iber"},
		{"intern begeleider", "iber"},
		{"intern begeleiders", "iber"},
		{"kwaliteitscoordinator", "iber"},
		{"kwaliteitscoördinator", "iber"},
		{"kwaliteitscoo\u0308rdinatoren", "iber"},
		{"signalen", "signaal"},
		{"signal", "signaal"},
		{"casussen", "casus"},
		{"meldingen", "melding"},
		{"beschikkingen", "beschikking"},
		{"beschiking", "beschikking"},
		{"thuiszitters", "thuiszitter"},
		{"wat is een TLV?", "tlv"},
		{"TLV's", "tlv"},
		{"toelaatbaarheidsverklaring", "tlv"},
		{"toelatbaarheidsverklaring", "tlv"},
		{"OPP's", "opp"},
		{"swv", "swv"},
		{"samenwerkingsverbanden", "swv"},
		{"swv begeleider", "swv-begeleider"},
		{"niet vrij toegankelijk", "niet-vrij-toegankelijk"},
		{"niet-vrij-toegankelijke hulp", "niet-vrij-toegankelijk"},
		{"vrij toegankelijk", "vrij-toegankelijk"},
		{"extra ondersteuning", "extra-ondersteuning"},
		{"ondersteuning", "ondersteuning"},
		{"1 gezin 1 plan", "hulpplan"},
		{"één gezin, één plan", "hulpplan"},
		{"gezinsplannen", "hulpplan"},
		{"OTS", "ots"},
		{"OTs", "ots"},
		{"OT", "ondersteuningsteam"},
		{"MDO", "ondersteuningsteam"},
		{"jeugdzorg", "jeugdhulp"},
		{"youth care", "jeugdhulp"},
		{"handover", "warme-overdracht"},
		{"warme overdrachten", "warme-overdracht"},
		{"warme overdacht", "warme-overdracht"},
		{"veiligthuis", "veilig-thuis"},
		{"VVE", "vve"},
		{"voor- en vroegschoolse educatie", "vve"},
		{"leerplichtambtenaren", "leerplicht"},
		{"dwang", "drang-en-dwang"},
		{"cjg'er", "cjg-coach"},
		{"wat betekent arangementen eigenlijk", "arrangement"},
	} {
		term, suggestions, found := Lookup(NL, tt.typed)
		if !found || term.Key != tt.key || suggestions != nil {
			t.Errorf("Lookup(%q) = %q, %q, %v, want %s", tt.typed, term.Key, suggestions, found, tt.key)
		}
	}
}

func TestLookupSuggests(t *testing.T) {
	for _, tt := range []struct {
		typed string
		want  []string
	}{
		{"", nil},
		{"?!", nil},
		{"op", nil},
		{"sinterklaas", nil},
		{"regio", []string{"regie"}},
		{"tvl", []string{"TLV (toelaatbaarheidsverklaring)"}},
		{"casis", []string{"casus"}},
		{"verschil TLV en beschikking", []string{"TLV (toelaatbaarheidsverklaring)", "beschikking"}},
		{"wat betekent toeleidng eigenlijk", []string{"toeleiding"}},
		{"groei", []string{"groeidocument"}},
	} {
		term, suggestions, found := Lookup(NL, tt.typed)
		if found || term != (Term{}) || !slices.Equal(suggestions, tt.want) {
			t.Errorf("Lookup(%q) = %q, %q, %v, want suggestions %q", tt.typed, term.Key, suggestions, found, tt.want)
		}
	}
}

func TestLookupAnswersInTheAskedLanguage(t *testing.T) {
	dutch, _, _ := Lookup(NL, "handover")
	english, _, _ := Lookup(EN, "warme overdracht")
	if dutch.Word != "warme overdracht" || english.Word != "warm handover (warme overdracht)" {
		t.Errorf("got %q and %q", dutch.Word, english.Word)
	}
	if other, _, _ := Lookup("fr", "handover"); other != dutch {
		t.Errorf("an unknown language gave %+v, want Dutch", other)
	}
}

func TestTermsCanAllBeLookedUp(t *testing.T) {
	for _, lang := range Langs {
		words := Terms(lang)
		if len(words) != len(glossary().terms) {
			t.Fatalf("%d words in %s, want %d", len(words), lang, len(glossary().terms))
		}
		for i, word := range words {
			if i > 0 && letters(words[i-1]) > letters(word) {
				t.Errorf("%s: %q comes after %q", lang, words[i-1], word)
			}
			if term, _, found := Lookup(lang, word); !found || term.Word != word {
				t.Errorf("Lookup(%s, %q) = %+v, %v", lang, word, term, found)
			}
		}
	}
}

func TestEveryNameSurvivesHowItIsTyped(t *testing.T) {
	g := glossary()
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(g.terms)-1).Draw(t, "term")
		e := g.terms[i]
		name := rapid.SampledFrom(append([]string{e.Key}, e.Aliases...)).Draw(t, "name")
		typed := rapid.SampledFrom([]func(string) string{
			strings.ToUpper,
			norm.NFD.String,
			func(s string) string { return strings.ReplaceAll(s, "-", " ") },
			func(s string) string { return " '" + s + "'? " },
		}).Draw(t, "way")(name)
		if term, _, found := Lookup(NL, typed); !found || term.Key != e.Key {
			t.Fatalf("Lookup(%q) = %q, %v, want %s", typed, term.Key, found, e.Key)
		}
	})
}

func TestEdits(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"regie", "regie", 0}, {"regie", "regio", 1}, {"tvl", "tlv", 1},
		{"casus", "cass", 1}, {"casus", "casussen", 3}, {"één", "een", 2}, {"ab", "ba", 1},
	} {
		if got := edits(tt.a, tt.b); got != tt.want || edits(tt.b, tt.a) != tt.want {
			t.Errorf("edits(%q, %q) = %d, want %d both ways", tt.a, tt.b, got, tt.want)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, seed := range []string{"regie", "IB’er", "wat is een TLV?", "één gezin één plan", "\xff\u0301", strings.Repeat("zorg ", 400)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, words string) {
		nl, suggestions, found := Lookup(NL, words)
		en, others, same := Lookup(EN, words)
		if found != same || nl.Key != en.Key || len(suggestions) != len(others) {
			t.Errorf("%q: Dutch gives %q %q, English %q %q", words, nl.Key, suggestions, en.Key, others)
		}
		if found == reflect.ValueOf(nl).IsZero() || found && suggestions != nil || len(suggestions) > MaxSuggestions {
			t.Errorf("%q gives %+v, %q, %v", words, nl, suggestions, found)
		}
	})
}

func BenchmarkLookupSlip(b *testing.B) {
	for b.Loop() {
		Lookup(NL, "ondersteunignsteem")
	}
}
