package slack

import (
	"encoding/json"
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

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

var update = flag.Bool("update", false, "write the golden files anew")

func words(s string) []chat.Span { return []chat.Span{{Text: s}} }

const (
	annaID  = "U0ANNA11"
	bartID  = "W0BART22"
	hostile = "<!channel> <!here|x> <@U123> <#C123|naam> <https://kwaad.example|klik> &lt;!everyone&gt; @channel @here *vet* _cursief_ ~weg~ `code` :smile: https://kwaad.example www.kwaad.example kwaad.nl/pad a@b.nl\r\n> citaat\n- punt\n1. een\n```\nblok\n``` \u202Eomgekeerd\u202C\x00\x1b[31m\u2028\u200B|klik>"
)

// Messages of every kind, with what people can do to them.
var samples = map[string]chat.Message{
	"empty": {},
	"text": {
		{Kind: chat.Heading, Text: words("Kans!overleg dinsdag 23 november")},
		{Kind: chat.Text, Text: []chat.Span{{Text: "Casus "}, {Style: chat.Bold, Text: "K-014"}, {Text: " (voorheen "}, {Style: chat.Struck, Text: "K-013"}, {Text: "): om 13:30, element #leren. "}, {Style: chat.Mention, User: annaID, Text: "Anna"}, {Text: ", kun jij?"}}},
		{Kind: chat.Text, Text: words("\n\nNog een alinea.\n\n\n\nEn een.\n")},
		{Kind: chat.Note, Text: words("Alleen jij ziet dit.\nHet wordt niet bewaard.")},
		{Kind: chat.Bullets, Items: [][]chat.Span{words("eerste"), {{Style: chat.Bold, Text: "tweede"}, {Text: ": met\nuitleg"}}, words("")}},
		{Kind: chat.Numbers, Items: [][]chat.Span{words("welkom"), words("een succes")}},
		{Kind: chat.Numbers, Items: [][]chat.Span{words("weer vanaf een")}},
		{Kind: chat.Copy, Text: words("/signaal K-014 begint niet aan taak #leren `nu`")},
	},
	"hostile": {
		{Kind: chat.Heading, Text: words("# " + hostile)},
		{Kind: chat.Heading, Text: words(hostile[:80])},
		{Kind: chat.Text, Text: words(hostile)},
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Bold, Text: " " + hostile + " "}, {Style: chat.Struck, Text: hostile}, {Style: chat.Link, Text: hostile, URL: ourPage}}},
		{Kind: chat.Note, Text: words(hostile)},
		{Kind: chat.Bullets, Items: [][]chat.Span{words(hostile), words("- nog een")}},
		{Kind: chat.Numbers, Items: [][]chat.Span{words("3. drie")}},
		{Kind: chat.Copy, Text: words(hostile)},
	},
	"mentions": {
		{Kind: chat.Heading, Text: []chat.Span{{Text: "Dag "}, {Style: chat.Mention, User: annaID, Text: "Anna"}}},
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, User: annaID, Text: "Anna"}, {Style: chat.Mention, User: bartID, Text: "Bart"}, {Style: chat.Mention, User: "carla", Text: "Carla <!here>"}}},
		{Kind: chat.Note, Text: []chat.Span{{Text: "Met dank aan "}, {Style: chat.Mention, User: bartID, Text: "Bart"}, {Text: " en "}, {Style: chat.Bold, Text: "het hele team"}, {Text: "."}}},
		{Kind: chat.Note, Text: []chat.Span{{Text: "Niet meer "}, {Style: chat.Struck, Text: "dinsdag"}, {Text: " maar "}, {Style: chat.Mention, User: bartID, Text: "Bart"}}},
		{Kind: chat.Note, Text: slices.Repeat([]chat.Span{{Style: chat.Mention, User: annaID}, {Text: " en "}}, 6)},
	},
	"buttons": {
		{Kind: chat.Text, Text: words("7. Moeder belt school")},
		{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "actie klaar 7", Label: "Klaar", Tone: chat.Primary}, {Do: "actie uitstel 7", Label: "Uitstel"}, {Do: "actie hulp 7", Label: "Hulp :sos:\nnodig", Tone: chat.Danger}}},
		{Kind: chat.Text, Text: words("8. Vader belt ook <!channel>")},
		{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "actie klaar 8", Label: strings.Repeat("Klaar & ", 20)}, {Do: "actie klaar 7", Label: "\u202E"}}},
		{Kind: chat.Note, Text: words("tot dinsdag")},
	},
	"choices": {
		{Kind: chat.Text, Text: words("Ik begreep de datum niet.")},
		{Kind: chat.Choices, Choices: []chat.Choice{{Label: "Volgende week vrijdag", Line: "/actie @anna belt voor vrijdag"}, {Line: "/actie help"}, {Label: "Lang", Line: "/actie " + strings.Repeat("lang ", 450)}}},
	},
	"long name": {
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, User: "weg", Text: strings.Repeat("Wilhelmina-Alexandra ", 20)}, {Text: " 👩‍🏫 Zoë Ó Brádaigh مريم"}}},
		{Kind: chat.Heading, Text: words(strings.Repeat("Wilhelmina-Alexandra ", 20))},
	},
}

