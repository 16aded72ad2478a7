package slacktest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/slack-go/slack"
)

// Message is a message as it is now.
type Message struct {
	Channel   *Channel
	TS        string
	Thread    string          // ts of the first message of the thread, for a reply
	User      string          // id of who wrote it
	Bot       *Bot            // nil for people's
	Text      string          // with Slack's markup
	Blocks    json.RawMessage // nil for none
	Metadata  *slack.SlackMetadata
	Edited    bool
	Ephemeral bool
	Replies   []Message
}

// Messages are all messages of the channel: the oldest first, with their
// replies. Ephemeral ones are not among them.
func (c *Channel) Messages() (shown []Message) {
	c.workspace.slack.mu.Lock()
	defer c.workspace.slack.mu.Unlock()
	for _, m := range c.messages {
		if m.thread != "" {
			continue
		}
		first := m.snapshot(c)
		for _, ts := range m.replies {
			first.Replies = append(first.Replies, c.find(ts).snapshot(c))
		}
		shown = append(shown, first)
	}
	return shown
}

// snapshot wants the lock held.
func (m *message) snapshot(c *Channel) Message {
	shown := Message{Channel: c, TS: m.ts, Thread: m.thread, User: m.user, Bot: m.bot, Text: m.text, Edited: m.edited != ""}
	if m.blocks != nil {
		shown.Blocks = encode(m.blocks)
	}
	if len(m.metadata) > 0 {
		shown.Metadata = &slack.SlackMetadata{EventType: m.metadata["event_type"].(string), EventPayload: m.metadata["event_payload"].(object)}
	}
	return shown
}

// Read is the message as people read it: without markup, buttons as [Label],
// people as @handle, lists as "- item" and "1. item". What calls many people at
// once is @@channel, where the word alone is @channel; of a text that has blocks
// beside it, it shows nothing else.
func (m Message) Read() string {
	w := m.Channel.workspace
	w.slack.mu.Lock()
	defer w.slack.mu.Unlock()
	r := reader{w}
	if len(m.Blocks) == 0 {
		return r.mrkdwn(m.Text)
	}
	var blocks []any
	json.Unmarshal(m.Blocks, &blocks)
	lines := []string{r.blocks(blocks)}
	for _, call := range calls.FindAllStringSubmatch(m.Text, -1) {
		lines = append(lines, r.reference(call[1]))
	}
	return joined(lines, "\n")
}

// Read is the view as people read it, fields as "Label: value" with what is
// wrong with them under it.
func (v View) Read() string {
	w := v.view.bot.Workspace
	w.slack.mu.Lock()
	defer w.slack.mu.Unlock()
	var content struct{ Blocks []any }
	json.Unmarshal(v.JSON, &content)
	lines := []string{v.Title}
	fields := v.Fields
	for _, b := range content.Blocks {
		if b.(object)["type"] != "input" {
			lines = append(lines, reader{w}.block(b.(object)))
			continue
		}
		f := fields[0]
		fields = fields[1:]
		shown := make([]string, len(f.Values))
		for i, value := range f.Values {
			if shown[i] = value; f.option(value) != nil {
				shown[i] = textOf(f.option(value)["text"])
			}
		}
		lines = append(lines, f.Label+": "+strings.Join(shown, ", "), v.Errors[f.Block])
	}
	return joined(lines, "\n")
}

// reader reads what Slack shows in a workspace. It wants the lock held.
type reader struct{ *Workspace }

func (r reader) blocks(list []any) string { return r.each(list, "\n", r.block) }

// each reads the objects of a list, leaving out what shows nothing.
func (r reader) each(list any, between string, read func(object) string) string {
	var lines []string
	all, _ := list.([]any)
	for _, one := range all {
		lines = append(lines, read(one.(object)))
	}
	return joined(lines, between)
}

func joined(lines []string, between string) string {
	var kept []string
	for _, line := range lines {
		if line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, between)
}

