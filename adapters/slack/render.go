package slack

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// What Slack takes. Of a message as a whole it only tells when it is too long:
// at some 13,200 characters of text, with entities, of which each block costs
// about 100 (measured, not published). A view may have 250 kB.
const (
	messageBlocks, messageRoom = 50, 12_000
	viewBlocks, viewRoom       = 100, 50_000

	maxText    = 3000 // characters of one text
	maxHeader  = 150
	maxContext = 10 // elements
	maxLabel   = 75 // characters of a button or an option
	maxValue   = 2000
	maxRow     = 25 // buttons

	maxSummary = 1000 // characters of a notification: an update takes 4000, a screen shows less
)

// tooLong is in both languages: the adapter does not know which one a team reads.
const tooLong = "[…] Te lang voor één bericht. / Too long for one message."

// nothing stands for an empty text, which Slack refuses.
const nothing = "–"

// rendered is a message as Slack takes it: blocks, and the text of its
// notification.
type rendered struct {
	text   string // mrkdwn, escaped; what notifications and screen readers get
	blocks []slack.Block
}

// render renders a post, a reply or a direct message. What does not fit is left
// out, and that is said.
func render(m chat.Message) rendered {
	return rendered{text: summary(m), blocks: lay(enriched(m), messageBlocks, messageRoom)}
}

// enriched is a message that becomes rich text in some part of it: Slack refuses
// an edit that takes the last rich text out of a message (block_mismatch).
func enriched(m chat.Message) chat.Message {
	plain := -1
	for i, b := range m {
		switch p := pieceOf(b); {
		case len(p.rich) > 0:
			return m
		case plain < 0 && len(p.blocks) > 0 && (b.Kind == chat.Note || b.Kind == chat.Heading):
			plain = i
		}
	}
	if plain >= 0 {
		m = slices.Clone(m)
		m[plain].Kind = chat.Text
	}
	return m
}

// home renders a person's page with the bot.
func home(m chat.Message) slack.HomeTabViewRequest {
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: lay(m, viewBlocks, viewRoom)}}
}

// typeAction is the prefix of the action ids of buttons that stand for a line
// to type; the line is their value.
const typeAction = "type"

// doAction is the prefix of the action ids of the other buttons; what they do
// is their value.
const doAction = "do"

// pieceOf renders one block. What has no text renders as nothing.
func pieceOf(b chat.Block) (p piece) {
	switch b.Kind {
	case chat.Heading:
		return heading(pieces(b.Text, true))
	case chat.Text:
		return paragraph(pieces(b.Text, false), false)
	case chat.Note:
		return small(pieces(b.Text, false))
	case chat.Bullets:
		return list(slack.RTEListBullet, b.Items)
	case chat.Numbers:
		return list(slack.RTEListOrdered, b.Items)
	case chat.Copy:
		var text strings.Builder
		for _, s := range b.Text {
			text.WriteString(s.Text)
		}
		return code(text.String())
	case chat.Buttons:
		return row(b.Buttons)
	case chat.Choices:
		return choices(b.Choices)
	}
	return p
}

// heading is a header, unless that cannot show it.
func heading(spans []chat.Span) piece {
	var text strings.Builder
	for _, s := range spans {
		if s.Style == chat.Mention || s.Style == chat.Struck || s.Style == chat.Link {
			return paragraph(spans, true)
		}
		text.WriteString(s.Text)
	}
	if length(text.String()) > maxHeader {
		return paragraph(spans, true)
	}
	if text.Len() == 0 {
		return piece{}
	}
	return piece{blocks: []slack.Block{slack.NewHeaderBlock(label(text.String()))}}
}

func paragraph(spans []chat.Span, bold bool) piece {
	if len(spans) == 0 {
		return piece{}
	}
	return piece{rich: []slack.RichTextElement{section(spans, bold)}}
}