// encode is as the client library writes it.
func encode(t fataler, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type fataler interface {
	Helper()
	Fatal(...any)
	Errorf(string, ...any)
}

// golden is one line for each block, as JSON.
func golden(t fataler, r rendered) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "{\"text\": %s,\n\"blocks\": [\n", letters(encode(t, r.text)))
	for i, block := range r.blocks {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString(letters(encode(t, block)))
	}
	return b.String() + "\n]}\n"
}

// letters writes <, > and & as themselves.
func letters(data []byte) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(data))
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
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
}

func TestGolden(t *testing.T) {
	for name, message := range samples {
		t.Run(name, func(t *testing.T) {
			r := render(message)
			if name != "empty" {
				sendable(t, message, r)
			}
			compare(t, filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden"), golden(t, r))
		})
	}
}

// sendable holds r to what Slack takes, and to calling nobody but who is
// mentioned in m.
func sendable(t fataler, m chat.Message, r rendered) {
	t.Helper()
	blocks := encode(t, r.blocks)
	for _, problem := range slacktest.CheckMessage(r.text, blocks) {
		t.Errorf("%s", problem)
	}
	if n := slacktest.Size(blocks); n > slacktest.MaxMessageSize {
		t.Errorf("size %d", n)
	}
	if n := utf8.RuneCountInString(r.text); n > maxSummary {
		t.Errorf("a notification of %d characters", n)
	}
	written := slices.ContainsFunc(m, func(b chat.Block) bool {
		p := pieceOf(b)
		return len(p.rich) > 0 || len(p.blocks) > 0 && b.Kind != chat.Buttons && b.Kind != chat.Choices
	})
	if rich := slices.ContainsFunc(r.blocks, func(b slack.Block) bool { return b.BlockType() == slack.MBTRichText }); written && !rich {
		t.Errorf("Slack could refuse an edit to this: no rich text in %d blocks", len(r.blocks))
	}
	harmlessText(t, m, r.text)
	harmlessBlocks(t, m, blocks)
}

func mentioned(m chat.Message) (users []string) {
	for _, b := range m {
		for _, spans := range append([][]chat.Span{b.Text}, b.Items...) {
			for _, s := range spans {
				if s.Style == chat.Mention {
					users = append(users, s.User)
				}
			}
		}
	}
	return users
}

var (
	calls   = regexp.MustCompile(`<@([UW][A-Z0-9]+)>`)
	markers = regexp.MustCompile(`[<>]|&($|[^agl])|@(here|channel|everyone)`)
)

// harmlessText: mrkdwn has no reference but to who is mentioned.
func harmlessText(t fataler, m chat.Message, text string) {
	t.Helper()
	for _, call := range calls.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(mentioned(m), call[1]) {
			t.Errorf("calls %s in %q", call[1], text)
		}
	}
	if found := markers.FindString(calls.ReplaceAllString(text, "")); found != "" {
		t.Errorf("%q in %q", found, text)
	}
	invisible(t, strings.ReplaceAll(text, "\u200B", ""))
}

// invisible finds what people would not see or what turns text around.
func invisible(t fataler, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool {
		return unicode.IsControl(c) && c != '\n' || unicode.In(c, unicode.Bidi_Control)
	}) {
		t.Errorf("invisible in %q", text)
	}
}

