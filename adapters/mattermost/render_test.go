package mattermost

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"
	"github.com/mattermost/mattermost/server/public/shared/markdown"

	"kansbot/internal/chat"
)

var update = flag.Bool("update", false, "write the golden files anew")

func plain(s string) []chat.Span { return []chat.Span{{Text: s}} }

const (
	annaID  = "annaannaannaannaannaanna11"
	bartID  = "bartbartbartbartbartbart22"
	hostile = "@channel @here, @all en @anna; **vet** _cursief_ ~~weg~~ `code` [klik](https://kwaad.example) ![x](http://kwaad.example/x.png)\r\n# kop\n- punt\n+ punt\n1. een\n2) twee\n> citaat\n```\nblok\n```\n| a | b |\n|---|---|\n<b>html</b> &lt;b&gt; <@abc> <http://a|b> http://kwaad.example www.kwaad.example kwaad.nl/pad mailto:a@b.nl a@b.nl :smile: :100: om 13:30 en 9:05, $x^2$ en $$y$$ ~town-square #hashtag C:\\temp\\* \u202Eomgekeerd\u202C\x00\x1b[31m ===\n===\n---\nsla\u2424# kop"
)

func testRenderer() renderer {
	return renderer{
		actionURL: "https://kansbot.example/mattermost/action/geheim",
		handle: func(id string) string {
			return map[string]string{annaID: "anna.de-vries", bartID: "bart_", "everybody": "channel"}[id]
		},
	}
}

// Messages of every kind, with what people can do to them.
var samples = map[string]chat.Message{
	"empty": {},
	"text": {
		{Kind: chat.Heading, Text: plain("Kans!overleg dinsdag 23 november")},
		{Kind: chat.Text, Text: []chat.Span{{Text: "Casus "}, {Style: chat.Bold, Text: "K-014"}, {Text: " (voorheen "}, {Style: chat.Struck, Text: "K-013"}, {Text: "): om 13:30, element #leren. "}, {Style: chat.Mention, User: annaID, Text: "Anna"}, {Text: ", kun jij?"}}},
		{Kind: chat.Note, Text: plain("Alleen jij ziet dit.\nHet wordt niet bewaard.")},
		{Kind: chat.Bullets, Items: [][]chat.Span{plain("eerste"), {{Style: chat.Bold, Text: "tweede"}, {Text: ": met uitleg"}}, plain("")}},
		{Kind: chat.Numbers, Items: [][]chat.Span{plain("welkom"), plain("een succes")}},
		{Kind: chat.Numbers, Items: [][]chat.Span{plain("weer vanaf een")}},
		{Kind: chat.Copy, Text: plain("/signaal K-014 begint niet aan taak #leren `nu`")},
	},
	"hostile": {
		{Kind: chat.Heading, Text: plain("# " + hostile)},
		{Kind: chat.Text, Text: plain(hostile)},
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Bold, Text: " " + hostile + " "}, {Style: chat.Struck, Text: hostile}, {Style: chat.Link, Text: hostile, URL: "https://kansbot.example.org/pagina/abc_-1"}}},
		{Kind: chat.Note, Text: plain(hostile)},
		{Kind: chat.Bullets, Items: [][]chat.Span{plain(hostile), plain("- nog een"), plain("|")}},
		{Kind: chat.Numbers, Items: [][]chat.Span{plain("3. drie")}},
		{Kind: chat.Copy, Text: plain(hostile)},
		{Kind: chat.Copy, Text: plain("````\n@channel\n````")},
	},
	"seams": {
		{Kind: chat.Text, Text: []chat.Span{{Text: "@"}, {Text: "channel en ww"}, {Text: "w.kwaad.example en :"}, {Text: "smile: 1"}, {Style: chat.Bold, Text: ""}, {Text: "2:3"}, {Text: "0"}}},
		{Kind: chat.Text, Text: []chat.Span{{Text: "1."}, {Style: chat.Bold, Text: " geen lijst"}}},
		{Kind: chat.Text, Text: []chat.Span{{Text: "1"}, {Style: chat.Mention, Text: ". ook niet", User: "weg"}}},
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, User: annaID}, {Text: ".x of x"}, {Style: chat.Mention, User: bartID}, {Style: chat.Mention, User: annaID}, {Style: chat.Bold, Text: "vet"}}},
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, User: "everybody", Text: "@channel"}, {Text: " en "}, {Style: chat.Mention, User: "weg", Text: "Carla @here"}}},
	},
	"buttons": {
		{Kind: chat.Text, Text: plain("7. Moeder belt school")},
		{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "actie klaar 7", Label: "Klaar", Tone: chat.Primary}, {Do: "actie uitstel 7", Label: "Uitstel"}, {Do: "actie hulp 7", Label: "Hulp :sos: nodig", Tone: chat.Danger}}},
		{Kind: chat.Text, Text: plain("8. Vader belt ook @channel")},
		{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "actie klaar 8", Label: "Klaar"}, {Do: "actie klaar 7", Label: "dubbel"}}},
		{Kind: chat.Note, Text: plain("tot dinsdag")},
	},
	"choices": {
		{Kind: chat.Text, Text: plain("Ik begreep de datum niet.")},
		{Kind: chat.Choices, Choices: []chat.Choice{{Label: "Volgende week vrijdag", Line: "/actie @anna belt voor vrijdag"}, {Line: "/actie help"}}},
	},
	"long name": {
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, User: "weg", Text: strings.Repeat("Wilhelmina-Alexandra ", 20)}, {Text: " 👩‍🏫 Zoë Ó Brádaigh مريم"}}},
	},
}

