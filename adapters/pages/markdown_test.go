package pages

import (
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extended "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"kansbot/internal/chat"
)

// read is what a reader of Markdown, with GitHub's additions, finds in source:
// its text, and the kinds of its nodes.
func read(t *testing.T, source string) (string, map[string]int) {
	t.Helper()
	src := []byte(source)
	kinds := map[string]int{}
	var b strings.Builder
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList)).Parser().Parse(text.NewReader(src))
	ok(t, ast.Walk(doc, func(n ast.Node, in bool) (ast.WalkStatus, error) {
		if !in {
			if n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		kinds[n.Kind().String()]++
		switch n := n.(type) {
		case *ast.Text:
			b.Write(unescaped(n.Segment.Value(src)))
			if n.HardLineBreak() || n.SoftLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.FencedCodeBlock:
			b.Write(n.Lines().Value(src))
		case *ast.Link:
			if d := string(n.Destination); d != "https://kansbot.example.org/pagina/abc" {
				t.Errorf("a link to %q", d)
			}
		case *ast.Document, *ast.Heading, *ast.Paragraph, *ast.TextBlock, *ast.List, *ast.ListItem, *ast.Emphasis, *extended.Strikethrough:
		default:
			t.Errorf("a %s in\n%s", n.Kind(), source)
		}
		return ast.WalkContinue, nil
	}))
	return strings.ReplaceAll(strings.Join(strings.Fields(b.String()), " "), "\u200B", ""), kinds
}

var escape = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")

func unescaped(b []byte) []byte { return escape.ReplaceAll(b, []byte("$1")) }

func words(m chat.Message) string {
	var all []string
	for _, b := range m {
		all = append(all, plain(b.Text))
		for _, item := range b.Items {
			all = append(all, plain(item))
		}
	}
	return strings.Join(strings.Fields(strings.Join(all, " ")), " ")
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{hostile, "a", "1", ". een", "https:", "//kwaad.nl", "www", "**", "a\\", "\u0301", "~", "```", "- [ ] x", "[^1]: x", "a\n: b", "a|b\n-|-", "1986\\. x", "===", "<!--", "&#64;", "mailto:a@b.nl", "\u3000x", "*\u00a0*"} {
		f.Add(s, "b", ". c")
		f.Add("x ", s, " y")
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		line := []chat.Span{{Text: a}, {Style: chat.Bold, Text: b}, {Text: c}, {Style: chat.Struck, Text: a}, {Style: chat.Link, Text: b, URL: "https://kansbot.example.org/pagina/abc"}, {Style: chat.Bold, Text: c}, {Style: chat.Mention, Text: a}}
		m := chat.Message{
			{Kind: chat.Heading, Text: line}, {Kind: chat.Text, Text: line}, {Kind: chat.Copy, Text: []chat.Span{{Text: c}}},
			{Kind: chat.Bullets, Items: [][]chat.Span{line, line[1:], line[2:]}}, {Kind: chat.Numbers, Items: [][]chat.Span{line[3:], line[4:]}}, {Kind: chat.Note, Text: line[2:]},
		}
		// The title is "x": a page's own heading that says the same would go.
		source := markdown(chat.Page{Title: "x ", Body: append(chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: "y"}}}}, m...)})
		got, _ := read(t, source)
		if want := "x y " + words(m); got != strings.TrimSpace(want) {
			t.Errorf("%q\nshows as %q\nof      %q", source, got, want)
		}
	})
}

func TestMarkdownKeepsStyles(t *testing.T) {
	_, kinds := read(t, markdown(agenda()))
	for kind, n := range map[string]int{"Heading": 3, "List": 2, "ListItem": 5, "Emphasis": 3, "Strikethrough": 1, "Link": 1, "Paragraph": 3} {
		if kinds[kind] != n {
			t.Errorf("%d of %s", kinds[kind], kind)
		}
	}
}