// small is small print, which cannot be bold. It is ordinary text when that
// would lose what is struck or a link, or has more parts than Slack takes.
func small(spans []chat.Span) piece {
	var elements []slack.MixedElement
	for i, s := range spans {
		switch {
		case s.Style == chat.Struck, s.Style == chat.Link:
			return paragraph(spans, false)
		case s.Style == chat.Mention:
			elements = append(elements, slack.NewTextBlockObject(slack.MarkdownType, "<@"+s.User+">", false, false))
			continue
		}
		if i > 0 && spans[i-1].Style != chat.Mention {
			last := elements[len(elements)-1].(*slack.TextBlockObject)
			last.Text += s.Text
			continue
		}
		elements = append(elements, label(s.Text))
	}
	elements = slices.DeleteFunc(elements, func(e slack.MixedElement) bool {
		return strings.TrimSpace(e.(*slack.TextBlockObject).Text) == ""
	})
	if len(elements) == 0 {
		return piece{}
	}
	if len(elements) > maxContext || slices.ContainsFunc(elements, func(e slack.MixedElement) bool {
		return length(e.(*slack.TextBlockObject).Text) > maxText
	}) {
		return paragraph(spans, false)
	}
	return piece{blocks: []slack.Block{slack.NewContextBlock("", elements...)}}
}

func list(style slack.RichTextListElementType, items [][]chat.Span) piece {
	if len(items) == 0 {
		return piece{}
	}
	sections := make([]slack.RichTextElement, len(items))
	for i, item := range items {
		spans := pieces(item, true)
		if len(spans) == 0 {
			spans = []chat.Span{{Text: nothing}}
		}
		sections[i] = section(spans, false)
	}
	return piece{rich: []slack.RichTextElement{slack.NewRichTextList(style, 0, sections...)}}
}

func section(spans []chat.Span, bold bool) *slack.RichTextSection {
	s := slack.NewRichTextSection()
	for _, span := range spans {
		style := &slack.RichTextSectionTextStyle{Bold: bold || span.Style == chat.Bold, Strike: span.Style == chat.Struck}
		if *style == (slack.RichTextSectionTextStyle{}) {
			style = nil
		}
		switch span.Style {
		case chat.Mention:
			s.Elements = append(s.Elements, slack.NewRichTextSectionUserElement(span.User, style))
		case chat.Link:
			s.Elements = append(s.Elements, slack.NewRichTextSectionLinkElement(span.URL, first(span.Text, maxText), style))
		default:
			s.Elements = append(s.Elements, textOf(span.Text, style)...)
		}
	}
	return s
}

// textOf is text in as many parts as it takes.
func textOf(text string, style *slack.RichTextSectionTextStyle) (parts []slack.RichTextSectionElement) {
	for chunk := range slices.Chunk([]rune(text), maxText) {
		parts = append(parts, slack.NewRichTextSectionTextElement(string(chunk), style))
	}
	return parts
}

// code shows text to the letter.
func code(text string) piece {
	text = strings.Trim(chat.Clean(text), "\n")
	if text == "" {
		return piece{}
	}
	return piece{rich: []slack.RichTextElement{&slack.RichTextPreformatted{Type: slack.RTEPreformatted, Elements: textOf(text, nil)}}}
}

