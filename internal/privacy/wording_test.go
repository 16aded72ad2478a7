package privacy

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestAcute(t *testing.T) {
	for text, want := range map[string]bool{
		"durft niet naar huis":                     true,
		"Wil NIET naar huis vandaag":               true,
		"durft niet meer naar huis":                true,
		"zegt dat hij bang is, bang om naar huis":  true,
		"had een blauwe plek op de arm":            true,
		"had blauwe plekken":                       true,
		"vermoeden van kindermishandeling":         true,
		"wordt mishandeld":                         true,
		"praat over suïcide":                       true,
		"praat over sui\u0308cidaliteit":           true,
		"zelf-beschadiging":                        true,
		"verwaarlozing":                            true,
		"is verwaarloosd":                          true,
		"bel 112":                                  true,
		"112!":                                     true,
		"gisteren 112, vandaag rustig":             true,
		"nam een mes mee":                          true,
		"is hier spoed bij?":                       true,
		"Acuut":                                    true,
		"voelt zich onveilig":                      true,
		"wil dood":                                 true,
		"said he wants to die":                     true,
		"is afraid to go home":                     true,
		"self-harm":                                true,
		"mi\u00adshandeling, mi\u200bshandeling":   true,
		"":                                         false,
		"wil graag meespelen":                      false,
		"legt de messen en vorken neer":            false,
		"K-112 speelt graag":                       false,
		"K-014 en V-112":                           false,
		"leest 112,50 of 1.112":                    false,
		"kost € 112 per jaar":                      false,
		"punt #112":                                false,
		"06-11212112":                              false,
		"telt tot 1120":                            false,
		"112%":                                     false,
		"geen-spoed voor volgende week":            false,
		"spoedig":                                  false,
		"loopt bij handvaardigheid voor":           false,
		"gaat niet graag. Naar huis gaat hij wel":  false,
		"wil doodgraag mee":                        false,
		"het slaapt slecht en eet slecht, is lief": false,
		"speelt naast anderen":                     false,
	} {
		if got := Acute(text, DefaultAcuteWords); got != want {
			t.Errorf("Acute(%q) = %v", text, got)
		}
	}
}

func TestAcuteWithOwnWords(t *testing.T) {
	for _, tt := range []struct {
		words []string
		text  string
		want  bool
	}{
		{nil, "mishandeling", false},
		{[]string{"", " ", "*", "-"}, "", false},
		{[]string{"crisis"}, "in crisis", true},
		{[]string{"crisis"}, "crisissituatie", false},
		{[]string{"Crisis*"}, "crisissituatie", true},
		{[]string{"*geweld"}, "huiselijk-geweld", true},
		{[]string{"één keer"}, "EEN KEER", true},
		{[]string{"niet * huis"}, "niet naar huis", true},
		{[]string{"niet * huis"}, "niet huis", false},
		{[]string{"niet * huis"}, "niet. Huis", false},
	} {
		if got := Acute(tt.text, tt.words); got != tt.want {
			t.Errorf("Acute(%q, %q) = %v", tt.text, tt.words, got)
		}
	}
}

func TestEveryAcuteWordIsFoundInText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom(DefaultAcuteWords).Draw(t, "word")
		said := strings.ReplaceAll(w, " * ", " meer ")
		said = strings.ReplaceAll(said, "*", rapid.StringMatching(`[a-z]{0,5}`).Draw(t, "rest"))
		said = rapid.SampledFrom([]func(string) string{strings.ToUpper, norm.NFD.String, strings.TrimSpace}).Draw(t, "way")(said)
		text := rapid.SampledFrom([]string{"", "K-014 | ", "zegt: \"", "ja, "}).Draw(t, "before") + said +
			rapid.SampledFrom([]string{"", ".", "\"", ", en toen", "!?"}).Draw(t, "after")
		if !Acute(text, DefaultAcuteWords) {
			t.Fatalf("%q is missed in %q", w, text)
		}
	})
}