// The empty width of a zero width space is a broken bar in the golden files.
func golden(r rendered) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Message)
	for _, a := range r.Attachments {
		fmt.Fprintf(&b, "=== below\n%s\n", a.Text)
		for _, action := range a.Actions {
			fmt.Fprintf(&b, "[%s] %s %s %s %v\n", action.Name, action.Style, action.Id, action.Integration.URL, action.Integration.Context)
		}
	}
	return strings.ReplaceAll(b.String(), zeroWidth, "¦")
}

func TestGolden(t *testing.T) {
	for name, message := range samples {
		t.Run(name, func(t *testing.T) {
			got := golden(testRenderer().message(message))
			file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s; got:\n%s", file, got)
			}
		})
	}
}

func TestCut(t *testing.T) {
	long := strings.Repeat("Zoë & *ik* @all ", 3000)
	last := chat.Block{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "x", Label: "X"}}}
	for name, message := range map[string]chat.Message{
		"text":     {{Kind: chat.Text, Text: plain(long)}, last},
		"copy":     {{Kind: chat.Copy, Text: plain(long)}, last},
		"bullets":  {{Kind: chat.Bullets, Items: slices.Repeat([][]chat.Span{plain("een punt met [haken]")}, 4000)}, last},
		"choices":  {{Kind: chat.Choices, Choices: slices.Repeat([]chat.Choice{{Label: "dit", Line: "/dit"}}, 4000)}, last},
		"mentions": {{Kind: chat.Text, Text: slices.Repeat([]chat.Span{{Style: chat.Mention, User: annaID}, {Text: " "}}, 4000)}, last},
		"blocks":   append(slices.Repeat(chat.Message{{Kind: chat.Text, Text: plain("een regel")}}, 4000), last),
	} {
		t.Run(name, func(t *testing.T) {
			got := testRenderer().message(message)
			if n := utf8.RuneCountInString(got.Message); n > maxRunes || n < maxRunes-100 {
				t.Errorf("%d runes", n)
			}
			if !strings.HasSuffix(got.Message, "\n\n"+tooLong) {
				t.Errorf("ends with %q", got.Message[len(got.Message)-80:])
			}
			if strings.Count(got.Message, "```")%2 != 0 {
				t.Error("a code block stays open")
			}
			if len(got.Attachments) != 1 {
				t.Error("the buttons are lost")
			}
		})
	}
}

func TestButtonIDs(t *testing.T) {
	actions := testRenderer().buttons([]chat.Button{{Do: "a", Label: "A"}, {Do: "b", Label: "B"}}, map[string]bool{})
	again := testRenderer().buttons([]chat.Button{{Do: "b", Label: "anders"}}, map[string]bool{})
	if !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(actions[0].Id) { // with other characters a press is a 404
		t.Errorf("id %q", actions[0].Id)
	}
	if actions[0].Id == actions[1].Id || actions[1].Id != again[0].Id {
		t.Error("the id is not that of what the button does")
	}
	if err := actions[0].IsValid(); err != nil {
		t.Error(err)
	}
}

var (
	escapes    = strings.NewReplacer(zeroWidth, "", `\*`, "*", `\_`, "_", "\\`", "`", `\[`, "[", `\]`, "]", `\|`, "|", `\~`, "~", `\-`, "-", `\+`, "+", `\>`, ">", `\.`, ".", `\)`, ")", "&lt;", "<", "&amp;", "&", "&#36;", "$")
	unescaped  = regexp.MustCompile("(^|[^\\\\])[*_`\\[\\]|~]|^[-+=>]|^#+ |^[0-9]+[.)]( |$)")
	notifying  = regexp.MustCompile(`@[A-Za-z0-9._-]`)
	linking    = regexp.MustCompile(`(?i)[a-z][a-z0-9.+-]*:(/{1,3}|\pL)|www[0-9]{0,3}\.|[\pL0-9.-]+\.\pL{2,4}/`)
	emojiNames = regexp.MustCompile(`:[A-Za-z0-9_+-]+:`)
)

