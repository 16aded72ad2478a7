package slack

import (
	"sort"
	"strconv"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// lay makes the blocks of a message. Buttons that all stand together are about
// the whole of it: they stay when text is left out. Buttons in several places
// are each about what is above them, and go where that goes.
func lay(m chat.Message, most, room int) []slack.Block {
	l := layout{blocks: []slack.Block{}, most: most, room: room}
	cut := paragraph([]chat.Span{{Text: tooLong}}, false)
	l.reserve(chat.Text, cut)
	kept := map[int]piece{}
	if together(m) {
		for i, b := range m {
			if b.Kind != chat.Buttons {
				continue
			}
			if p := pieceOf(b); l.reserve(b.Kind, p) {
				kept[i] = p
			}
		}
	}
	full := false
	for i, b := range m {
		p, ok := kept[i]
		switch {
		case ok:
			l.add(b.Kind, p)
		case full:
		case l.reserve(b.Kind, pieceOf(b)):
			l.add(b.Kind, pieceOf(b))
		default:
			full = true
			n := sort.Search(runes(b), func(n int) bool { return !l.fits(b.Kind, pieceOf(beginning(b, n+1))) })
			l.add(b.Kind, pieceOf(beginning(b, n)))
			l.add(chat.Text, cut)
		}
	}
	return numbered(l.blocks)
}

// together says whether nothing stands between the buttons.
func together(m chat.Message) bool {
	rows := 0
	for i, b := range m {
		if b.Kind == chat.Buttons && (i == 0 || m[i-1].Kind != chat.Buttons) {
			rows++
		}
	}
	return rows < 2
}

// numbered gives each button an action id of its own.
func numbered(blocks []slack.Block) []slack.Block {
	n := 0
	for _, b := range blocks {
		if row, ok := b.(*slack.ActionBlock); ok {
			for _, e := range row.Elements.ElementSet {
				e.(*slack.ButtonBlockElement).ActionID += strconv.Itoa(n)
				n++
			}
		}
	}
	return blocks
}

// beginning is the block with the first n runes of its text only, and no
// buttons.
func beginning(b chat.Block, n int) chat.Block {
	cut := func(spans []chat.Span) (kept []chat.Span) {
		for _, s := range spans {
			if n <= 0 {
				break
			}
			long := max(1, utf8.RuneCountInString(s.Text))
			if s.Style != chat.Mention && long > n {
				s.Text = string([]rune(s.Text)[:n])
			}
			n -= long
			kept = append(kept, s)
		}
		return kept
	}
	kept := chat.Block{Kind: b.Kind, Text: cut(b.Text)}
	for _, item := range b.Items {
		if n > 0 {
			kept.Items = append(kept.Items, cut(item))
			n--
		}
	}
	for _, c := range b.Choices {
		if n -= runes(chat.Block{Choices: []chat.Choice{c}}); n < 0 {
			break
		}
		kept.Choices = append(kept.Choices, c)
	}
	return kept
}

// runes is the n from which beginning leaves the whole text.
func runes(b chat.Block) (n int) {
	for _, spans := range append([][]chat.Span{b.Text}, b.Items...) {
		for _, s := range spans {
			n += max(1, utf8.RuneCountInString(s.Text))
		}
	}
	for _, c := range b.Choices {
		n += utf8.RuneCountInString(c.Label+c.Line) + 1
	}
	return n + len(b.Items)
}

// layout is a message that is being laid out.
type layout struct {
	blocks     []slack.Block
	last       chat.Kind // of what was added last
	most, room int       // blocks and weight that are left
}

// piece is what one chat.Block becomes: blocks, and after them rich text, which
// may go on in the block before it.
type piece struct {
	blocks []slack.Block
	rich   []slack.RichTextElement
}

func (l *layout) fits(kind chat.Kind, p piece) bool {
	return l.needs(kind, p) <= l.most && p.weight() <= l.room
}

// reserve keeps a place for p, if there is one.
func (l *layout) reserve(kind chat.Kind, p piece) bool {
	if !l.fits(kind, p) {
		return false
	}
	l.most, l.room = l.most-l.needs(kind, p), l.room-p.weight()
	return true
}

// needs is how many blocks p makes.
func (l *layout) needs(kind chat.Kind, p piece) int {
	if len(p.rich) == 0 || len(p.blocks) == 0 && l.open(kind) != nil {
		return len(p.blocks)
	}
	return len(p.blocks) + 1
}

// open is the rich text that more of that kind can go on in. A list right
// after a numbered one could go on counting.
func (l *layout) open(kind chat.Kind) *slack.RichTextBlock {
	if len(l.blocks) == 0 || kind == chat.Numbers && l.last == chat.Numbers {
		return nil
	}
	block, _ := l.blocks[len(l.blocks)-1].(*slack.RichTextBlock)
	return block
}

func (l *layout) add(kind chat.Kind, p piece) {
	l.blocks = append(l.blocks, p.blocks...)
	if len(p.rich) == 0 {
		if len(p.blocks) > 0 {
			l.last = kind
		}
		return
	}
	block := l.open(kind)
	l.last = kind
	if block == nil {
		l.blocks = append(l.blocks, slack.NewRichTextBlock("", p.rich...))
		return
	}
	// Two sections would stand on two lines; paragraphs have one between them.
	above, ok := block.Elements[len(block.Elements)-1].(*slack.RichTextSection)
	if below, also := p.rich[0].(*slack.RichTextSection); ok && also {
		above.Elements = append(append(above.Elements, textOf("\n\n", nil)...), below.Elements...)
		p.rich = p.rich[1:]
	}
	block.Elements = append(block.Elements, p.rich...)
}

// weight is how much of the room p takes, rather too much than too little.
func (p piece) weight() int {
	n := 100 * (len(p.blocks) + len(p.rich))
	for _, b := range p.blocks {
		switch b := b.(type) {
		case *slack.HeaderBlock:
			n += length(b.Text.Text)
		case *slack.ContextBlock:
			for _, e := range b.ContextElements.Elements {
				n += 20 + length(e.(*slack.TextBlockObject).Text)
			}
		case *slack.ActionBlock:
			for _, e := range b.Elements.ElementSet {
				button := e.(*slack.ButtonBlockElement)
				n += 20 + length(button.Text.Text) + length(button.Value)
			}
		}
	}
	for _, e := range p.rich {
		n += richWeight(e)
	}
	return n
}

func richWeight(e slack.RichTextElement) (n int) {
	var inside []slack.RichTextSectionElement
	switch e := e.(type) {
	case *slack.RichTextList:
		for _, item := range e.Elements {
			n += 20 + richWeight(item)
		}
	case *slack.RichTextSection:
		inside = e.Elements
	case *slack.RichTextPreformatted:
		inside = e.Elements
	}
	for _, e := range inside {
		n += 20
		switch e := e.(type) {
		case *slack.RichTextSectionTextElement:
			n += length(e.Text)
		case *slack.RichTextSectionLinkElement:
			n += length(e.Text) + length(e.URL)
		}
	}
	return n
}
