package chat

// Message is what a person reads: blocks from top to bottom.
type Message []Block

// Kind tells which of a Block's fields count.
type Kind string

const (
	Heading Kind = "heading" // Text, one line
	Text    Kind = "text"    // Text
	Note    Kind = "note"    // Text, in small print
	Bullets Kind = "bullets" // Items
	Numbers Kind = "numbers" // Items, numbered from 1
	Copy    Kind = "copy"    // Text: a line to copy, shown to the letter
	Buttons Kind = "buttons" // Buttons; in a Post only
	Choices Kind = "choices" // Choices; in a Reply only
)

// Block is one part of a Message. Every kind shows on every platform.
type Block struct {
	Kind    Kind     `json:"kind"`
	Text    []Span   `json:"text,omitempty"`
	Items   [][]Span `json:"items,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	Choices []Choice `json:"choices,omitempty"`
}

// Style of a Span.
type Style string

const (
	Plain   Style = ""
	Bold    Style = "bold"
	Struck  Style = "struck"
	Mention Style = "mention" // notifies User; Text is their name, for where no mention can be shown
	Link    Style = "link"    // leads to URL, an https or http address of ours
)

// Span is a run of text in one style. Text is what somebody typed, maybe: it
// never carries markup, and the adapter makes it inert for its platform.
type Span struct {
	Style Style  `json:"style,omitempty"`
	Text  string `json:"text,omitempty"`
	User  string `json:"user,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Tone of a Button.
type Tone string

const (
	Neutral Tone = ""
	Primary Tone = "primary"
	Danger  Tone = "danger"
)

// Button is pressed in a Post; the press comes back as Pressed.Do. At most 5
// in a block, Label at most 30 characters, Do at most 200 bytes.
type Button struct {
	Do    string `json:"do"`
	Label string `json:"label"`
	Tone  Tone   `json:"tone,omitempty"`
}

// Choice is a line that the asker may want to type next. A platform that can
// show safe buttons in a reply types Line for the asker on a press; another
// shows the line to copy.
type Choice struct {
	Label string `json:"label"`
	Line  string `json:"line"`
}
