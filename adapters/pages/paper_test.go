package pages

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ledongthuc/pdf"

	"kansbot/internal/chat"
)

// printed is the text of a PDF, and how many pages it has.
func printed(t testing.TB, b []byte) (string, int) {
	t.Helper()
	r, err := pdf.NewReader(bytes.NewReader(b), int64(len(b)))
	ok(t, err)
	var text strings.Builder
	for i := 1; i <= r.NumPage(); i++ {
		s, err := r.Page(i).GetPlainText(nil)
		ok(t, err)
		text.WriteString(s)
	}
	return text.String(), r.NumPage()
}

func TestPaperSaysWhatThePageSays(t *testing.T) {
	_, h := site(t, Options{})
	text, pages := printed(t, get(h, "/pagina/"+key+".pdf").Body.Bytes())
	if pages != 1 {
		t.Errorf("%d pages", pages)
	}
	at := 0
	for _, want := range []string{"Agenda Kans!overleg 12 januari 2027", "Voorzitter: ", "Anna", "Eerst even", "1.", "Welkom, rollen", "Eén succes", "3.", "actie 7",
		"Casussen", "K-014", "De coördinator heeft ideeën", "ouders geïnformeerd", "deze pagina", "Goed is goed genoeg.", "pagina 1 van 1"} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("no %q, in that order, in\n%s", want, text)
		}
		at += i
	}
}

// The reader in Go knows Latin-1 only.
func TestPaperInAnotherReader(t *testing.T) {
	missing := t.Skip
	if os.Getenv("CI") == "true" {
		missing = t.Fatal
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		missing("pdftotext, of poppler-utils, is not installed")
	}
	b, err := paper(agenda(), at)
	ok(t, err)
	read := exec.Command("pdftotext", "-layout", "-", "-")
	read.Stdin = bytes.NewReader(b)
	text, err := read.Output()
	ok(t, err)
	golden(t, "agenda.pdf.txt", text)
}

func TestPaperOfALongPage(t *testing.T) {
	p := agenda()
	for range 40 {
		p.Body = append(p.Body, agenda().Body...)
	}
	_, h := site(t, Options{Page: func(context.Context, string) (chat.Page, error) { return p, nil }})
	text, pages := printed(t, get(h, "/pagina/"+key+".pdf").Body.Bytes())
	if n := strings.Count(text, "Goed is goed genoeg."); pages < 5 || n != 41 {
		t.Errorf("%d pages, %d times", pages, n)
	}
}

// What stands for the number of pages is nothing that can be typed.
func TestPaperKeepsWhatIsTyped(t *testing.T) {
	for _, typed := range []string{"{alle}", "{nb}", allPages} {
		p := chat.Page{Lang: "nl", Title: "à" + typed, Body: chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: "à" + typed + " à à"}}}}}
		b, err := paper(p, at)
		ok(t, err)
		if text, _ := printed(t, b); strings.Contains(text, "{1}") || typed != allPages && strings.Count(text, typed) != 3 || !strings.Contains(text, "pagina 1 van 1") {
			t.Errorf("%q became %q", typed, text)
		}
	}
}

func TestPaperTakesAnyText(t *testing.T) {
	for _, s := range []string{hostile, "", " ", "\n", "😀👩‍👩‍👧", "東京 ﷽ \U0010FFFF", "e\u0301e\u0308 łódź ḍ ş", strings.Repeat("x", 900), strings.Repeat("é ", 900), "{alle}", "\\(", "\xff"} {
		b, err := paper(chat.Page{Lang: "nl", Title: s, Body: every(s)}, at)
		ok(t, err)
		printed(t, b)
	}
	if got := printable("e\u0301 ë ï € “ł” ḍ 😀 東 Δ"); got != "é ë ï € “ł” d  □ Δ" {
		t.Errorf("%q", got)
	}
}

func BenchmarkPaper(b *testing.B) {
	for b.Loop() {
		if _, err := paper(agenda(), at); err != nil {
			b.Fatal(err)
		}
	}
}
