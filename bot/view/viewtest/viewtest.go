// Package viewtest holds every message that Kansbot can show, in both languages,
// with ordinary, long and hostile data: what a platform has to render, and what
// a channel must never hold.
package viewtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// Sample is one message.
type Sample struct {
	Kind string // one of Kinds
	Name string // the function of bot/view, and perhaps which case of it
	// Post: it goes to a channel or a direct conversation, and stays there. Any
	// other message is for who asked, and nobody else.
	Post bool
	Body chat.Message
}

// Kinds are what the samples are filled with.
var Kinds = []string{"ordinary", "long", "hostile"}

// Samples are all messages in a language, in every kind.
func Samples(lang text.Lang) []Sample {
	var all []Sample
	for _, w := range []words{ordinary(lang), long(lang), hostile(lang)} {
		all = append(all, newWorld(lang, w).samples()...)
	}
	return all
}

// Golden compares what render makes of the samples with the files in dir, one
// for each language and kind; update writes them anew.
func Golden(t *testing.T, dir string, update bool, render func(text.Lang, Sample) string) {
	t.Helper()
	for _, lang := range text.Langs {
		files := map[string]*strings.Builder{}
		for _, s := range Samples(lang) {
			if files[s.Kind] == nil {
				files[s.Kind] = &strings.Builder{}
			}
			reader := "for the asker"
			if s.Post {
				reader = "posted"
			}
			fmt.Fprintf(files[s.Kind], "===== %s (%s)\n%s\n\n", s.Name, reader, strings.TrimRight(render(lang, s), "\n"))
		}
		for kind, got := range files {
			file := filepath.Join(dir, string(lang)+"-"+kind+".golden")
			if update {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if line, a, b := difference(got.String(), string(want)); line > 0 {
				t.Errorf("%s:%d is\n%s\nand would become\n%s", file, line, b, a)
			}
		}
	}
}

// difference is the first line in which two texts differ; 0 when none does.
func difference(a, b string) (line int, inA, inB string) {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(as), len(bs)) {
		inA, inB = "(nothing)", "(nothing)"
		if i < len(as) {
			inA = as[i]
		}
		if i < len(bs) {
			inB = bs[i]
		}
		if inA != inB {
			return i + 1, inA, inB
		}
	}
	return 0, "", ""
}
