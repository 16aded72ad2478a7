package mattermost

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

// maxRunes is what the server accepts as the message of a post.
const maxRunes = 16383

// tooLong is in both languages: the adapter does not know which one a team reads.
const tooLong = "[…] Te lang voor één bericht. / Too long for one message."

// rendered is a message as Mattermost shows it: the text, and below it what
// comes from the first buttons on.
type rendered struct {
	Message     string                     `json:"message"`
	Attachments []*model.MessageAttachment `json:"attachments,omitempty"`
}

// renderer turns messages into Mattermost's Markdown.
type renderer struct {
	// handle gives the name that mentions somebody, or "" when nobody knows.
	handle func(user string) string
	// actionURL is where presses go; without it there are no buttons.
	actionURL string
}

// message renders body. What does not fit is left out, and that is said; the
// buttons stay.
func (r renderer) message(body chat.Message) rendered {
	room := maxRunes - utf8.RuneCountInString(tooLong) - 2
	full := false
	var parts []string
	var last chat.Kind
	out := rendered{}
	below := false
	flush := func(actions []*model.PostAction) {
		text := strings.Join(parts, "\n\n")
		parts, last = nil, ""
		if !below {
			out.Message, below, text = text, true, ""
		}
		if text != "" || actions != nil {
			out.Attachments = append(out.Attachments, &model.MessageAttachment{Text: text, Actions: actions})
		}
	}
	taken := make(map[string]bool)
	for _, b := range body {
		if b.Kind == chat.Buttons {
			if r.actionURL != "" {
				flush(r.buttons(b.Buttons, taken))
			}
			continue
		}
		if full {
			continue
		}
		text := r.block(b)
		if b.Kind == chat.Numbers && last == chat.Numbers {
			text = zeroWidth + "\n\n" + text // else the second list goes on where the first one ended
		}
		if n := utf8.RuneCountInString(text) + 2; n <= room {
			room -= n
		} else {
			text, full = r.fitting(b, room), true
			if text != "" {
				parts = append(parts, text)
			}
			text = tooLong
		}
		if text != "" {
			parts, last = append(parts, text), b.Kind
		}
	}
	flush(nil)
	return out
}

// fitting is as much of the block as fits in room, which is less than all.
func (r renderer) fitting(b chat.Block, room int) string {
	n := sort.Search(room+1, func(n int) bool {
		return utf8.RuneCountInString(r.block(beginning(b, n)))+2 > room
	})
	return r.block(beginning(b, n-1))
}

// beginning is the block with the first n runes of its text only.
func beginning(b chat.Block, n int) chat.Block {
	cut := func(spans []chat.Span) (kept []chat.Span) {
		for _, s := range spans {
			if n <= 0 {
				break
			}
			runes := []rune(s.Text)
			if s.Style != chat.Mention && len(runes) > n {
				s.Text = string(runes[:n])
			}
			n -= max(1, len(runes))
			kept = append(kept, s)
		}
		return kept
	}
	b.Text = cut(b.Text)
	var items [][]chat.Span
	for _, item := range b.Items {
		if n > 0 {
			items = append(items, cut(item))
		}
	}
	b.Items = items
	var choices []chat.Choice
	for _, c := range b.Choices {
		if n -= utf8.RuneCountInString(c.Label + c.Line); n < 0 {
			break
		}
		choices = append(choices, c)
	}
	b.Choices = choices
	return b
}

func (r renderer) block(b chat.Block) string {
	switch b.Kind {
	case chat.Heading:
		if text := r.line(b.Text, false); text != "" {
			return "#### " + text
		}
	case chat.Text:
		return r.lines(b.Text)
	case chat.Note:
		if text := r.lines(b.Text); text != "" {
			return "> " + strings.ReplaceAll(text, "\n", "\n> ")
		}
	case chat.Bullets:
		return r.list(b.Items, func(int) string { return "- " })
	case chat.Numbers:
		return r.list(b.Items, func(i int) string { return fmt.Sprintf("%d. ", i+1) })
	case chat.Copy:
		var text strings.Builder
		for _, s := range b.Text {
			text.WriteString(s.Text)
		}
		return code(text.String())
	case chat.Choices:
		var parts []string
		for _, c := range b.Choices {
			label := r.line([]chat.Span{{Text: c.Label}}, true)
			parts = append(parts, strings.TrimPrefix(label+"\n\n"+code(c.Line), "\n\n"))
		}
		return strings.Join(parts, "\n\n")
	}
	return ""
}