// FuzzInert holds that text shows as it was typed, and does nothing.
func FuzzInert(f *testing.F) {
	f.Add(hostile)
	for _, line := range strings.Split(hostile, "\n") {
		f.Add(line)
	}
	for _, s := range []string{`\`, `\\*`, "1234567890123. x", "www1.a", "a.nl/", "x:y", ":a:b:", "1:00:a:", "<a@b.c>", "&#36;", "#", "~a", "- - -", "* * *", "a\u00a0b", "\xff\xfe@all", "@\u200dall", "--- |", "=", "\t- x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := testRenderer()
		typed := strings.Join(strings.Fields(chat.Clean(text)), " ")
		for _, kind := range []chat.Kind{chat.Text, chat.Note, chat.Bullets, chat.Numbers, chat.Heading} {
			flat := strings.ReplaceAll(chat.Clean(text), "\n", " ")
			out := r.message(chat.Message{{Kind: kind, Text: plain(flat), Items: [][]chat.Span{plain(flat)}}})
			if !utf8.ValidString(out.Message) {
				t.Fatalf("%s: not UTF-8", kind)
			}
			if utf8.RuneCountInString(typed) > 2000 {
				continue
			}
			line := strings.TrimPrefix(out.Message, map[chat.Kind]string{chat.Note: "> ", chat.Bullets: "- ", chat.Numbers: "1. ", chat.Heading: "#### "}[kind])
			if strings.Contains(line, "\n") {
				t.Fatalf("%s: more than one line: %q", kind, line)
			}
			if shown := escapes.Replace(line); shown != strings.ReplaceAll(typed, zeroWidth, "") {
				t.Errorf("%s: shows %q for %q", kind, shown, typed)
			}
			if kind != chat.Heading && unescaped.MatchString(line) {
				t.Errorf("%s: markup in %q", kind, line)
			}
			for name, pattern := range map[string]*regexp.Regexp{"mention": notifying, "link": linking, "emoji": emojiNames} {
				if pattern.MatchString(line) {
					t.Errorf("%s: %s in %q", kind, name, line)
				}
			}
			if found := model.ChannelMentions(out.Message); len(found) > 0 {
				t.Errorf("the server finds channels %q in %q", found, out.Message)
			}
			if hashtags, _ := model.ParseHashtags(out.Message); hashtags != "" {
				t.Errorf("the server finds hashtags %q in %q", hashtags, out.Message)
			}
		}
		// Line breaks that stay, and what the server makes of them.
		out := r.message(chat.Message{{Kind: chat.Text, Text: plain(text)}}).Message
		markdown.Inspect(out, func(node any) bool {
			switch node.(type) {
			case nil, *markdown.Document, *markdown.Paragraph, *markdown.Text, *markdown.SoftLineBreak:
			default:
				t.Errorf("the server finds a %T in %q", node, out)
			}
			return true
		})
		if block := code(text); strings.Count(block, strings.SplitN(block, "\n", 2)[0]) != 2 {
			t.Errorf("the fence comes in what it holds: %q", block)
		}
		if strings.ContainsFunc(out, func(c rune) bool {
			return unicode.IsControl(c) && c != '\n' || unicode.In(c, unicode.Bidi_Control)
		}) {
			t.Errorf("control characters in %q", out)
		}
	})
}

// FuzzSeams holds the same where spans meet.
func FuzzSeams(f *testing.F) {
	f.Add("@", "all", uint8(0))
	f.Add("1.", " x", uint8(1))
	f.Add("www", ".kwaad.example", uint8(3))
	f.Add(":", "smile:", uint8(2))
	f.Add("\x01", "0:", uint8(0x11))
	f.Fuzz(func(t *testing.T, a, b string, styles uint8) {
		pick := []chat.Style{chat.Plain, chat.Bold, chat.Struck, chat.Mention}
		spans := []chat.Span{
			{Style: pick[styles&3], Text: a, User: annaID},
			{Style: pick[styles>>2&3], Text: b, User: "weg"},
			{Style: pick[styles>>4&3], Text: a, User: bartID},
			{Style: pick[styles>>6&3], Text: b, User: annaID},
		}
		out := testRenderer().message(chat.Message{{Kind: chat.Text, Text: spans}}).Message
		if !utf8.ValidString(out) {
			t.Fatal("not UTF-8")
		}
		for _, found := range notifying.FindAllStringIndex(out, -1) {
			rest := out[found[0]+1:]
			name := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"))]
			if name != "anna.de-vries" && name != "bart_" {
				t.Errorf("mentions %q in %q", name, out)
			}
		}
		if linking.MatchString(out) || emojiNames.MatchString(out) {
			t.Errorf("a link or emoji in %q", out)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	r := testRenderer()
	for b.Loop() {
		r.message(samples["text"])
	}
}