// harmlessBlocks: what people typed is in plain text and in the text of rich
// text, and nowhere else.
func harmlessBlocks(t fataler, m chat.Message, blocks json.RawMessage) {
	t.Helper()
	var v any
	if err := json.Unmarshal(blocks, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			kind, _ := v["type"].(string)
			text, _ := v["text"].(string)
			switch kind {
			case "text":
				invisible(t, text)
			case "plain_text":
				invisible(t, text)
				if v["emoji"] != false {
					t.Errorf("emoji in %q", text)
				}
			case "mrkdwn":
				if call := calls.FindStringSubmatch(text); call == nil || call[0] != text || !slices.Contains(mentioned(m), call[1]) {
					t.Errorf("markup: %q", text)
				}
			case "user":
				if !slices.Contains(mentioned(m), v["user_id"].(string)) {
					t.Errorf("calls %v", v["user_id"])
				}
			case "link":
				invisible(t, text)
				if url, _ := v["url"].(string); !strings.HasPrefix(url, "https://kansbot.example.org/pagina/") {
					t.Errorf("a link to %v", v["url"])
				}
			case "header", "context", "actions", "section", "rich_text", "rich_text_section", "rich_text_list", "rich_text_preformatted", "button", "":
			default:
				t.Errorf("a %s", kind)
			}
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(v)
}

const ourPage = "https://kansbot.example.org/pagina/abc_-1"

func TestCut(t *testing.T) {
	long := strings.Repeat("Zoë & *ik* <!channel> ", 2500)
	last := chat.Block{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "x", Label: "X"}}}
	for name, message := range map[string]chat.Message{
		"text":     {{Kind: chat.Text, Text: words(long)}, last},
		"heading":  {{Kind: chat.Heading, Text: words(long)}, last},
		"note":     {{Kind: chat.Note, Text: words(long)}, last},
		"copy":     {{Kind: chat.Copy, Text: words(long)}, last},
		"bullets":  {{Kind: chat.Bullets, Items: slices.Repeat([][]chat.Span{words("een punt met [haken]")}, 1000)}, last},
		"choices":  {{Kind: chat.Choices, Choices: slices.Repeat([]chat.Choice{{Label: "dit", Line: "/dit"}}, 1000)}, last},
		"mentions": {{Kind: chat.Text, Text: slices.Repeat([]chat.Span{{Style: chat.Mention, User: annaID}, {Text: " "}}, 1000)}, last},
		"notes":    append(slices.Repeat(chat.Message{{Kind: chat.Note, Text: words("een regel")}}, 60), last, last),
		"headings": append(slices.Repeat(chat.Message{{Kind: chat.Heading, Text: words("een kop")}}, 120), last),
		"blocks":   append(slices.Repeat(chat.Message{{Kind: chat.Text, Text: words("een regel")}}, 1000), last),
	} {
		t.Run(name, func(t *testing.T) {
			r := render(message)
			sendable(t, message, r)
			shown := string(encode(t, r.blocks))
			if !strings.Contains(shown, tooLong) {
				t.Errorf("nothing says that it was cut: ...%s", shown[max(0, len(shown)-300):])
			}
			if len(r.blocks) < messageBlocks && len(shown) < 6000 {
				t.Errorf("only %d blocks: %s", len(r.blocks), shown)
			}
			if !strings.Contains(shown, `"value":"x"`) {
				t.Error("the buttons are lost")
			}
			page := home(message)
			for _, problem := range slacktest.CheckView(encode(t, page)) {
				t.Error(problem)
			}
			if shown, more := read(t, r.blocks), read(t, page.Blocks.BlockSet); len(more) < len(shown)-len(tooLong) {
				t.Errorf("a page has room for %d bytes, a message for %d", len(more), len(shown))
			}
		})
	}
}

// A button that says no more than "Klaar" goes where its text goes.
func TestCutWithManyButtons(t *testing.T) {
	var m chat.Message
	for i := range 80 {
		m = append(m,
			chat.Block{Kind: chat.Text, Text: words(fmt.Sprintf("actie %d", i))},
			chat.Block{Kind: chat.Buttons, Buttons: []chat.Button{{Do: fmt.Sprintf("klaar %d", i), Label: "Klaar"}}})
	}
	r := render(m)
	sendable(t, m, r)
	if len(r.blocks) != messageBlocks-1 { // one text too many, and the note that says so, are one block
		t.Fatalf("%d blocks", len(r.blocks))
	}
	for i, b := range r.blocks {
		want := slack.MBTRichText
		if i%2 == 1 {
			want = slack.MBTAction
		}
		if b.BlockType() != want {
			t.Errorf("block %d is of type %s", i, b.BlockType())
		}
	}
	if end := string(encode(t, r.blocks[messageBlocks-2])); !strings.Contains(end, tooLong) {
		t.Errorf("ends with %s", end)
	}
}

// Whatever a message is, Slack takes it.
func TestRendersWhatSlackTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := someMessage().Draw(t, "message")
		r := render(m)
		if r.text != "" {
			sendable(t, m, r)
		}
		for _, view := range []any{home(m), page(drawText(t, "title"), m, drawText(t, "close"))} {
			for _, problem := range slacktest.CheckView(encode(t, view)) {
				t.Errorf("%s", problem)
			}
			harmlessBlocks(t, m, encode(t, blocksOf(view)))
		}
	})
}

func blocksOf(view any) []slack.Block {
	switch v := view.(type) {
	case slack.HomeTabViewRequest:
		return v.Blocks.BlockSet
	case slack.ModalViewRequest:
		return v.Blocks.BlockSet
	}
	return nil
}

