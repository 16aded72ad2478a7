package pages

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kansbot/internal/chat"
)

// markdown writes a page as CommonMark in which nothing that people typed can
// become markup, a link or HTML, also where a reader knows the additions of
// GitHub.
func markdown(p chat.Page) string {
	var b strings.Builder
	b.WriteString("# " + line([]chat.Span{{Text: p.Title}}) + "\n")
	var list chat.Kind // what the block before was, when it was a list
	other := false     // that list had the other of two marks
	for _, block := range says(p) {
		other = block.Kind == list && !other
		list = ""
		switch block.Kind {
		case chat.Heading:
			if s := line(block.Text); s != "" {
				b.WriteString("\n## " + s + "\n")
			}
		case chat.Text, chat.Note:
			if s := lines(block.Text, ""); s != "" {
				b.WriteString("\n" + s + "\n")
			}
		case chat.Bullets, chat.Numbers:
			list = block.Kind
			b.WriteString("\n")
			for i, item := range block.Items {
				mark := marks(block.Kind, i, other)
				b.WriteString(strings.TrimRight(mark+lines(item, strings.Repeat(" ", len(mark))), " ") + "\n")
			}
		case chat.Copy:
			b.WriteString("\n" + fenced(plain(block.Text)))
		}
	}
	return b.String()
}

// marks begins item i of a list. Two lists with the same mark, one after the
// other, would be one.
func marks(kind chat.Kind, i int, other bool) string {
	switch {
	case kind == chat.Numbers && other:
		return strconv.Itoa(i+1) + ") "
	case kind == chat.Numbers:
		return strconv.Itoa(i+1) + ". "
	case other:
		return "* "
	}
	return "- "
}

// fenced shows text to the letter, between fences longer than any in it.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + text + "\n" + fence + "\n"
}

// line is spans on one line.
func line(spans []chat.Span) string {
	var all []chat.Span
	for _, l := range split(spans) {
		if all != nil {
			all = append(all, chat.Span{Text: " "})
		}
		all = append(all, l...)
	}
	return styled(all)
}

// lines is spans with their line breaks; what goes on is indented.
func lines(spans []chat.Span, indent string) string {
	var all []string
	for _, l := range split(spans) {
		if s := styled(l); s != "" {
			all = append(all, s)
		}
	}
	return strings.Join(all, "\\\n"+indent)
}

// split makes lines of spans: clean, with neighbours of one style together.
func split(spans []chat.Span) (all [][]chat.Span) {
	var now []chat.Span
	for _, s := range spans {
		for i, part := range strings.Split(chat.Clean(s.Text), "\n") {
			if i > 0 {
				all, now = append(all, now), nil
			}
			style := s.Style
			if style == chat.Mention {
				style = chat.Plain
			}
			if n := len(now) - 1; n >= 0 && now[n].Style == style && now[n].URL == s.URL {
				now[n].Text += part
			} else if part != "" {
				now = append(now, chat.Span{Style: style, Text: part, URL: s.URL})
			}
		}
	}
	return append(all, now)
}

// styled writes one line. A style whose marks would not count where they stand,
// between two letters say, is left out.
func styled(spans []chat.Span) string {
	type piece struct{ lead, text, trail, mark, link string }
	var pieces []piece
	before := ""
	for i, s := range spans {
		p := piece{text: strings.Trim(s.Text, " "), mark: map[chat.Style]string{chat.Bold: "**", chat.Struck: "~~"}[s.Style]}
		if p.text == "" {
			p.text, p.mark = " ", ""
		} else {
			p.lead, p.trail = s.Text[:strings.Index(s.Text, p.text)], s.Text[strings.LastIndex(s.Text, p.text)+len(p.text):]
			upcoming := ""
			if i+1 < len(spans) {
				upcoming = spans[i+1].Text
			}
			p.text = inert(p.text, last(before+p.lead), first(p.trail+upcoming))
			if s.Style == chat.Link && len(p.text) > 1 { // [x] may be a box to tick
				p.link = address(s.URL)
			}
		}
		pieces = append(pieces, p)
		before = s.Text
	}
	var b strings.Builder
	for i, p := range pieces {
		b.WriteString(p.lead)
		after := p.trail
		if i+1 < len(pieces) {
			after += pieces[i+1].lead + pieces[i+1].text
		}
		switch {
		case p.link != "":
			b.WriteString("[" + p.text + "](<" + p.link + ">)")
		case p.mark != "" && opens(b.String(), p.text) && closes(p.text, after):
			b.WriteString(p.mark + p.text + p.mark)
		default:
			b.WriteString(p.text)
		}
		b.WriteString(p.trail)
	}
	return strings.Trim(b.String(), " ")
}

// opens and closes report whether a mark between the two texts begins, or ends,
// a style in CommonMark; they say no where that depends on more.
func opens(before, text string) bool {
	c := last(before)
	return c == ' ' || wordy(first(text)) && c != '*' && c != '~'
}

func closes(text, after string) bool { return wordy(last(text)) || first(after) == ' ' }

// first and last are a space where there is nothing.
func first(s string) rune {
	for _, c := range s {
		return c
	}
	return ' '
}

func last(s string) rune {
	if c, n := utf8.DecodeLastRuneInString(s); n > 0 {
		return c
	}
	return ' '
}

func wordy(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// address is an address of ours as it may stand in a link, or nothing.
func address(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	if s = u.String(); strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`<>\&`, c) }) {
		return ""
	}
	return s
}

// inert writes clean text that stands on one line, between two others, so that
// it shows as it is.
func inert(text string, before, after rune) string {
	var b strings.Builder
	start := before == ' ' // only digits so far, where a line may begin
	for i, c := range text {
		next, rest := after, text[i+utf8.RuneLen(c):]
		if rest != "" {
			next = first(rest)
		}
		number := unicode.IsDigit(before) && unicode.IsDigit(next) // 13:30, 2.5
		switch {
		case strings.ContainsRune("\\`*_[]<>#|~&$@^", c),
			i == 0 && before == ' ' && strings.ContainsRune("-+=:", c),                    // a list, a rule, a heading, an explanation
			(c == '.' || c == ')') && before >= '0' && before <= '9' && (i == 0 || start), // a numbered list
			c == '!' && rest == "" && next != ' ',                                         // before a link
			c == ':' && next != ' ' && !number,                                            // https: and :smile:
			c == '.' && wordy(before) && wordy(next) && !number:                           // www.example.org
			b.WriteRune('\\')
		}
		b.WriteRune(c)
		if c == '@' && next != ' ' {
			b.WriteRune('\u200B') // GitHub finds e-mail addresses after it took the backslash away
		}
		start = start && c >= '0' && c <= '9'
		before = c
	}
	return b.String()
}