func (r reader) block(b object) string {
	switch b["type"] {
	case "header":
		return r.text(b["text"])
	case "section":
		return joined([]string{r.text(b["text"]), r.each(b["fields"], "\n", func(o object) string { return r.text(o) }), r.element(b["accessory"])}, "\n")
	case "context":
		return r.each(b["elements"], " ", func(o object) string { return r.element(o) })
	case "actions":
		return r.each(b["elements"], " ", func(o object) string { return r.element(o) })
	case "image":
		return r.element(b)
	case "rich_text":
		return r.each(b["elements"], "\n", r.rich)
	case "markdown":
		text, _ := b["text"].(string)
		return text
	}
	return ""
}

// element is a part of a block that is text, a picture or a control.
func (r reader) element(v any) string {
	e, _ := v.(object)
	switch e["type"] {
	case nil:
		return ""
	case "plain_text", "mrkdwn":
		return r.text(e)
	case "image":
		alt, _ := e["alt_text"].(string)
		return alt
	case "button":
		return "[" + textOf(e["text"]) + "]"
	}
	return "[" + textOf(e["placeholder"]) + "]"
}

func (r reader) text(v any) string {
	if o, _ := v.(object); o["type"] == "mrkdwn" {
		return r.mrkdwn(textOf(o))
	}
	return textOf(v)
}

// rich is an element of a rich_text block.
func (r reader) rich(e object) string {
	if e["type"] != "rich_text_list" {
		return strings.TrimSuffix(r.each(e["elements"], "", r.inline), "\n")
	}
	indent, _ := e["indent"].(float64)
	number, _ := e["offset"].(float64)
	return r.each(e["elements"], "\n", func(item object) string {
		mark := "- "
		if number++; e["style"] == "ordered" {
			mark = fmt.Sprintf("%d. ", int(number))
		}
		return strings.Repeat("  ", int(indent)) + mark + r.each(item["elements"], "", r.inline)
	})
}

// inline is a run of rich text.
func (r reader) inline(e object) string {
	field := func(name string) string { s, _ := e[name].(string); return s }
	switch e["type"] {
	case "user":
		return r.reference("@" + field("user_id"))
	case "channel":
		return r.reference("#" + field("channel_id"))
	case "broadcast":
		return "@@" + field("range")
	case "usergroup":
		return "@@" + field("usergroup_id")
	case "emoji":
		return ":" + field("name") + ":"
	case "date":
		return field("fallback")
	case "link":
		if field("text") == "" {
			return field("url")
		}
	}
	return field("text")
}

var (
	references        = regexp.MustCompile(`<([^<>]+)>`)
	calls             = regexp.MustCompile(`<(!(?:here|channel|everyone|group|subteam)\b[^<>]*)>`)
	styles            = []*regexp.Regexp{style("*"), style("_"), style("~"), style("`")}
	fences            = strings.NewReplacer("```\n", "", "\n```", "", "```", "")
	characterEntities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// style matches words between marks, with what stands around them.
func style(mark string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(`(^|[^\p{L}\p{N}])M([^\sM](?:[^M\n]*[^\sM])?)M($|[^\p{L}\p{N}])`, "M", regexp.QuoteMeta(mark)))
}

// mrkdwn is such text without its markup
// (docs.slack.dev/messaging/formatting-message-text).
func (r reader) mrkdwn(s string) string {
	s = fences.Replace(s)
	for range 2 { // a character between two marked words belongs to both
		for _, style := range styles {
			s = style.ReplaceAllString(s, "$1$2$3")
		}
	}
	s = references.ReplaceAllStringFunc(s, func(found string) string { return r.reference(found[1 : len(found)-1]) })
	return characterEntities.Replace(s)
}

// reference is what stands between < and >.
func (r reader) reference(s string) string {
	target, label, labelled := strings.Cut(s, "|")
	id := target[1:]
	switch target[0] {
	case '@':
		if handle, known := r.handle(id); known {
			return "@" + handle
		}
		return "@" + id
	case '#':
		for _, c := range r.channels {
			if c.ID == id {
				return "#" + c.name
			}
		}
		return "#" + id
	case '!':
		if !strings.HasPrefix(id, "date^") {
			return "@@" + id
		}
	}
	if labelled {
		return label
	}
	return strings.TrimPrefix(target, "mailto:")
}