func TestReword(t *testing.T) {
	for text, want := range map[string]string{
		"heeft ADHD":                            "reword.adhd",
		"is een ADHD'er":                        "reword.adhd",
		"is een ADHD’er en druk":                "reword.adhd",
		"krijgt ADHD-medicatie?":                "reword.medication",
		"heeft ASS, dus speciaal onderwijs":     "reword.autism",
		"PDD-NOS":                               "reword.autism",
		"IQ van 80":                             "reword.iq",
		"IQ: 80-90":                             "reword.iq",
		"vraag maar een arrangement aan":        "reword.arrangement",
		"vraagt een arrangement aan":            "reword.arrangement",
		"uw kind heeft veel nodig, denk ik":     "reword.advice",
		"wij adviseren so":                      "reword.advice",
		"uit welk potje?":                       "reword.pot",
		"Wie gaat dat betalen?":                 "reword.payment",
		"zoekt uit wie dit betaalt":             "reword.payment",
		"valt niet onder ons":                   "reword.payment",
		"hoort hij niet in het sbo?":            "reword.placement",
		"is onhandelbaar":                       "reword.behaviour",
		"is gewoon lui":                         "reword.motivation",
		"K-024 is gewoon faalangstig":           "reword.failure",
		"een onderpresteerder":                  "reword.underachiever",
		"verveelt zich":                         "reword.gifted",
		"is dyslectisch":                        "reword.reading",
		"hechtingsgestoord":                     "reword.attachment",
		"trauma's van vroeger":                  "reword.trauma",
		"taalachterstand":                       "reword.language",
		"moeilijke ouders":                      "reword.parents",
		"multiprobleemgezin":                    "reword.family",
		"zit midden in een vechtscheiding":      "reword.separation",
		"dreigt thuiszitter te worden":          "reword.absence",
		"de school is handelingsverlegen":       "reword.teacher",
		"weer een zorgleerling":                 "reword.label",
		"moet getest worden":                    "reword.testing",
		"jeugdzorg moet dit oppakken":           "reword.handoff",
		"past niet in mijn groep":               "reword.group",
		"has ADHD":                              "reword.adhd",
		"who pays for this?":                    "reword.payment",
		"'s ochtends is die ADHD'er moe":        "reword.adhd",
		"ouders' wens is duidelijk, lui is hij": "reword.motivation",
		"moeder zegt: \"ja\". Hij is lui":       "reword.motivation",
		"een \" los en dan lui":                 "reword.motivation",

		"":                                            "",
		"heeft nodig: korte taken":                    "",
		"moeder zegt: \"hij heeft ADHD\"":             "",
		"moeder zegt: “hij heeft ADHD”":               "",
		"moeder zegt: „hij heeft ADHD”":               "",
		"moeder zegt: «hij heeft ADHD»":               "",
		"moeder zegt: 'hij heeft ADHD'.":              "",
		"moeder zegt: ‘hij is een ADHD’er’ vandaag":   "",
		"moeder zegt 'lui', vader zegt 'agressief'":   "",
		"sluit het luik":                              "",
		"luistert goed":                               "",
		"wil assisteren":                              "",
		"leest 80 woorden":                            "",
		"arrangement loopt goed":                      "",
		"woont bij oma. Budget is geen onderwerp":     "",
		"past goed in mijn groep":                     "",
		"uw kind. Heeft u even?":                      "",
		"de ouders willen graag meedenken":            "",
		"begint niet aan taak als het moeilijk lijkt": "",
	} {
		got, found := Reword(text)
		if got != want || found != (want != "") {
			t.Errorf("Reword(%q) = %q, %v, want %q", text, got, found, want)
		}
	}
}

func TestSuggestionsAreComplete(t *testing.T) {
	keys := map[string]bool{}
	for _, s := range suggestions() {
		if keys[s.Key] || !strings.HasPrefix(s.Key, "reword.") {
			t.Errorf("key %q is there twice or has no prefix", s.Key)
		}
		keys[s.Key] = true
		if Suggestion("nl", s.Key) != s.NL || Suggestion("en", s.Key) != s.EN || s.NL == s.EN {
			t.Errorf("%s: not both languages", s.Key)
		}
		for _, line := range []string{s.NL, s.EN} {
			if line == "" || line != strings.TrimSpace(line) || !norm.NFC.IsNormalString(line) || utf8.RuneCountInString(line) > 160 {
				t.Errorf("%s: want one filled line of at most 160 characters, got %q", s.Key, line)
			}
			// What we suggest must not itself be reworded, or tell the asker to call somebody.
			if key, found := Reword(line); found {
				t.Errorf("%s: the suggestion %q gets %s", s.Key, line, key)
			}
			if Acute(line, DefaultAcuteWords) || len(Check(line, today)) > 0 {
				t.Errorf("%s: the suggestion %q would be refused", s.Key, line)
			}
		}
		for _, typed := range s.Typed {
			said := strings.NewReplacer("#", "80", "*", "").Replace(typed)
			if key, _ := Reword("hij: " + said); key == "" {
				t.Errorf("%s: %q is never found", s.Key, typed)
			}
		}
	}
	if Suggestion("nl", "reword.unknown") != "" {
		t.Error("an unknown key has a suggestion")
	}
}

func TestTypedWordingStandsInOnePlace(t *testing.T) {
	var all []string
	for _, s := range suggestions() {
		all = append(all, s.Typed...)
	}
	slices.Sort(all)
	if got := slices.Compact(slices.Clone(all)); len(got) != len(all) {
		t.Errorf("%d wordings, %d different ones", len(all), len(got))
	}
}

func FuzzWording(f *testing.F) {
	for _, text := range []string{"durft niet naar huis", "'s ochtends 'ADHD'er'", "“a” „b” «c» \"d\" 'e", "geen-spoed: 112", "\xff*#", "IQ 80"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, text, w string) {
		key, found := Reword(text)
		if found && Suggestion("nl", key) == "" {
			t.Errorf("%q gives %q, which says nothing", text, key)
		}
		Acute(text, []string{w})
	})
}

func BenchmarkWording(b *testing.B) {
	text := strings.Repeat("Speelt naast anderen en praat met losse woorden, raakt van slag bij wisselen. Helpt: plaatjes. ", 11)[:1000]
	b.Run("acute", func(b *testing.B) {
		for b.Loop() {
			Acute(text, DefaultAcuteWords)
		}
	})
	b.Run("reword", func(b *testing.B) {
		for b.Loop() {
			Reword(text)
		}
	})
}
