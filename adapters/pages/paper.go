package pages

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"

	"kansbot/internal/chat"
)

// In millimetres, and points for type.
const (
	margin  = 20.0
	height  = 6.0 // of a line
	indent  = 7.0 // of a list
	body    = 11.0
	noFewer = 30.0 // left on the sheet below a heading
)

// allPages stands for how many pages there are until that is known. Nobody can
// type it: printable makes a box of its letter for private use.
const allPages = "{\uE000}"

type sheet struct{ *fpdf.Fpdf }

// paper is the page as PDF on A4, made at now. It embeds what it uses of the Go
// fonts, which know Latin, Greek and Cyrillic.
func paper(p chat.Page, now time.Time) ([]byte, error) {
	l := language(p.Lang)
	title := oneLine(chat.Clean(p.Title))
	s := sheet{fpdf.New("P", "mm", "A4", "")}
	s.AddUTF8FontFromBytes("go", "", goregular.TTF)
	s.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	s.SetLang(l.String())
	s.SetTitle(title, true)
	s.SetCreator("Kansbot", true)
	s.SetCreationDate(now)
	s.SetModificationDate(now)
	s.SetMargins(margin, margin, margin)
	s.SetAutoPageBreak(true, margin+5)
	s.AliasNbPages(allPages)
	s.SetFooterFunc(func() {
		s.SetY(-margin)
		s.SetFont("go", "", 8.5)
		s.SetTextColor(82, 99, 106)
		s.CellFormat(0, height, l.T("sheet", clip(title, 70), s.PageNo(), allPages), "", 0, "L", false, 0, "")
	})
	s.AddPage()
	s.heading(title, 17)
	for _, b := range says(p) {
		s.block(b)
	}
	var out bytes.Buffer
	err := s.Output(&out)
	return out.Bytes(), err
}

func (s sheet) heading(text string, size float64) {
	_, tall := s.GetPageSize()
	if s.GetY() > tall-margin-noFewer {
		s.AddPage()
	}
	s.SetFont("go", "B", size)
	s.SetTextColor(15, 95, 102)
	s.MultiCell(0, size*.55, text, "", "L", false)
	s.Ln(2)
}

func (s sheet) block(b chat.Block) {
	switch b.Kind {
	case chat.Heading:
		s.Ln(3)
		s.heading(oneLine(plain(b.Text)), 13)
	case chat.Text:
		s.spans(b.Text, body)
		s.Ln(height + 2.5)
	case chat.Note, chat.Copy:
		s.spans(b.Text, body-1.5)
		s.Ln(height + 2.5)
	case chat.Bullets, chat.Numbers:
		for i, item := range b.Items {
			mark := "•"
			if b.Kind == chat.Numbers {
				mark = fmt.Sprintf("%d.", i+1)
			}
			s.item(mark, item)
		}
		s.Ln(2.5)
	}
}

func (s sheet) item(mark string, spans []chat.Span) {
	s.SetFont("go", "", body)
	s.SetTextColor(15, 95, 102)
	s.CellFormat(indent, height, mark, "", 0, "L", false, 0, "")
	s.SetLeftMargin(margin + indent)
	s.spans(spans, body)
	s.SetLeftMargin(margin)
	s.Ln(height + .8)
}

func (s sheet) spans(spans []chat.Span, size float64) {
	for _, span := range spans {
		text := printable(whole.ReplaceAllStringFunc(chat.Clean(span.Text), func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }))
		style := map[chat.Style]string{chat.Bold: "B", chat.Mention: "B", chat.Struck: "S"}[span.Style]
		s.SetFont("go", style, size)
		s.SetTextColor(27, 42, 46)
		to := address(span.URL)
		if span.Style != chat.Link {
			to = ""
		} else if to != "" {
			s.SetTextColor(15, 95, 102)
		}
		for text != "" {
			var part string
			part, text = bite(text)
			s.WriteLinkString(height, part, to)
		}
	}
}

// bite cuts a long text, after a space where there is one: the time that fpdf
// takes grows with the square of what it gets at once.
func bite(text string) (part, left string) {
	const most = 200
	if len(text) <= most {
		return text, ""
	}
	n := strings.LastIndexByte(text[:most], ' ') + 1
	for n == 0 || !utf8.RuneStart(text[n]) {
		n = max(n, most-utf8.UTFMax) + 1
	}
	return text[:n], text[n:]
}

// oneLine is clean text as it can stand in a heading.
func oneLine(text string) string {
	return printable(clip(strings.ReplaceAll(text, "\n", " "), 300))
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n])) + "…"
	}
	return s
}

var shapes = sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(goregular.TTF) })

// printable leaves what the font can show: a letter with an accent that it lacks
// loses the accent, a picture goes, and of the rest a box tells that it was there.
func printable(text string) string {
	font, err := shapes()
	if err != nil {
		panic(err) // it is built in
	}
	var buffer sfnt.Buffer
	has := func(c rune) bool {
		if c > 0xFFFF {
			return false
		}
		i, err := font.GlyphIndex(&buffer, c)
		return err == nil && i != 0
	}
	var b strings.Builder
	for _, c := range norm.NFC.String(text) {
		switch bare := first(norm.NFD.String(string(c))); {
		case c == '\n' || has(c):
			b.WriteRune(c)
		case bare != c && has(bare):
			b.WriteRune(bare)
		case unicode.In(c, unicode.Mn, unicode.Cf, unicode.So, unicode.Sk):
		default:
			b.WriteRune('□')
		}
	}
	return b.String()
}