func (r renderer) list(items [][]chat.Span, mark func(int) string) string {
	lines := make([]string, len(items))
	for i, item := range items {
		lines[i] = mark(i) + visible(r.line(item, true))
	}
	return strings.Join(lines, "\n")
}

// lines renders spans in which a line break is one.
func (r renderer) lines(spans []chat.Span) string {
	rows := [][]chat.Span{nil}
	for _, s := range spans {
		if s.Style != chat.Plain {
			rows[len(rows)-1] = append(rows[len(rows)-1], s)
			continue
		}
		for i, part := range strings.Split(chat.Clean(s.Text), "\n") {
			if i > 0 {
				rows = append(rows, nil)
			}
			rows[len(rows)-1] = append(rows[len(rows)-1], chat.Span{Text: part})
		}
	}
	var out []string
	for _, row := range rows {
		text := r.line(row, true)
		if text == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, text)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// line renders spans as one line. At the start of one, a mark such as "-"
// would make a list.
func (r renderer) line(spans []chat.Span, start bool) string {
	var b strings.Builder
	mentioned := false // the last thing written: what follows may not lengthen the name
	write := func(s string) {
		first, _ := utf8.DecodeRuneInString(s)
		if mentioned && (unicode.IsLetter(first) || unicode.IsDigit(first) || strings.ContainsRune("._-@:*~\\", first)) {
			b.WriteString(zeroWidth)
		}
		b.WriteString(s)
		mentioned = false
	}
	for _, s := range r.pieces(spans) {
		if s.Style == chat.Mention {
			if text := b.String(); text != "" && !mentioned && !strings.HasSuffix(text, " ") {
				b.WriteString(zeroWidth)
			}
			write("@" + s.Text)
			mentioned = true
			continue
		}
		lead, text, trail := spaces(s.Text)
		if b.Len() == 0 || strings.HasSuffix(b.String(), " ") {
			lead = ""
		}
		if text == "" {
			trail = ""
		}
		around := marks[s.Style]
		if text = inert(text, start && b.Len() == 0 && around == ""); text != "" {
			text = around + text + around
			if s.Style == chat.Link {
				text = "[" + text + "](" + s.URL + ")"
			}
		}
		if lead+text+trail != "" {
			write(lead + text + trail)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

var marks = map[chat.Style]string{chat.Bold: "**", chat.Struck: "~~"}

var (
	mentionable = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	everybody   = []string{"all", "channel", "here"}
)

// pieces are the spans without line breaks, with handles as the mentions' text
// and neighbours of one style joined. A mention of nobody known is plain text.
func (r renderer) pieces(spans []chat.Span) (out []chat.Span) {
	for _, s := range spans {
		s.Text = strings.ReplaceAll(chat.Clean(s.Text), "\n", " ")
		if s.Style == chat.Mention {
			if handle := r.handle(s.User); mentionable.MatchString(handle) && !slices.Contains(everybody, handle) {
				out = append(out, chat.Span{Style: chat.Mention, Text: handle})
				continue
			}
			s.Style = chat.Plain
		}
		if s.Text == "" {
			continue // it would keep its neighbours apart
		}
		if last := len(out) - 1; last >= 0 && out[last].Style == s.Style && s.Style != chat.Link {
			out[last].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}

// spaces takes the space off a text's ends, and leaves one between words.
func spaces(s string) (lead, text, trail string) {
	text = strings.Join(strings.Fields(s), " ")
	if strings.HasPrefix(s, " ") {
		lead = " "
	}
	if strings.HasSuffix(s, " ") {
		trail = " "
	}
	return lead, text, trail
}

// visible keeps an empty item visible as one.
func visible(s string) string {
	if s == "" {
		return zeroWidth
	}
	return s
}

// zeroWidth separates without showing. In Mattermost it ends a mention, a
// channel link, a hashtag, an emoji name and an address.
const zeroWidth = "\u200B"

// inert writes one line of clean text so that Mattermost shows it as it is: its
// server, its web client (an old marked with rules of its own) and its mobile
// app (CommonMark) each find other things in a text. A backslash before a
// character counts for all three only with those escaped here.
func inert(text string, start bool) string {
	var b strings.Builder
	runes := []rune(text)
	if start && len(runes) > 0 {
		switch c := runes[0]; {
		case c == '-' || c == '+' || c == '>':
			b.WriteByte('\\')
		case c == '=':
			b.WriteString(zeroWidth)
		}
	}
	for i, c := range runes {
		switch c {
		case '*', '_', '`', '[', ']', '|':
			b.WriteRune('\\')
			b.WriteRune(c)
		case '\\', '@', '#':
			b.WriteRune(c)
			b.WriteString(zeroWidth)
		case '~':
			b.WriteString(`\~` + zeroWidth)
		case '<':
			b.WriteString("&lt;" + zeroWidth)
		case '&':
			b.WriteString("&amp;")
		case '$':
			b.WriteString("&#36;")
		case ':':
			b.WriteRune(c)
			if i+1 < len(runes) && runes[i+1] != ' ' && !isTime(runes, i) {
				b.WriteString(zeroWidth)
			}
		case '/':
			if endsDomain(runes[:i]) {
				b.WriteString(zeroWidth)
			}
			b.WriteRune(c)
		case '.', ')':
			switch {
			case start && isNumber(runes[:i]) && (i+1 == len(runes) || runes[i+1] == ' '):
				b.WriteRune('\\')
			case c == '.' && endsWWW(runes[:i]):
				b.WriteString(zeroWidth)
			}
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func isNumber(s []rune) bool {
	return len(s) > 0 && !slices.ContainsFunc(s, func(c rune) bool { return c < '0' || c > '9' })
}

// isTime says whether the colon at i is that of "9:05" or "13:30".
func isTime(s []rune, i int) bool {
	from := max(0, i-2)
	if from+1 < i && !isNumber(s[from:from+1]) {
		from++
	}
	end := i + 3
	word := func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("_+-:", c) }
	return from < i && isNumber(s[from:i]) && (from == 0 || !word(s[from-1])) &&
		end <= len(s) && isNumber(s[i+1:end]) && (end == len(s) || !word(s[end]))
}

// endsDomain: "example.nl" before a slash becomes a link.
func endsDomain(s []rune) bool {
	i := len(s)
	for i > 0 && unicode.IsLetter(s[i-1]) {
		i--
	}
	return i < len(s) && i > 0 && s[i-1] == '.'
}

// endsWWW: "www", with digits or not, before a dot becomes a link.
func endsWWW(s []rune) bool {
	text := strings.TrimRight(string(s[max(0, len(s)-6):]), "0123456789")
	return strings.HasSuffix(strings.ToLower(text), "www")
}

// code shows text to the letter, as a block that the clients offer to copy.
func code(text string) string {
	text = strings.Trim(chat.Clean(text), "\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + text + "\n" + fence
}

// buttons renders one row. An action's id may have letters and digits only;
// made from what the button does, it never comes to mean something else when
// the post changes while somebody presses.
func (r renderer) buttons(row []chat.Button, taken map[string]bool) (actions []*model.PostAction) {
	for _, button := range row {
		sum := sha256.Sum256([]byte(button.Do))
		id := hex.EncodeToString(sum[:10])
		if taken[id] {
			continue
		}
		taken[id] = true
		style := "default"
		switch button.Tone {
		case chat.Primary:
			style = "primary"
		case chat.Danger:
			style = "danger"
		}
		label := strings.ReplaceAll(strings.ReplaceAll(chat.Clean(button.Label), "\n", " "), ":", ":"+zeroWidth) // emoji names
		actions = append(actions, &model.PostAction{
			Id: id, Type: model.PostActionTypeButton, Name: visible(label), Style: style,
			Integration: &model.PostActionIntegration{URL: r.actionURL, Context: map[string]any{"do": button.Do}},
		})
	}
	return actions
}