// label is text that is shown as it is.
func label(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

// labelled is one line of text as a label of at most n characters.
func labelled(text string, n int) *slack.TextBlockObject {
	return label(first(cmp.Or(oneLine(text), nothing), n))
}

func row(buttons []chat.Button) piece {
	var elements []slack.BlockElement
	for _, b := range buttons {
		if b.Do == "" || length(b.Do) > maxValue {
			continue
		}
		button := slack.NewButtonBlockElement(doAction, b.Do, labelled(b.Label, maxLabel))
		switch b.Tone {
		case chat.Primary:
			button.Style = slack.StylePrimary
		case chat.Danger:
			button.Style = slack.StyleDanger
		}
		elements = append(elements, button)
	}
	return piece{blocks: actions(elements)}
}

func actions(elements []slack.BlockElement) (blocks []slack.Block) {
	for chunk := range slices.Chunk(elements, maxRow) {
		blocks = append(blocks, slack.NewActionBlock("", chunk...))
	}
	return blocks
}

// choices are buttons, and lines to copy where a button cannot hold the line.
func choices(list []chat.Choice) (p piece) {
	var elements []slack.BlockElement
	for _, c := range list {
		switch {
		case c.Line == "":
		case length(c.Line) <= maxValue:
			elements = append(elements, slack.NewButtonBlockElement(typeAction, c.Line, labelled(cmp.Or(c.Label, c.Line), maxLabel)))
		default:
			p.rich = append(p.rich, paragraph(pieces([]chat.Span{{Text: c.Label}}, true), true).rich...)
			p.rich = append(p.rich, code(c.Line).rich...)
		}
	}
	p.blocks = actions(elements)
	return p
}

// pieces are the spans, cleaned, with neighbours of one style joined and no
// space at the ends. A mention of nobody that Slack can know is plain text.
func pieces(spans []chat.Span, line bool) (out []chat.Span) {
	for _, s := range spans {
		s.Text = chat.Clean(s.Text)
		if line {
			s.Text = strings.ReplaceAll(s.Text, "\n", " ")
		}
		if s.Style == chat.Mention {
			if mentionable.MatchString(s.User) {
				out = append(out, chat.Span{Style: chat.Mention, User: s.User})
				continue
			}
			s.Style = chat.Plain
		}
		if n := len(out); n > 0 && out[n-1].Style == s.Style && s.Style != chat.Link {
			out[n-1].Text += s.Text
		} else if s.Text != "" {
			out = append(out, chat.Span{Style: s.Style, Text: s.Text, URL: s.URL})
		}
	}
	for i := range out {
		out[i].Text = gaps.ReplaceAllString(out[i].Text, "\n\n")
	}
	for len(out) > 0 && out[0].Style != chat.Mention {
		if out[0].Text = strings.TrimLeft(out[0].Text, " \n"); out[0].Text != "" {
			break
		}
		out = out[1:]
	}
	for n := len(out) - 1; n >= 0 && out[n].Style != chat.Mention; n-- {
		if out[n].Text = strings.TrimRight(out[n].Text, " \n"); out[n].Text != "" {
			break
		}
		out = out[:n]
	}
	return out
}

var (
	// mentionable are the ids of people.
	mentionable = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	gaps        = regexp.MustCompile(`\n\s*\n\s*\n`)
)

// summary is the beginning of what a message says, for notifications and screen
// readers. Nobody is called by what people typed.
func summary(m chat.Message) string {
	n := teller{room: maxSummary}
	for _, b := range m {
		switch b.Kind {
		case chat.Bullets, chat.Numbers:
			for i, item := range b.Items {
				mark := "• "
				if b.Kind == chat.Numbers {
					mark = fmt.Sprintf("%d. ", i+1)
				}
				n.line(mark, pieces(item, true))
			}
		default:
			n.line("", pieces(b.Text, false))
		}
	}
	for _, b := range m {
		if n.text.Len() == 0 {
			for _, button := range b.Buttons {
				n.line("", []chat.Span{{Text: oneLine(button.Label)}})
			}
			for _, choice := range b.Choices {
				n.line("", []chat.Span{{Text: oneLine(cmp.Or(choice.Label, choice.Line))}})
			}
		}
	}
	return n.text.String()
}

// teller writes lines until there is no room.
type teller struct {
	text strings.Builder
	room int
}

func (n *teller) line(mark string, spans []chat.Span) {
	if len(spans) == 0 || n.room <= 0 {
		return
	}
	if n.text.Len() > 0 {
		mark = "\n" + mark
	}
	n.write(mark)
	for _, s := range spans {
		if s.Style == chat.Mention {
			n.write("<@" + s.User + ">")
			continue
		}
		if whole := harmless.Replace(s.Text); utf8.RuneCountInString(whole) < n.room {
			n.write(whole)
			continue
		}
		for _, c := range s.Text {
			if n.room <= 0 {
				return
			}
			n.write(harmless.Replace(string(c)))
		}
	}
}

// write writes what must not be cut.
func (n *teller) write(s string) {
	if n.room <= 0 {
		return
	}
	if n.room -= utf8.RuneCountInString(s); n.room <= 0 {
		s = "…"
	}
	n.text.WriteString(s)
}

// harmless writes text for where Slack reads mrkdwn: no reference, and no @here
// either. What it cannot keep from working there are *, _, ~ and `: that is what
// rich text and plain text are for.
var harmless = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@\u200B")
