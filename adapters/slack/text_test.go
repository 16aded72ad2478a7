package slack

import (
	"kansbot/internal/chat"
	"maps"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack/slackutilsx"
)

// asTyped names people by what stands in the reference, or their id.
func asTyped(names map[string]string) func(id, label string) string {
	return func(id, label string) string {
		if name, ok := names[id]; ok {
			return name
		}
		return label
	}
}

func TestPlain(t *testing.T) {
	names := map[string]string{"U12": "anna", "U13": "Bart de Vries", "U14": "anna", "W15": "…", "U16": "Zoë_ K.", "U17": "jan@x.nl"}
	for _, test := range []struct {
		sent, text string
		mentions   map[string]string
	}{
		{"", "", nil},
		{"gewone tekst, a &lt; b &amp; c &gt; d", "gewone tekst, a < b & c > d", nil},
		{"&amp;lt; &nbsp; &#38;", "&lt; &nbsp; &#38;", nil},
		{"<@U12> belt voor vrijdag", "@anna belt voor vrijdag", map[string]string{"anna": "U12"}},
		{"<@U12|ander> belt", "@anna belt", map[string]string{"anna": "U12"}},
		{"<@U18|carla> en <@U19|>", "@carla en @U19", map[string]string{"carla": "U18", "u19": "U19"}},
		{"<@U13> en <@W15> en <@U16>, <@U17>", "@Bart.de.Vries en @W15 en @Zoë_.K, @jan.x.nl", map[string]string{"bart.de.vries": "U13", "w15": "W15", "zoë_.k": "U16", "jan.x.nl": "U17"}},
		{"<@U12> <@U14> <@U12>", "@anna @anna-U14 @anna", map[string]string{"anna": "U12", "anna-u14": "U14"}},
		{"bel<@U12>vandaag (<@U12>), <@U12><@U13>.", "bel @anna vandaag (@anna), @anna @Bart.de.Vries.", map[string]string{"anna": "U12", "bart.de.vries": "U13"}},
		{"<@U12>.nl <@U12>... <@U12>-<@U13> <@U12><https://x.nl|x>", "@anna .nl @anna... @anna- @Bart.de.Vries @anna x", map[string]string{"anna": "U12", "bart.de.vries": "U13"}},
		{"&lt;@U12&gt; @anna", "<@U12> @anna", nil},
		{"<#C12|algemeen> <#C12|> <#C12>", "#algemeen #C12 #C12", nil},
		{"<https://x.nl/a?b=1&amp;c=2> <https://x.nl|x &amp; y> <mailto:a@b.nl|a@b.nl> <mailto:a@b.nl>", "https://x.nl/a?b=1&c=2 x & y a@b.nl a@b.nl", nil},
		{"<!here> <!channel|channel> <!everyone>", "@here @channel @everyone", nil},
		{"<!subteam^S12|@groep> <!subteam^S12>", "@groep @S12", nil},
		{"<!date^1392734382^{date}|12 februari> <!date^1392734382^{date}>.", "12 februari .", nil},
		{"<> <@> <|> <@|x> < <@U12", " @  @x < <@U12", nil},
		{"<a <@U12>> <@u12>", "<a @anna> @u12", map[string]string{"anna": "U12"}},
	} {
		text, mentions := plain(test.sent, asTyped(names))
		if text != test.text || !maps.Equal(mentions, test.mentions) {
			t.Errorf("%q\n\tis  %q %v\n\tnot %q %v", test.sent, text, mentions, test.text, test.mentions)
		}
	}
}

// typedMention is how commands find who is mentioned in a text.
var typedMention = regexp.MustCompile(`(^|[\s(,;])@([\pL\pN][\pL\pN._-]*)`)

// FuzzPlain holds that everybody who is mentioned can be found, and that a text
// without references comes out as it went in.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{hostile, "<@U12>", "a<@U12|b>c<@U13>", "<@U12><@W13|x>.y", "<!subteam^S1|@g>", "&amp;amp;", "<a|<b>", "é<@U12>_", "<@U12|a><@U13|A>", "<@U12|İ>ß"} {
		f.Add(s, "anna")
		f.Add(s, "Ann a.-")
	}
	f.Add("<@U12>", "a\u0301b")
	f.Fuzz(func(t *testing.T, s, name string) {
		if text, mentions := plain(slackutilsx.EscapeMessage(s), asTyped(nil)); text != s || len(mentions) > 0 {
			t.Errorf("%q becomes %q %v", s, text, mentions)
		}
		text, mentions := plain(s, func(id, label string) string {
			if !mentionable.MatchString(id) {
				t.Errorf("asks for %q", id)
			}
			return strings.TrimPrefix(label, "!") + name
		})
		if utf8.ValidString(s) && utf8.ValidString(name) && !utf8.ValidString(text) {
			t.Errorf("not UTF-8: %q", text)
		}
		found := map[string]bool{}
		for from := 0; ; {
			m := typedMention.FindStringSubmatchIndex(text[from:])
			if m == nil {
				break
			}
			found[strings.ToLower(strings.TrimRight(text[from+m[4]:from+m[5]], ".-"))] = true
			from += m[5]
		}
		for handle, id := range mentions {
			if !found[handle] {
				t.Errorf("%s, %q, cannot be found in %q: %v", id, handle, text, found)
			}
		}
	})
}

func TestFirst(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{
		{"", 5, ""}, {"abcde", 5, "abcde"}, {"abcdef", 5, "abcd…"}, {"ééééé", 5, "ééééé"}, {"éééééé", 5, "éééé…"},
		{"a&b", 7, "a&b"}, {"a&b", 6, "a…"}, {"a<b", 6, "a<b"}, {"a<b", 5, "a…"}, {"&", 4, "…"}, {"😀😀", 1, "…"},
	} {
		if got := first(test.text, test.n); got != test.want {
			t.Errorf("%q to %d: %q, not %q", test.text, test.n, got, test.want)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\rc\u2028d": "a\nb\nc\nd", "a\tb\u00a0c": "a b c", "\x00\x1b[1m": "[1m", "\u202Ea\u2066b\u200B": "ab",
		"👩\u200D🏫": "👩\u200D🏫", "\xffa": "\uFFFDa",
	} {
		if got := chat.Clean(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}
