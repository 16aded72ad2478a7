package team_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		lang, sentence string
		limit          int
		want           string
		ok             bool
	}{
		{"nl", "belt de school", 20, "belt de school", true},
		{"nl", "belt  even de school", 20, "belt  even de school", true},
		{"nl", "belt even de school", 16, "belt de school", true},
		{"nl", "belt eens per week de school", 20, "belt eens per week de school", false},
		{"nl", "is even vaak in de klas als op het plein", 20, "is even vaak in de klas als op het plein", false},
		{"nl", "belt, zo snel mogelijk, de school", 20, "belt, de school", true},
		{"nl", "belt de school, indien nodig, zo snel mogelijk.", 40, "belt de school, indien nodig,", true},
		{"nl", "gaat proberen om niet te lang te wachten met bellen", 40, "gaat niet te lang wachten met bellen", true},
		{"nl", "gaat proberen om K-014 op 12 feb te bellen", 30, "gaat K-014 op 12 feb bellen", true},
		{"nl", "belt z.s.m. de school", 20, "belt de school", true},
		{"nl", "zorgt ervoor dat de platen er hangen", 34, "zorgt dat de platen er hangen", true},
		{"nl", "vraagt tips met betrekking tot Rekenen", 30, "vraagt tips over Rekenen", true},
		{"nl", "Even na drie belt @emre", 10, "Even na drie belt @emre", false},
		{"nl", "belt van 3 tot en met 8 maart", 25, "belt van 3 t/m 8 maart", true},
		{"en", "is going to try to call the school as soon as possible", 30, "will call the school", true},
		{"en", "will call the school", 17, "call the school", true},
		{"en", "is just as tall as the others", 10, "is just as tall as the others", false},
		{"xx", "even", 2, "even", false},
		{"nl", "even", 2, "even", false},
	} {
		got, ok := team.Shorten(test.sentence, test.limit, test.lang)
		if got != test.want || ok != test.ok {
			t.Errorf("%q in %d: %q %v, want %q %v", test.sentence, test.limit, got, ok, test.want, test.ok)
		}
	}
}

// Whatever the sentence: nobody else is to do it, on no other day, about no
// other child.
func TestShortenKeepsWhatMatters(t *testing.T) {
	matters := regexp.MustCompile(`\d|@[\pL\pN._-]*[\pL\pN]|[KV]-\d+|\pL+`)
	words := strings.Fields("even eens eventueel zal gaan gaat proberen om te bellen, belt zorgt er voor ervoor dat met betrekking tot over Even Zal " +
		"in principe, zo snel mogelijk. de school; @emre @Fenna. K-014 K-014, V-003. 12 feb 12-02-2027 13:30 tot en met Rekenen Anna de per week als te lang (even) niet " +
		"just will is going to try in order with regard as soon possible Just number a of t/m bijvoorbeeld \"even\" een aantal, - ... é")
	rapid.Check(t, func(t *rapid.T) {
		sentence := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(words), rapid.String()), 0, 30).Draw(t, "words"), " ")
		limit := rapid.IntRange(0, 160).Draw(t, "limit")
		lang := rapid.SampledFrom([]string{"nl", "en"}).Draw(t, "lang")
		short, ok := team.Shorten(sentence, limit, lang)
		if n, was := utf8.RuneCountInString(short), utf8.RuneCountInString(sentence); n > was || ok != (n <= limit) {
			t.Fatalf("%q became %q, %v for %d", sentence, short, ok, limit)
		}
		kept := func(s string) []string {
			return slices.DeleteFunc(matters.FindAllString(s, -1), func(m string) bool {
				first, _ := utf8.DecodeRuneInString(m)
				return unicode.IsLetter(first) && !unicode.IsUpper(first)
			})
		}
		if a, b := kept(sentence), kept(short); !slices.Equal(a, b) {
			t.Fatalf("%q became %q: %q is now %q", sentence, short, a, b)
		}
		if again, _ := team.Shorten(short, limit, lang); again != short {
			t.Fatalf("%q became %q and then %q", sentence, short, again)
		}
	})
}
