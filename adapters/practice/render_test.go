package practice

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"kansbot/internal/chat"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		ok(t, os.MkdirAll("testdata", 0o755))
		ok(t, os.WriteFile(path, got, 0o644))
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: make it with go test -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs: look at it with go test -update and git diff\n%s", path, got)
	}
}

const hostile = "</p></article><script>alert(1)</script>\"'&lt; @channel <!here> *vet* [x](javascript:alert(1)) \u202egnuh\u202c\x00\x1b[31m {{.Me}}\nregel twee"

// every is a message with each kind of block and style in it, all saying text.
func every(text string) chat.Message {
	spans := []chat.Span{{Text: text}, {Style: chat.Bold, Text: text}, {Style: chat.Struck, Text: text}, {Style: chat.Mention, Text: text, User: "joris"}, {Style: chat.Link, Text: text, URL: "https://kansbot.example.org/pagina/abc_-1"}}
	return chat.Message{
		{Kind: chat.Heading, Text: spans},
		{Kind: chat.Text, Text: spans},
		{Kind: chat.Note, Text: spans},
		{Kind: chat.Bullets, Items: [][]chat.Span{spans, spans}},
		{Kind: chat.Numbers, Items: [][]chat.Span{spans}},
		{Kind: chat.Copy, Text: []chat.Span{{Text: text}}},
		{Kind: chat.Buttons, Buttons: []chat.Button{{Do: text, Label: text}, {Do: "a", Label: text, Tone: chat.Primary}, {Do: "b", Label: text, Tone: chat.Danger}}},
		{Kind: chat.Choices, Choices: []chat.Choice{{Label: text, Line: text}}},
	}
}

func rendered(t testing.TB, m chat.Message) []byte {
	t.Helper()
	p := &page{Seat: anna, Me: people[0]}
	v := postView{page: p, Post: Post{ID: "p1", Body: m}, When: "08:30", Replies: []postView{{page: p, Post: Post{ID: "p2", From: "joris", Body: m}, By: personView{Person: people[2], Hue: 2}, When: "08:31", New: true}}, Fresh: 1}
	v.Near = []privateView{{page: p, Private: Private{ID: "o3", Line: plain(m[0].Text), Body: m}, When: "08:32"}}
	var b bytes.Buffer
	ok(t, templates.ExecuteTemplate(&b, "thread", v))
	return b.Bytes()
}

func TestMessageGoldens(t *testing.T) {
	for name, m := range map[string]chat.Message{
		"every-block": every("Anna's plan"),
		"hostile":     every(hostile),
		"agenda":      story[0].post.Body,
		"action":      story[2].post.Body,
		"unknown":     {{Kind: "film", Text: plainly("een soort blok van later")}},
		"empty":       {{Kind: chat.Text}, {Kind: chat.Bullets}},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name+".html", rendered(t, m)) })
	}
}

func TestPageGoldens(t *testing.T) {
	for _, locale := range []string{"nl", "en"} {
		room, _ := rehearse(t, &memory{})
		for range story {
			ok(t, room.AdvanceToNext(t.Context()))
		}
		seat := Seat{User: "joris", Channel: zwaan, Locale: locale}
		ok(t, room.Press(t.Context(), seat, "remind-1", "hulp"))
		ok(t, room.Type(t.Context(), seat, "/actie tips vragen"))
		ok(t, room.Type(t.Context(), seat, "/signaal"))
		ok(t, room.Submit(t.Context(), "joris", room.Form("joris").ID, map[string][]string{"code": {hostile}, "element": {"veilig", "leren", "eigen", "erbij"}}))
		var b bytes.Buffer
		ok(t, templates.ExecuteTemplate(&b, "page", room.page(t.Context(), look{Seat: seat, Welcome: true, Theme: "dark", Since: 6, After: true, Say: texts(locale).T("say.gone")})))
		golden(t, "page-"+locale+".html", b.Bytes())
	}
}

// tags is the shape of a page: its tags and their attributes' names, in order.
func tags(t testing.TB, page []byte) (shape []string, text string) {
	z := html.NewTokenizer(bytes.NewReader(page))
	var b strings.Builder
	for {
		switch z.Next() {
		case html.ErrorToken:
			return shape, b.String()
		case html.TextToken:
			b.WriteString(z.Token().Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			tag := tok.Data
			for _, a := range tok.Attr {
				tag += " " + a.Key
			}
			shape = append(shape, tag)
		}
	}
}

// FuzzMessage: whatever people type, a message has the shape of the harmless
// one, and nothing of what can be read is lost.
func FuzzMessage(f *testing.F) {
	f.Add(hostile)
	f.Add("")
	f.Add("<textarea><!--")
	f.Add("\xff\xfe")
	want, _ := tags(f, rendered(f, every("x")))
	f.Fuzz(func(t *testing.T, text string) {
		shape, got := tags(t, rendered(t, every(text)))
		if text != "" && !slices.Equal(shape, want) {
			t.Errorf("%q changes the page to %q", text, shape)
		}
		if strings.ContainsAny(got, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b") {
			t.Errorf("%q leaves a control character", text)
		}
		if word := regexp.MustCompile(`[a-z]{3,}`).FindString(text); strings.Count(got, word) < 20 {
			t.Errorf("%q lost %q", text, word)
		}
	})
}

func TestWordingIsWhole(t *testing.T) {
	var sources bytes.Buffer
	for _, pattern := range []string{"*.go", "web/*.html"} {
		files := must(filepath.Glob(pattern))(t)
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				sources.Write(must(os.ReadFile(file))(t))
			}
		}
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`\b([TN]) (?:\([^)]*\) )?"([a-z.]+)"|\.([TN])\("([a-z.]+)"`).FindAllStringSubmatch(sources.String(), -1) {
		kind, name := m[1]+m[3], m[2]+m[4]
		if kind == "N" {
			used[name+".one"], used[name+".many"] = true, true
		} else {
			used[name] = true
		}
	}
	for name := range used {
		if _, there := wording[name]; !there {
			t.Errorf("no text %q", name)
		}
	}
	for name, both := range wording {
		if both[dutch] == "" || both[english] == "" {
			t.Errorf("text %q misses a language", name)
		}
		if strings.Count(both[dutch], "%") != strings.Count(both[english], "%") {
			t.Errorf("text %q is not filled in alike", name)
		}
		if !used[name] && !strings.HasPrefix(name, "say.") {
			t.Errorf("text %q is not used", name)
		}
	}
}

func TestDatesInWords(t *testing.T) {
	at := time.Date(2027, time.March, 2, 8, 5, 0, 0, amsterdam)
	for _, c := range []struct{ got, want string }{
		{dutch.Day(at), "dinsdag 2 maart 2027"},
		{english.Day(at), "Tuesday 2 March 2027"},
		{dutch.Short(at), "di 2 mrt 08:05"},
		{english.Short(at), "Tue 2 Mar 08:05"},
		{dutch.N("replies", 1), "1 antwoord"},
		{dutch.N("replies", 3), "3 antwoorden"},
		{dutch.N("news.to", 2, "Joris"), "Joris kreeg 2 berichten van Kansbot"},
		{dutch.N("pointer", 1, "Overleg"), "1 antwoord erbij in ‘Overleg’"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