// someText is what people may type, and more than that.
func someText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringN(0, 30, -1),
		rapid.SampledFrom([]string{"", " ", "\n", "<!channel>", "@here", "<@U123>", "<@U123|x>", "<https://x|y>", "&amp;", "&", "*a*", "\u202E", "\xff", "één", "👩‍🏫", "\u00a0", hostile}),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(rapid.SampledFrom([]string{"a", "<", "& ", "é", "😀", "\n", "woord "}).Draw(t, "what"), rapid.IntRange(1, 4000).Draw(t, "times"))
		}),
	)
}

func drawText(t *rapid.T, name string) string { return someText().Draw(t, name) }

func someSpans() *rapid.Generator[[]chat.Span] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chat.Span {
		return chat.Span{
			Style: rapid.SampledFrom([]chat.Style{chat.Plain, chat.Bold, chat.Struck, chat.Mention, chat.Link}).Draw(t, "style"),
			Text:  drawText(t, "text"),
			User:  rapid.SampledFrom([]string{annaID, bartID, "anna", "", "U1", "<!here>", "U123>"}).Draw(t, "user"),
			URL:   ourPage,
		}
	}), 0, 6)
}

func someMessage() *rapid.Generator[chat.Message] {
	return rapid.Custom(func(t *rapid.T) chat.Message {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chat.Block {
			return chat.Block{
				Kind:  rapid.SampledFrom([]chat.Kind{chat.Heading, chat.Text, chat.Note, chat.Bullets, chat.Numbers, chat.Copy, chat.Buttons, chat.Choices}).Draw(t, "kind"),
				Text:  someSpans().Draw(t, "text"),
				Items: rapid.SliceOfN(someSpans(), 0, 4).Draw(t, "items"),
				Buttons: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chat.Button {
					return chat.Button{Do: drawText(t, "do"), Label: drawText(t, "label"), Tone: rapid.SampledFrom([]chat.Tone{chat.Neutral, chat.Primary, chat.Danger}).Draw(t, "tone")}
				}), 0, 6).Draw(t, "buttons"),
				Choices: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chat.Choice {
					return chat.Choice{Label: drawText(t, "label"), Line: drawText(t, "line")}
				}), 0, 4).Draw(t, "choices"),
			}
		}), 0, rapid.SampledFrom([]int{3, 12, 70}).Draw(t, "long")).Draw(t, "blocks")
	})
}

// read is what the texts of blocks say together.
func read(t fataler, blocks []slack.Block) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(encode(t, blocks), &v); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			if text, ok := v["text"].(string); ok {
				b.WriteString(text)
			}
			walk(v["text"])
			walk(v["elements"])
		}
	}
	walk(v)
	return b.String()
}

// FuzzShown holds that text shows as it was typed, and does nothing.
func FuzzShown(f *testing.F) {
	f.Add(hostile)
	for _, line := range strings.Split(hostile, "\n") {
		f.Add(line)
	}
	f.Add("\xff\xfe<!here>")
	f.Add(strings.Repeat("é&<", 400))
	f.Fuzz(func(t *testing.T, typed string) {
		flat := strings.Join(strings.Fields(chat.Clean(typed)), " ")
		if flat == "" || length(flat) > maxText {
			return
		}
		for _, kind := range []chat.Kind{chat.Heading, chat.Text, chat.Note, chat.Bullets, chat.Numbers, chat.Copy} {
			m := chat.Message{{Kind: kind, Text: words(flat), Items: [][]chat.Span{words(flat)}}}
			r := render(m)
			sendable(t, m, r)
			if shown := read(t, r.blocks); shown != flat {
				t.Errorf("%s: shows %q for %q", kind, shown, flat)
			}
			mark := map[chat.Kind]string{chat.Bullets: "• ", chat.Numbers: "1. "}[kind]
			said := unescape(strings.ReplaceAll(strings.TrimPrefix(r.text, mark), "@\u200B", "@"))
			if begun, cut := strings.CutSuffix(said, "…"); said != flat && !(cut && strings.HasPrefix(flat, begun)) {
				t.Errorf("%s: says %q for %q", kind, said, flat)
			}
		}
	})
}

func TestNumberedButtons(t *testing.T) {
	r := render(append(samples["buttons"], samples["choices"]...))
	ids := map[string]bool{}
	for _, b := range r.blocks {
		if row, ok := b.(*slack.ActionBlock); ok {
			for _, e := range row.Elements.ElementSet {
				button := e.(*slack.ButtonBlockElement)
				prefix := doAction
				if strings.HasPrefix(button.Value, "/") {
					prefix = typeAction
				}
				if ids[button.ActionID] || !strings.HasPrefix(button.ActionID, prefix) {
					t.Errorf("%q is %s", button.Value, button.ActionID)
				}
				ids[button.ActionID] = true
			}
		}
	}
	if len(ids) != 7 {
		t.Errorf("%d buttons", len(ids))
	}
}

func BenchmarkRender(b *testing.B) {
	for b.Loop() {
		render(samples["text"])
	}
}
